"""A 1 kHz tone as samples, and how much of a recording is that tone.

Audio is judged in blocks of 20 ms: a block counts when most of its energy lies at the
tone's frequency. So a lost, silent or garbled block lowers the share, and a phase jump
where a hole was closed costs one block.
"""

import math
import wave
from array import array
from pathlib import Path

TONE_HZ = 1000
RATE_HZ = 48_000
BLOCK_S = 0.02
AMPLITUDE = 8000
# A block is the tone when this part of its energy is at the tone's frequency...
PURITY_MIN = 0.5
# ...and it is not just the rounding noise of silence (-44 dB of full scale).
RMS_MIN = 200.0


def tone_block(number: int) -> bytes:
    """The samples of one 20 ms block, s16le mono; consecutive numbers join smoothly."""
    samples = int(RATE_HZ * BLOCK_S)
    step = 2 * math.pi * TONE_HZ / RATE_HZ
    first = number * samples
    return array(
        "h", (int(AMPLITUDE * math.sin(step * (first + i))) for i in range(samples))
    ).tobytes()


def tone_seconds(pcm: bytes, rate_hz: int = RATE_HZ) -> float:
    """How many seconds of s16le mono samples carry the tone."""
    samples = array("h", pcm[: len(pcm) // 2 * 2])
    size = int(rate_hz * BLOCK_S)
    starts = range(0, len(samples) - size + 1, size)
    blocks = sum(is_tone(samples[at : at + size], rate_hz) for at in starts)
    return blocks * BLOCK_S


def is_tone(block: "array[int]", rate_hz: int) -> bool:
    """Whether most of the energy of this block is at the tone's frequency."""
    # wfview 1.60 plays 8-bit samples with an offset, which no loudspeaker gives out.
    mean = sum(block) / len(block)
    energy = sum((sample - mean) ** 2 for sample in block)
    if energy < len(block) * RMS_MIN**2:
        return False
    # Goertzel's recurrence: the power at one frequency without a transform.
    coefficient = 2 * math.cos(2 * math.pi * TONE_HZ / rate_hz)
    before, last = 0.0, 0.0
    for sample in block:
        before, last = last, sample - mean + coefficient * last - before
    power = before * before + last * last - coefficient * before * last
    return 2 * power / len(block) >= PURITY_MIN * energy


def read_wav(path: Path) -> tuple[bytes, int]:
    """The samples of a 16-bit mono WAV and its rate; raises wave.Error, OSError."""
    with wave.open(str(path)) as recording:
        if (recording.getnchannels(), recording.getsampwidth()) != (1, 2):
            raise wave.Error(f"{path.name} is not 16 bit mono")
        frames = recording.readframes(recording.getnframes())
        return frames, recording.getframerate()
