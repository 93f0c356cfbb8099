"""A table of deadlines, one per member of an enum, and nothing else.

Deadlines that move with every datagram (silence, idle) are armed late on purpose: their
owner notes when it last heard or sent, and when the timer fires early it arms the rest.
So the hot path never touches a timer.
"""

from enum import IntEnum
from typing import Generic, TypeVar

NEVER = float("inf")

Name = TypeVar("Name", bound=IntEnum)


class AnyTimers:
    """What an owner of several tables needs of each: the earliest deadline."""

    __slots__ = ("_due", "soonest")

    def __init__(self, count: int) -> None:
        self._due = [NEVER] * count
        self.soonest = NEVER

    def stop_all(self) -> None:
        """Disarm everything: the owner is closed."""
        self._due = [NEVER] * len(self._due)
        self.soonest = NEVER

    def next(self) -> float | None:
        """The earliest deadline, or None."""
        return None if self.soonest == NEVER else self.soonest


class Timers(AnyTimers, Generic[Name]):
    """Deadlines in seconds; the enum's members count from 0 without holes."""

    __slots__ = ("_names",)

    def __init__(self, names: type[Name]) -> None:
        super().__init__(len(names))
        self._names = names

    def start(self, name: Name, at: float) -> None:
        """Arm, or move, one deadline."""
        self._due[name] = at
        self.soonest = min(self._due)

    def stop(self, name: Name) -> None:
        """Disarm one deadline; harmless when it is not armed."""
        self._due[name] = NEVER
        self.soonest = min(self._due)

    def running(self, name: Name) -> bool:
        """Is this deadline armed?"""
        return self._due[name] != NEVER

    def fired(self, now: float) -> list[Name]:
        """Take what is due, each at most once, in order of the enum."""
        due = [name for name in self._names if self._due[name] <= now]
        for name in due:
            self._due[name] = NEVER
        self.soonest = min(self._due)
        return due
