"""What a rule is: one signature for everything that can happen to a datagram."""

from collections.abc import Sequence
from enum import IntEnum
from random import Random
from typing import Protocol, TypeAlias

from icom_proto.codes import Stream


class Direction(IntEnum):
    """Which way a datagram travels."""

    TO_CLIENT = 0
    TO_RADIO = 1


# One arrival: after how many seconds, and the bytes.
Copy: TypeAlias = tuple[float, bytes]

# The copies that arrive: none is a drop, two are a duplicate, unequal delays reorder.
# The usual ones have a short form, because a simulated second has hundreds: a number is
# one copy, unchanged and so many seconds late; None does nothing to this datagram.
Verdict: TypeAlias = Sequence[Copy] | float | None


class Rule(Protocol):
    """A function, or an object that is called like one.

    It may keep state, but one for each direction or for each direction and stream, and
    takes chance only from the generator that it is given. `now` is the time of sending
    in seconds.
    """

    def __call__(
        self,
        rng: Random,
        direction: Direction,
        stream: Stream,
        data: bytes,
        now: float,
        /,
    ) -> Verdict: ...


class ConditionError(ValueError):
    """A network condition that cannot be: one line with what was given and allowed."""
