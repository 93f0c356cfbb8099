"""How much faster the sender's clock runs than ours, in ppm, from arrivals.

Delays on the way only ever add, so the least transit of each window lies near the true
line, and jitter does not tilt it. The slope is the median of the slopes between windows
far apart, which no single odd window moves. A lasting step of the delay (another
route) is taken out of the windows before it, so that it does not pass for drift.
"""

from collections.abc import Iterable
from typing import Final

WINDOW_S: Final = 2.0
# Two minutes: 1 ms of noise left in a minimum is 8 ppm over that.
WINDOWS_MAX: Final = 60
# Below twelve seconds noise would be told as drift.
WINDOWS_MIN: Final = 6
# A window this far off the line is no drift: 100 ppm are 0.2 ms a window.
STEP_S: Final = 0.003
# No clock of a radio or a sound card is further off: a slope beyond this is a step of
# the delay that is still to be known as one.
PPM_MAX: Final = 1000.0
# So many in a row are a step, fewer are congestion.
STEP_WINDOWS: Final = 3


class DriftEstimator:
    """`ppm` is positive if the sender's clock is the faster one; None if not known."""

    def __init__(self) -> None:
        self._minima: list[tuple[float, float]] = []  # arrival, transit
        self._least: tuple[float, float] | None = None
        self._window_end = 0.0
        self._off_line: list[float] = []
        self.ppm: float | None = None

    def note(self, transit_s: float, now: float) -> None:
        """A packet arrived: arrival minus place on the sender's line."""
        if self._least is not None and now >= self._window_end:
            self._close_window()
        if self._least is None:
            self._least, self._window_end = (now, transit_s), now + WINDOW_S
        elif transit_s < self._least[1]:
            self._least = now, transit_s

    @property
    def transit_s(self) -> float | None:
        """The least transit lately."""
        if self._minima:
            return self._minima[-1][1]
        return None if self._least is None else self._least[1]

    def forget_line(self) -> None:
        """The sender began anew: its clock is the same, its line is another."""
        self._minima.clear()
        self._off_line.clear()
        self._least = None

    def _close_window(self) -> None:
        assert self._least is not None
        at, transit_s = self._least
        self._least = None
        self._minima.append((at, transit_s))
        self._take_out_step(at, transit_s)
        del self._minima[:-WINDOWS_MAX]
        if len(self._minima) >= WINDOWS_MIN:
            # A fast sender's packets come ever earlier for their place.
            ppm = -1e6 * _slope(self._minima)
            if abs(ppm) <= PPM_MAX:
                self.ppm = ppm

    def _take_out_step(self, at: float, transit_s: float) -> None:
        """Move the windows before a step onto the line after it."""
        before = self._minima[: -1 - len(self._off_line)][-WINDOWS_MIN:]
        if len(before) < STEP_WINDOWS:
            return
        slope = 0.0 if self.ppm is None else self.ppm / -1e6
        off = transit_s - _median(t + slope * (at - a) for a, t in before)
        if abs(off) < STEP_S or (self._off_line and off * self._off_line[-1] < 0):
            self._off_line.clear()
            return
        self._off_line.append(off)
        if len(self._off_line) == STEP_WINDOWS:
            step, kept = _median(self._off_line), len(self._minima) - STEP_WINDOWS
            moved = [(a, t + step) for a, t in self._minima[:kept]]
            self._minima[:kept] = moved
            self._off_line.clear()


def _slope(minima: list[tuple[float, float]]) -> float:
    """Theil and Sen, between windows at least a third of the time apart."""
    apart = len(minima) // 3
    return _median(
        (minima[j][1] - minima[i][1]) / (minima[j][0] - minima[i][0])
        for i in range(len(minima) - apart)
        for j in range(i + apart, len(minima))
    )


def _median(values: Iterable[float]) -> float:
    """The middle one; `statistics` is more than the core may import."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
