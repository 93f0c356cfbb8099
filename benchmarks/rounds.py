"""Paired rounds: every contender once a round, in shuffled order, one at a time.

This machine may be shared and slow down for a while. Two figures of one round were
taken in the same while, so a ratio is taken inside each round, and the median of those
is told.
"""

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.contenders import Figures
from benchmarks.processes import Worker


@dataclass(frozen=True)
class Contender:
    """A name, and what a worker is asked to do for it."""

    name: str
    worker: Worker
    function: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Summary:
    """The median of the rounds, with its extremes."""

    median: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Summary":
        """Summarise one value per round."""
        return cls(statistics.median(values), min(values), max(values), len(values))


class Rounds:
    """The figures of all contenders, by round. Round 0 warms up and is dropped."""

    def __init__(self, figures: dict[str, list[Figures]]) -> None:
        self._figures = figures

    def summary(self, contender: str, figure: str) -> Summary:
        """One figure of one contender."""
        return Summary.of([sample[figure] for sample in self._figures[contender]])

    def excess_ratio(self, over: str, under: str, base: str, figure: str) -> Summary:
        """As `ratio`, of what each of the two takes beyond a third."""
        figures = (self._figures[name] for name in (over, under, base))
        return Summary.of(
            [
                (a[figure] - floor[figure]) / (b[figure] - floor[figure])
                for a, b, floor in zip(*figures, strict=True)
            ]
        )

    def ratio(self, over: str, under: str, figure: str) -> Summary:
        """`over` divided by `under`, taken in each round."""
        pairs = zip(self._figures[over], self._figures[under], strict=True)
        return Summary.of([a[figure] / b[figure] for a, b in pairs])


def run_rounds(contenders: Sequence[Contender], *, rounds: int, seed: int) -> Rounds:
    """Prepare all, then ask each once a round; `seed` decides the order."""
    for contender in contenders:
        contender.worker.prepare(contender.function, contender.options)
    rng = random.Random(seed)
    figures: dict[str, list[Figures]] = {one.name: [] for one in contenders}
    for number in range(rounds + 1):
        for one in rng.sample(contenders, len(contenders)):
            sample = one.worker.measure(one.function, one.options)
            if number > 0:
                figures[one.name].append(sample)
    return Rounds(figures)
