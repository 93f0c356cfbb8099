"""Audio in, at any sample rate; the frames that a packet radio would have decoded out.

A pair of matched filters compares the two tones ten times a bit, and a clock that
follows the changes says when to look. The filters are a bit and a half long under a
cosine: of the shapes tried the best in noise (`interop` compares it with direwolf).
What is held is a filter's length of audio and one frame. A block of 20 ms takes about
1 ms.
"""

import cmath
import math
from collections.abc import Iterable, Sequence

from icom_proto.audio_formats import samples_of
from icom_sim.afsk.hdlc import HdlcReceiver
from icom_sim.afsk.modulator import BITS_PER_S, MARK_HZ, SPACE_HZ
from icom_sim.resampling import Resampler

_RATE_HZ = 12_000  # ten looks a bit
_RESAMPLER_WIDTH = 12  # what folds back stays above the tones
_LENGTH = round(1.4 * _RATE_HZ / BITS_PER_S)  # of the filters
# How much of its error the bit clock keeps at each change: noise moves it little, and
# the flags before a frame are long enough to find it.
_CLOCK_KEEPS = 0.7
_STEP = BITS_PER_S / _RATE_HZ


class Demodulator:
    """One stream of PCM at one sample rate."""

    def __init__(self, rate_hz: int) -> None:
        self._resampler = Resampler(rate_hz, _RATE_HZ, _RESAMPLER_WIDTH)
        self._tones = _Tones()
        self._clock = 0.0  # bits, half way between two changes at 0.5
        self._level = False
        self._hdlc = HdlcReceiver()

    def feed(self, pcm: bytes) -> list[bytes]:
        """Frames that these samples complete; see `Ax25Frame.decode`."""
        samples = self._resampler.feed(samples_of(pcm))
        frames = map(self._look, self._tones.feed(samples))
        return [frame for frame in frames if frame is not None]

    def _look(self, level: bool) -> bytes | None:
        self._clock += _STEP
        frame = None
        if self._clock >= 0.5:
            self._clock -= 1
            frame = self._hdlc.feed(level)
        if level is not self._level:
            self._level = level
            self._clock *= _CLOCK_KEEPS
        return frame


class _Tones:
    """Which of the two tones is the louder, sample by sample.

    A tone under a cosine is the sum of two tones, a little above and a little below. Of
    each the sum over the filter's length slides along: turned by one sample, the newest
    one in, the oldest one out. That takes a third of the time of a filter tap by tap.
    """

    def __init__(self) -> None:
        self._sums = [0j] * 4
        self._held = [0.0] * _LENGTH

    def feed(self, samples: Sequence[float]) -> Iterable[bool]:
        """True where it is mark."""
        (t1, o1, c1), (t2, o2, c2) = _MARK
        (t3, o3, c3), (t4, o4, c4) = _SPACE
        s1, s2, s3, s4 = self._sums
        window = self._held + list(samples)
        levels = []
        for new, old in zip(samples, window, strict=False):
            s1 = s1 * t1 + new - old * o1
            s2 = s2 * t2 + new - old * o2
            s3 = s3 * t3 + new - old * o3
            s4 = s4 * t4 + new - old * o4
            mark, space = s1 * c1 + s2 * c2, s3 * c3 + s4 * c4
            levels.append(
                mark.real * mark.real + mark.imag * mark.imag
                > space.real * space.real + space.imag * space.imag
            )
        self._sums, self._held = [s1, s2, s3, s4], window[len(samples) :]
        return levels


def _pair(hz: int) -> list[tuple[complex, complex, complex]]:
    """Of each half of a tone: a turn by a sample, by the length, and to the middle."""
    beat = math.pi / (_LENGTH + 1)
    pair = []
    for side in (1, -1):
        turn = math.tau * hz / _RATE_HZ + side * beat
        middle = -side * beat * (_LENGTH - 1) / 2
        pair.append(
            (
                cmath.exp(1j * turn),
                cmath.exp(1j * turn * _LENGTH),
                cmath.exp(1j * middle),
            )
        )
    return pair


_MARK, _SPACE = _pair(MARK_HZ), _pair(SPACE_HZ)
