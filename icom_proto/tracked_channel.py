"""The tracked packets of a link: numbers, history, gaps, requests both ways, idles."""

from typing import Final

from icom_proto.codec import HEADER_SIZE
from icom_proto.codes import PacketType
from icom_proto.errors import DecodeError
from icom_proto.events import GapGivenUp, IgnoredWhy, PeerResynchronised
from icom_proto.gap_tracker import Arrival, GapTracker
from icom_proto.link_output import LinkOutput
from icom_proto.link_timings import LinkTimer, LinkTimings
from icom_proto.packets import RetransmitMany, SeqRange
from icom_proto.rtt import RoundTrip
from icom_proto.send_history import SendHistory
from icom_proto.seqnum import expand_ranges
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
        round_trip: RoundTrip,
        first_seq: int,
    ) -> None:
        self.tracker = GapTracker(timings.recovery, round_trip)
        self.history = SendHistory()
        self._output = output
        self._timers = timers
        self._timings = timings
        self._round_trip = round_trip
        self._next_seq = first_seq
        self._sent_at = 0.0

    def expect_restart(self, now: float) -> None:
        """We told the peer that we are ready."""
        if self._timings.peer_restarts_when_ready:
            self.tracker.expect_restart(now)

    def start(self, now: float) -> None:
        """The link is up."""
        if self._timings.idle_after_s is not None:
            self.start_idling(now)
        if self._timings.restarts_when_ready:
            self._next_seq = 0

    def start_idling(self, now: float) -> None:
        """Send idles from now on."""
        self._timers.start(_IDLE, now + (self._timings.idle_after_s or 0.1))

    # sending

    def send(self, body: bytes, now: float, payload: bytes = b"") -> int:
        """Send one tracked packet and keep it; returns its number."""
        seq = self._next_seq
        self._next_seq = (seq + 1) & 0xFFFF
        datagram = self._output.tracked(seq, body, payload)
        self.history.keep(seq, datagram)
        self._sent_at = now
        self._output.send(datagram)
        return seq

    def on_idle_due(self, now: float) -> None:
        """Tracked, after a pause in tracked packets: shows the peer its gaps."""
        pause_s = self._timings.idle_after_s or 0.1
        due = self._sent_at + pause_s
        if due <= now:
            self.send(b"", now)
            due = now + pause_s
        self._timers.start(_IDLE, due)

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
        for each in wanted:
            if self.history.may_answer(each, self._round_trip.smoothed_s, now):
                self._answer(each)

    def _answer(self, seq: int) -> None:
        """The packet, or an idle with its number, never silence (2.7)."""
        counters = self._output.counters
        datagram = self.history.find(seq)
        if datagram is None:
            counters.fillers_sent += 1
            datagram = self._output.tracked(seq, b"")
        else:
            counters.resent += 1
        self._output.send(datagram)

    # receiving

    def handle_out_of_order(self, data: bytes, seq: int, now: float) -> bytes | None:
        """A number that is not the next one; returns the datagram if it was missing."""
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

    def _ask_for(self, seqs: list[int]) -> None:
        self._output.counters.requests_sent += len(seqs)
        worth_it = self._round_trip.smoothed_s >= COPIES_FROM_S
        for _ in range(self._timings.request_copies if worth_it else 1):
            self._send_requests(seqs)

    def _send_requests(self, seqs: list[int]) -> None:
        """Two doubled pairs to a datagram: the form all known parsers take (2.7)."""
        while len(seqs) >= 2:
            pair, seqs = seqs[:2], seqs[2:]
            ranges = tuple(SeqRange(first=seq, last=seq) for seq in pair)
            body = RetransmitMany(ranges=ranges).encode()
            self._output.send_untracked(_RETRANSMIT, 0, body)
        for seq in seqs:
            self._output.send_untracked(_RETRANSMIT, seq)
