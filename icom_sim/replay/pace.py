"""When what was recorded is played: at its own pace, faster, or as fast as it may."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from icom_sim.replay.script import Timed

# A datagram each millisecond: sockets and clients keep up, and it is many times the
# pace of any codec.
FASTEST_S: Final = 0.001
SPEED_MIN, SPEED_MAX = 0.1, 100.0


@dataclass(frozen=True, slots=True)
class Pace:
    """`speed` of None: as fast as it may be."""

    speed: float | None = 1.0

    def due(self, timed: Timed, index: int) -> float:
        """Seconds since the start."""
        return index * FASTEST_S if self.speed is None else timed.t / self.speed


def parse_pace(text: str) -> Pace:
    """Raises ValueError, one line."""
    if text == "max":
        return Pace(None)
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not SPEED_MIN <= speed <= SPEED_MAX:
        raise ValueError(
            f"a speed is {SPEED_MIN:g} to {SPEED_MAX:g}, or max, not {text!r}"
        )
    return Pace(speed)


class Player:
    """Gives what is due, in order. With `loop` it begins again after the end."""

    def __init__(self, items: Sequence[Timed], pace: Pace, *, loop: bool) -> None:
        self._items, self._pace, self._loop = items, pace, loop
        self._started_at: float | None = None
        self._next = 0

    @property
    def due(self) -> float:
        """When the next one is; infinity if there is none."""
        if self._started_at is None or self._next >= len(self._items):
            return inf
        item = self._items[self._next]
        return self._started_at + self._pace.due(item, self._next)

    def start(self, now: float) -> None:
        """From the beginning."""
        self._started_at, self._next = now, 0

    def stop(self) -> None:
        self._started_at = None

    def take(self, now: float) -> list[bytes]:
        taken = []
        while self.due <= now:
            taken.append(self._items[self._next].data)
            self._next += 1
            if self._next == len(self._items) and self._loop:
                self._begin_again()
        return taken

    def _begin_again(self) -> None:
        """So much later as the items are apart on average."""
        count = len(self._items)
        assert self._started_at is not None
        last = self._pace.due(self._items[-1], count - 1)
        self._started_at += last + max(last / max(count - 1, 1), FASTEST_S)
        self._next = 0
