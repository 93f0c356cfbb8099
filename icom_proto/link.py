"""One stream's link with its peer, for either role: the parts, composed.

`Association` does handshake and goodbye, `TrackedChannel` the numbered packets and
their repetition, `Pinger` the pings. What arrives is checked here and handed to the
part that it is for. A link does not know what the tracked packets mean.

Used alone, a link hands tracked packets out as `DataReceived`. Inside a connection,
`receive` returns them instead, because an event per datagram would cost as much as all
the rest, and the outputs of all links go to one queue, which keeps their order.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from typing import Final

from icom_proto.association import INPUTS, Association
from icom_proto.codec import HEADER_SIZE, offset_of
from icom_proto.codes import PacketType, Role, Stream
from icom_proto.errors import LocalProtocolError
from icom_proto.events import (
    Address,
    CloseReason,
    DataReceived,
    IgnoredWhy,
    Output,
)
from icom_proto.gap_tracker import GapTracker
from icom_proto.link_dialect import PLAIN, LinkDialect
from icom_proto.link_extras import LinkExtras
from icom_proto.link_output import (
    LinkOutput,
    unpack_header,
)
from icom_proto.link_states import LinkState
from icom_proto.link_timings import LinkTimer, LinkTimings
from icom_proto.packets import Header
from icom_proto.pinger import Pinger
from icom_proto.rtt import RoundTrip
from icom_proto.timers import Clock, Timers
from icom_proto.tracked_channel import TrackedChannel

# Compared with what the struct gives, so plain integers: members compare more slowly.
_DATA: Final = int(PacketType.DATA)
_CALL: Final = int(PacketType.ARE_YOU_THERE)
_PING: Final = int(PacketType.PING)
_RETRANSMIT: Final = int(PacketType.RETRANSMIT)
# Where the header has what `is_next` looks at, as plain numbers: compiled code needs no
# look-up then. Length and type 0 stand in front of the number, the ids behind it.
_TYPE: Final = 4
_SEQ: Final = 6
_IDS: Final = 8
assert tuple(offset_of(Header, name) for name in ("type", "seq", "sender_id")) == (
    _TYPE,
    _SEQ,
    _IDS,
)
# States in which pings and requests of the peer are answered.
_CARRYING: Final = (
    LinkState.UP,
    LinkState.ANSWERED,
    LinkState.READYING,
    LinkState.CLOSING,
)
_UP: Final = LinkState.UP
_READYING: Final = LinkState.READYING


class Inlet:
    """Where the datagrams of one socket go in.

    A class where a function would do: compiled code calls its method directly, and no
    object is made of the time.
    """

    __slots__ = ()

    def take(self, data: bytes, now: float) -> None:
        """Take one datagram. Never raises because of its content."""
        raise NotImplementedError


class Link:
    """The link of one stream. See the module's docstring."""

    def __init__(
        self,
        role: Role,
        stream: Stream,
        *,
        own_id: int,
        rng: random.Random,
        timings: LinkTimings,
        round_trip: RoundTrip | None = None,
        outputs: deque[Output] | None = None,
        address: Address | None = None,
        first_seq: int = 1,
        clock: Clock | None = None,
        dialect: LinkDialect = PLAIN,
        last_of_peer: int | None = None,
    ) -> None:
        """A radio's `dialect` says what it does otherwise than others. `last_of_peer`
        is where an earlier link with this peer stood, if this one is to go on there."""
        self.stream = stream
        self.address = address
        self.timers = Timers(LinkTimer)
        self.round_trip = round_trip or RoundTrip()
        self.clock = clock or Clock()
        self._outputs: deque[Output] = deque() if outputs is None else outputs
        # Only a radio can be called by strangers; and its pings do not start at 0.
        is_radio = role is Role.RADIO
        self.output = LinkOutput(
            stream, address, own_id=own_id, is_limited=is_radio, events=self._outputs
        )
        common = self.output, self.timers, timings, dialect
        self.channel = TrackedChannel(
            *common, self.round_trip, first_seq, rng, last_of_peer
        )
        self.association = Association(role, *common, self.channel.send_as)
        first_ping = rng.getrandbits(16) if is_radio else 0
        if dialect.ping_start is not None:
            first_ping = dialect.ping_start
        self.pinger = Pinger(*common, self.round_trip, first_ping)
        self._extras = LinkExtras(self.output, self.channel, self.pinger)
        self._dialect = dialect
        self.checks_receiver = dialect.check_rcvdid
        self.tracker: GapTracker = self.channel.tracker
        self._on_timer: dict[LinkTimer, Callable[[float], None]] = {
            LinkTimer.HANDSHAKE: self._on_handshake_due,
            LinkTimer.PING: self.pinger.on_due,
            LinkTimer.IDLE: self.channel.on_idle_due,
            LinkTimer.RECOVERY: self.channel.on_recovery_due,
            LinkTimer.SILENCE: self.association.on_silence_due,
            LinkTimer.LINGER: self.association.on_linger_over,
        }

    # commands

    def open(self, now: float) -> None:
        """Start calling the peer. Only the client opens; a radio waits to be called."""
        self.clock.advance(now)
        self.association.open(now)

    def send(self, body: bytes, now: float, payload: bytes = b"") -> int:
        """Send one tracked packet and keep it for repetition; returns its number.

        A large `payload` behind the body is handed in apart and copied once.
        """
        assert now >= self.clock.now, "time runs backwards"
        self.clock.now = now
        if not self.association.can_send:
            raise LocalProtocolError(
                f"{self.stream.name} link is {self.state.name}: cannot send now"
            )
        return self.channel.send(body, now, payload)

    def close(self, now: float) -> None:
        """Say goodbye. A client still answers requests for a moment."""
        self.clock.advance(now)
        self.association.close(now)

    def forget(self, seq: int) -> None:
        """Never repeat this packet: what it asks for is no longer wanted."""
        self.channel.history.forget(seq)

    def trust(self) -> None:
        """The peer has logged in: the limit on unanswered bytes is lifted."""
        self.output.trust()

    def adopt(self, timings: LinkTimings, dialect: LinkDialect, now: float) -> None:
        """Behave like this from now on; counters stay where they are."""
        self.association.adopt(timings, dialect, now)
        self.channel.adopt(timings, dialect)
        self.pinger.adopt(timings, dialect)
        self._dialect = dialect
        self.checks_receiver = dialect.check_rcvdid
        if self.state is _UP:
            self._extras.start(dialect, now)

    # inputs

    def handle_datagram(self, data: bytes, now: float) -> None:
        """Take one datagram. Never raises because of its content."""
        if self.receive(data, now) is not None:
            seq = unpack_header(data)[2]
            self._outputs.append(DataReceived(self.stream, seq, data))

    def is_next(self, data: bytes, now: float) -> bool:
        """Is it the tracked packet that is expected, on a link that is up?

        If so, `accept_next` does for it at once what `receive` does step by step. Read
        byte by byte: compiled, that makes no objects, where a struct makes six.
        """
        size, output = len(data), self.output
        return (
            size > HEADER_SIZE
            and data[_SEQ] | data[_SEQ + 1] << 8 == self.tracker.highest + 1
            and data[0] | data[1] << 8 == size
            and not data[2] | data[3]
            and not data[_TYPE] | data[_TYPE + 1]
            and data[_IDS:HEADER_SIZE] == output.ids_expected
            and output.allowance is None
            and self.association.state is _UP
            and now >= self.clock.now
        )

    def accept_next(self, now: float) -> None:
        """Take the packet for which `is_next` is true."""
        self.clock.now = self.association.heard_at = now
        self.output.counters.received += 1
        self.tracker.highest += 1

    def receive(self, data: bytes, now: float) -> bytes | None:
        """Take one datagram; returns it if it is tracked and was not here before."""
        clock = self.clock
        assert now >= clock.now, "time runs backwards"
        clock.now = now
        size = len(data)
        if size < HEADER_SIZE:
            self.output.ignore(IgnoredWhy.SHORT, data)
            return None
        length, kind, seq, sender_id, receiver_id = unpack_header(data)
        output, association = self.output, self.association
        if kind != _DATA:
            if (  # the most frequent of the others, in line
                kind == _PING
                and association.state is _UP
                and sender_id == output.peer_id
                and receiver_id == output.own_id
                and output.allowance is None
            ):
                association.heard_at = now
                output.counters.received += 1
                self.pinger.handle_ping(seq, data, now)
            else:
                self._receive_other(kind, (seq, sender_id, receiver_id), data, now)
            return None
        if sender_id != output.peer_id or (
            receiver_id != output.own_id and self.checks_receiver
        ):
            output.ignore_foreign(receiver_id, data)
            return None
        if length != size:
            output.ignore(IgnoredWhy.BAD_LENGTH, data)
            return None
        if association.state is not _UP and not self._may_take(data, now):
            return None
        association.heard_at = now
        output.counters.received += 1
        if output.allowance is not None:
            output.earn(length)
        # The common case, in line: the next number. Number 0 may be no number at all
        # (idles of some clients, 2.5), so it always takes the long way.
        tracker = self.tracker
        if seq == tracker.highest + 1:
            tracker.highest = seq
            return data if size > HEADER_SIZE else None
        return self.channel.handle_out_of_order(data, seq, now)

    def handle_timeout(self, now: float) -> None:
        """Do what is due."""
        self.clock.advance(now)
        for name in self.timers.fired(now):
            self._on_timer[name](now)

    # outputs

    def poll_output(self) -> Output | None:
        """The next thing that happened, or None."""
        return self._outputs.popleft() if self._outputs else None

    def next_timeout(self) -> float | None:
        """When `handle_timeout` wants to be called."""
        return self.timers.next()

    # questions

    @property
    def state(self) -> LinkState:
        """Where the association stands."""
        return self.association.state

    @property
    def can_send(self) -> bool:
        """May tracked packets be sent now?"""
        return self.association.can_send and not self.output.is_muted

    @property
    def can_close(self) -> bool:
        """Is `close` allowed now?"""
        return self.association.can_close

    @property
    def closed_by(self) -> CloseReason | None:
        """Why the link is CLOSED; None while it is not."""
        return self.association.closed_by

    @property
    def heard_at(self) -> float:
        """When the peer last sent something valid."""
        return self.association.heard_at

    def statistics(self) -> dict[str, int]:
        """What the link sent and received, and what it recovered."""
        return asdict(self.output.counters) | asdict(self.tracker.counters)

    # inside

    def _receive_other(
        self, kind: int, ids: tuple[int, int, int], data: bytes, now: float
    ) -> None:
        """Everything but data: pings, retransmit requests, handshake, goodbye."""
        seq, sender_id, receiver_id = ids
        output, association = self.output, self.association
        is_control = kind in INPUTS
        if kind not in (_PING, _RETRANSMIT) and not (
            is_control and len(data) == HEADER_SIZE
        ):
            output.ignore(IgnoredWhy.UNKNOWN_TYPE, data)
        elif kind != _CALL and (receiver_id != output.own_id and self.checks_receiver):
            output.ignore(IgnoredWhy.WRONG_RECEIVER, data)
        elif is_control:
            output.counters.received += 1
            output.earn(len(data))
            self._handle_control(data, now)
        elif association.state not in _CARRYING:
            output.ignore(IgnoredWhy.UNEXPECTED, data)
        elif sender_id != output.peer_id:
            output.ignore(IgnoredWhy.WRONG_SENDER, data)
        else:
            association.heard_at = now
            output.counters.received += 1
            output.earn(len(data))
            if kind == _PING:
                self.pinger.handle_ping(seq, data, now)
            else:
                self.channel.handle_request(seq, data, now)

    def _may_take(self, data: bytes, now: float) -> bool:
        """Are tracked packets wanted before the link is up, or after?"""
        match self.state:
            case LinkState.READYING:
                return True
            case LinkState.ANSWERED:
                self.association.handle_data(now)
                self._follow(LinkState.ANSWERED, now)
                return True
            case LinkState.CLOSING:
                # Nothing more, least of all repetitions: of a request that comes so
                # late wfserver 1.60 makes a new client, and dies.
                return False
            case _:
                self.output.ignore(IgnoredWhy.UNEXPECTED, data)
                return False

    def _handle_control(self, data: bytes, now: float) -> None:
        state = self.state
        self.association.handle_control(data, now)
        self._follow(state, now)

    def _follow(self, before: LinkState, now: float) -> None:
        """The other parts begin when the association comes up."""
        if self.state is before:
            return
        if self.state is _UP:
            self.pinger.on_due(now)
            self.channel.start(now)
            self._extras.start(self._dialect, now)
        elif self.state is _READYING:
            self.channel.expect_restart(now)
        elif self.state is LinkState.ANSWERED:
            self.channel.on_called(now)
        elif self.closed_by is CloseReason.PEER_DISCONNECT:
            self.channel.answer_goodbye(now)

    def _on_handshake_due(self, now: float) -> None:
        state = self.state
        self.association.on_handshake_due(now)
        self._follow(state, now)
