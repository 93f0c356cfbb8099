"""How long to hold voice back: as short as possible, as long as necessary.

The delay is chosen from the transits of the last seconds by what it costs: each
millisecond makes a conversation worse, and so does each packet that comes too late.
Recent packets count more, so it rises with the first late ones and comes down by
itself.

A pause on the way (a Wi-Fi scan, 80 to 300 ms) is no jitter: all packets of it come in
one burst, each later one less late. Such bursts do not count above; they raise the
delay for `HOLD_S`, if pauses have lately come in groups, and not at all if each came
alone: then the delay would be paid for nothing.

A transit is the time of use minus the place on the sender's line; only differences of
transits mean anything.
"""

from bisect import bisect_left, insort
from collections import deque
from typing import Final

# ITU-T G.107: delay below 177 ms costs 0.024 points of quality a millisecond, loss with
# concealment about 3.8 points per percent at the start: 1 ms is worth 0.0063 %.
LATE_PER_S: Final = 0.063
# What counts of the past: weights fall to a quarter over the first, and end at the
# second.
MEMORY_S: Final = 6.0
WINDOW_S: Final = 15.0
# 15 s of two packets a block; more packets a second make the window shorter.
TRANSITS_MAX: Final = 1500
# Of these the weight of all is taken; they come at a steady pace.
SAMPLES: Final = 30
# How often the choice is made again while nothing is late.
CHOOSE_S: Final = 0.25
# The least transit is taken over the last slots: long enough to meet a packet without
# jitter, short enough to follow a new route.
SLOT_S: Final = 0.5
SLOTS_MAX: Final = 8
# Nothing for so long, and then late: a pause, not jitter.
PAUSE_S: Final = 0.06
# In the burst after it each packet is less late than the one before, by its duration or
# nearly; if not, the pause was the beginning of a longer way.
DRAINED_S_MIN: Final = 0.001
# What a group of pauses is: the next one within this. The delay must be down again
# three seconds after, and takes up to one and a half for it.
HOLD_S: Final = 1.2
# Of each pause: how much the newest counts in "do they come in groups".
GROUP_WEIGHT: Final = 0.3
# Without knowing, expect groups: a scan visits several channels.
GROUPED_AT_FIRST: Final = 0.6
# Hold if the next pause is so much likelier right after one than at any time.
GROUPED_MORE: Final = 2.0


class PauseWatch:
    """Knows bursts after a pause, and whether pauses come in groups."""

    def __init__(self) -> None:
        self.count = 0
        self.height = 0.0  # the transit of the latest pause
        self._last_at: float | None = None
        self._last_arrival: float | None = None
        self._last_transit = 0.0
        self._draining = False
        self._grouped = GROUPED_AT_FIRST
        self._apart_s = 10.0

    def note(self, arrived: float, place_s: float, used: float, steady: float) -> bool:
        """A packet; true if it belongs to the burst after a pause.

        `used` is the transit of its use, and `steady` the one to be played at.
        """
        silent_s = 0.0 if self._last_arrival is None else arrived - self._last_arrival
        transit = arrived - place_s
        drained = self._last_transit - transit
        self._last_arrival, self._last_transit = arrived, transit
        if used <= steady:
            self._draining = False
        elif silent_s >= PAUSE_S:
            self._draining = True
            self._begin(used, arrived)
        elif self._draining:
            self._draining = drained >= DRAINED_S_MIN
        return self._draining

    def holds(self, now: float) -> bool:
        """Keep the delay up now, because another pause may follow."""
        if self._last_at is None or now - self._last_at > HOLD_S:
            return False
        return self._grouped * self._apart_s > GROUPED_MORE * HOLD_S

    def _begin(self, transit: float, now: float) -> None:
        self.count += 1
        if self._last_at is not None:
            apart_s = now - self._last_at
            grouped = 1.0 if apart_s <= HOLD_S else 0.0
            self._grouped += GROUP_WEIGHT * (grouped - self._grouped)
            self._apart_s += GROUP_WEIGHT * (min(apart_s, 60.0) - self._apart_s)
            if apart_s <= HOLD_S:
                transit = max(transit, self.height)
        self._last_at, self.height = now, transit


class DelayEstimator:
    """Transits in, the transit to play at out; bounds in seconds over the fastest."""

    def __init__(self, floor_s: float, ceiling_s: float) -> None:
        self.floor_s, self.ceiling_s = floor_s, ceiling_s
        self.pauses = PauseWatch()
        self._clear()

    def _clear(self) -> None:
        self._recent = RecentTransits()
        self._slots: deque[tuple[float, float]] = deque(maxlen=SLOTS_MAX)
        self._steady: float | None = None
        self._choose_at = 0.0
        self.least: float | None = None

    def forget(self) -> None:
        """The path or the sender's line is another one."""
        self._clear()

    def note(self, arrived: float, place_s: float, now: float) -> None:
        """A packet of this place that arrived then and can be used from now on."""
        transit = now - place_s
        self._note_least(transit, now)
        steady = transit if self._steady is None else self._steady
        if self.pauses.note(arrived, place_s, transit, steady):
            return
        self._recent.add(transit, now)
        if transit > steady:
            self._choose_at = now

    def target(self, now: float) -> float | None:
        """The transit at which to play, or None if nothing came yet."""
        if self.least is None:
            return None
        if now >= self._choose_at or self._steady is None:
            self._steady = self._choose(now)
            self._choose_at = now + CHOOSE_S
        target = self._steady
        if self.pauses.holds(now):
            target = max(target, self.pauses.height)
        return max(self.least + self.floor_s, min(target, self.least + self.ceiling_s))

    def _note_least(self, transit: float, now: float) -> None:
        slots = self._slots
        if not slots or now >= slots[-1][0] + SLOT_S:
            slots.append((now, transit))
        elif transit < slots[-1][1]:
            slots[-1] = slots[-1][0], transit
        while slots[0][0] < now - SLOTS_MAX * SLOT_S:
            slots.popleft()
        self.least = min(least for _, least in slots)

    def _choose(self, now: float) -> float:
        """The cheapest transit: being late against being slow."""
        recent = self._recent
        recent.forget_before(now - WINDOW_S)
        if not len(recent):
            assert self.least is not None
            return self.least if self._steady is None else self._steady
        return recent.cheapest(now)


class RecentTransits:
    """The transits that count, sorted: only the slowest few need a look."""

    def __init__(self) -> None:
        self._by_time: deque[tuple[float, float]] = deque()
        self._sorted: list[tuple[float, float]] = []

    def __len__(self) -> int:
        return len(self._sorted)

    def add(self, transit: float, now: float) -> None:
        """One more; over the limit the oldest goes."""
        if len(self._by_time) >= TRANSITS_MAX:
            self._forget_oldest()
        self._by_time.append((now, transit))
        insort(self._sorted, (transit, now))

    def forget_before(self, time: float) -> None:
        """Drop what is older."""
        while self._by_time and self._by_time[0][0] < time:
            self._forget_oldest()

    def cheapest(self, now: float) -> float:
        """Of all transits to play at, the one that costs least; there is one."""
        transits, whole = self._sorted, self._whole(now)
        least, (best, _) = transits[0][0], transits[-1]
        late, best_cost = 0.0, best * LATE_PER_S
        for at in range(len(transits) - 1, 0, -1):
            late += _weight(now - transits[at][1]) / whole
            if late + least * LATE_PER_S >= best_cost:
                break
            lower = transits[at - 1][0]
            cost = late + lower * LATE_PER_S
            if cost < best_cost:
                best, best_cost = lower, cost
        return best

    def _whole(self, now: float) -> float:
        """The weight of all, from every so many of them."""
        count = len(self._by_time)
        step = max(1, count // SAMPLES)
        sampled = [_weight(now - self._by_time[at][0]) for at in range(0, count, step)]
        return sum(sampled) * count / len(sampled)

    def _forget_oldest(self) -> None:
        at, transit = self._by_time.popleft()
        del self._sorted[bisect_left(self._sorted, (transit, at))]


def _weight(age_s: float) -> float:
    return 1.0 / (1.0 + age_s / MEMORY_S) ** 2
