"""Loss, delay and jitter in steps: each is one rule for both ways and all streams.

Nothing is remembered here. What a knob is set to is the rule that stands in the
network, whoever put it there: an option of `serve`, a preset, or another terminal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from icom_sim.status import Status


@dataclass(frozen=True, slots=True)
class NetworkKnob:
    """A rule of one figure, and the values it is turned through."""

    rule: str
    unit: str
    values: Sequence[float]


LOSS: Final = NetworkKnob("loss", "%", (0, 0.5, 1, 2, 5, 10, 20, 50, 100))
DELAY: Final = NetworkKnob("delay", "ms", (0, 5, 10, 20, 50, 100, 200, 500, 1000))
JITTER: Final = NetworkKnob("jitter", "ms", (0, 2, 5, 10, 20, 50, 100, 200))
KNOBS: Final = (LOSS, DELAY, JITTER)


def value_of_knob(status: Status, knob: NetworkKnob) -> float:
    """Zero where there is no such rule."""
    found = rule_of_knob(status, knob)
    return 0.0 if found is None else found[1]


def rule_of_knob(status: Status, knob: NetworkKnob) -> tuple[int, float] | None:
    """The number and the figure of the first such rule that covers everything."""
    for rule in status["rules"]:
        name, _, figure = str(rule["rule"]).partition(":")
        number = rule.get("number")
        if name == knob.rule and isinstance(number, int):
            try:
                return number, float(figure)
            except ValueError:  # it covers a part only, or has several figures
                continue
    return None


def turned(value: float, knob: NetworkKnob, *, up: bool) -> float:
    """The next step; at the end it stays."""
    if up:
        return next((each for each in knob.values if each > value), value)
    return next((each for each in reversed(knob.values) if each < value), 0.0)
