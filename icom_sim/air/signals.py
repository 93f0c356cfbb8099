"""What a receiver or a scope can see of the air: signals, each a slice of spectrum."""

from collections.abc import Callable, Sequence
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
