"""A voice-like signal for codecs, and Opus packets of it made by opuslib.

Harmonics of 120 Hz that swell three times a second, over noise. Made without our codec,
because the yardstick of a codec should not be that codec.
"""

import array
import importlib
import math
import random
from functools import cache

_HARMONICS = 24


@cache
def voice(rate_hz: int, channels: int, blocks: int) -> list[list[int]]:
    """Blocks of 20 ms, the same on each channel; made once in a process."""
    rng = random.Random(1)
    frames = rate_hz // 50
    made = []
    for block in range(blocks):
        samples: list[int] = []
        for at in range(block * frames, (block + 1) * frames):
            time_s = at / rate_hz
            swell = 0.5 + 0.5 * math.sin(math.tau * 3 * time_s)
            buzz = sum(
                math.sin(math.tau * 120 * number * time_s) / number
                for number in range(1, _HARMONICS)
            )
            value = round(6000 * swell * buzz + rng.gauss(0, 300))
            samples += [max(-32768, min(32767, value))] * channels
        made.append(samples)
    return made


@cache
def opus_packets(rate_hz: int, channels: int, blocks: int = 100) -> list[bytes]:
    """Packets of 20 ms, as opuslib makes them for application "audio"."""
    opuslib = importlib.import_module("opuslib")
    encoder = opuslib.Encoder(rate_hz, channels, "audio")
    return [
        encoder.encode(array.array("h", samples).tobytes(), rate_hz // 50)
        for samples in voice(rate_hz, channels, blocks)
    ]
