"""What to play where samples are missing: the pitch of what is there goes on.

The idea is that of G.711 Appendix I: repeat the last pitch period with its seam
overlapped, after a while more than one period so that it does not buzz, and fade out.
Where the audio after the hole has come already, which is the rule with a playout delay,
it is also continued backwards into the hole, and the two are cross-faded: both ends
join, and the hole is half as long for each.

Samples are rows of numbers with the channels interleaved; lags and counts are in such
numbers too, always whole sample frames.
"""

from collections.abc import Sequence
from math import sqrt
from operator import mul
from typing import Final

# 400 to 67 Hz: voices, and the beat of most noise between them.
PITCH_S_MIN: Final = 0.0025
PITCH_S_MAX: Final = 0.015
# What is compared to find the pitch.
MATCH_S: Final = 0.016
# Searching is done at about this rate, then refined: of 48 kHz that is a twelfth of the
# lags and of the samples.
SEARCH_RATE_HZ: Final = 4000
# History that a substitute is made from: three periods and what overlaps.
HISTORY_S: Final = 3 * PITCH_S_MAX + MATCH_S
# Full level up to the first, silence from the second; a hum of 100 ms is worse than
# a gap.
HOLD_S: Final = 0.01
FADE_S: Final = 0.09
# One period up to here, then two, then three.
PERIODS_S: Final = (0.012, 0.024)
# A jump where the substitute begins is faded away over this.
STEP_S: Final = 0.002
# Holes up to this length are filled from both sides.
BRIDGE_S_MAX: Final = 0.16
_SAMPLE_MAX: Final = 32767

Samples = Sequence[int]


class Shape:
    """Rate and channels, and the lengths above in interleaved numbers."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self.rate_hz, self.channels = rate_hz, channels
        self.lag_min = self.length(PITCH_S_MIN)
        self.lag_max = self.length(PITCH_S_MAX)
        self.match = self.length(MATCH_S)
        self.history = self.length(HISTORY_S)
        self.step = max(1, rate_hz // SEARCH_RATE_HZ) * channels

    def length(self, seconds: float) -> int:
        """Interleaved numbers of a duration: whole frames, at least one."""
        return max(1, int(self.rate_hz * seconds)) * self.channels


def best_lag(
    samples: Samples, at: int, width: int, lags: tuple[int, int], shape: Shape
) -> tuple[int, float]:
    """The lag at which what stands at `at` resembles what stands so much earlier.

    Returns it with the correlation, -1 to 1. The caller sees to it that there is as
    much before `at` as the largest lag. Coarse first, then each lag around the best.
    """
    low, high = lags
    coarse, channels = shape.step, shape.channels
    target = samples[at : at + width : coarse]
    found = max(
        range(low, high + 1, coarse),
        key=lambda lag: _likeness(
            target, samples[at - lag : at - lag + width : coarse]
        ),
    )
    if coarse > channels:
        fine = 2 * channels  # every second frame is enough to tell neighbours apart
        target = samples[at : at + width : fine]
        found = max(
            range(max(low, found - coarse), min(high, found + coarse) + 1, channels),
            key=lambda lag: _likeness(
                target, samples[at - lag : at - lag + width : fine]
            ),
        )
    earlier = samples[at - found : at - found + width : coarse]
    return found, _likeness(samples[at : at + width : coarse], earlier)


def _likeness(a: Samples, b: Samples) -> float:
    """Normalised correlation."""
    energy = sum(map(mul, a, a)) * sum(map(mul, b, b))
    return sum(map(mul, a, b)) / sqrt(energy) if energy else 0.0


def cross_fade(leaving: Samples, coming: Samples) -> list[int]:
    """From one to the other over their common length."""
    length = min(len(leaving), len(coming))
    step = 1.0 / (length + 1)
    return [
        round(a + (b - a) * step * at)
        for at, (a, b) in enumerate(zip(leaving, coming, strict=False), 1)
    ]


class Substitute:
    """Goes on where a history ends, for as long as is asked."""

    def __init__(self, history: Samples, shape: Shape) -> None:
        missing = max(0, shape.history - len(history))
        self._history = [0] * missing + list(history[-shape.history :])
        self._shape = shape
        start = len(self._history) - shape.match
        lags = shape.lag_min, shape.lag_max
        lag, _ = best_lag(self._history, start, shape.match, lags, shape)
        self._lag = lag
        self._made = 0
        self._loop: list[int] = []
        self._at = 0
        last, before = self._history[-shape.channels :], -lag - shape.channels
        self._step = [
            a - b for a, b in zip(last, self._history[before:-lag], strict=True)
        ]

    def take(self, count: int) -> list[int]:
        """The next so many numbers."""
        taken: list[int] = []
        while len(taken) < count:
            if self._at == len(self._loop):
                self._next_loop()
            piece = self._loop[self._at : self._at + count - len(taken)]
            self._at += len(piece)
            taken += piece
        taken = self._smooth(taken)
        self._made += count
        return taken

    def _next_loop(self) -> None:
        """One to three periods, the end of which leads back to its start."""
        made_s = self._made / self._shape.channels / self._shape.rate_hz
        periods = 1 + sum(made_s >= limit for limit in PERIODS_S)
        history, lag = self._history, self._lag
        span = min(periods * lag, len(history) - lag)
        loop = history[-span:]
        overlap = max(self._shape.channels, lag // 4)
        earlier = history[-span - overlap : -span]
        loop[-overlap:] = cross_fade(loop[-overlap:], earlier)
        self._loop, self._at = loop, 0

    def _smooth(self, taken: list[int]) -> list[int]:
        """Fade out, and at the very start from where the history ended."""
        shape, made = self._shape, self._made
        hold, end = shape.length(HOLD_S), shape.length(FADE_S)
        if made == 0:
            width, channels = shape.length(STEP_S), shape.channels
            for at in range(min(width, len(taken))):
                rest = self._step[at % channels] * (width - at) // width
                taken[at] = _clip(taken[at] + rest)
        if made + len(taken) <= hold:
            return taken
        if made >= end:
            return [0] * len(taken)
        per = 1.0 / (end - hold)
        return [
            round(value * min(1.0, max(0.0, (end - at) * per)))
            for at, value in enumerate(taken, made)
        ]


def bridge(before: Substitute, after: Samples, count: int, shape: Shape) -> list[int]:
    """Fill a hole of `count` numbers between two pieces of audio."""
    back = Substitute(_reversed(after, shape), shape)
    coming = _reversed(back.take(count), shape)
    return cross_fade(before.take(count), coming)


def _reversed(samples: Samples, shape: Shape) -> list[int]:
    """Backwards in time; each channel stays where it is."""
    turned = list(samples[::-1])
    channels = shape.channels
    if channels == 1:
        return turned
    out = turned.copy()
    for channel in range(channels):
        out[channel::channels] = turned[channels - 1 - channel :: channels]
    return out


def _clip(value: int) -> int:
    return max(-_SAMPLE_MAX - 1, min(_SAMPLE_MAX, value))
