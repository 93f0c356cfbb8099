"""How much of a recording is the tone that was sent, and how loud it is.

For reports and tests: plain arithmetic on PCM (signed 16 bit, little-endian, mono).
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from operator import mul

from icom_proto.audio_formats import samples_of

# Short enough that one click or jump in time spoils its own window only, long enough to
# tell tones apart that are 10 Hz from each other.
WINDOW_S = 0.1

# What stands for the level of nothing at all, where a logarithm would be infinite.
SILENCE_DBFS = -120.0


def tone_share(
    pcm: bytes, rate_hz: int, tone_hz: float, *, window_s: float = WINDOW_S
) -> float:
    """The share of the energy that is at `tone_hz`, 0 to 1; 0 for silence.

    Each window, `window_s` and at least one period long, is projected on the sine and
    cosine of the tone, with no weighting; what remains at the end is not looked at.
    Silence in place of samples costs its share of the window, a jump in phase costs
    more; a window of nothing but silence counts as nothing. `tone_hz` is below half of
    `rate_hz`.
    """
    length = round(max(window_s, 1 / tone_hz) * rate_hz)
    cosine, sine = _waves(length, math.tau * tone_hz / rate_hz)
    # Least squares, because the two are orthogonal in whole periods only.
    cc, ss, cs = dot(cosine, cosine), dot(sine, sine), dot(cosine, sine)
    samples = samples_of(pcm)
    at_tone = total = 0.0
    for start in range(0, len(samples) - length + 1, length):
        window = samples[start : start + length]
        c, s = dot(window, cosine), dot(window, sine)
        at_tone += (c * c * ss - 2 * c * s * cs + s * s * cc) / (cc * ss - cs * cs)
        total += dot(window, window)
    return at_tone / total if total else 0.0


@lru_cache(maxsize=8)
def _waves(length: int, step: float) -> tuple[list[float], list[float]]:
    angles = [step * at for at in range(length)]
    return list(map(math.cos, angles)), list(map(math.sin, angles))


def level_dbfs(pcm: bytes) -> float:
    """The root mean square below full scale: a sine as loud as can be reads -3.0."""
    samples = samples_of(pcm)
    energy = dot(samples, samples)
    if not energy:
        return SILENCE_DBFS
    return 10 * math.log10(energy / len(samples) / 32768**2)


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    product: float = sum(map(mul, a, b))
    return product
