"""A recorded session through our core, with the recorded times and without a network.

As the client, the core gets what the radio sent, and the commands that the recorded
client must have been given: open, each CI-V request when it went on the wire, and the
end. As the radio it gets what the clients sent. It need not do what the recorded
program did; what it makes of what it hears is what is held.
"""

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from icom_proto.civ_commands import read_identity
from icom_proto.civ_frames import CivSplitter, frame_body, is_frame
from icom_proto.client_connection import ClientConnection, Phase
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import CONNECTION_WFVIEW, Codec, Reply, Request, Role, Stream
from icom_proto.credentials import reveal
from icom_proto.datagrams import text_of
from icom_proto.errors import DecodeError, LocalProtocolError
from icom_proto.events import Address, SessionReady, Transmit
from icom_proto.packets import (
    AreYouThere,
    CivData,
    CivOpenClose,
    Disconnect,
    IAmHere,
    Status,
    StreamRequest,
    Token,
)
from icom_proto.radio_config import RADIO_CODECS, RadioConfig
from icom_proto.radio_connection import RadioConnection
from icom_proto.session_dialect import SessionDialect
from icom_proto.session_states import ClientState
from icom_sim.audio_coder import OPUS_CODECS
from icom_sim.captures.follow import Direction, Placed
from icom_sim.radio_setup import RadioSetup
from icom_sim.radio_setup import radio_config as radio_config_of
from icom_sim.replay.events import LoggedEvent, ReplayLog
from icom_sim.replay.recorded import (
    Numbers,
    Recorded,
    RecordedSession,
    ReplayError,
    Seen,
    seen_of,
)
from icom_sim.replay.rewriter import Rewriter

# Captures have microseconds: a timer that was due so little earlier was due later.
TICK_S: Final = 1e-6
# How long the core may need to leave, once the recorded client has.
LEAVE_S_MAX: Final = 10.0
# Longer than the core waits before it asks for the streams.
PATIENCE_S: Final = 3.0
# A client that shuts CI-V leaves, if it says so elsewhere so soon.
LEAVES_WITHIN_S: Final = 1.0
# Answered so late, audio was begun by the user, and a client that wants it at once
# would have given up (PROTOCOL.md 7.2).
AUDIO_WITHIN_S: Final = 2.0
# CI-V requests that wait for the core to be ready.
HELD_MAX: Final = 256
_PORTS: Final = (50001, 50002, 50003)
_TO_CLIENT, _TO_RADIO = Direction.TO_CLIENT, Direction.TO_RADIO
_CIV_CLOSE: Final = 0
_NOBODY: Final = "nobody"


def replay_client(session: RecordedSession) -> list[LoggedEvent]:
    """The log of our client in this session. Raises ReplayError."""
    if not session.has_handshake:
        raise ReplayError(
            f"session {session.number} of {session.name} begins in the middle: a "
            "client needs its handshake"
        )
    return _ClientReplay(session).run()


def replay_radio(recorded: Recorded) -> list[LoggedEvent]:
    """The log of our radio with all clients of the capture."""
    return _RadioReplay(recorded).run()


def client_config(session: RecordedSession) -> ClientConfig:
    """What the recorded client wanted, as far as our core can want it."""
    request = session.request
    config = ClientConfig(
        username=_NOBODY,
        password=_NOBODY,
        civ_controller=session.controller,
        audio=has_audio(session),
    )
    if request is None:
        return config
    return ClientConfig(
        username=_NOBODY,
        password=_NOBODY,
        civ_controller=session.controller,
        audio=config.audio,
        rx_codec=request.rx_codec if request.rx_enable else Codec.NONE,
        tx_codec=request.tx_codec if request.tx_enable else Codec.NONE,
        rx_rate_hz=request.rx_rate_hz,
        tx_rate_hz=request.tx_rate_hz,
        tx_buffer_ms=request.tx_buffer_ms,
        radio_name=text_of(request.name) if session.radios > 1 else None,
    )


def has_audio(session: RecordedSession) -> bool:
    """Did the radio's audio port answer as soon as its CI-V port did?"""
    at = {}
    for stream in (Stream.CIV, Stream.AUDIO):
        answers = session.understood(stream, _TO_CLIENT)
        at[stream] = next(
            (each.t for each in answers if isinstance(each.body, IAmHere)), None
        )
    civ, audio = at[Stream.CIV], at[Stream.AUDIO]
    if civ is None:
        # Nothing was granted, or it is about ports that are dead.
        return any(each.stream is Stream.AUDIO for each in session.placed)
    return audio is not None and audio - civ < AUDIO_WITHIN_S


class _ClockOf:
    """Seconds since the first datagram; a capture's clock may step back."""

    def __init__(self, start: float) -> None:
        self._start, self.now = start, 0.0

    def at(self, t: float) -> float:
        self.now = max(self.now, t - self._start)
        return self.now

    def wait(self, until: float) -> None:
        """All that follows is so much later."""
        self._start -= max(until - self.now, 0.0)
        self.now = max(self.now, until)


class _ClientReplay:
    def __init__(self, session: RecordedSession) -> None:
        self._session = session
        self._clock = _ClockOf(session.placed[0].datagram.t)
        self._rewriter = Rewriter(Role.CLIENT)
        self._log = ReplayLog(Role.CLIENT, lambda _: session.number)
        self._core = ClientConnection(
            client_config(session), rng=random.Random(0), local_ports=_PORTS
        )
        self._commands = _Commands(self._core)
        self._leaves_at = _leaves_at(session)

    def run(self) -> list[LoggedEvent]:
        core, clock = self._core, self._clock
        for placed in self._session.placed:
            before, now = clock.now, clock.at(placed.datagram.t)
            _let_pass(core, before, now - TICK_S, self._drain)
            if placed.direction is _TO_CLIENT:
                now = self._wait_for_request(placed, now)
                data = self._rewriter.rewritten(placed)
                core.handle_datagram(placed.stream, data, now)
            else:
                self._rewriter.replaced(placed, now)
                if placed is self._leaves_at:
                    core.close(now)
                else:
                    self._commands.take(placed, now)
            self._drain(now)
        if core.phase in (Phase.UNKEYING, Phase.LEAVING, Phase.CLOSING):
            _let_pass(core, clock.now, clock.now + LEAVE_S_MAX, self._drain)
        return self._log.end()

    def _wait_for_request(self, placed: Placed, now: float) -> float:
        """Programs differ in how long they wait for a notice before they ask for the
        streams; an answer before the question would be worth nothing."""
        core, waits = self._core, (ClientState.CONFIRMING, ClientState.CHOOSING)
        if placed.stream is not Stream.CONTROL or core.state not in waits:
            return now
        seen, end = seen_of(placed), now + PATIENCE_S
        if seen is None or not isinstance(seen.body, Status):
            return now
        while core.state in waits:
            due = core.next_timeout()
            if due is None or due > end:
                break
            now = max(now, due)
            core.handle_timeout(now)
            self._drain(now)
        self._clock.wait(now)
        return now

    def _drain(self, now: float) -> None:
        while (output := self._core.poll_output()) is not None:
            if isinstance(output, Transmit):
                self._rewriter.sent(output.stream, output.data, now)
                continue
            self._log.add(output, now)
            if isinstance(output, SessionReady):
                self._commands.ready(now)


class _Commands:
    """What the recorded client must have been told to do, for our core."""

    def __init__(self, core: ClientConnection) -> None:
        self._core = core
        self._splitter, self._numbers = CivSplitter(), Numbers()
        self._held: list[bytes] = []
        self._opened_seq: int | None = None

    def take(self, placed: Placed, now: float) -> None:
        """The recorded client sent this."""
        seen = seen_of(placed)
        if seen is None:
            return
        core = self._core
        match seen.body:
            case AreYouThere() if core.phase is Phase.NEW:
                core.open(now)
            case StreamRequest() if core.state is ClientState.EVICTED:
                core.request_streams(now)
            case CivOpenClose(action=action) if action != _CIV_CLOSE:
                self._opened_seq = seen.header.seq
            case CivData(data=data) if self._numbers.is_new(seen.header):
                for frame in self._splitter.feed(data, now):
                    if not self._is_own(seen, frame):
                        self._ask(frame, now)
            case _:
                pass

    def ready(self, now: float) -> None:
        """The core is: what had to wait goes first."""
        held, self._held = self._held, []
        for frame in held:
            self._ask(frame, now)

    # inside

    def _is_own(self, seen: Seen, frame: bytes) -> bool:
        """Our client asks who is there behind each open, and so does the core."""
        if self._opened_seq is None or frame_body(frame) != read_identity():
            return False
        return seen.header.seq == (self._opened_seq + 1) & 0xFFFF

    def _ask(self, frame: bytes, now: float) -> None:
        if self._core.phase < Phase.READY:
            if len(self._held) < HELD_MAX:
                self._held.append(frame)
        elif self._core.phase is Phase.READY and is_frame(frame):
            with suppress(LocalProtocolError):  # more at once than the core lets wait
                # At once, as it was: programs differ in how many they let wait.
                self._core.send_civ(frame, now, urgent=True)


class _RadioReplay:
    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded
        self._clock = _ClockOf(recorded.placed[0].datagram.t)
        self._rewriters: dict[int, Rewriter] = {}
        self._sessions: dict[tuple[Stream, Address], int] = {}
        self._by_address: dict[Address, int] = {}
        self._log = ReplayLog(
            Role.RADIO, lambda address: self._by_address.get(address or _ALL, 0)
        )
        self._core = RadioConnection(radio_config(recorded), rng=random.Random(0))

    def run(self) -> list[LoggedEvent]:
        core = self._core
        for placed in self._recorded.placed:
            before, now = self._clock.now, self._clock.at(placed.datagram.t)
            _let_pass(core, before, now - TICK_S, self._drain)
            rewriter = self._rewriters.get(placed.session)
            if rewriter is None:
                rewriter = self._rewriters[placed.session] = Rewriter(Role.RADIO)
            if placed.direction is _TO_CLIENT:
                rewriter.replaced(placed, now)
                continue
            source = placed.datagram.source
            self._sessions[placed.stream, source] = placed.session
            self._by_address[source] = placed.session
            data = rewriter.rewritten(placed)
            core.handle_datagram(placed.stream, data, source, now)
            self._drain(now)
        return self._log.end()

    def _drain(self, now: float) -> None:
        while (output := self._core.poll_output()) is not None:
            if not isinstance(output, Transmit):
                self._log.add(output, now)
                continue
            stream, data, address = output
            assert address is not None
            session = self._sessions[stream, address]
            self._rewriters[session].sent(stream, data, now)


_ALL: Final = Address("", 0)


def radio_config(recorded: Recorded) -> RadioConfig:
    """The radio that was recorded, as far as our core can be it."""
    session = recorded.session()
    status, accepted = session.status, session.accepted
    username, password = _credentials(recorded)
    dialect = SessionDialect()
    if accepted is not None:
        dialect = SessionDialect(
            connection=accepted.connection,
            reject_stereo_tx=accepted.connection != CONNECTION_WFVIEW,
        )
    return RadioConfig(
        username=username,
        password=password,
        # Of one that let nobody in nothing is known, and nothing is told.
        record=session.record or radio_config_of(RadioSetup(), 0, 0).record,
        civ_port=_PORTS[1] if status is None else status.civ_port,
        audio_port=_PORTS[2] if status is None else status.audio_port,
        rx_codecs=(*RADIO_CODECS, *OPUS_CODECS),
        tx_codecs=(*RADIO_CODECS, *OPUS_CODECS),
        session=dialect,
    )


def _credentials(recorded: Recorded) -> tuple[str, str]:
    """Those that were accepted; if none were, some that nobody has."""
    for session in recorded.sessions:
        login = session.login
        if login is not None and session.accepted is not None:
            try:
                return reveal(login.username), reveal(login.password)
            except DecodeError:
                continue
    return _NOBODY, _NOBODY


def _leaves_at(session: RecordedSession) -> Placed | None:
    """The datagram with which the recorded client began to leave."""
    goodbye = shut = None
    for placed in session.placed:
        if placed.direction is not _TO_RADIO or placed.stream is Stream.AUDIO:
            continue
        seen = seen_of(placed)
        match None if seen is None else seen.body:
            case CivOpenClose(action=action) if action == _CIV_CLOSE:
                shut = placed
            case Disconnect() if placed.stream is Stream.CIV:
                shut = shut or placed
            case Token(reply=Reply.REQUEST, request=Request.REMOVE_TOKEN):
                goodbye = goodbye or placed
            case Disconnect():
                goodbye = goodbye or placed
            case _:
                continue
        if goodbye is not None:
            break
    if goodbye is None or shut is None:
        return goodbye
    is_near = goodbye.datagram.t - shut.datagram.t < LEAVES_WITHIN_S
    return shut if is_near else goodbye


def _let_pass(
    core: ClientConnection | RadioConnection,
    now: float,
    until: float,
    drain: Callable[[float], None],
) -> None:
    """Do all that is due by then; what is late already is due now."""
    while (due := core.next_timeout()) is not None and due <= until:
        now = max(now, due)
        core.handle_timeout(now)
        drain(now)
