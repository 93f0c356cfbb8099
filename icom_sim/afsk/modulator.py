"""Frames as the audio that a modem makes of them: 1200 Hz and 2200 Hz, 1200 bits/s."""

import math
from collections.abc import Iterable

from icom_proto.audio_formats import pcm_of
from icom_sim.afsk.frames import Ax25Frame
from icom_sim.afsk.hdlc import levels_of

BITS_PER_S = 1200
MARK_HZ, SPACE_HZ = 1200, 2200
FLAGS_BEFORE, FLAGS_AFTER = 32, 3  # 213 ms for the radio to key, as modems take


def modulate(
    frames: Iterable[Ax25Frame],
    rate_hz: int,
    *,
    peak: int = 0x4000,
    flags_before: int = FLAGS_BEFORE,
    flags_after: int = FLAGS_AFTER,
) -> bytes:
    """PCM of one transmission, its phase unbroken from the first bit to the last."""
    encoded = [frame.encode() for frame in frames]
    samples: list[int] = []
    phase = 0.0
    levels = levels_of(encoded, flags_before, flags_after)
    for bits, level in enumerate(levels, start=1):
        step = math.tau * (MARK_HZ if level else SPACE_HZ) / rate_hz
        # So that bits do not get shorter where their length is no whole number.
        for _ in range(bits * rate_hz // BITS_PER_S - len(samples)):
            samples.append(round(peak * math.sin(phase)))
            phase += step
    return pcm_of(samples)
