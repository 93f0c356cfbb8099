"""A voice that nobody has: pulses with moving pitch through moving formants.

And how near one signal is to another, segment by segment: signal-to-noise ratio and
log-spectral distance. Standard library only, the same on every machine.
"""

import cmath
import math
import random
from collections.abc import Sequence
from functools import cache
from operator import mul

RATE_HZ = 16000
SEGMENT = 320
WINDOW = 512
SNR_DB_MIN, SNR_DB_MAX = -10.0, 35.0
# Below the loudest line of the original by so much, a line counts as silent.
FLOOR_DB = 60.0
_LEVEL = 9000
# Vowels as three formants in Hz; the voice glides from one to the next.
_VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480))
_WIDTHS_HZ = (80.0, 100.0, 130.0)
_HANN = [0.5 - 0.5 * math.cos(2 * math.pi * at / WINDOW) for at in range(WINDOW)]


@cache
def voiced(seconds: float, seed: int) -> Sequence[int]:
    """Samples of a voice that glides about 110 to 210 Hz, with loud and soft parts."""
    rng = random.Random(f"voice {seed}")
    speed, offset = rng.uniform(0.35, 0.6), rng.uniform(0, 6)
    phase, pulse, states = 0.0, 0.0, [(0.0, 0.0)] * 3
    made = []
    for at in range(int(seconds * RATE_HZ)):
        now = at / RATE_HZ + offset
        pitch_hz = 160 + 35 * math.sin(2 * math.pi * speed * now)
        pitch_hz += 15 * math.sin(2 * math.pi * 1.7 * now)
        phase += pitch_hz / RATE_HZ
        pulse *= 0.9  # each pulse decays: the slope of a glottal spectrum
        if phase >= 1.0:
            phase -= 1.0
            pulse += 1.0
        value = pulse + 0.01 * rng.gauss(0, 1)
        for index, (formant_hz, width_hz) in enumerate(
            zip(_formants(now), _WIDTHS_HZ, strict=True)
        ):
            value, states[index] = _resonate(value, states[index], formant_hz, width_hz)
        made.append(value * (0.6 + 0.4 * math.sin(2 * math.pi * 0.9 * now)))
    scale = _LEVEL / max(map(abs, made))
    return tuple(round(value * scale) for value in made)


def _formants(now: float) -> list[float]:
    at = now / 0.35
    left, right = _VOWELS[int(at) % 4], _VOWELS[(int(at) + 1) % 4]
    share = 0.5 - 0.5 * math.cos(math.pi * (at % 1.0))
    return [a + (b - a) * share for a, b in zip(left, right, strict=True)]


def _resonate(
    value: float, state: tuple[float, float], at_hz: float, width_hz: float
) -> tuple[float, tuple[float, float]]:
    """One sample through a two-pole resonator of unit gain at 0 Hz."""
    radius = math.exp(-math.pi * width_hz / RATE_HZ)
    turn = 2 * radius * math.cos(2 * math.pi * at_hz / RATE_HZ)
    gain = 1 - turn + radius * radius
    out = gain * value + turn * state[0] - radius * radius * state[1]
    return out, (out, state[0])


def segment_snr_db(original: Sequence[int], heard: Sequence[int], at: int) -> float:
    """Of the segment that begins there, limited as is usual."""
    one, other = original[at : at + SEGMENT], heard[at : at + SEGMENT]
    signal = sum(a * a for a in one)
    noise = sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
    if not noise:
        return SNR_DB_MAX
    ratio = 10 * math.log10(max(signal, 1) / noise)
    return min(SNR_DB_MAX, max(SNR_DB_MIN, ratio))


def spectral_distance_db(
    original: Sequence[int], heard: Sequence[int], at: int
) -> float:
    """Root mean square over the lines of a window around that segment."""
    begin = max(0, at + SEGMENT // 2 - WINDOW // 2)
    one, other = (
        _power(signal[begin : begin + WINDOW]) for signal in (original, heard)
    )
    floor = max(one) * 10 ** (-FLOOR_DB / 10) + 1e-9
    off = [
        10 * math.log10(max(a, floor) / max(b, floor))
        for a, b in zip(one, other, strict=True)
    ]
    return math.sqrt(sum(each * each for each in off) / len(off))


def _power(samples: Sequence[int]) -> list[float]:
    windowed = [a * w for a, w in zip(samples, _HANN, strict=True)]
    lines = _fft([complex(each) for each in windowed])
    return [abs(each) ** 2 for each in lines[: WINDOW // 2]]


def _fft(values: list[complex]) -> list[complex]:
    if len(values) == 1:
        return values
    even, odd = _fft(values[0::2]), _fft(values[1::2])
    half = len(even)
    turned = list(map(mul, _turns(half), odd))
    return [a + b for a, b in zip(even, turned, strict=True)] + [
        a - b for a, b in zip(even, turned, strict=True)
    ]


@cache
def _turns(half: int) -> list[complex]:
    return [cmath.exp(-1j * math.pi * at / half) for at in range(half)]
