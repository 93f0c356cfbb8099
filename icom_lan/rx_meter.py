"""What can be told of received packets by number, length and time of arrival.

Numbers tell what is missing, late or repeated: a missing number counts as lost, until
it comes after all, and a loss alone puts nothing out of order. Times tell the jitter.
"""

from collections.abc import Iterator
from typing import Final

from icom_lan.audio_stats import loss_percent
from icom_proto.audio_durations import payload_duration_s
from icom_proto.audio_formats import BLOCK_MS, FORMATS, block_size, split_sizes
from icom_proto.codes import Codec
from icom_proto.seqnum import seq_distance

# RFC 3550, 6.4.1: how much of each new difference goes into the mean.
JITTER_GAIN: Final = 1 / 16
# A longer change of transit is a pause of the sender (a radio is silent while it
# transmits), not jitter: the reckoning begins anew.
PAUSE_S: Final = 1.0
# A missing number that much older than the newest is lost for good.
WAITED_FOR: Final = 128
# A larger step of the numbers is a jump or restart of the sender, and no loss.
JUMP_MAX: Final = 1000
# So many old numbers in rising order, and the sender began again.
RESTART_RUN: Final = 4
# Lengths told apart: losses in a row 1, 2, 3 ... 16 and more; packets between losses
# 1, 2-3, 4-7, 8-15 ... 32768 and more.
LENGTHS: Final = 16


class RxMeter:
    """Figures of one reception. `note` each packet as it arrives, in any order."""

    def __init__(self, codec: Codec, rate_hz: int) -> None:
        self.received = 0
        self.duplicates = 0
        self.out_of_order = 0
        self.restarts = 0
        self.runs = LossRuns()
        self.jitter = ArrivalJitter(codec, rate_hz)
        self._newest = 0
        self._first = 0
        self._missing: dict[int, None] = {}  # in rising order
        self._old_run = 0
        self._old_last = 0

    def note(self, send_seq: int, payload: bytes, now: float) -> None:
        """A packet arrived. `now` in seconds of any clock that only goes forward."""
        self.received += 1
        if self.received == 1:
            self._begin(send_seq)
        step = seq_distance(send_seq, self._newest & 0xFFFF)
        place = self._newest + step
        if step == 1 or self.received == 1:
            self._newest = place
            self._old_run = 0
        elif 0 < step <= JUMP_MAX:
            self._missing |= dict.fromkeys(range(self._newest + 1, place))
            self._newest = place
            self._old_run = 0
            self._settle()
        elif step <= 0 and not self._is_restart(send_seq, step):
            self._note_old(place)
            if place not in self._missing:
                return
            del self._missing[place]
        else:
            self.restarts += 1
            self._settle(all_of_them=True)
            self._begin(send_seq)
            self.jitter.begin()
            place = self._newest
        self.jitter.note(place, payload, now)

    @property
    def lost(self) -> int:
        """Numbers that did not come, as far as can be said now."""
        return self.runs.lost + len(self._missing)

    @property
    def packet_ms(self) -> float:
        """How long a packet is, on the average of the last ones."""
        return 1000 * self.jitter.packet_s

    def network(self) -> dict[str, float | int | list[int]]:
        """For the second dictionary of figures; see LENGTHS for the lists."""
        self._settle()
        unique = self.received - self.duplicates
        return {
            "network_received": self.received,
            "network_lost": self.lost,
            "network_loss_percent": loss_percent(self.lost, unique),
            "network_duplicates": self.duplicates,
            "network_late": self.out_of_order,
            "network_restarts": self.restarts,
            "interarrival_jitter_ms": 1000 * self.jitter.mean_s,
            "interarrival_jitter_max_ms": 1000 * self.jitter.max_s,
            "loss_burst_lengths": self.runs.burst_lengths(),
            "loss_gap_lengths": self.runs.gap_lengths(),
        }

    # inside

    def _begin(self, send_seq: int) -> None:
        # Places of different starts never meet: far apart, and alike in 16 bits.
        self._newest = (self._newest & ~0xFFFF) + 0x20000 + send_seq
        self._first = self._newest
        self.runs.begin(self._newest)
        self._old_run = 0

    def _note_old(self, place: int) -> None:
        """A number that is not newer than the newest."""
        if place in self._missing or place < max(
            self._first, self._newest - WAITED_FOR
        ):
            self.out_of_order += 1
        else:
            self.duplicates += 1

    def _is_restart(self, send_seq: int, step: int) -> bool:
        """Are these old numbers, in rising order, a new beginning?"""
        if step > -WAITED_FOR:
            return False
        rises = 0 < seq_distance(send_seq, self._old_last) <= JUMP_MAX
        self._old_run = self._old_run + 1 if rises and self._old_run else 1
        self._old_last = send_seq
        return self._old_run >= RESTART_RUN

    def _settle(self, *, all_of_them: bool = False) -> None:
        """What was waited for long enough is lost."""
        oldest = self._newest + 1 if all_of_them else self._newest - WAITED_FOR
        while self._missing:
            place = next(iter(self._missing))
            if place >= oldest:
                return
            del self._missing[place]
            self.runs.add(place)


class LossRuns:
    """Lengths of losses in a row, and of what came between them."""

    def __init__(self) -> None:
        self.lost = 0
        self._bursts = [0] * LENGTHS
        self._gaps = [0] * LENGTHS
        self._begun_at = 0  # where the packets began that came since the last loss
        self._burst = 0  # length of the burst before that; it may go on

    def begin(self, place: int) -> None:
        """A stream starts at this place."""
        self._end_burst()
        self._begun_at = place

    def add(self, place: int) -> None:
        """This place is lost; places come in rising order."""
        between = place - self._begun_at
        if between:
            self._end_burst()
            self._gaps[min(between.bit_length(), LENGTHS) - 1] += 1
        self.lost += 1
        self._burst += 1
        self._begun_at = place + 1

    def burst_lengths(self) -> list[int]:
        """How many losses of 1, 2, 3 ... 16 and more packets in a row."""
        return list(self._with_last())

    def gap_lengths(self) -> list[int]:
        """How many runs of 1, 2-3, 4-7 ... packets between two losses."""
        return list(self._gaps)

    def _with_last(self) -> Iterator[int]:
        last = min(self._burst, LENGTHS)
        for length, count in enumerate(self._bursts, 1):
            yield count + (length == last)

    def _end_burst(self) -> None:
        if self._burst:
            self._bursts[min(self._burst, LENGTHS) - 1] += 1
        self._burst = 0


class ArrivalJitter:
    """Interarrival jitter as in RFC 3550: smoothed differences of transit times.

    J += (|D| - J) / 16, where D is how much longer one packet was under way than the
    one it is compared with. Blocks of 20 ms leave at once, in one to three packets, so
    each is compared with the last one of the same place within a block: a steady radio
    has no jitter, whichever part of a block it sends first. Where sizes are not those
    of split blocks, a packet stands for as long as its payload lasts.
    """

    def __init__(self, codec: Codec, rate_hz: int) -> None:
        self.mean_s = 0.0
        self.max_s = 0.0
        self._codec, self._rate_hz = codec, rate_hz
        sized = FORMATS[codec].frame_bytes
        self._sizes = split_sizes(block_size(codec, rate_hz)) if sized else ()
        self._parts = max(len(self._sizes), 1)
        self.packet_s = BLOCK_MS / 1000 / self._parts
        self._last: dict[int, tuple[int, float]] = {}  # place and arrival, by part

    def begin(self) -> None:
        """The numbers go on elsewhere: nothing before is compared with."""
        self._last.clear()

    def note(self, place: int, payload: bytes, now: float) -> None:
        """A packet that was not here before; places count packets, without a wrap."""
        if len(payload) in self._sizes:
            parts, packet_s = len(self._sizes), BLOCK_MS / 1000 / len(self._sizes)
        else:
            parts = 1
            packet_s = payload_duration_s(self._codec, self._rate_hz, payload)
        if (parts, packet_s) != (self._parts, self.packet_s):
            self._parts, self.packet_s = parts, packet_s
            self._last.clear()
        part = place % parts
        if part in self._last:
            before, arrived_at = self._last[part]
            self._add(abs(now - arrived_at - (place - before) * packet_s))
        self._last[part] = place, now

    def _add(self, difference_s: float) -> None:
        if difference_s > PAUSE_S:
            self._last.clear()
            return
        self.mean_s += (difference_s - self.mean_s) * JITTER_GAIN
        self.max_s = max(self.max_s, self.mean_s)
