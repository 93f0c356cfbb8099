"""The rules that need no memory: each datagram is judged by itself.

Percentages are of datagrams. Each rule refuses impossible figures when it is made.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from random import Random

from icom_proto.codes import Stream
from icom_sim.network.verdicts import ConditionError, Direction, Verdict

# Longer than any timer of the protocol: what takes a minute is as good as lost.
DELAY_MS_MAX = 60_000

# Two and a half audio blocks: at 50 of them a second the next two overtake.
HOLD_MS = 50


@dataclass(frozen=True, slots=True)
class Chance(ABC):
    """A rule that acts on some of the datagrams, each independent of the others."""

    percent: float
    probability: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.percent <= 100:  # so that NaN is refused too
            raise ConditionError(
                f"{_name(self)} must be 0 to 100 percent, not {self.percent:g}"
            )
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

    def act(self, _rng: Random, _data: bytes) -> Verdict:
        return ()


class Duplicate(Chance):
    """Delivers datagrams twice. Rules behind this one judge each copy apart."""

    __slots__ = ()

    def act(self, _rng: Random, data: bytes) -> Verdict:
        return ((0.0, data), (0.0, data))


class Reorder(Chance):
    """Holds datagrams back, so that those sent in the next HOLD_MS overtake them."""

    __slots__ = ()

    def act(self, _rng: Random, _data: bytes) -> Verdict:
        return HOLD_MS / 1000


class Corrupt(Chance):
    """Changes one byte, anywhere.

    UDP's checksum drops what is damaged on the way; what arrives damaged was damaged
    beyond its reach, in a bridge, a tunnel or the radio itself.
    """

    __slots__ = ()

    def act(self, rng: Random, data: bytes) -> Verdict:
        if not data:
            return None
        damaged = bytearray(data)
        damaged[rng.randrange(len(data))] ^= rng.randrange(1, 0x100)
        return ((0.0, bytes(damaged)),)


@dataclass(frozen=True, slots=True)
class Lateness:
    """What the rules share that delay every datagram."""

    ms: float
    seconds: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.ms <= DELAY_MS_MAX:
            raise ConditionError(
                f"{_name(self)} must be 0 to {DELAY_MS_MAX} ms, not {self.ms:g}"
            )
        object.__setattr__(self, "seconds", self.ms / 1000)


class Delay(Lateness):
    """Delivers everything later by the same time."""

    __slots__ = ()

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

    def __call__(
        self,
        rng: Random,
        _direction: Direction,
        _stream: Stream,
        _data: bytes,
        _now: float,
    ) -> Verdict:
        return rng.random() * self.seconds


def _name(rule: Chance | Lateness) -> str:
    return type(rule).__name__.lower()
