"""One stream's association with its peer, for either role.

A link knows the handshake, both ids, tracked and untracked sequence numbers, the
history of what it sent, the gaps in what it received, pings, idles and silence. It does
not know what the tracked packets mean. The role chooses a table of states and a set of
timings; after the constructor nothing asks for it again.

Used alone, a link hands tracked packets out as `DataReceived`. Inside a connection,
`receive` returns them instead, because an event per datagram would cost as much as all
the rest, and the outputs of all links go to one queue, which keeps their order.
"""

import random
from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar

from icom_proto.codec import HEADER_SIZE, Body, fast_constructor, head_struct, packer
from icom_proto.codes import PacketType, Role, Stream
from icom_proto.errors import DecodeError, LocalProtocolError
from icom_proto.events import (
    Address,
    CloseReason,
    DataReceived,
    GapGivenUp,
    IgnoredWhy,
    LinkClosed,
    LinkUp,
    Output,
    PacketIgnored,
    PeerResynchronised,
    Transmit,
)
from icom_proto.gap_tracker import Arrival, GapTracker, RecoveryLimits
from icom_proto.link_states import TABLES, LinkInput, LinkState
from icom_proto.packets import (
    Disconnect,
    Header,
    Ping,
    Ready,
    RetransmitMany,
    SeqRange,
)
from icom_proto.rtt import RoundTrip
from icom_proto.send_history import SendHistory
from icom_proto.seqnum import expand_ranges
from icom_proto.timers import Timers

PING_SIZE = 0x15
# A retransmit request is expanded to at most this many numbers (PROTOCOL.md 2.7).
REQUEST_SPAN_MAX = 512
# Bytes of an ignored datagram that are shown.
IGNORED_SHOWN_MAX = 64
# Own pings whose answer is still awaited; older ones count as lost.
PINGS_AWAITED_MAX = 8
# A stranger gets no more than this many times the bytes it sent, until it has logged
# in.
AMPLIFICATION_MAX = 3
# Requests are sent in copies only where repeating them takes this long or longer.
COPIES_FROM_S = 0.01
# Sequence number of "are you ready" (PROTOCOL.md 2.4: W, K, F, N, NI, R, S, M).
READY_SEQ = 1

pack_header = head_struct(Header).pack
unpack_header = head_struct(Header).unpack_from
pack_ping = packer(Ping)
make_transmit = fast_constructor(Transmit)

# Compared with what the struct gives, so plain integers: members compare more slowly.
_DATA = int(PacketType.DATA)
_CALL = int(PacketType.ARE_YOU_THERE)
_PING = int(PacketType.PING)
_RETRANSMIT = int(PacketType.RETRANSMIT)

_INPUTS = {
    int(PacketType.ARE_YOU_THERE): LinkInput.ARE_YOU_THERE,
    int(PacketType.I_AM_HERE): LinkInput.I_AM_HERE,
    int(PacketType.READY): LinkInput.READY,
    int(PacketType.DISCONNECT): LinkInput.DISCONNECT,
}

_CARRYING = (LinkState.UP, LinkState.ANSWERED, LinkState.READYING, LinkState.CLOSING)
_SENDING = (LinkState.UP, LinkState.ANSWERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTimings:
    """How one stream of one role behaves in time. Seconds; None switches a thing off.

    Defaults are the client's, PROTOCOL.md section 6, last paragraph.
    """

    call_every_s: float = 0.5
    calls_max: int = 10
    ready_every_s: float = 0.5
    ready_max: int = 5
    ping_every_s: float = 0.5
    idle_after_s: float | None = 0.1
    silence_s: float = 15.0
    linger_s: float = 0.3
    disconnects: int = 1
    # Real radios write 0 into the length field of pings (PROTOCOL.md 2.6).
    ping_length: int = PING_SIZE
    # How often each request is sent at once. A lost one costs a round trip.
    request_copies: int = 1
    # A radio's audio numbers begin at 0 again once the client is ready (2.4).
    restarts_when_ready: bool = False
    recovery: RecoveryLimits = field(
        default=RecoveryLimits(give_up_s=3.0, requests_max=16)
    )


class LinkTimer(IntEnum):
    """The deadlines of a link."""

    HANDSHAKE = 0
    PING = 1
    IDLE = 2
    RECOVERY = 3
    SILENCE = 4
    LINGER = 5


@dataclass(slots=True)
class LinkCounters:
    """Datagrams and bytes since the link opened."""

    received: int = 0
    ignored: int = 0
    sent: int = 0
    requests_sent: int = 0
    requests_received: int = 0
    resent: int = 0
    fillers_sent: int = 0
    withheld: int = 0


# Members bound once: looking one up on its class costs 0.1 µs on Python 3.11.
_CALLING = LinkState.CALLING
_READYING = LinkState.READYING
_ANSWERED = LinkState.ANSWERED
_UP = LinkState.UP
_CLOSING = LinkState.CLOSING
_CLOSED = LinkState.CLOSED
_RECOVERY = LinkTimer.RECOVERY
_PING_DUE = LinkTimer.PING
_IDLE_DUE = LinkTimer.IDLE
_RESTART = Arrival.RESTART
_DUPLICATE = Arrival.DUPLICATE


class Link:
    """The association of one stream, either role. See the module's docstring."""

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
    ) -> None:
        self.stream = stream
        self.address = address
        self.state = LinkState.NEW
        self.own_id = own_id
        self.peer_id = 0
        self.heard_at = 0.0
        self.closed_by: CloseReason | None = None
        self.counters = LinkCounters()
        self.round_trip = round_trip or RoundTrip()
        self.tracker = GapTracker(timings.recovery, self.round_trip)
        self._table = TABLES[role]
        self._timings = timings
        self.timers = Timers(LinkTimer)
        self._outputs: deque[Output] = deque() if outputs is None else outputs
        self._sending = _Sending(first_seq)
        self._handshake_sent = 0
        self._pings = _Pings(rng.getrandbits(16) if role is Role.RADIO else 0)
        # Bytes that may still go to a peer that has not logged in; None: no limit.
        self._allowance: int | None = 0 if role is Role.RADIO else None

    # commands

    def open(self, now: float) -> None:
        """Start calling the peer. Only the client opens; a radio waits to be called."""
        self._command(LinkInput.OPEN, now)
        self._handshake_sent = 1
        self.timers.start(LinkTimer.HANDSHAKE, now + self._timings.call_every_s)

    def send(self, body: bytes, now: float, payload: bytes = b"") -> int:
        """Send one tracked packet and keep it for repetition; returns its number.

        A large `payload` behind the body is handed in apart and copied once.
        """
        if self.state not in _SENDING:
            raise LocalProtocolError(
                f"{self.stream.name} link is {self.state.name}: cannot send yet"
            )
        sending = self._sending
        seq = sending.next_seq
        sending.next_seq = (seq + 1) & 0xFFFF
        length = HEADER_SIZE + len(body) + len(payload)
        header = pack_header(length, _DATA, seq, self.own_id, self.peer_id)
        datagram = b"".join((header, body, payload))
        sending.history.keep(seq, datagram)
        sending.last_at = now
        self._transmit(datagram)
        return seq

    def close(self, now: float) -> None:
        """Say goodbye. A client still answers requests for a moment."""
        self._command(LinkInput.CLOSE, now, CloseReason.LOCAL)
        if self.state is _CLOSING:
            for _ in range(self._timings.disconnects - 1):
                self._send_untracked(Disconnect, 0)
            self.timers.stop_all()
            self.timers.start(LinkTimer.LINGER, now + self._timings.linger_s)

    def forget(self, seq: int) -> None:
        """Never repeat this packet: what it asks for is no longer wanted."""
        self._sending.history.forget(seq)

    def trust(self) -> None:
        """The peer has logged in: the limit on unanswered bytes is lifted."""
        self._allowance = None

    def start_idling(self, now: float) -> None:
        """Send idles from now on, where the timings switch them off at first."""
        self.timers.start(_IDLE_DUE, now + (self._timings.idle_after_s or 0.1))

    @property
    def can_send(self) -> bool:
        """May tracked packets be sent now?"""
        return self.state in _SENDING

    @property
    def can_close(self) -> bool:
        """Is `close` allowed now?"""
        return (self.state, LinkInput.CLOSE) in self._table

    # inputs

    def handle_datagram(self, data: bytes, now: float) -> None:
        """Take one datagram. Never raises because of its content."""
        if self.receive(data, now) is not None:
            seq = unpack_header(data)[2]
            self._outputs.append(DataReceived(self.stream, seq, data))

    def receive(self, data: bytes, now: float) -> bytes | None:
        """Take one datagram; returns it if it is tracked and was not here before."""
        if len(data) < HEADER_SIZE:
            self._ignore(IgnoredWhy.SHORT, data)
            return None
        length, kind, seq, sender_id, receiver_id = unpack_header(data)
        if kind != _DATA:
            self._receive_other(kind, (seq, sender_id, receiver_id), data, now)
            return None
        if receiver_id != self.own_id or sender_id != self.peer_id:
            self._ignore_foreign(receiver_id, data)
            return None
        if length != len(data):
            self._ignore(IgnoredWhy.BAD_LENGTH, data)
            return None
        if self.state not in _CARRYING:
            self._ignore(IgnoredWhy.UNEXPECTED, data)
            return None
        assert now >= self.heard_at, "time runs backwards"
        self.heard_at = now
        self.counters.received += 1
        if self._allowance is not None:
            self._allowance += AMPLIFICATION_MAX * length
        # The common case, in line: the next number. Number 0 may be no number at all
        # (idles of some clients, 2.5), so it always takes the long way.
        tracker = self.tracker
        if seq == tracker.highest + 1:
            tracker.highest = seq
            return data if length > HEADER_SIZE else None
        return self._receive_out_of_order(data, seq, now)

    def handle_timeout(self, now: float) -> None:
        """Do what is due."""
        if self.timers.soonest > now:
            return
        for name in self.timers.fired(now):
            self._on_timer[name](self, now)

    # outputs

    def poll_output(self) -> Output | None:
        """The next thing that happened, or None."""
        return self._outputs.popleft() if self._outputs else None

    def next_timeout(self) -> float | None:
        """When `handle_timeout` wants to be called."""
        return self.timers.next()

    # inside: what arrives

    def _receive_other(
        self, kind: int, ids: tuple[int, int, int], data: bytes, now: float
    ) -> None:
        """Everything but data: pings, retransmit requests, handshake, goodbye."""
        seq, sender_id, receiver_id = ids
        handle = self._handlers.get(kind)
        if handle is None or (kind in _INPUTS and len(data) != HEADER_SIZE):
            self._ignore(IgnoredWhy.UNKNOWN_TYPE, data)
            return
        if kind != _CALL:
            if receiver_id != self.own_id:
                self._ignore(IgnoredWhy.WRONG_RECEIVER, data)
                return
            if sender_id != self.peer_id and self.state in _SENDING:
                self._ignore(IgnoredWhy.WRONG_SENDER, data)
                return
        self.heard_at = now
        self.counters.received += 1
        if self._allowance is not None:
            self._allowance += AMPLIFICATION_MAX * len(data)
        handle(self, seq, data, now)

    def _receive_out_of_order(self, data: bytes, seq: int, now: float) -> bytes | None:
        is_filler = len(data) == HEADER_SIZE
        if seq == 0 and is_filler and self.tracker.is_far_from_zero:
            return None  # an untracked idle (2.5, H), not a number
        expected = (self.tracker.highest + 1) & 0xFFFF
        arrival = self.tracker.handle_arrival(seq, now, is_filler)
        if self.tracker.due < self.timers.due(_RECOVERY):
            self.timers.start(_RECOVERY, self.tracker.due)
        if arrival is _RESTART:
            self._outputs.append(PeerResynchronised(self.stream, expected, seq))
        if arrival is _DUPLICATE or is_filler:
            return None
        return data

    def _on_link_control(self, seq: int, data: bytes, now: float) -> None:
        header = Header.decode(data)
        event = _INPUTS[header.type]
        step = self._table.get((self.state, event))
        if step is None:
            self._ignore(IgnoredWhy.UNEXPECTED, data)
            return
        if event in (LinkInput.ARE_YOU_THERE, LinkInput.I_AM_HERE):
            if self.state in _SENDING and header.sender_id != self.peer_id:
                self._ignore(IgnoredWhy.WRONG_SENDER, data)
                return
            self.peer_id = header.sender_id
        elif event is LinkInput.READY and self.state is _READYING:
            # wfview learns the radio's id again here (1.3).
            self.peer_id = header.sender_id
        self._take(step.state, step.answer, now, seq, _REASONS.get(event))

    def _on_ping(self, seq: int, data: bytes, now: float) -> None:
        if self.state not in _CARRYING:
            self._ignore(IgnoredWhy.UNEXPECTED, data)
            return
        if len(data) != PING_SIZE:
            self._ignore(IgnoredWhy.MALFORMED, data)
            return
        ping = Ping.decode(data)
        if not ping.reply:
            self._send_ping(seq, pack_ping(1, ping.time))
            return
        sent_at = self._pings.awaited.pop((seq, ping.time), None)
        if sent_at is not None:
            self.round_trip.add(now - sent_at)

    def _on_retransmit_request(self, seq: int, data: bytes, now: float) -> None:
        if self.state not in _CARRYING:
            self._ignore(IgnoredWhy.UNEXPECTED, data)
            return
        wanted = [seq]
        if len(data) > HEADER_SIZE:
            try:
                ranges = RetransmitMany.decode(data).ranges
            except DecodeError:
                self._ignore(IgnoredWhy.MALFORMED, data)
                return
            pairs = ((each.first, each.last) for each in ranges)
            wanted = expand_ranges(pairs, REQUEST_SPAN_MAX)
        self.counters.requests_received += len(wanted)
        for each in wanted:
            self._answer_request(each, now)

    _handlers: ClassVar = {
        int(PacketType.RETRANSMIT): _on_retransmit_request,
        int(PacketType.PING): _on_ping,
        **dict.fromkeys(_INPUTS, _on_link_control),
    }

    def _answer_request(self, seq: int, now: float) -> None:
        """The packet, or an idle with its number, never silence (2.7)."""
        history = self._sending.history
        if not history.may_answer(seq, self.round_trip.smoothed_s, now):
            return
        datagram = history.find(seq)
        if datagram is None:
            self.counters.fillers_sent += 1
            datagram = pack_header(HEADER_SIZE, _DATA, seq, self.own_id, self.peer_id)
        else:
            self.counters.resent += 1
        self._transmit(datagram)

    def _ignore_foreign(self, receiver_id: int, data: bytes) -> None:
        if receiver_id != self.own_id:
            return self._ignore(IgnoredWhy.WRONG_RECEIVER, data)
        return self._ignore(IgnoredWhy.WRONG_SENDER, data)

    def _ignore(self, why: IgnoredWhy, data: bytes) -> None:
        self.counters.ignored += 1
        self._outputs.append(
            PacketIgnored(self.stream, why, bytes(data[:IGNORED_SHOWN_MAX]))
        )

    # inside: states

    def _command(
        self, command: LinkInput, now: float, reason: CloseReason | None = None
    ) -> None:
        step = self._table.get((self.state, command))
        if step is None:
            raise LocalProtocolError(
                f"{self.stream.name} link is {self.state.name}: "
                f"{command.name.lower()} is not allowed"
            )
        self._take(step.state, step.answer, now, READY_SEQ, reason)

    def _take(
        self,
        state: LinkState,
        answer: type[Body] | None,
        now: float,
        ready_seq: int,
        reason: CloseReason | None = None,
    ) -> None:
        """Enter a state. A "ready" answers with the number it was asked with."""
        entered = state is not self.state
        self.state = state
        if answer is not None:
            self._send_untracked(answer, ready_seq if answer is Ready else 0)
        if not entered:
            return
        if state in (_READYING, _ANSWERED):
            self._enter_handshake(now)
        elif state is _UP:
            self._enter_up(now)
        elif state is _CLOSED:
            self._enter_closed(reason or CloseReason.LOCAL)

    def _enter_handshake(self, now: float) -> None:
        self.heard_at = now
        self._handshake_sent = 1
        if self.state is _READYING:
            self.timers.start(LinkTimer.HANDSHAKE, now + self._timings.ready_every_s)
        self.timers.start(LinkTimer.SILENCE, now + self._timings.silence_s)

    def _enter_up(self, now: float) -> None:
        self.heard_at = now
        self.timers.stop(LinkTimer.HANDSHAKE)
        self._on_ping_due(now)
        self.timers.start(LinkTimer.SILENCE, now + self._timings.silence_s)
        if self._timings.idle_after_s is not None:
            self.timers.start(_IDLE_DUE, now + self._timings.idle_after_s)
        self.tracker.expect_restart()
        if self._timings.restarts_when_ready:
            self._sending.next_seq = 0
        self._outputs.append(LinkUp(self.stream, self.address))

    def _enter_closed(self, reason: CloseReason) -> None:
        self.timers.stop_all()
        self.closed_by = reason
        self._outputs.append(LinkClosed(self.stream, reason, self.address))

    # inside: timers

    def _on_handshake_due(self, now: float) -> None:
        calling = self.state is _CALLING
        limit = self._timings.calls_max if calling else self._timings.ready_max
        if self._handshake_sent >= limit:
            spent = LinkInput.CALLS_SPENT if calling else LinkInput.READY_SPENT
            self._command(spent, now, CloseReason.NO_ANSWER)
            return
        self._handshake_sent += 1
        self._command(LinkInput.CALL_DUE if calling else LinkInput.READY_DUE, now)
        timings = self._timings
        pause = timings.call_every_s if calling else timings.ready_every_s
        self.timers.start(LinkTimer.HANDSHAKE, now + pause)

    def _on_ping_due(self, now: float) -> None:
        seq, clock = self._pings.begin(now)
        self._send_ping(seq, pack_ping(0, clock))
        self.timers.start(_PING_DUE, now + self._timings.ping_every_s)

    def _on_idle_due(self, now: float) -> None:
        """Tracked, after a pause in tracked packets: shows the peer its gaps."""
        pause = self._timings.idle_after_s or 0.1
        due = self._sending.last_at + pause
        if due <= now:
            self.send(b"", now)
            due = now + pause
        self.timers.start(_IDLE_DUE, due)

    def _on_recovery_due(self, now: float) -> None:
        ask, given_up = self.tracker.handle_timeout(now)
        self._ask_for(ask)
        for seq in given_up:
            self._outputs.append(GapGivenUp(self.stream, seq))
        self.timers.start(_RECOVERY, self.tracker.due)

    def _on_silence_due(self, now: float) -> None:
        due = self.heard_at + self._timings.silence_s
        if due <= now:
            self._command(LinkInput.SILENCE, now, CloseReason.SILENCE)
        else:
            self.timers.start(LinkTimer.SILENCE, due)

    def _on_linger_over(self, now: float) -> None:
        self._command(LinkInput.LINGER_OVER, now, CloseReason.LOCAL)

    _on_timer: ClassVar = {
        LinkTimer.HANDSHAKE: _on_handshake_due,
        _PING_DUE: _on_ping_due,
        _IDLE_DUE: _on_idle_due,
        _RECOVERY: _on_recovery_due,
        LinkTimer.SILENCE: _on_silence_due,
        LinkTimer.LINGER: _on_linger_over,
    }

    # inside: what leaves

    def _ask_for(self, seqs: list[int]) -> None:
        """Two doubled pairs to a datagram: the form all known parsers take (2.7)."""
        self.counters.requests_sent += len(seqs)
        worth_it = self.round_trip.smoothed_s >= COPIES_FROM_S
        for _ in range(self._timings.request_copies if worth_it else 1):
            self._send_requests(seqs)

    def _send_requests(self, seqs: list[int]) -> None:
        ids = self.own_id, self.peer_id
        while len(seqs) >= 2:
            pair, seqs = seqs[:2], seqs[2:]
            ranges = tuple(SeqRange(first=seq, last=seq) for seq in pair)
            body = RetransmitMany(ranges=ranges).encode()
            size = HEADER_SIZE + len(body)
            self._transmit(pack_header(size, _RETRANSMIT, 0, *ids) + body)
        for seq in seqs:
            self._transmit(pack_header(HEADER_SIZE, _RETRANSMIT, seq, *ids))

    def _send_ping(self, seq: int, body: bytes) -> None:
        length = self._timings.ping_length
        header = pack_header(length, _PING, seq, self.own_id, self.peer_id)
        self._transmit(header + body)

    def _send_untracked(self, body: type[Body], seq: int) -> None:
        self._transmit(
            pack_header(HEADER_SIZE, body.TYPE, seq, self.own_id, self.peer_id)
        )

    def _transmit(self, datagram: bytes) -> None:
        if self._allowance is not None:
            if len(datagram) > self._allowance:
                self.counters.withheld += 1
                return
            self._allowance -= len(datagram)
        self.counters.sent += 1
        self._outputs.append(make_transmit(self.stream, datagram, self.address))


_REASONS = {LinkInput.DISCONNECT: CloseReason.PEER_DISCONNECT}


class _Sending:
    """The sending half: the next number, the history, and when something last left."""

    __slots__ = ("history", "last_at", "next_seq")

    def __init__(self, first_seq: int) -> None:
        self.next_seq = first_seq
        self.history = SendHistory()
        self.last_at = 0.0


class _Pings:
    """Our own pings: their counter, and those whose answer is still awaited."""

    __slots__ = ("awaited", "seq")

    def __init__(self, first_seq: int) -> None:
        self.seq = first_seq
        self.awaited: dict[tuple[int, int], float] = {}

    def begin(self, now: float) -> tuple[int, int]:
        """Number and clock value of the next ping; milliseconds, as radios count."""
        key = self.seq, int(now * 1000) & 0xFFFFFFFF
        self.seq = (self.seq + 1) & 0xFFFF
        if len(self.awaited) >= PINGS_AWAITED_MAX:
            del self.awaited[next(iter(self.awaited))]
        self.awaited[key] = now
        return key
