"""What a scope sees of a signal: the lines that its audio makes around a carrier."""

import cmath
import math
from collections.abc import Sequence
from functools import cache

from icom_proto.civ_values import Mode
from icom_sim.air.filters import AIR_RATE_HZ
from icom_sim.air.signals import Signal
from icom_sim.air.tuning import Family, family_of, pitch_of, sideband_of

# Weaker lines than this, beside the strongest, are the window's and not the signal's.
_DEPTH_DB = 45
_LINES_MAX = 64
_AUDIO_HZ_MAX = AIR_RATE_HZ // 2
_KEYED_WIDTH_HZ = 50
_VOICE_HZ, _VOICE_WIDTH_HZ = 1500, 2400
_WIDTHS_HZ = {Family.FM: 10_000, Family.DIGITAL: 6_000}
_QUIETEST_DB = -120.0


def carrier(frequency_hz: int, dbm: float) -> Signal:
    """A carrier, or one that a key switches."""
    return Signal(frequency_hz, _KEYED_WIDTH_HZ, dbm)


def blank(mode: Mode, frequency_hz: int, dbm: float) -> Signal:
    """A signal whose audio is not known: voice, as far as anybody can tell."""
    family = family_of(mode)
    if family is Family.LINEAR:
        middle_hz = frequency_hz + sideband_of(mode) * (_VOICE_HZ - pitch_of(mode))
        return Signal(middle_hz, _VOICE_WIDTH_HZ, dbm)
    return Signal(frequency_hz, _WIDTHS_HZ.get(family, 2 * _VOICE_WIDTH_HZ), dbm)


def signals_of(
    mode: Mode, frequency_hz: int, dbm: float, samples: Sequence[float], rate_hz: int
) -> list[Signal]:
    """A signal that this audio modulates, -1 to 1 at full drive with `dbm`."""
    family = family_of(mode)
    if family in _WIDTHS_HZ:
        return [Signal(frequency_hz, _WIDTHS_HZ[family], dbm)]
    lines = lines_of(samples, rate_hz)
    if family is Family.AM:
        # Each sideband has half of the amplitude that half of the carrier leaves.
        spread = [
            (side * hz, width, db - 12) for hz, width, db in lines for side in (1, -1)
        ]
        spread.append((0, _KEYED_WIDTH_HZ, 0.0))
    else:
        side, pitch = sideband_of(mode), pitch_of(mode)
        spread = [(side * (hz - pitch), width, db) for hz, width, db in lines]
    return [
        Signal(round(frequency_hz + offset), width, dbm + db)
        for offset, width, db in spread
    ]


def lines_of(samples: Sequence[float], rate_hz: int) -> list[tuple[float, int, float]]:
    """The strongest lines: Hz, width in Hz, dB below a sine of full scale."""
    size = 1 << (len(samples).bit_length() - 1) if samples else 0
    if size < 4:
        return []
    window, gain = _window(size)
    spectrum = _transform([s * w for s, w in zip(samples, window, strict=False)])
    step = rate_hz / size
    levels = [
        (20 * math.log10(abs(value) * gain) if value else _QUIETEST_DB, at)
        for at, value in enumerate(spectrum[1 : size // 2], start=1)
        if at * step < _AUDIO_HZ_MAX
    ]
    if not levels:
        return []
    floor = max(_QUIETEST_DB, max(levels)[0] - _DEPTH_DB)
    strongest = sorted(levels, reverse=True)[:_LINES_MAX]
    kept = sorted((at, level) for level, at in strongest if level > floor)
    return [(at * step, math.ceil(step), level) for at, level in kept]


@cache
def _window(size: int) -> tuple[list[float], float]:
    """Hann's, and what a line of it has to be multiplied by."""
    window = [0.5 - 0.5 * math.cos(math.tau * at / size) for at in range(size)]
    return window, 2 / sum(window)


def _transform(samples: Sequence[complex]) -> list[complex]:
    """Fourier's, of a power of two: 1024 samples take 2 ms, and scopes are slow."""
    size = len(samples)
    if size == 1:
        return list(samples)
    even, odd = _transform(samples[0::2]), _transform(samples[1::2])
    turned = [turn * each for turn, each in zip(_turns(size), odd, strict=True)]
    return [a + b for a, b in zip(even, turned, strict=True)] + [
        a - b for a, b in zip(even, turned, strict=True)
    ]


@cache
def _turns(size: int) -> list[complex]:
    return [cmath.exp(-1j * math.tau * at / size) for at in range(size // 2)]
