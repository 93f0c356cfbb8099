"""What came of a run: each expectation, kept or not, and why."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """One expectation: what was expected, whether it was so, why not, and when."""

    expected: str
    passed: bool
    told: str
    t: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All of one run. `seed` repeats it."""

    scenario: str
    seed: int
    seconds: float
    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> bool:
        return all(outcome.passed for outcome in self.outcomes)

    @property
    def first_failure(self) -> Outcome | None:
        """The earliest of what was not so."""
        failed = [outcome for outcome in self.outcomes if not outcome.passed]
        return min(failed, key=lambda outcome: outcome.t, default=None)

    def to_dict(self) -> dict[str, object]:
        """Ready for JSON: the last event of a run."""
        return {
            "event": "verdict",
            "t": self.seconds,
            "scenario": self.scenario,
            "seed": self.seed,
            "passed": self.passed,
            "outcomes": [asdict(outcome) for outcome in self.outcomes],
        }

    def lines(self) -> Iterator[str]:
        """The table for people."""
        for outcome in self.outcomes:
            mark = "ok  " if outcome.passed else "FAIL"
            yield f"  {mark} {outcome.t:8.3f}  {outcome.expected}: {outcome.told}"
        word = "passed" if self.passed else "FAILED"
        yield f"{self.scenario}: {word} in {self.seconds:.1f} s, seed {self.seed}"
