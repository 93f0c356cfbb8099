"""A tone as PCM, made once for each format."""

import array
import math
import sys
from functools import cache

AMPLITUDE = 16000


@cache
def tone(rate_hz: int, channels: int, seconds: float, tone_hz: float = 1000) -> bytes:
    """The same on each channel."""
    step = math.tau * tone_hz / rate_hz
    samples = array.array("h")
    for at in range(round(rate_hz * seconds)):
        samples.extend([round(AMPLITUDE * math.sin(step * at))] * channels)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()
