"""The rules that depend on what came before, or on size: what real paths do.

A rule with a memory belongs to one network: two would share it.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Annotated, ClassVar

from icom_proto.codes import Stream
from icom_sim.network.figures import (
    DATAGRAMS_MAX,
    Declared,
    Figure,
    Milliseconds,
    Percent,
)
from icom_sim.network.verdicts import ConditionError, Direction, Verdict

# IPv4 and UDP around each datagram: they pass the bottleneck and count for the MTU.
HEADERS_SIZE = 28
# RFC 791: every path takes this.
MTU_MIN, MTU_MAX = 68, 0xFFFF
# At less the largest datagram would take nine minutes.
KBIT_S_MIN, KBIT_S_MAX = 1, 10_000_000


@dataclass(frozen=True, slots=True)
class BurstLoss(Declared):
    """Drops `percent` of all, in bursts of `length` datagrams on average.

    The model of Gilbert and Elliott: a path is good or bad, changes by chance between
    two datagrams, and drops `bad` percent in bad times and `good` percent in good ones.
    """

    name: ClassVar[str] = "burst-loss"
    example: ClassVar[str] = "burst-loss:3,4"
    percent: Percent
    length: Annotated[float, Figure("datagrams", 1, DATAGRAMS_MAX)]
    bad: Percent = 100
    good: Percent = 0
    _begins: float = field(init=False, repr=False, compare=False)
    _is_bad: dict[tuple[Direction, Stream], bool] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        if not self.good <= self.percent < self.bad:
            raise ConditionError(
                f"burst-loss must be {self.good:g} to less than {self.bad:g} percent,"
                f" what the good and the bad times drop, not {self.percent:g}"
            )
        share = (self.percent - self.good) / (self.bad - self.good)
        # In balance, share * P(end) = (1 - share) * P(begin).
        begins = share / (1 - share) / self.length
        if begins > 1:
            raise ConditionError(
                f"burst-loss of {self.percent:g} percent needs bursts of at least"
                f" {share / (1 - share):.1f} datagrams, not {self.length:g}"
            )
        object.__setattr__(self, "_begins", begins)

    def __call__(
        self,
        rng: Random,
        direction: Direction,
        stream: Stream,
        _data: bytes,
        _now: float,
    ) -> Verdict:
        was_bad = self._is_bad.get((direction, stream), False)
        is_bad = rng.random() < (1 - 1 / self.length if was_bad else self._begins)
        self._is_bad[direction, stream] = is_bad
        dropped = self.bad if is_bad else self.good
        # What is certain takes no chance, so that two states are two draws less.
        if dropped == 0 or (dropped < 100 and rng.random() * 100 >= dropped):
            return None
        return ()


@dataclass(frozen=True, slots=True)
class RateLimit(Declared):
    """A bottleneck each way for all its streams; queues `queue_ms`, then drops."""

    name: ClassVar[str] = "rate"
    example: ClassVar[str] = "rate:900,150"
    kbit_s: Annotated[float, Figure("kbit/s", KBIT_S_MIN, KBIT_S_MAX)]
    queue_ms: Milliseconds
    _free_at: dict[Direction, float] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __call__(
        self,
        _rng: Random,
        direction: Direction,
        _stream: Stream,
        data: bytes,
        now: float,
    ) -> Verdict:
        starts = max(now, self._free_at.get(direction, now))
        if (starts - now) * 1000 > self.queue_ms:
            return ()
        bits = 8 * (len(data) + HEADERS_SIZE)
        ends = self._free_at[direction] = starts + bits / (1000 * self.kbit_s)
        return ends - now


@dataclass(frozen=True, slots=True)
class Mtu(Declared):
    """Drops what is longer with its headers, as a tunnel does that tells nobody.

    1388 bytes of audio make a packet of 1416, so that of each block at 48 kHz only the
    second half comes through (PROTOCOL.md 8.3).
    """

    name: ClassVar[str] = "mtu"
    example: ClassVar[str] = "mtu:1400"
    size: Annotated[int, Figure("bytes", MTU_MIN, MTU_MAX, whole=True)]

    def __call__(
        self,
        _rng: Random,
        _direction: Direction,
        _stream: Stream,
        data: bytes,
        _now: float,
    ) -> Verdict:
        return () if len(data) + HEADERS_SIZE > self.size else None
