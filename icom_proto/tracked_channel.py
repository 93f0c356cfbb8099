"""The tracked packets of a link: numbers, history, gaps, requests both ways, idles."""

import random
from typing import Final

from icom_proto.codec import HEADER_SIZE
from icom_proto.codes import PacketType, Stream
from icom_proto.errors import DecodeError
from icom_proto.events import GapGivenUp, IgnoredWhy, PeerResynchronised
from icom_proto.gap_tracker import Arrival, GapTracker
from icom_proto.link_continuation import Continuation
from icom_proto.link_dialect import LinkDialect, RtxAnswers, RtxGone
from icom_proto.link_output import LinkOutput, pack_header, unpack_header
from icom_proto.link_requests import requests
from icom_proto.link_timings import LinkTimer, LinkTimings
from icom_proto.packets import RetransmitMany
from icom_proto.rtt import RoundTrip
from icom_proto.send_history import SendHistory
from icom_proto.seqnum import expand_ranges, seq_distance
from icom_proto.timers import Timers

# A retransmit request is expanded to at most this many numbers (PROTOCOL.md 2.7).
REQUEST_SPAN_MAX: Final = 512
# Requests are sent in copies only where repeating them takes this long or longer.
COPIES_FROM_S: Final = 0.01

# Members bound once: looking one up on its class costs 0.1 µs on Python 3.11.
_RETRANSMIT: Final = int(PacketType.RETRANSMIT)
_RECOVERY: Final = LinkTimer.RECOVERY
_IDLE: Final = LinkTimer.IDLE
_RESTART: Final = Arrival.RESTART
_DUPLICATE: Final = Arrival.DUPLICATE


class TrackedChannel:
    """Both directions of one link's tracked sequence."""

    def __init__(
        self,
        output: LinkOutput,
        timers: Timers[LinkTimer],
        timings: LinkTimings,
        dialect: LinkDialect,
        round_trip: RoundTrip,
        first_seq: int,
        rng: random.Random,
        last: int | None,
    ) -> None:
        self.tracker = GapTracker(timings.recovery, round_trip)
        self.history = SendHistory()
        self._output = output
        self._timers = timers
        self._timings = timings
        self._dialect = dialect
        self._round_trip = round_trip
        self._rng = rng
        self._continuation = None if last is None else Continuation(last)
        self.next_seq = first_seq
        self.sent_at = 0.0

    def adopt(self, timings: LinkTimings, dialect: LinkDialect) -> None:
        """Behave like this from now on."""
        self._timings, self._dialect = timings, dialect
        self.tracker.limits = timings.recovery

    def expect_restart(self, now: float) -> None:
        """We told the peer that we are ready."""
        if self._timings.peer_restarts_when_ready:
            self.tracker.expect_restart(now)

    def start(self, now: float) -> None:
        """The link is up."""
        if self._timings.idle_after_s is not None:
            self.start_idling(now)
        if self._timings.restarts_when_ready:
            self.next_seq = 0

    def on_called(self, now: float) -> None:
        """The radio was asked whether it is there."""
        if self._timings.idles_when_called:
            self.start_idling(now)

    def answer_goodbye(self, now: float) -> None:
        """The peer has left (2.8)."""
        if self._dialect.disc_reply:
            self.send(b"", now)

    def start_idling(self, now: float) -> None:
        """Send idles from now on."""
        self._timers.start(_IDLE, now + self.idle_pause_s)

    # sending

    def send(self, body: bytes, now: float, payload: bytes = b"") -> int:
        """Send one tracked packet and keep it; returns its number."""
        seq = self.next_seq
        self.next_seq = (seq + 1) & 0xFFFF
        datagram = self._output.tracked(seq, body, payload)
        self.history.keep(seq, datagram)
        self.sent_at = now
        self._output.send(datagram)
        return seq

    def on_idle_due(self, now: float) -> None:
        """Tracked, after a pause in tracked packets: shows the peer its gaps."""
        pause_s = self.idle_pause_s
        due = self.sent_at + pause_s
        if due <= now:
            if not self._output.is_muted:
                self.send(b"", now)
            # A timer that is met late does not delay the idles behind it.
            self.sent_at = due if now - pause_s < due else now
            due = self.sent_at + pause_s
        self._timers.start(_IDLE, due)

    def send_as(self, kind: int) -> None:
        """Send a bare header of another type as a tracked packet (2.3)."""
        output, seq = self._output, self.next_seq
        self.skip(1)
        datagram = pack_header(HEADER_SIZE, kind, seq, output.own_id, output.peer_id)
        self.history.keep(seq, datagram)
        output.send(datagram)

    def skip(self, count: int) -> None:
        """Leave out some numbers."""
        self.next_seq = (self.next_seq + count) & 0xFFFF

    def handle_request(self, seq: int, data: bytes, now: float) -> None:
        """The peer asks for packets: one by the header's number, or a list."""
        wanted = [seq]
        if len(data) > HEADER_SIZE:
            try:
                ranges = RetransmitMany.decode(data).ranges
            except DecodeError:
                self._output.ignore(IgnoredWhy.MALFORMED, data)
                return
            pairs = ((each.first, each.last) for each in ranges)
            wanted = expand_ranges(pairs, REQUEST_SPAN_MAX)
        self._output.counters.requests_received += len(wanted)
        if not self._answers_requests():
            return
        is_list = len(data) > HEADER_SIZE
        for each in wanted:
            if self.history.may_answer(each, self._round_trip.smoothed_s, now):
                self._answer(each, is_list, now)

    def _answer(self, seq: int, is_list: bool, now: float) -> None:
        """The packet, or an idle with its number, never silence (2.7)."""
        counters = self._output.counters
        datagram = self.history.find(seq)
        if datagram is None:
            gone = self._dialect.rtx_gone
            if gone is RtxGone.SILENT:
                return
            counters.fillers_sent += 1
            if gone is RtxGone.WS and is_list:
                self.send(b"", now)
                return
            datagram = self._output.tracked(seq, b"")
        else:
            counters.resent += 1
            datagram = datagram or self._output.tracked(seq, b"")
            if self._dialect.rtx_garbage:
                datagram = self._stale(datagram)
        self._output.send(datagram)

    def _answers_requests(self) -> bool:
        answers = self._dialect.rtx_answers
        if answers is RtxAnswers.NOT_AUDIO:
            return self._output.stream is not Stream.AUDIO
        return answers is RtxAnswers.ALL

    def _stale(self, datagram: bytes) -> bytes:
        """wfserver repeats idles, and some packets of the control stream, from memory
        that has been used since: the size is right, length and type are not (5.2)."""
        if len(datagram) > HEADER_SIZE and self._output.stream is not Stream.CONTROL:
            return datagram
        length, kind, seq, own_id, peer_id = unpack_header(datagram)
        length, kind = self._rng.getrandbits(16), self._rng.getrandbits(16)
        header = pack_header(length, kind, seq, own_id, peer_id)
        return header + self._rng.randbytes(len(datagram) - HEADER_SIZE)

    @property
    def is_continuing(self) -> bool:
        """Is this still about the gap between an earlier session and this one?"""
        return self._continuation is not None

    @property
    def idle_pause_s(self) -> float:
        """The pause in tracked packets after which an idle is sent."""
        pause_s = self._timings.idle_after_s
        return self._timings.late_idle_after_s if pause_s is None else pause_s

    # receiving

    def handle_out_of_order(self, data: bytes, seq: int, now: float) -> bytes | None:
        """A number that is not the next one; returns the datagram if it was missing."""
        if self._continuation is not None and self._goes_on(seq, now):
            return None
        tracker, is_filler = self.tracker, len(data) == HEADER_SIZE
        if seq == 0 and is_filler and not tracker.awaits_zero:
            return None  # an untracked idle (2.5, H), not a number
        if seq == 0 and tracker.is_without_numbers:
            return None if is_filler else data
        expected = (tracker.highest + 1) & 0xFFFF
        arrival = tracker.handle_arrival(seq, now, is_filler)
        if tracker.due < self._timers.due(_RECOVERY):
            self._timers.start(_RECOVERY, tracker.due)
        if arrival is _RESTART:
            stream = self._output.stream
            self._output.events.append(PeerResynchronised(stream, expected, seq))
        return None if arrival is _DUPLICATE or is_filler else data

    def on_recovery_due(self, now: float) -> None:
        """Ask for what is missing, and give up what would come too late."""
        ask, given_up = self.tracker.handle_timeout(now)
        if ask:
            self._ask_for(ask)
        for seq in given_up:
            self._output.events.append(GapGivenUp(self._output.stream, seq))
        self._timers.start(_RECOVERY, self.tracker.due)

    def ask_needlessly(self) -> None:
        """Ask for what came last, as if it had not (11.2, IC-7760)."""
        if self.tracker.highest >= 0:
            self._output.counters.requests_sent += 1
            self._send_requests([self.tracker.highest])

    def _goes_on(self, seq: int, now: float) -> bool:
        """Is this still for the gap between the last session and this one?"""
        gap = self._continuation
        assert gap is not None
        ask = gap.take(seq, now)
        if ask:
            self._output.counters.requests_sent += len(ask)
            self._send_requests(ask)
        if not gap.is_over(now):
            return True
        self._continuation = None
        self.tracker.resume((gap.first - 1) & 0xFFFF, now)
        return seq_distance(seq, gap.first) < 0

    def _ask_for(self, seqs: list[int]) -> None:
        self._output.counters.requests_sent += len(seqs)
        worth_it = self._round_trip.smoothed_s >= COPIES_FROM_S
        for _ in range(self._timings.request_copies if worth_it else 1):
            self._send_requests(seqs)

    def _send_requests(self, seqs: list[int]) -> None:
        for seq, body in requests(seqs, self._dialect):
            self._output.send_untracked(_RETRANSMIT, seq, body)
