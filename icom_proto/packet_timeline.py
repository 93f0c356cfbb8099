"""Where the samples of a numbered packet stand on the sender's time line.

Positions are sample frames, counted from the first packet seen. A block of 20 ms leaves
as one to three datagrams whose sizes repeat in a known cycle, so that a number alone
says where its packet stands: a hole has its exact length whichever of them were lost.
Where the sizes do not fit the cycle (another program, or Opus in other lengths) the
line goes on from the packet that did not fit, with the size it had.

A new start of the sender takes its place on the same line by the time that passed. So
nobody behind this class needs to know of restarts: a restart is a hole.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from icom_proto.gap_tracker import JUMP_MAX, OldRun
from icom_proto.seqnum import SEQ_MODULO, seq_distance

# A jump of more than JUMP_MAX numbers is a loss all the same if the time that passed
# fits it this well: a dead network of half a minute keeps the line. Queues of a second
# are met, a restart that hits the second by chance is one in some hundred.
JUMP_SLACK_S: Final = 1.0
# All datagrams this late, for that long: the sender paused and its numbers went on, or
# the path changed beyond any delay worth having. Below, it is jitter or drift.
PAUSE_LATE_S: Final = 0.5
PAUSE_CONFIRM_S: Final = 0.5
# Not that late, but nothing was of any use for so long: the path got longer than the
# delay, or the clocks' drift ate it up. Congestion seldom lasts as long.
USELESS_CONFIRM_S: Final = 3.0
# Changes of the cycle remembered, for packets that come late across one.
ANCHORS_MAX: Final = 8
# Numbers remembered to know a duplicate: five seconds at 100 a second.
SEEN_MAX: Final = 512


class Slot(NamedTuple):
    """A packet's place: its number without the wrap, first frame, and length."""

    number: int
    start: int
    frames: int

    @property
    def end(self) -> int:
        """The first frame after it."""
        return self.start + self.frames


class _Anchor:
    """From `number` on, packets have these sizes in turn; the first has size `phase`.

    Sizes repeat within a cycle (1364, 1364, 1112), so that one packet may fit several
    phases; they are told apart by the packets that follow.
    """

    __slots__ = ("_ends", "_sizes", "number", "phases", "start")

    def __init__(
        self, number: int, start: int, sizes: Sequence[int], frames: int
    ) -> None:
        self.number, self.start, self._sizes = number, start, tuple(sizes)
        self._ends = tuple(accumulate(self._sizes, initial=0))
        self.phases = [at for at, size in enumerate(self._sizes) if size == frames]

    def place(self, number: int) -> tuple[int, int]:
        """First frame and length of this packet."""
        phase = self.phases[0]
        cycles, at = divmod(phase + number - self.number, len(self._sizes))
        begin = cycles * self._ends[-1] + self._ends[at] - self._ends[phase]
        return self.start + begin, self._sizes[at]

    def fits(self, number: int, frames: int) -> bool:
        """Whether a packet of that length can stand there; narrows the phases."""
        steps, sizes = number - self.number, self._sizes
        left = [p for p in self.phases if sizes[(p + steps) % len(sizes)] == frames]
        if left:
            self.phases = left
        return bool(left)


class PacketTimeline:
    """Numbers in, places out. `reference_s` is the transit a new start is placed by."""

    def __init__(self, sizes: Sequence[int], rate_hz: int) -> None:
        self._sizes, self._rate_hz = tuple(sizes), rate_hz
        self._anchors: list[_Anchor] = []
        self._old_run = OldRun()
        self._seen: set[int] = set()
        self._seen_order: deque[int] = deque()
        self._late_since: float | None = None
        self._end = 0
        self._newest_at = 0.0
        self.newest: int | None = None
        self.reference_s = 0.0
        self.restarts = self.misfits = self.duplicates = 0
        self.missing = 0  # numbers below the newest that never came

    def transit_s(self, start: int, now: float) -> float:
        """Arrival against place: only differences mean anything."""
        return now - start / self._rate_hz

    def place(self, seq: int, frames: int, now: float) -> Slot | None:
        """The place of a packet that arrives now; None if it was here before.

        Also None for old numbers that may be a new start of the sender, until that is
        known.
        """
        if self.newest is None:
            self.reference_s = now
            return self._begin(seq % SEQ_MODULO, 0, frames, now)
        distance = seq_distance(seq, self.newest % SEQ_MODULO)
        if distance > 0:
            if distance > JUMP_MAX and not self._time_fits(distance, now):
                return self._restart(seq, frames, now)
            self._old_run.end()
            self.missing += distance - 1
            return self._advance(self.newest + distance, frames, now)
        number = self.newest + distance
        if number in self._seen or distance <= -SEEN_MAX:
            self._old_run.add(seq, self.newest, now)
            if self._old_run.is_restart(now):
                return self._restart(seq, frames, now)
            self.duplicates += 1
            return None
        self._remember(number)
        self.missing = max(0, self.missing - 1)
        return Slot(number, *self._place_of(number))

    def pause_seen(self, late_s: float, now: float) -> bool:
        """Tell how late each packet was, negative if it was in time; true once that
        means a pause of the sender, or a way that has become too long."""
        confirm_s = PAUSE_CONFIRM_S if late_s >= PAUSE_LATE_S else USELESS_CONFIRM_S
        if late_s < 0:
            self._late_since = None
        elif self._late_since is None:
            self._late_since = now
        elif now - self._late_since >= confirm_s:
            self._late_since = None
            return True
        return False

    def restart_after_pause(self, seq: int, frames: int, now: float) -> Slot:
        """Place this packet by the time, whatever its number."""
        return self._restart(seq, frames, now)

    def _time_fits(self, distance: int, now: float) -> bool:
        assert self.newest is not None
        ahead = self._place_of(self.newest + distance)[0] - self._end
        passed_s = now - self._newest_at
        return abs(passed_s - ahead / self._rate_hz) <= JUMP_SLACK_S

    def _advance(self, number: int, frames: int, now: float) -> Slot:
        anchor = self._anchors[-1]
        fits = anchor.fits(number, frames)
        start, size = anchor.place(number)
        if not fits:
            self.misfits += 1
            self._anchor(number, start, frames)
            size = frames
        return self._newest(Slot(number, start, size), now)

    def _restart(self, seq: int, frames: int, now: float) -> Slot:
        assert self.newest is not None
        self.restarts += 1
        by_time = round((now - self.reference_s) * self._rate_hz)
        # The next number with the same low bits: those between are gone for good.
        number = self.newest + 1 + (seq - self.newest - 1) % SEQ_MODULO
        return self._begin(number, max(self._end, by_time), frames, now)

    def _begin(self, number: int, start: int, frames: int, now: float) -> Slot:
        self._old_run.end()
        self._late_since = None
        self._seen.clear()
        self._seen_order.clear()
        self._anchors.clear()
        self._anchor(number, start, frames)
        return self._newest(Slot(number, start, frames), now)

    def _anchor(self, number: int, start: int, frames: int) -> None:
        sizes = self._sizes if frames in self._sizes else (frames,)
        self._anchors.append(_Anchor(number, start, sizes, frames))
        del self._anchors[:-ANCHORS_MAX]

    def _newest(self, slot: Slot, now: float) -> Slot:
        self.newest, self._newest_at, self._end = slot.number, now, slot.end
        self._remember(slot.number)
        return slot

    def _remember(self, number: int) -> None:
        self._seen.add(number)
        self._seen_order.append(number)
        if len(self._seen_order) > SEEN_MAX:
            self._seen.discard(self._seen_order.popleft())

    def _place_of(self, number: int) -> tuple[int, int]:
        after = bisect_right(self._anchors, number, key=lambda anchor: anchor.number)
        return self._anchors[max(0, after - 1)].place(number)
