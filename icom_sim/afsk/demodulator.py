"""Audio in, at any sample rate; the frames that a packet radio would have decoded out.

A pair of matched filters compares the two tones ten times a bit, and a clock that
follows the changes says when to look. The filters are a bit and a half long under a
cosine: of the shapes tried the best in noise (`interop` compares it with direwolf).
What is held is a filter's length of audio and one frame.
"""

import math
from collections.abc import Sequence
from operator import mul

from icom_proto.audio_formats import samples_of
from icom_sim.afsk.hdlc import HdlcReceiver
from icom_sim.afsk.modulator import BITS_PER_S, MARK_HZ, SPACE_HZ
from icom_sim.resampling import Resampler

_RATE_HZ = 12_000  # ten looks a bit
_RESAMPLER_WIDTH = 12  # what folds back stays above the tones
_FILTER_BITS = 1.4
# How much of its error the bit clock keeps at each change: noise moves it little, and
# the flags before a frame are long enough to find it.
_CLOCK_KEEPS = 0.7
_STEP = BITS_PER_S / _RATE_HZ


class Demodulator:
    """One stream of PCM at one sample rate."""

    def __init__(self, rate_hz: int) -> None:
        self._resampler = Resampler(rate_hz, _RATE_HZ, _RESAMPLER_WIDTH)
        self._filters = [
            _filter(hz, quarter) for hz in (MARK_HZ, SPACE_HZ) for quarter in (0, 1)
        ]
        self._held: list[float] = []
        self._clock = 0.0  # bits, half way between two changes at 0.5
        self._level = False
        self._hdlc = HdlcReceiver()

    def feed(self, pcm: bytes) -> list[bytes]:
        """Frames that these samples complete; see `Ax25Frame.decode`."""
        samples = self._held + self._resampler.feed(samples_of(pcm))
        length = len(self._filters[0])
        ends = range(length, len(samples) + 1)
        self._held = samples[len(ends) :]
        frames = (self._look(samples[end - length : end]) for end in ends)
        return [frame for frame in frames if frame is not None]

    def _look(self, window: Sequence[float]) -> bytes | None:
        a, b, c, d = (sum(map(mul, taps, window)) for taps in self._filters)
        level = a * a + b * b > c * c + d * d
        self._clock += _STEP
        frame = None
        if self._clock >= 0.5:
            self._clock -= 1
            frame = self._hdlc.feed(level)
        if level is not self._level:
            self._level = level
            self._clock *= _CLOCK_KEEPS
        return frame


def _filter(hz: int, quarter: int) -> list[float]:
    length = round(_FILTER_BITS * _RATE_HZ / BITS_PER_S)
    middle, turn = (length - 1) / 2, math.tau * hz / _RATE_HZ
    return [
        math.cos(math.pi * (at - middle) / (length + 1))
        * math.cos(turn * (at - middle) - quarter * math.pi / 2)
        for at in range(length)
    ]
