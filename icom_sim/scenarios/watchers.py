"""Expectations about what happens, while it happens."""

from collections import deque
from math import inf

from icom_sim.scenarios.model import Seen
from icom_sim.scenarios.sightings import OpenWindow, fits
from icom_sim.scenarios.sightings import Seen as AnySeen
from icom_sim.scenarios.verdict import Outcome


class Watcher:
    """Counts what it looks for in its window. `outcome` is there as soon as it can be.

    Times are since the start of the scenario.
    """

    def __init__(self, wanted: Seen) -> None:
        self.outcome: Outcome | None = None
        self.wanted = wanted
        self._window = OpenWindow(wanted.window, ends_with_run=not wanted.min)
        self._count = 0
        self._recent: deque[float] = deque()  # of the last `per` seconds
        self._most = 0  # in any `per` seconds
        self._expected = describe(wanted)

    def see(self, seen: AnySeen, now: float) -> None:
        """Something happened or travelled."""
        if self.outcome is None:
            if self._window.is_open(now) and fits(self.wanted.sight, seen):
                self._on_seen(now)
            self._window.see(seen, now)

    def next_timeout(self) -> float:
        """When the window closes by itself; infinity if that is not known."""
        closed = self._window.closed_at if self.outcome is None else None
        return inf if closed is None else closed

    def handle_timeout(self, now: float) -> None:
        """Past its end, a window without enough has failed."""
        closed = self._window.closed_at
        if self.outcome is None and closed is not None and now > closed:
            self._close(closed)

    def finish(self, now: float) -> Outcome:
        """The run is over."""
        if self.outcome is None:
            closed = self._window.closed_at
            self._close(now if closed is None else min(closed, now))
        assert self.outcome is not None
        return self.outcome

    # inside

    def _on_seen(self, now: float) -> None:
        wanted = self.wanted
        self._count += 1
        if wanted.per is None:
            if self._count > wanted.max:
                self._settle(False, self._times(now), now)
        else:
            self._recent.append(now)
            while self._recent[0] <= now - wanted.per:
                self._recent.popleft()
            self._most = max(self._most, len(self._recent))
            if self._most > wanted.max:
                self._settle(False, f"{self._most} within {wanted.per:g} s", now)
        if self._count == wanted.min and wanted.max == inf and self.outcome is None:
            self._settle(True, self._times(now), now)

    def _close(self, now: float) -> None:
        opened = self._window.opened_at
        if opened is None:
            after = self.wanted.window.after
            self._settle(not self.wanted.min, f"{after} never came", now)
        elif self.wanted.per is not None:
            told = (
                f"{self._count} in all, at most {self._most} in {self.wanted.per:g} s"
            )
            self._settle(self._count >= self.wanted.min, told, now)
        else:
            self._settle(self._count >= self.wanted.min, self._times(now), now)

    def _times(self, now: float) -> str:
        opened = self._window.opened_at
        if self.wanted.min == 1 and self._count and opened is not None:
            return f"after {now - opened:.3f} s"
        return {0: "never seen", 1: "seen once"}.get(
            self._count, f"seen {self._count} times"
        )

    def _settle(self, passed: bool, told: str, now: float) -> None:
        why = f" ({self.wanted.why})" if self.wanted.why and not passed else ""
        self.outcome = Outcome(self._expected, passed, told + why, round(now, 6))


def describe(wanted: Seen) -> str:
    """An expectation in words."""
    window = wanted.window
    words = [_amount(wanted)]
    if window.within is not None:
        words.append(f"within {window.within:g} s")
    if window.after is not None:
        words.append(f"after {window.after}")
    if window.until is not None:
        words.append(f"until {window.until}")
    return " ".join(words)


def _amount(wanted: Seen) -> str:
    sight, least, most = wanted.sight, wanted.min, wanted.max
    if wanted.per is not None:
        return f"{sight} at most {most:g} times in {wanted.per:g} s"
    if most == 0:
        return f"no {sight}"
    if most == inf:
        return f"{sight}" if least == 1 else f"{sight} at least {least} times"
    if least == most:
        return f"{sight} {least} times"
    if not least:
        return f"{sight} at most {most:g} times"
    return f"{sight} {least} to {most:g} times"
