"""Which tracked numbers arrived, which are missing, and when to ask for them.

Receiving follows PROTOCOL.md 5.1. Asking is driven by the round-trip time instead of
the usual 100 ms tick: a gap is asked for once reordering is unlikely, again after about
one round trip, and given up when an answer could no longer be used. The reordering
guard is learnt: a missing number that arrives unasked shows how late reordering makes
datagrams.

The tracker only counts and decides; the link sends.
"""

from enum import Enum
from typing import Final

from icom_proto.counters import RecoveryCounters
from icom_proto.link_timings import RecoveryLimits
from icom_proto.rtt import RoundTrip
from icom_proto.timers import NEVER

# A larger forward jump is a new start, not a loss: W, Ws, I, P and S agree on 50 (5.1).
JUMP_MAX: Final = 50
# How far behind the newest number a late datagram is still recognised.
WINDOW: Final = 512
# Missing numbers remembered at once; over it the oldest is forgotten.
MISSING_MAX: Final = 256
# Numbers before the first one seen that may still arrive, overtaken at the very start.
START_REORDER_MAX: Final = 8
# The peer began again when this many old numbers came in rising order, nothing new
# between them, and that for so long: a burst of duplicates is a run too, but a short
# one.
OLD_RUN_MIN: Final = 4
OLD_RUN_S: Final = 0.1
# How long after the handshake a radio's audio may begin again at 0 (2.4).
RESTART_WITHIN_S: Final = 3.0
# A missing number that is older than this belongs to an earlier round of 65536: no
# history reaches back so far.
LATE_MAX_S: Final = 30.0
# Numbers asked for in one go: one datagram names two, so at most 16 datagrams.
ASK_AT_ONCE_MAX: Final = 32
# The reordering guard: where it starts, and its bounds.
GUARD_INITIAL_S: Final = 0.01
GUARD_MIN_S: Final = 0.002
GUARD_MAX_S: Final = 0.1
# Mean plus this many mean deviations of observed lateness.
GUARD_DEVIATIONS: Final = 2.0
GUARD_GAIN: Final = 1 / 8
# And no more than this share of the time that a usual answer leaves before the number
# is given up: waiting longer spends what asking again needs. Without it a guard that
# was once learnt too long ends all asking on a stream with a short delay.
GUARD_SHARE_MAX: Final = 1 / 4
# Sooner after the first request than this share of the fastest round trip, nothing is
# an answer. Some answers are faster than any ping was; taken for overtaken datagrams
# they would teach a guard that is longer than the one they waited for.
ANSWER_SHARE_MIN: Final = 1 / 2
# The pause between two requests for one number, never below this.
ASK_AGAIN_MIN_S: Final = 0.02


_NOTHING_SEEN: Final = (
    -2
)  # its successor is no sequence number, so nothing is "next" to it
_NEVER_ASKED_FOR: Final = -1  # "asked" of the numbers before the first one


class Arrival(Enum):
    """What the number of a datagram tells about it."""

    NEW = "in order, or ahead of a gap"
    LATE = "fills a gap"
    DUPLICATE = "was here before"
    RESTART = "the peer's numbers jumped or began again"


# Members bound once: looking one up on its class costs 0.1 µs on Python 3.11.
_NEW: Final = Arrival.NEW
_LATE: Final = Arrival.LATE
_DUPLICATE: Final = Arrival.DUPLICATE
_RESTART: Final = Arrival.RESTART


class Gap:
    """One missing number."""

    __slots__ = ("ask_at", "asked", "asked_at", "noticed_at")

    def __init__(self, noticed_at: float, ask_at: float, asked: int = 0) -> None:
        self.noticed_at = noticed_at
        self.ask_at = ask_at
        self.asked = asked
        self.asked_at = NEVER


class OldRun:
    """Old numbers in rising order, while the newest number stayed the same."""

    __slots__ = ("began_at", "count", "last", "newest")

    def __init__(self) -> None:
        self.last = -1
        self.count = 0
        self.newest = _NOTHING_SEEN
        self.began_at = 0.0

    def add(self, seq: int, newest: int, now: float) -> None:
        """One more; a repetition of the last one changes nothing."""
        if newest == self.newest and seq == (self.last + 1) & 0xFFFF:
            self.count += 1
        elif newest != self.newest or seq != self.last:
            self.count, self.began_at = 1, now
        self.last, self.newest = seq, newest

    def end(self) -> None:
        """Something else came that was new."""
        self.newest = _NOTHING_SEEN

    def is_restart(self, now: float) -> bool:
        """Has it been going on for so long that the sender must have begun again?"""
        return self.count >= OLD_RUN_MIN and now >= self.began_at + OLD_RUN_S


class GapTracker:
    """The receiving half of one link's tracked sequence."""

    def __init__(self, limits: RecoveryLimits, round_trip: RoundTrip) -> None:
        self.highest = _NOTHING_SEEN
        self.due = NEVER
        self.counters = RecoveryCounters()
        self.limits = limits
        self._round_trip = round_trip
        self._missing: dict[int, Gap] = {}
        self._is_counting = False  # a number after the first was seen
        self._old_run = OldRun()
        self._restart_until = -NEVER
        self._late_mean_s = GUARD_INITIAL_S / 2
        self._late_deviation_s = GUARD_INITIAL_S / 4

    # inputs

    def handle_arrival(self, seq: int, now: float, filler: bool = False) -> Arrival:
        """Take the number of a tracked datagram. `filler`: it was a mere idle."""
        if self.highest < 0:
            self._begin(seq, now)
            return _NEW
        if seq == 0 and now < self._restart_until:
            self._restart_until = -NEVER
            self._begin(seq, now)
            return _NEW
        distance = ((seq - self.highest + 0x8000) & 0xFFFF) - 0x8000
        if distance > 0:
            self._is_counting = True
            if distance > JUMP_MAX:
                return self._restart(seq, now)
            first_missing, self.highest = self.highest + 1, seq
            if distance > 1:
                self._miss(first_missing, distance - 1, now)
            if filler and not seq:  # or no number at all, and 0 is still to come
                self._missing[0] = Gap(now, ask_at=NEVER, asked=_NEVER_ASKED_FOR)
            return _NEW
        gap = self._missing.pop(seq, None)
        if gap is not None and now < gap.noticed_at + LATE_MAX_S:
            self._count_late(gap, now, filler)
            self._old_run.end()
            return _LATE
        return self._handle_old(seq, distance, now)

    def handle_timeout(self, now: float) -> tuple[list[int], list[int]]:
        """The numbers to ask for now, and those given up now."""
        ask: list[int] = []
        given_up: list[int] = []
        for seq, gap in self._missing.items():
            if gap.ask_at > now:
                continue
            if self._is_hopeless(gap, now):
                gap.ask_at = NEVER
                given_up.append(seq)
            elif len(ask) == ASK_AT_ONCE_MAX:
                gap.ask_at = now + ASK_AGAIN_MIN_S
            else:
                gap.asked += 1
                gap.asked_at = now
                gap.ask_at = now + self._ask_again_s()
                ask.append(seq)
        self.counters.asked += len(ask)
        self.counters.given_up += len(given_up)
        self.due = min((gap.ask_at for gap in self._missing.values()), default=NEVER)
        return ask, given_up

    def resume(self, highest: int, now: float) -> None:
        """Everything up to this number has come, whatever did."""
        self._begin(highest, now)

    def expect_restart(self, now: float) -> None:
        """A radio's audio numbers begin at 0 again after the handshake (2.4)."""
        self._restart_until = now + RESTART_WITHIN_S

    # questions

    @property
    def missing(self) -> tuple[int, ...]:
        """Numbers still awaited, oldest first."""
        return tuple(seq for seq, gap in self._missing.items() if gap.ask_at != NEVER)

    @property
    def awaits_zero(self) -> bool:
        """Is 0 the next number, or missing? Else an idle with it has no number."""
        return self.highest == 0xFFFF or 0 in self._missing

    @property
    def is_without_numbers(self) -> bool:
        """Has this peer sent nothing but number 0? rigplane's mock radio does so."""
        return self.highest == 0 and not self._is_counting

    @property
    def guard_s(self) -> float:
        """How long a gap is left alone because it may be mere reordering."""
        guard = self._late_mean_s + GUARD_DEVIATIONS * self._late_deviation_s
        path = self._round_trip
        spare_s = self.limits.give_up_s - path.smoothed_s - path.deviation_s
        longest = min(GUARD_MAX_S, spare_s * GUARD_SHARE_MAX)
        return max(min(guard, longest), GUARD_MIN_S)

    # inside

    def _begin(self, seq: int, now: float) -> None:
        self.highest = seq
        self.due = NEVER
        self._old_run = OldRun()
        self._missing = {
            (seq - back) & 0xFFFF: Gap(now, ask_at=NEVER, asked=_NEVER_ASKED_FOR)
            for back in range(START_REORDER_MAX, 0, -1)
        }

    def _restart(self, seq: int, now: float) -> Arrival:
        self.counters.restarts += 1
        self._restart_until = -NEVER
        self._begin(seq, now)
        return _RESTART

    def _miss(self, first: int, count: int, now: float) -> None:
        self.counters.missed += count
        ask_at = now + self.guard_s
        for ahead in range(count):
            self._missing[(first + ahead) & 0xFFFF] = Gap(now, ask_at)
        self.due = min(self.due, ask_at)
        self._forget_oldest()

    def _forget_oldest(self) -> None:
        while True:  # the newest always stays
            oldest = next(iter(self._missing))
            age = (self.highest - oldest) & 0xFFFF
            if age < WINDOW and len(self._missing) <= MISSING_MAX:
                return
            if self._missing.pop(oldest).ask_at != NEVER:
                self.counters.given_up += 1

    def _count_late(self, gap: Gap, now: float, filler: bool) -> None:
        if gap.asked == _NEVER_ASKED_FOR:  # overtaken before the first number was seen
            self.counters.reordered += 1
        elif gap.ask_at == NEVER:
            self.counters.late += 1
        elif self._was_on_its_way(gap, now):
            self.counters.reordered += 1
            self._learn(now - gap.noticed_at)
        elif filler:
            self.counters.filled += 1
        else:
            self.counters.healed += 1

    def _was_on_its_way(self, gap: Gap, now: float) -> bool:
        """Came unasked, or too soon after the first request to be its answer."""
        if gap.asked == 1:
            soonest_s = self._round_trip.minimum_s * ANSWER_SHARE_MIN
            return now < gap.asked_at + soonest_s
        return not gap.asked

    def _learn(self, lateness: float) -> None:
        error = lateness - self._late_mean_s
        self._late_mean_s += GUARD_GAIN * error
        self._late_deviation_s += GUARD_GAIN * (abs(error) - self._late_deviation_s)

    def _handle_old(self, seq: int, distance: int, now: float) -> Arrival:
        run = self._old_run
        run.add(seq, self.highest, now)
        announced = run.count >= OLD_RUN_MIN and now < self._restart_until
        if distance <= -WINDOW or announced or run.is_restart(now):
            return self._restart(seq, now)
        self.counters.duplicates += 1
        return _DUPLICATE

    def _ask_again_s(self) -> float:
        path = self._round_trip
        return max(path.smoothed_s + path.deviation_s, ASK_AGAIN_MIN_S)

    def _is_hopeless(self, gap: Gap, now: float) -> bool:
        """Asked often enough, or an answer would come too late to be of use."""
        if gap.asked >= self.limits.requests_max:
            return True
        return now + self._round_trip.minimum_s > gap.noticed_at + self.limits.give_up_s
