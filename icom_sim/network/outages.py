"""The rules that depend on the time: outages, stalls, and ports that change.

Their time counts from where they were added to a network that runs, else from where
the network began.
"""

from abc import abstractmethod
from dataclasses import dataclass, field
from random import Random
from typing import Annotated, ClassVar

from icom_proto.codes import Stream
from icom_sim.network.figures import (
    SECONDS_MAX,
    Declared,
    Figure,
    Milliseconds,
    Seconds,
)
from icom_sim.network.verdicts import ConditionError, Direction, Verdict


@dataclass(frozen=True, slots=True)
class Timed(Declared):
    """A rule with a beginning, and perhaps an end of its own."""

    _began: list[float] = field(
        init=False, repr=False, compare=False, default_factory=list
    )

    def begin(self, now: float) -> None:
        """From here its time counts."""
        self._began[:] = [now]

    def since(self, now: float) -> float:
        """Seconds from its beginning; a rule that nobody began begins now."""
        if not self._began:
            self.begin(now)
        return now - self._began[0]

    @abstractmethod
    def until(self) -> float | None:
        """When it does or did its last; None if that is not decided."""


@dataclass(frozen=True, slots=True)
class Blackout(Timed):
    """Drops everything for a time, which begins at once or after `after_s`."""

    name: ClassVar[str] = "blackout"
    example: ClassVar[str] = "blackout:5,30"
    seconds: Seconds
    after_s: Seconds = 0

    def until(self) -> float | None:
        return self._began[0] + self.after_s + self.seconds if self._began else None

    def __call__(
        self,
        _rng: Random,
        _direction: Direction,
        _stream: Stream,
        _data: bytes,
        now: float,
    ) -> Verdict:
        dark = 0 <= self.since(now) - self.after_s < self.seconds
        return () if dark else None


@dataclass(frozen=True, slots=True)
class Block(Declared):
    """Drops everything until it is removed; one way, with a direction behind it."""

    name: ClassVar[str] = "block"
    example: ClassVar[str] = "block@to-client"

    def __call__(
        self,
        _rng: Random,
        _direction: Direction,
        _stream: Stream,
        _data: bytes,
        _now: float,
    ) -> Verdict:
        return ()


@dataclass(frozen=True, slots=True)
class Spike(Timed):
    """Stands still for `ms` every `every_s`; what waited arrives at once, in order.

    As Wi-Fi does while a station scans or roams.
    """

    name: ClassVar[str] = "spike"
    example: ClassVar[str] = "spike:300,10"
    ms: Milliseconds
    every_s: Annotated[float, Figure("s", 0.001, SECONDS_MAX)]

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        if self.ms > 1000 * self.every_s:
            raise ConditionError(
                f"spike must be 0 to {1000 * self.every_s:g} ms, the time to the next"
                f" one, not {self.ms:g}"
            )

    def until(self) -> None:
        return None

    def __call__(
        self,
        _rng: Random,
        _direction: Direction,
        _stream: Stream,
        _data: bytes,
        now: float,
    ) -> Verdict:
        since = self.since(now)
        late = self.ms / 1000 - since % self.every_s
        return late if late > 0 and since >= self.every_s else None


@dataclass(frozen=True, slots=True)
class Rebind(Timed):
    """A NAT forgets the clients: the radio sees each at another port from then on.

    What the radio sends to the old port is dropped, until the client sends again. The
    rule only says when; `Rebinder` knows the ports.
    """

    name: ClassVar[str] = "rebind"
    example: ClassVar[str] = "rebind:60"
    after_s: Seconds = 0

    def until(self) -> float | None:
        return self._began[0] + self.after_s if self._began else None

    def __call__(
        self,
        _rng: Random,
        _direction: Direction,
        _stream: Stream,
        _data: bytes,
        _now: float,
    ) -> Verdict:
        return None
