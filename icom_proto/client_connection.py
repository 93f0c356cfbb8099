"""The client's whole connection: three links and a session, composed.

The parts share one queue of outputs, so the order of what happened is kept. After an
input that may have moved a part to another state, `_react` looks at where the parts
stand and takes the next step; the steps are one table, in the order in which a
connection lives.
"""

import random
from collections import deque
from dataclasses import asdict
from enum import IntEnum
from typing import ClassVar

from icom_proto.audio_formats import FORMATS, block_size
from icom_proto.audio_stream import CLIENT_IDENTS, AudioReceiver, AudioSender
from icom_proto.civ_commands import set_ptt
from icom_proto.civ_frames import build_frame
from icom_proto.civ_stream import CivState, ClientCiv
from icom_proto.client_session import ClientConfig, ClientSession
from icom_proto.codes import Codec, Role, Stream
from icom_proto.errors import LocalProtocolError
from icom_proto.events import (
    CloseReason,
    IgnoredWhy,
    Output,
    PacketIgnored,
    SessionClosed,
    SessionReady,
    StreamsGranted,
)
from icom_proto.gap_tracker import RecoveryLimits
from icom_proto.link import Link
from icom_proto.link_output import IGNORED_SHOWN_MAX
from icom_proto.link_states import LinkState
from icom_proto.link_timings import LinkTimings
from icom_proto.packets import RadioRecord
from icom_proto.rtt import RoundTrip
from icom_proto.session_states import ClientState
from icom_proto.timers import AnyTimers, TimerGroup, Timers

# An answer to "stop transmitting" is waited for this long before CI-V is closed.
UNKEY_WAIT_S = 0.5
# A control link says goodbye twice, as kappanhang and NetworkIcom do: nothing repeats
# it.
CONTROL_DISCONNECTS = 2
# Requests for one missing audio datagram; each takes a round trip of the delay.
AUDIO_REQUESTS_MAX = 8
# And each leaves twice, as all of kappanhang's do. Measured at 5 % loss and 20 ms of
# jitter: residual loss 0.13 % instead of 0.30 %, and fewer datagrams resent.
AUDIO_REQUEST_COPIES = 2
# Where a codec has no fixed block size (Opus) the playout clock counts datagrams.
BLOCK_BYTES_UNKNOWN = 1


class Phase(IntEnum):
    """How far the connection has come."""

    NEW = 0
    CALLING = 1
    SIGNING_IN = 2
    OPENING = 3
    READY = 4
    UNKEYING = 5
    LEAVING = 6
    CLOSING = 7
    CLOSED = 8


class _Timer(IntEnum):
    UNKEY = 0


# Members bound once: looking one up on its class costs 0.1 µs on Python 3.11.
_AUDIO = Stream.AUDIO
_CONTROL = Stream.CONTROL
_CIV = Stream.CIV


class ClientConnection:
    """Client role. Bytes and time in; datagrams, events and the next deadline out.

    `local_ports` are the ports that the control, CI-V and audio sockets are bound to,
    and `local_host` their address: the radio is told the ports, and ids are made of
    both.
    """

    def __init__(
        self,
        config: ClientConfig,
        *,
        rng: random.Random,
        local_ports: tuple[int, int, int],
        local_host: str = "127.0.0.1",
        first_seq: int = 1,
    ) -> None:
        self.phase = Phase.NEW
        self._config = config
        self._rng = rng
        self._first_seq = first_seq
        self._outputs: deque[Output] = deque()
        self._round_trip = RoundTrip()
        self._ids = [_client_id(local_host, port, rng) for port in local_ports]
        self._links = {_CONTROL: self._make_link(_CONTROL)}
        self._session = ClientSession(
            config,
            self._links[_CONTROL],
            rng=rng,
            local_ports=local_ports,
            outputs=self._outputs,
        )
        self._streams: _Streams | None = None
        self._timers = Timers(_Timer)
        self._all_timers = TimerGroup()
        self._collect_timers()

    # commands

    def open(self, now: float) -> None:
        """Start calling the radio."""
        if self.phase is not Phase.NEW:
            raise LocalProtocolError(f"connection is {self.phase.name}: opened already")
        self.phase = Phase.CALLING
        self._links[_CONTROL].open(now)

    def close(self, now: float) -> None:
        """Leave: stop transmitting, close the streams, give the token back, linger.

        The last event is `SessionClosed`. Closing twice is closing once.
        """
        if self.phase >= Phase.UNKEYING:
            return
        streams = self._streams
        if streams is not None and streams.civ.keyed:
            self.phase = Phase.UNKEYING
            self._timers.start(_Timer.UNKEY, now + UNKEY_WAIT_S)
            civ = streams.civ
            frame = build_frame(civ.radio_address, civ.controller, set_ptt(False))
            civ.send(frame, now, UNKEY_WAIT_S, True)
            return
        self._leave(now)

    def send_civ(
        self, frame: bytes, now: float, *, timeout_s: float = 1.0, urgent: bool = False
    ) -> int:
        """Queue a whole frame; `CivAnswered`, `CivRefused` or `CivExpired` carries the
        number returned. An urgent one is on the wire at once."""
        streams = self._ready_streams("send CI-V")
        return streams.civ.send(frame, now, timeout_s, urgent)

    def cancel_civ(self, request_id: int) -> None:
        """No event for this request any more; one that still waits is never sent.

        One on the wire stays there, so that its answer meets no other request.
        """
        if self._streams is not None:
            self._streams.civ.cancel(request_id)

    def send_audio(self, block: bytes, now: float) -> None:
        """Send one block in the granted TX codec."""
        streams = self._ready_streams("send audio")
        if streams.sender is None or streams.granted.tx_codec is Codec.NONE:
            raise LocalProtocolError("no transmit audio was granted for this session")
        streams.sender.send(block, now)

    def request_streams(self, now: float) -> None:
        """Ask for the streams again after `StreamsClosed`."""
        self._session.request_streams(now)

    # inputs

    def handle_datagram(self, stream: Stream, data: bytes, now: float) -> None:
        """Take one datagram that arrived on a stream's socket. Never raises for it."""
        link = self._links.get(stream)
        if link is None:
            shown = bytes(data[:IGNORED_SHOWN_MAX])
            self._outputs.append(PacketIgnored(stream, IgnoredWhy.UNEXPECTED, shown))
            return
        state = link.state
        datagram = link.receive(data, now)
        if datagram is None:
            if link.state is not state:
                self._react(now)
            return
        streams = self._streams
        if stream is _AUDIO:
            if streams is not None and streams.receiver is not None:
                streams.receiver.handle_datagram(datagram, now)
        elif stream is _CONTROL:
            self._session.handle_datagram(datagram, now)
            self._react(now)
        elif streams is not None:
            streams.civ.handle_datagram(datagram, now)
            if self.phase is Phase.UNKEYING:
                self._react(now)

    def handle_timeout(self, now: float) -> None:
        """Do what is due."""
        if self._all_timers.soonest() > now:
            return
        moved = False
        for link in self._links.values():
            if link.timers.soonest <= now:
                state = link.state
                link.handle_timeout(now)
                moved |= link.state is not state
        if self._session.timers.soonest <= now:
            self._session.handle_timeout(now)
            moved = True
        if self._streams is not None:
            self._streams.handle_timeout(now)
        if self._timers.fired(now):
            self._leave(now)
        elif moved:
            self._react(now)

    # outputs

    def poll_output(self) -> Output | None:
        """The next thing to send or that happened, or None."""
        return self._outputs.popleft() if self._outputs else None

    def next_timeout(self) -> float | None:
        """When `handle_timeout` wants to be called."""
        return self._all_timers.next()

    # questions

    @property
    def state(self) -> ClientState:
        """Where the session on the control stream stands."""
        return self._session.state

    @property
    def radio(self) -> RadioRecord | None:
        """The radio chosen from the capabilities."""
        return self._session.radio

    @property
    def granted(self) -> StreamsGranted | None:
        """What the radio granted, while it does."""
        return self._session.granted

    @property
    def civ_address(self) -> int:
        """The radio's CI-V address; 0, the broadcast address, while it is unknown."""
        return self._streams.civ.radio_address if self._streams is not None else 0

    @property
    def round_trip(self) -> RoundTrip:
        """Round-trip time over all three streams."""
        return self._round_trip

    def statistics(self) -> dict[str, dict[str, int]]:
        """Counters by stream: datagrams, recovery, and for audio its order."""
        counters = {
            stream.name.lower(): asdict(link.counters) | asdict(link.tracker.counters)
            for stream, link in self._links.items()
        }
        if self._streams is not None and self._streams.receiver is not None:
            counters["audio"] |= asdict(self._streams.receiver.counters)
        return counters

    # inside

    def _ready_streams(self, what: str) -> "_Streams":
        if self._streams is None or self.phase is not Phase.READY:
            raise LocalProtocolError(
                f"connection is {self.phase.name}: cannot {what} before it is READY"
            )
        return self._streams

    def _react(self, now: float) -> None:
        """Take every step that the parts' states call for now."""
        phase = None
        while phase is not self.phase:
            phase = self.phase
            self._steps[phase](self, now)

    def _while_quiet(self, _now: float) -> None:
        """Nothing to do."""

    def _while_calling(self, now: float) -> None:
        control = self._links[_CONTROL]
        if control.state is LinkState.UP:
            self.phase = Phase.SIGNING_IN
            self._session.start(now)
        elif control.state is LinkState.CLOSED:
            self._finish(CloseReason.NO_ANSWER)

    def _while_signing_in(self, now: float) -> None:
        if self._is_broken(now):
            return
        if self._session.granted is not None:
            self.phase = Phase.OPENING
            self._open_streams(self._session.granted, now)

    def _while_opening(self, now: float) -> None:
        streams = self._streams
        if self._is_broken(now) or streams is None:
            return
        civ_link = self._links[_CIV]
        if civ_link.state is LinkState.UP and streams.civ.state is CivState.SHUT:
            address = self._config.civ_address
            if address is None:
                address = streams.granted.radio.civ_address
            streams.civ.open(address, now)
        if all(link.state is LinkState.UP for link in self._links.values()):
            self.phase = Phase.READY
            self._outputs.append(SessionReady())

    def _while_ready(self, now: float) -> None:
        if self._is_broken(now):
            return
        if self._session.state is ClientState.EVICTED:
            self.phase = Phase.SIGNING_IN
            self._drop_streams(now)

    def _while_unkeying(self, now: float) -> None:
        assert self._streams is not None
        if not self._streams.civ.keyed or self._session.state >= ClientState.LEAVING:
            self._leave(now)

    def _while_leaving(self, now: float) -> None:
        control = self._links[_CONTROL]
        if self._session.state is ClientState.CLOSED or not control.can_send:
            self.phase = Phase.CLOSING
            if control.can_close:
                control.close(now)

    def _while_closing(self, _now: float) -> None:
        if all(link.state is LinkState.CLOSED for link in self._links.values()):
            reason, detail = self._session.outcome or (CloseReason.LOCAL, "")
            self._finish(reason, detail)

    _steps: ClassVar = {
        Phase.NEW: _while_quiet,
        Phase.CALLING: _while_calling,
        Phase.SIGNING_IN: _while_signing_in,
        Phase.OPENING: _while_opening,
        Phase.READY: _while_ready,
        Phase.UNKEYING: _while_unkeying,
        Phase.LEAVING: _while_leaving,
        Phase.CLOSING: _while_closing,
        Phase.CLOSED: _while_quiet,
    }

    def _is_broken(self, now: float) -> bool:
        """Has a link or the session ended by itself? Then leave, and remember why."""
        for stream, link in self._links.items():
            if link.state is LinkState.CLOSED:
                reason = link.closed_by or CloseReason.LOCAL
                if reason is CloseReason.NO_ANSWER:
                    reason = CloseReason.DATA_PORTS_DEAD
                self._session.fail(now, reason, f"{stream.name} stream")
        if self._session.state < ClientState.LEAVING:
            return False
        self._leave(now)
        return True

    def _leave(self, now: float) -> None:
        """Close CI-V and audio, then the session; the control link goes last."""
        self._timers.stop_all()
        if self._streams is not None:
            self._streams.civ.close(now)
        for stream in (_CIV, _AUDIO):
            link = self._links.get(stream)
            if link is not None and link.can_close:
                link.close(now)
        self._session.close(now)
        self.phase = Phase.LEAVING
        self._react(now)

    def _finish(self, reason: CloseReason, detail: str = "") -> None:
        self.phase = Phase.CLOSED
        self._all_timers.stop_all()
        self._outputs.append(SessionClosed(reason, detail))

    def _open_streams(self, granted: StreamsGranted, now: float) -> None:
        wanted = [_CIV, _AUDIO] if self._config.audio else [_CIV]
        for stream in wanted:
            self._links[stream] = self._make_link(stream)
            self._links[stream].open(now)
        self._streams = _Streams(self._config, granted, self._links, self._outputs)
        self._collect_timers()

    def _drop_streams(self, now: float) -> None:
        """The radio took the streams away; nothing it would answer is sent."""
        if self._streams is not None:
            self._streams.civ.close(now)
        self._links = {_CONTROL: self._links[_CONTROL]}
        self._streams = None
        self._collect_timers()

    def _collect_timers(self) -> None:
        own: list[AnyTimers] = [self._timers, self._session.timers]
        own += [link.timers for link in self._links.values()]
        self._all_timers.watch(own + (self._streams.timers if self._streams else []))

    def _make_link(self, stream: Stream) -> Link:
        timings = {
            _CONTROL: LinkTimings(disconnects=CONTROL_DISCONNECTS),
            _CIV: LinkTimings(),
            _AUDIO: LinkTimings(
                idle_after_s=None,
                request_copies=AUDIO_REQUEST_COPIES,
                recovery=RecoveryLimits(
                    give_up_s=self._config.playout_delay_s,
                    requests_max=AUDIO_REQUESTS_MAX,
                ),
            ),
        }[stream]
        return Link(
            Role.CLIENT,
            stream,
            own_id=self._ids[stream],
            rng=self._rng,
            timings=timings,
            round_trip=self._round_trip,
            outputs=self._outputs,
            first_seq=self._first_seq,
        )


class _Streams:
    """What exists only while the radio grants CI-V and audio."""

    def __init__(
        self,
        config: ClientConfig,
        granted: StreamsGranted,
        links: dict[Stream, Link],
        outputs: deque[Output],
    ) -> None:
        self.granted = granted
        self.civ = ClientCiv(
            links[_CIV], controller=config.civ_controller, outputs=outputs
        )
        self.sender: AudioSender | None = None
        self.receiver: AudioReceiver | None = None
        if _AUDIO in links:
            self.sender = AudioSender(links[_AUDIO], CLIENT_IDENTS)
            self.receiver = AudioReceiver(
                block_bytes=_block_bytes(granted.rx_codec, granted.rx_rate_hz),
                delay_s=config.playout_delay_s,
                outputs=outputs,
            )

    @property
    def timers(self) -> list[AnyTimers]:
        own: list[AnyTimers] = [self.civ.timers]
        return own + ([self.receiver.timers] if self.receiver is not None else [])

    def handle_timeout(self, now: float) -> None:
        """Do what is due."""
        if self.civ.timers.soonest <= now:
            self.civ.handle_timeout(now)
        if self.receiver is not None and self.receiver.timers.soonest <= now:
            self.receiver.handle_timeout(now)


def _block_bytes(codec: Codec, rate_hz: int) -> int:
    known = FORMATS.get(codec)
    if known is None or not known.frame_bytes:
        return BLOCK_BYTES_UNKNOWN
    return block_size(codec, rate_hz)


def _client_id(host: str, port: int, rng: random.Random) -> int:
    """Two octets of the address and the port, as most clients do (PROTOCOL.md 1.3)."""
    octets = host.split(".")
    if len(octets) != 4 or not all(o.isdigit() and int(o) < 256 for o in octets):
        return rng.randrange(1, 1 << 32)
    return int(octets[2]) << 24 | int(octets[3]) << 16 | port
