"""The rules that depend on what came before, or on size: what real paths do.

A rule with a memory belongs to one network: two would share it.
"""

from dataclasses import dataclass, field
from random import Random

from icom_proto.codes import Stream
from icom_sim.network.rules import DELAY_MS_MAX
from icom_sim.network.verdicts import ConditionError, Direction, Verdict

# IPv4 and UDP around each datagram: they pass the bottleneck and count for the MTU.
HEADERS_SIZE = 28
BURST_MAX = 10_000
# RFC 791: every path takes this.
MTU_MIN, MTU_MAX = 68, 0xFFFF


@dataclass(frozen=True, slots=True)
class BurstLoss:
    """Drops `percent` of the datagrams, in runs of `length` on average.

    Gilbert's model: a path is good and drops nothing or bad and drops everything, and
    changes by chance between two datagrams.
    """

    percent: float
    length: float
    _begins: float = field(init=False, repr=False, compare=False)
    _bad: dict[tuple[Direction, Stream], bool] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        if not 0 <= self.percent < 100:  # so that NaN is refused too
            raise ConditionError(
                f"burst loss must be 0 to less than 100 percent, not {self.percent:g}"
            )
        if not 1 <= self.length <= BURST_MAX:
            raise ConditionError(
                f"bursts are 1 to {BURST_MAX} datagrams long, not {self.length:g}"
            )
        share = self.percent / 100
        # In balance, share * P(end) = (1 - share) * P(begin).
        begins = share / (1 - share) / self.length
        if begins > 1:
            raise ConditionError(
                f"burst loss of {self.percent:g} percent needs bursts of at least"
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
        was_bad = self._bad.get((direction, stream), False)
        is_bad = rng.random() < (1 - 1 / self.length if was_bad else self._begins)
        self._bad[direction, stream] = is_bad
        return () if is_bad else None


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A bottleneck each way, which all streams share, with a queue in front of it.

    What would wait longer than `queue_ms` is dropped.
    """

    kbit_s: float
    queue_ms: float
    _free_at: dict[Direction, float] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        if not 0 < self.kbit_s < float("inf"):
            raise ConditionError(
                f"a rate limit must be more than 0 kbit/s, not {self.kbit_s:g}"
            )
        if not 0 <= self.queue_ms <= DELAY_MS_MAX:
            raise ConditionError(
                f"a queue must be 0 to {DELAY_MS_MAX} ms long, not {self.queue_ms:g}"
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
class Mtu:
    """Drops what is longer on the wire than `size`, as a tunnel does that tells nobody.

    1388 bytes of audio make a packet of 1416, so that of each block at 48 kHz only the
    second half comes through (PROTOCOL.md 8.3).
    """

    size: int

    def __post_init__(self) -> None:
        if not MTU_MIN <= self.size <= MTU_MAX:
            raise ConditionError(
                f"an MTU must be {MTU_MIN} to {MTU_MAX} bytes, not {self.size}"
            )

    def __call__(
        self,
        _rng: Random,
        _direction: Direction,
        _stream: Stream,
        data: bytes,
        _now: float,
    ) -> Verdict:
        return () if len(data) + HEADERS_SIZE > self.size else None
