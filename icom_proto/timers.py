"""Tables of deadlines, one deadline for each member of an enum, and nothing else.

Deadlines that move with every datagram (silence, idle) are armed late on purpose: their
owner notes when it last heard or sent, and when the timer fires early it arms the rest.
So the hot path never touches a timer, and a `TimerGroup` seldom has to look again.
"""

from enum import IntEnum
from typing import Final, Generic, TypeVar

NEVER: Final = float("inf")

Name = TypeVar("Name", bound=IntEnum)


def next_after(due: float, pause_s: float, now: float) -> float:
    """The deadline behind one that is met now: met late, it does not delay those behind
    it, unless by more than a pause."""
    return (due if now - pause_s < due <= now else now) + pause_s


class Clock:
    """The latest time that was told to any part of a connection, or to a link."""

    __slots__ = ("now",)

    def __init__(self) -> None:
        self.now = -NEVER

    def advance(self, now: float) -> None:
        """Each input and command comes by here, or does the same in line."""
        assert now >= self.now, f"time runs backwards, from {self.now} to {now}"
        self.now = now


class TimerGroup:
    """The tables of all parts of a connection, and their earliest deadline.

    `earliest` is right unless `changed` is set: then the table it stood in moved on,
    and `soonest` looks through all of them.
    """

    __slots__ = ("_tables", "changed", "earliest")

    def __init__(self) -> None:
        self._tables: list[AnyTimers] = []
        self.earliest = NEVER
        self.changed = False

    def watch(self, tables: list["AnyTimers"]) -> None:
        """Look after these tables from now on, and after no others."""
        for table in self._tables:
            table.group = None
        self._tables = tables
        for table in tables:
            table.group = self
        self.changed = True

    def soonest(self) -> float:
        """The earliest deadline, or NEVER."""
        if self.changed:
            self.changed = False
            earliest = NEVER
            for table in self._tables:
                if table.soonest < earliest:
                    earliest = table.soonest
            self.earliest = earliest
        return self.earliest

    def next(self) -> float | None:
        """The earliest deadline, or None."""
        soonest = self.soonest()
        return None if soonest == NEVER else soonest

    def stop_all(self) -> None:
        """Disarm everything: the owner is closed."""
        for table in self._tables:
            table.stop_all()


class AnyTimers:
    """What a group needs of a table: the earliest deadline, and an end."""

    __slots__ = ("_due", "group", "soonest")

    def __init__(self, count: int) -> None:
        self._due = [NEVER] * count
        self.soonest = NEVER
        self.group: TimerGroup | None = None

    def stop_all(self) -> None:
        """Disarm everything."""
        self._due = [NEVER] * len(self._due)
        self._set_soonest(NEVER)

    def next(self) -> float | None:
        """The earliest deadline, or None."""
        return None if self.soonest == NEVER else self.soonest

    def _set_soonest(self, at: float) -> None:
        before, self.soonest = self.soonest, at
        group = self.group
        if group is None:
            return
        if at <= group.earliest:
            group.earliest = at
        elif before == group.earliest:
            group.changed = True


class Timers(AnyTimers, Generic[Name]):
    """Deadlines in seconds; the enum's members count from 0 without holes."""

    __slots__ = ("_names",)

    def __init__(self, names: type[Name]) -> None:
        super().__init__(len(names))
        self._names = tuple(names)

    def start(self, name: Name, at: float) -> None:
        """Arm, or move, one deadline."""
        before = self._due[name]
        self._due[name] = at
        if at < self.soonest:
            self._set_soonest(at)
        elif before == self.soonest != at:
            self._set_soonest(_least(self._due))

    def stop(self, name: Name) -> None:
        """Disarm one deadline; harmless when it is not armed."""
        self.start(name, NEVER)

    def due(self, name: Name) -> float:
        """When this deadline is; NEVER when it is not armed."""
        return self._due[name]

    def fired(self, now: float) -> list[Name]:
        """Take what is due, each at most once, in order of the enum."""
        if self.soonest > now:
            return []
        fired, due, soonest = list[Name](), self._due, NEVER
        for at in range(len(due)):
            when = due[at]
            if when <= now:
                due[at] = NEVER
                fired.append(self._names[at])
            elif when < soonest:
                soonest = when
        self._set_soonest(soonest)
        return fired


def _least(deadlines: list[float]) -> float:
    """As min(), which costs the same here, and four times as much once compiled."""
    least = NEVER
    for at in deadlines:
        if at < least:
            least = at
    return least
