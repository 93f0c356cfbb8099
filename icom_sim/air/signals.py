"""What a receiver or a scope can see of the air: signals, each a slice of spectrum."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal at the antenna connector: its middle, its width, its strength."""

    frequency_hz: int
    width_hz: int
    dbm: float


# spectrum(low_hz, high_hz, now): the signals that reach into this range.
Spectrum: TypeAlias = Callable[[int, int, float], Sequence[Signal]]


def within(signals: Iterable[Signal], low_hz: int, high_hz: int) -> list[Signal]:
    """Those that reach into this range."""
    return [
        each
        for each in signals
        if each.frequency_hz + each.width_hz / 2 >= low_hz
        and each.frequency_hz - each.width_hz / 2 <= high_hz
    ]
