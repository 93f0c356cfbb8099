"""The rules that count: exactly these datagrams are dropped, and no others.

Each direction of each stream is counted by itself, except by `DropNext`. For short
tests, where a percentage would need many datagrams to be what it says.
"""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Annotated, ClassVar

from icom_proto.codes import Stream
from icom_sim.network.figures import DATAGRAMS_MAX, Bits, Declared, Figure
from icom_sim.network.outages import Timed
from icom_sim.network.verdicts import ConditionError, Direction, Verdict

BITS_MAX = 1000

_Lane = tuple[Direction, Stream]


@dataclass(frozen=True, slots=True)
class Pattern(Declared):
    """1 arrives, 0 is dropped, and from the beginning again."""

    name: ClassVar[str] = "pattern"
    example: ClassVar[str] = "pattern:1101"
    bits: Annotated[str, Bits(BITS_MAX)]
    _seen: Counter[_Lane] = field(
        init=False, repr=False, compare=False, default_factory=Counter
    )

    def __call__(
        self,
        _rng: Random,
        direction: Direction,
        stream: Stream,
        _data: bytes,
        _now: float,
    ) -> Verdict:
        at = self._seen[direction, stream]
        self._seen[direction, stream] = (at + 1) % len(self.bits)
        return () if self.bits[at] == "0" else None


@dataclass(frozen=True, slots=True)
class KOfN(Declared):
    """Drops `k` of each `n` datagrams, shuffled: chance decides only which."""

    name: ClassVar[str] = "k-of-n"
    example: ClassVar[str] = "k-of-n:2,10"
    k: Annotated[int, Figure("datagrams", 0, DATAGRAMS_MAX, whole=True)]
    n: Annotated[int, Figure("datagrams", 1, DATAGRAMS_MAX, whole=True)]
    # What is still to come of the present n: True is dropped.
    _ahead: dict[_Lane, list[bool]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        if self.k > self.n:
            raise ConditionError(f"k-of-n must be 0 to n, {self.n}, not {self.k}")

    def __call__(
        self,
        rng: Random,
        direction: Direction,
        stream: Stream,
        _data: bytes,
        _now: float,
    ) -> Verdict:
        ahead = self._ahead.setdefault((direction, stream), [])
        if not ahead:
            ahead += [True] * self.k + [False] * (self.n - self.k)
            rng.shuffle(ahead)
        return () if ahead.pop() else None


@dataclass(frozen=True, slots=True)
class EveryNth(Declared):
    """Drops every n-th datagram."""

    name: ClassVar[str] = "every-nth"
    example: ClassVar[str] = "every-nth:10"
    n: Annotated[int, Figure("datagrams", 1, DATAGRAMS_MAX, whole=True)]
    _seen: Counter[_Lane] = field(
        init=False, repr=False, compare=False, default_factory=Counter
    )

    def __call__(
        self,
        _rng: Random,
        direction: Direction,
        stream: Stream,
        _data: bytes,
        _now: float,
    ) -> Verdict:
        seen = self._seen[direction, stream] = self._seen[direction, stream] + 1
        return () if seen % self.n == 0 else None


@dataclass(frozen=True, slots=True)
class DropNext(Timed):
    """Drops the next so many datagrams, whichever they are, and then nothing."""

    name: ClassVar[str] = "drop-next"
    example: ClassVar[str] = "drop-next:3@to-client/audio"
    count: Annotated[int, Figure("datagrams", 1, DATAGRAMS_MAX, whole=True)]
    _dropped_at: list[float] = field(
        init=False, repr=False, compare=False, default_factory=list
    )

    def until(self) -> float | None:
        done = len(self._dropped_at) == self.count
        return self._dropped_at[-1] if done else None

    def __call__(
        self,
        _rng: Random,
        _direction: Direction,
        _stream: Stream,
        _data: bytes,
        now: float,
    ) -> Verdict:
        if len(self._dropped_at) == self.count:
            return None
        self._dropped_at.append(now)
        return ()
