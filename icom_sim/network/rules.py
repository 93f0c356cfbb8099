"""The rules that need no memory: each datagram is judged by itself.

Percentages are of datagrams. Each rule refuses impossible figures when it is made.
"""

from abc import abstractmethod
from dataclasses import dataclass, field
from random import Random
from typing import Annotated, ClassVar

from icom_proto.codec import HEADER_SIZE
from icom_proto.codes import Stream
from icom_sim.network.figures import Declared, Figure, Milliseconds, Percent
from icom_sim.network.verdicts import Direction, Verdict

# Two and a half audio blocks: at 50 of them a second the next two overtake.
HOLD_MS = 50
# No UDP datagram is longer.
SIZE_MAX = 0xFFFF


@dataclass(frozen=True, slots=True)
class Chance(Declared):
    """A rule that acts on some of the datagrams, each independent of the others."""

    percent: Percent
    probability: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        # Divided once: for each datagram it would be a tenth of what carrying costs.
        object.__setattr__(self, "probability", self.percent / 100)

    def __call__(
        self,
        rng: Random,
        _direction: Direction,
        _stream: Stream,
        data: bytes,
        _now: float,
    ) -> Verdict:
        return self.act(rng, data) if rng.random() < self.probability else None

    @abstractmethod
    def act(self, rng: Random, data: bytes) -> Verdict:
        """The verdict on a datagram that was hit."""


class Loss(Chance):
    """Drops datagrams."""

    __slots__ = ()
    name: ClassVar[str] = "loss"
    example: ClassVar[str] = "loss:5"

    def act(self, _rng: Random, _data: bytes) -> Verdict:
        return ()


@dataclass(frozen=True, slots=True)
class Duplicate(Chance):
    """Delivers datagrams twice. Rules behind this one judge each copy apart."""

    name: ClassVar[str] = "duplicate"
    example: ClassVar[str] = "duplicate:1"
    later_ms: Milliseconds = 0

    def act(self, _rng: Random, data: bytes) -> Verdict:
        return ((0.0, data), (self.later_ms / 1000, data))


@dataclass(frozen=True, slots=True)
class Reorder(Chance):
    """Holds datagrams back, so that those sent meanwhile overtake them."""

    name: ClassVar[str] = "reorder"
    example: ClassVar[str] = "reorder:2"
    hold_ms: Milliseconds = HOLD_MS

    def act(self, _rng: Random, _data: bytes) -> Verdict:
        return self.hold_ms / 1000


class Corrupt(Chance):
    """Changes one byte, anywhere.

    UDP's checksum drops what is damaged on the way; what arrives damaged was damaged
    beyond its reach, in a bridge, a tunnel or the radio itself.
    """

    __slots__ = ()
    name: ClassVar[str] = "corrupt"
    example: ClassVar[str] = "corrupt:0.1"

    def act(self, rng: Random, data: bytes) -> Verdict:
        if not data:
            return None
        damaged = bytearray(data)
        damaged[rng.randrange(len(data))] ^= rng.randrange(1, 0x100)
        return ((0.0, bytes(damaged)),)


@dataclass(frozen=True, slots=True)
class Truncate(Chance):
    """Cuts datagrams to their first bytes; shorter ones stay whole."""

    name: ClassVar[str] = "truncate"
    example: ClassVar[str] = "truncate:1,20"
    size: Annotated[int, Figure("bytes", 0, SIZE_MAX, whole=True)] = HEADER_SIZE

    def act(self, _rng: Random, data: bytes) -> Verdict:
        return ((0.0, data[: self.size]),) if len(data) > self.size else None


@dataclass(frozen=True, slots=True)
class Lateness(Declared):
    """What the rules share that delay every datagram."""

    ms: Milliseconds
    seconds: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        object.__setattr__(self, "seconds", self.ms / 1000)


class Delay(Lateness):
    """Delivers everything later by the same time."""

    __slots__ = ()
    name: ClassVar[str] = "delay"
    example: ClassVar[str] = "delay:20"

    def __call__(
        self,
        _rng: Random,
        _direction: Direction,
        _stream: Stream,
        _data: bytes,
        _now: float,
    ) -> Verdict:
        return self.seconds


class Jitter(Lateness):
    """Delivers each datagram later by 0 to `ms`, evenly spread, in any order."""

    __slots__ = ()
    name: ClassVar[str] = "jitter"
    example: ClassVar[str] = "jitter:10"

    def __call__(
        self,
        rng: Random,
        _direction: Direction,
        _stream: Stream,
        _data: bytes,
        _now: float,
    ) -> Verdict:
        return rng.random() * self.seconds
