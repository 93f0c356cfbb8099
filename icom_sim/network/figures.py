"""What a rule is told in numbers: declared once, with unit and limits.

The checks of a rule, its text (`rule_text`) and the table of all rules are made of
these declarations: `percent: Percent` in a rule is all there is to say.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from random import Random
from typing import Annotated, Any, ClassVar, Final, TypeAlias, get_type_hints

from icom_proto.codes import Stream
from icom_sim.network.verdicts import ConditionError, Direction, Verdict

# Longer than any timer of the protocol: what takes a minute is as good as lost.
DELAY_MS_MAX: Final = 60_000
# A day: no run is longer.
SECONDS_MAX: Final = 86_400
DATAGRAMS_MAX: Final = 10_000
# No figure is longer, and no error line grows with what was typed.
SHOWN_MAX: Final = 40


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit; `whole` takes no fractions."""

    unit: str
    low: float
    high: float
    whole: bool = False

    def read(self, text: str) -> float:
        """Raises ValueError for what is no such number; its limits come later."""
        if len(text) > SHOWN_MAX or "_" in text:
            raise ValueError(text)
        return int(text) if self.whole else float(text)

    def takes(self, value: object) -> bool:
        if not isinstance(value, int if self.whole else int | float):
            return False
        return self.low <= value <= self.high  # so that NaN is refused too

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:.15g} {self.unit}"


@dataclass(frozen=True, slots=True)
class Bits:
    """A row of ones and zeros."""

    high: int

    def read(self, text: str) -> str:
        return text

    def takes(self, value: object) -> bool:
        return (
            isinstance(value, str)
            and 1 <= len(value) <= self.high
            and not value.strip("01")
        )

    def __str__(self) -> str:
        return f"1 to {self.high} times 1 or 0"


Percent: TypeAlias = Annotated[float, Figure("percent", 0, 100)]
Milliseconds: TypeAlias = Annotated[float, Figure("ms", 0, DELAY_MS_MAX)]
Seconds: TypeAlias = Annotated[float, Figure("s", 0, SECONDS_MAX)]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One figure of a rule. `default` is None where it has to be given."""

    name: str
    figure: Figure | Bits
    default: object


# Of each class, read when its first rule is made.
_PARAMETERS: dict[type["Declared"], tuple[Parameter, ...]] = {}


class Declared(ABC):
    """A rule that can be written: its name, its figures, and an example."""

    __slots__ = ()
    name: ClassVar[str]
    example: ClassVar[str]

    def __post_init__(self) -> None:
        """Raises ConditionError for the first figure that cannot be."""
        for parameter in parameters_of(type(self)):
            value = getattr(self, parameter.name)
            if not parameter.figure.takes(value):
                raise refusal(type(self), parameter, value)

    @abstractmethod
    def __call__(
        self, rng: Random, direction: Direction, stream: Stream, data: bytes, now: float
    ) -> Verdict: ...

    def __str__(self) -> str:
        """As it is written; figures that are left out have their defaults."""
        values = [
            (getattr(self, each.name), each.default)
            for each in parameters_of(type(self))
        ]
        while values and values[-1][0] == values[-1][1]:
            values.pop()
        words = ",".join(_written(value) for value, _ in values)
        return f"{self.name}:{words}" if words else self.name


def parameters_of(kind: type[Declared]) -> tuple[Parameter, ...]:
    """The figures in the order in which they are written."""
    if kind not in _PARAMETERS:
        _PARAMETERS[kind] = tuple(_parameters(kind))
    return _PARAMETERS[kind]


def refusal(
    kind: type[Declared], parameter: Parameter, given: object
) -> ConditionError:
    """What is wrong with a figure, in one line."""
    subject = kind.name
    if parameter is not parameters_of(kind)[0]:
        subject = f"{kind.name} {parameter.name}"
    shown = f"{given:g}" if isinstance(given, float) else shortened(given)
    return ConditionError(f"{subject} must be {parameter.figure}, not {shown}")


def shortened(given: object) -> str:
    """On one line, not longer than a line should be."""
    shown = repr(given)
    return shown if len(shown) <= SHOWN_MAX else f"{shown[: SHOWN_MAX - 3]}..."


def _parameters(kind: type[Declared]) -> Iterator[Parameter]:
    hints = get_type_hints(kind, include_extras=True)
    declared: Any = kind  # every concrete rule is a dataclass
    for each in fields(declared):
        if each.init:
            (figure,) = hints[each.name].__metadata__
            default = None if each.default is MISSING else each.default
            yield Parameter(each.name, figure, default)


def _written(value: object) -> str:
    """A float so that it is read back as the same one."""
    return f"{value!r}".removesuffix(".0") if isinstance(value, float) else f"{value}"
