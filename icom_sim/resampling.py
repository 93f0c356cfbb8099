"""Samples at another rate, in plain Python: the same bits on every machine.

A sinc under a Hamming window, a set of taps for each place between two input samples.
With the default width it is flat to 0.40 of the lower rate and 46 dB down from 0.50 on,
where what is left would fold back. A block of 20 ms to 48 kHz takes about 1.5 ms.
"""

import math
from collections.abc import Iterable
from operator import mul

from icom_proto.audio_formats import pcm_of

# Samples of the lower rate that one output sample is made of.
WIDTH = 32
# Rates without a common divisor have a place for each output sample of a second; that
# many taps nobody needs: the error of the nearest of these is 58 dB down.
_PLACES_MAX = 1024


class Resampler:
    """One stream. Its delay is half the width."""

    def __init__(self, from_hz: int, to_hz: int, width: int = WIDTH) -> None:
        common = math.gcd(from_hz, to_hz)
        self._up, self._down = to_hz // common, from_hz // common
        factor = max(1.0, from_hz / to_hz)
        self._half = math.ceil(width * factor / 2)
        self._cutoff = 0.45 / factor  # of the input rate: the middle of the slope
        self._places = min(self._up, _PLACES_MAX)
        self._taps: dict[int, list[float]] = {}
        self._window = [0.0] * (self._half - 1)
        self._start = 0  # in the window, of what the next output is made of
        self._part = 0  # how far beyond a sample it stands, of `up`

    def feed(self, samples: Iterable[float]) -> list[float]:
        """All that can be made of what came so far."""
        window = self._window
        window += samples
        length, up, down = 2 * self._half, self._up, self._down
        start, part, end = self._start, self._part, len(window) - length
        made = []
        while start <= end:
            taps = self._taps.get(part) or self._make_taps(part)
            made.append(sum(map(mul, taps, window[start : start + length])))
            part += down
            start += part // up
            part %= up
        kept = min(start, len(window))
        self._window, self._start, self._part = window[kept:], start - kept, part
        return made

    def needed(self, count: int) -> int:
        """How many input samples complete so many outputs."""
        last = self._start + (self._part + (count - 1) * self._down) // self._up
        return max(0, last + 2 * self._half - len(self._window))

    def _make_taps(self, part: int) -> list[float]:
        place = part * self._places // self._up / self._places
        half, cutoff = self._half, self._cutoff
        taps = []
        for at in range(1 - half, half + 1):
            x = at - place
            sinc = math.sin(math.tau * cutoff * x) / (math.pi * x) if x else 2 * cutoff
            taps.append(sinc * (0.54 + 0.46 * math.cos(math.pi * x / half)))
        gain = sum(taps)
        self._taps[part] = scaled = [tap / gain for tap in taps]
        return scaled


def clipped_pcm(samples: Iterable[float]) -> bytes:
    """PCM from numbers of any size: what is too loud is cut off, as converters do."""
    return pcm_of([max(-32768, min(32767, round(sample))) for sample in samples])
