"""The client's whole connection: a control link with its session, and the streams.

The parts share one queue of outputs, so the order of what happened is kept. After an
input that may have moved a part to another state, `_react` looks at where the parts
stand and takes the next step; the steps are one table, in the order in which a
connection lives.
"""

import random
from collections import deque
from dataclasses import replace
from enum import IntEnum
from typing import Final

from icom_proto.audio_lane import AudioLane
from icom_proto.civ_frames import BROADCAST
from icom_proto.client_requests import ClientConfig
from icom_proto.client_session import ClientSession
from icom_proto.client_streams import ClientStreams
from icom_proto.codes import Role, Stream
from icom_proto.counters import AudioQuality
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
from icom_proto.link import Inlet, Link
from icom_proto.link_output import IGNORED_SHOWN_MAX
from icom_proto.link_states import LinkState
from icom_proto.link_timings import LinkTimings
from icom_proto.packets import RadioRecord
from icom_proto.rtt import RoundTrip
from icom_proto.session_states import ClientState
from icom_proto.timers import AnyTimers, Clock, TimerGroup, Timers

# An answer to "stop transmitting" is waited for this long before CI-V is closed.
UNKEY_WAIT_S: Final = 0.5
# A control link says goodbye twice, as kappanhang and NetworkIcom do: nothing else
# repeats it.
CONTROL_DISCONNECTS: Final = 2


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
_CONTROL: Final = Stream.CONTROL
_CIV: Final = Stream.CIV
_AUDIO: Final = Stream.AUDIO
_CLOSED: Final = LinkState.CLOSED
_UNKEYING: Final = Phase.UNKEYING


class ClientConnection:
    """Client role. Bytes and time in; datagrams, events and the next deadline out.

    `local_ports` are the ports that the control, CI-V and audio sockets are bound to,
    and `local_host` their address: the radio is told the ports, and ids are made of
    both. `outputs` and `deadlines` are what `poll_output` and `next_timeout` look at; a
    driver that does so thousands of times a second may look at them itself.
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
        self.outputs: deque[Output] = deque()
        self._clock = Clock()
        self._round_trip = RoundTrip()
        self._maker = _LinkMaker(
            self._clock,
            self._round_trip,
            self.outputs,
            rng,
            first_seq,
            config.silence_s,
        )
        self._maker.make_ids(local_host, local_ports)
        self._control = self._maker.make(
            _CONTROL, LinkTimings(disconnects=CONTROL_DISCONNECTS)
        )
        self._session = ClientSession(
            config,
            self._control,
            rng=rng,
            local_ports=local_ports,
            outputs=self.outputs,
        )
        self._streams: ClientStreams | None = None
        self._failure: tuple[CloseReason, str] | None = None
        self._timers = Timers(_Timer)
        self.deadlines = TimerGroup()
        self._links: list[Link | None] = []  # by stream
        self._audio_lane: AudioLane | None = None
        self._moves: list[int] = []  # those of each link that were reacted to
        self._watch_parts()

    # commands

    def open(self, now: float) -> None:
        """Start calling the radio."""
        self._clock.advance(now)
        if self.phase is not Phase.NEW:
            raise LocalProtocolError(f"connection is {self.phase.name}: opened already")
        self.phase = Phase.CALLING
        self._control.open(now)

    def close(self, now: float) -> None:
        """Leave: stop transmitting, close the streams, give the token back, linger.

        The last event is `SessionClosed`. Closing twice is closing once.
        """
        self._clock.advance(now)
        if self.phase < Phase.UNKEYING:
            self._part(now)

    def send_civ(
        self, frame: bytes, now: float, *, timeout_s: float = 1.0, urgent: bool = False
    ) -> int:
        """Queue a whole frame; `CivAnswered`, `CivRefused` or `CivExpired` carries the
        number returned. An urgent one is on the wire at once."""
        self._clock.advance(now)
        streams = self._ready_streams("send CI-V")
        return streams.civ.send(frame, now, timeout_s, urgent)

    def cancel_civ(self, request_id: int) -> None:
        """No event for this request any more; one that still waits is never sent.

        One on the wire stays there, so that its answer meets no other request.
        """
        if self._streams is not None:
            self._streams.civ.cancel(request_id)

    def send_audio(
        self, block: bytes, now: float, *, duration_s: float | None = None
    ) -> None:
        """Send a block in the granted TX codec when it is due: the first at once, each
        next one its duration later, which an Opus packet or `duration_s` tells.

        Up to a second may wait; `AudioSent` tells when one that waited has left.
        """
        self._clock.advance(now)
        audio = self._ready_streams("send audio").use_audio()
        audio.send(block, now, duration_s)

    def set_playout_delay(self, delay_s: float, now: float) -> None:
        """How long lost audio is waited for from now on; as `playout_delay_s` of the
        config, up to 1 s. At 0 audio is handed on as it comes, in no order."""
        self._clock.advance(now)
        streams = self._ready_streams("set the playout delay")
        streams.use_audio().set_delay(delay_s)
        self._config = replace(self._config, playout_delay_s=delay_s)

    def request_streams(self, now: float) -> None:
        """Ask for the streams again after `StreamsClosed`."""
        self._clock.advance(now)
        self._session.request_streams(now)

    # inputs

    def handle_datagram(self, stream: Stream, data: bytes, now: float) -> None:
        """Take one datagram that arrived on a stream's socket. Never raises for it."""
        lane = self._audio_lane
        if stream is _AUDIO and lane is not None and lane.take(data, now):
            return
        link = self._links[stream]
        if link is None:
            if self.phase is not Phase.CLOSED:
                shown = bytes(data[:IGNORED_SHOWN_MAX])
                why = IgnoredWhy.UNEXPECTED
                self.outputs.append(PacketIgnored(stream, why, shown))
            return
        if link.is_next(data, now):  # as nearly always
            link.accept_next(now)
            self._take(stream, data, now)
            return
        datagram = link.receive(data, now)
        if datagram is not None:
            self._take(stream, datagram, now)
        elif link.association.moves != self._moves[stream]:
            self._moves[stream] = link.association.moves
            self._react(now)

    def handle_timeout(self, now: float) -> None:
        """Do what is due."""
        self._clock.advance(now)
        if self.deadlines.soonest() > now:
            return
        moved = False
        if self._control.timers.soonest <= now:
            state = self._control.state
            self._control.handle_timeout(now)
            moved = self._control.state is not state
        if self._session.timers.soonest <= now:
            self._session.handle_timeout(now)
            moved = True
        if self._streams is not None:
            moved |= self._streams.handle_timeout(now)
        if self._timers.fired(now):
            self._leave(now)
        elif moved:
            self._react(now)

    # outputs

    def poll_output(self) -> Output | None:
        """The next thing to send or that happened, or None."""
        return self.outputs.popleft() if self.outputs else None

    def next_timeout(self) -> float | None:
        """When `handle_timeout` wants to be called."""
        return self.deadlines.next()

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
        return self._streams.civ.radio_address if self._streams else BROADCAST

    @property
    def round_trip(self) -> RoundTrip:
        """Round-trip time over all three streams."""
        return self._round_trip

    @property
    def audio_queued_s(self) -> float:
        """Seconds of audio that wait to be sent."""
        audio = self._streams.audio if self._streams is not None else None
        return audio.pacer.queued_s if audio is not None else 0.0

    @property
    def audio_quality(self) -> AudioQuality | None:
        """How received audio stands; None where there is none."""
        audio = self._streams.audio if self._streams is not None else None
        return audio.quality() if audio is not None else None

    def statistics(self) -> dict[str, dict[str, int]]:
        """Counters by stream: datagrams, recovery, and for audio its order."""
        counters = {"control": self._control.statistics()}
        return counters | (self._streams.statistics() if self._streams else {})

    # inside

    def _ready_streams(self, what: str) -> ClientStreams:
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
            step = _STEPS.get(phase)
            if step is not None:
                step(self, now)

    def _while_calling(self, now: float) -> None:
        if self._control.state is LinkState.UP:
            self.phase = Phase.SIGNING_IN
            self._session.start(now)
        elif self._control.state is _CLOSED:
            self._finish(CloseReason.NO_ANSWER)

    def _while_signing_in(self, now: float) -> None:
        if self._is_broken(now):
            return
        granted = self._session.granted
        if granted is not None:
            self.phase = Phase.OPENING
            self._streams = ClientStreams(
                self._config, granted, self._maker.make, self.outputs
            )
            self._streams.open(now)
            self._watch_parts()

    def _while_opening(self, now: float) -> None:
        if self._is_broken(now) or self._is_evicted(now) or self._streams is None:
            return
        self._streams.follow(now)
        if self._streams.are_up:
            self.phase = Phase.READY
            self.outputs.append(SessionReady())

    def _while_ready(self, now: float) -> None:
        if not self._is_broken(now):
            self._is_evicted(now)

    def _while_unkeying(self, now: float) -> None:
        if self._streams is None or not self._streams.can_unkey:
            self._leave(now)

    def _while_leaving(self, now: float) -> None:
        if self._session.state is ClientState.CLOSED or not self._control.can_send:
            self.phase = Phase.CLOSING
            if self._control.can_close:
                self._control.close(now)

    def _while_closing(self, _now: float) -> None:
        links = [
            self._control,
            *(self._streams.links.values() if self._streams else ()),
        ]
        if all(link.state is _CLOSED for link in links):
            self._finish(*(self._session.outcome or (CloseReason.LOCAL, "")))

    def _is_broken(self, now: float) -> bool:
        """Has a link or the session ended by itself? Then leave, and remember why."""
        if self._control.state is _CLOSED:
            reason = self._control.closed_by or CloseReason.LOCAL
            self._failure = reason, "CONTROL stream"
        elif self._streams is not None:
            self._failure = self._streams.failure
        if self._failure is None and self._session.state < ClientState.LEAVING:
            return False
        self._part(now)
        return True

    def _is_evicted(self, now: float) -> bool:
        """Did the radio take the streams away? It answers nothing there any more."""
        if self._session.state is not ClientState.EVICTED:
            return False
        self.phase = Phase.SIGNING_IN
        assert self._streams is not None
        self._streams.civ.close(now)
        self._streams = None
        self._watch_parts()
        return True

    def _part(self, now: float) -> None:
        """Leave, but stop transmitting first, while CI-V can still carry it.

        Whatever broke: a radio whose audio or control stream died may go on sending.
        """
        if self._streams is None or not self._streams.can_unkey:
            self._leave(now)
            return
        self._streams.stop_audio()
        self.phase = Phase.UNKEYING
        self._timers.start(_Timer.UNKEY, now + UNKEY_WAIT_S)
        self._streams.civ.unkey(now, UNKEY_WAIT_S)

    def _leave(self, now: float) -> None:
        """Close CI-V and audio, then the session; the control link goes last."""
        self._timers.stop_all()
        if self._streams is not None:
            self._streams.close(now)
        if self._failure is not None:
            self._session.fail(now, *self._failure)
        self._session.close(now)
        self.phase = Phase.LEAVING
        self._react(now)

    def _finish(self, reason: CloseReason, detail: str = "") -> None:
        self.phase = Phase.CLOSED
        self.deadlines.stop_all()
        self.outputs.append(SessionClosed(reason, detail))

    def _take(self, stream: Stream, data: bytes, now: float) -> None:
        """A tracked datagram that is new. Of audio that nobody asked for: nothing."""
        streams = self._streams
        if stream is _CONTROL or streams is None:
            self._session.handle_datagram(data, now)
            self._react(now)
        elif stream is _CIV:
            streams.civ.handle_datagram(data, now)
            if self.phase is _UNKEYING:
                self._react(now)
        elif streams.audio is not None:
            streams.audio.receiver.handle_datagram(data, now)

    def _watch_parts(self) -> None:
        """The streams came or went: what is looked at with every datagram changes."""
        own: list[AnyTimers] = [
            self._timers,
            self._session.timers,
            self._control.timers,
        ]
        streams = self._streams
        self.deadlines.watch(own + (streams.timers if streams is not None else []))
        media = streams.links if streams is not None else {}
        audio = streams.audio if streams is not None else None
        self._audio_lane = audio.lane if audio is not None else None
        self._links = [self._control, media.get(_CIV), media.get(_AUDIO)]
        self._moves = [self._control.association.moves, 0, 0]


_STEPS: Final = {
    Phase.CALLING: ClientConnection._while_calling,
    Phase.SIGNING_IN: ClientConnection._while_signing_in,
    Phase.OPENING: ClientConnection._while_opening,
    Phase.READY: ClientConnection._while_ready,
    Phase.UNKEYING: ClientConnection._while_unkeying,
    Phase.LEAVING: ClientConnection._while_leaving,
    Phase.CLOSING: ClientConnection._while_closing,
}


class StreamInlet(Inlet):
    """`handle_datagram` of one stream."""

    __slots__ = ("_connection", "_stream")

    def __init__(self, connection: ClientConnection, stream: Stream) -> None:
        self._connection, self._stream = connection, stream

    def take(self, data: bytes, now: float) -> None:
        self._connection.handle_datagram(self._stream, data, now)


class _LinkMaker:
    """Makes the links of one connection, which share clock, queue and round trip."""

    def __init__(
        self,
        clock: Clock,
        round_trip: RoundTrip,
        outputs: deque[Output],
        rng: random.Random,
        first_seq: int,
        silence_s: float,
    ) -> None:
        self._clock = clock
        self._round_trip = round_trip
        self._outputs = outputs
        self._rng = rng
        self._first_seq = first_seq
        self._ids: list[int] = []
        self._silence_s = silence_s

    def make_ids(self, host: str, ports: tuple[int, int, int]) -> None:
        """Each stream has its own."""
        self._ids = [_client_id(host, port, self._rng) for port in ports]

    def make(self, stream: Stream, timings: LinkTimings) -> Link:
        """A client's link of one stream."""
        return Link(
            Role.CLIENT,
            stream,
            own_id=self._ids[stream],
            rng=self._rng,
            timings=replace(timings, silence_s=self._silence_s),
            round_trip=self._round_trip,
            outputs=self._outputs,
            first_seq=self._first_seq,
            clock=self._clock,
        )


def _client_id(host: str, port: int, rng: random.Random) -> int:
    """Two octets of the address and the port, as most clients do (PROTOCOL.md 1.3)."""
    octets = host.split(".")
    if len(octets) != 4 or not all(o.isdigit() and int(o) < 256 for o in octets):
        return rng.randrange(1, 1 << 32)
    return int(octets[2]) << 24 | int(octets[3]) << 16 | port
