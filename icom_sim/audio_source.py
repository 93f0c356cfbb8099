"""What the fake radio hears: tones, noise, a file, standard input, or the air.

What has no end is rendered once into a ring of samples, so that a block is a slice.
Rings close without a click: whole periods, or the whole file again. At another rate
than a file has it is resampled, block by block.
"""

import math
import random
import re
from functools import lru_cache
from typing import Protocol

from icom_proto.audio_formats import pcm_of, samples_of
from icom_sim.raw_input import RawInput, raw_rate_hz
from icom_sim.resampling import Resampler, clipped_pcm
from icom_sim.wav_file import AudioSourceError as AudioSourceError
from icom_sim.wav_file import check_wav, read_wav

TONE_PEAK = 0x4000  # half of full scale: the level reads -9 dBFS
NOISE_SHIFT = 2  # uniform over a quarter of full scale: -17 dBFS
NOISE_S = 2
SWEEP_HZ = (100, 3000)  # the voice channel, and below half of every sample rate
SWEEP_S = 2  # up, and as long down
TONE_HZ_END = 24_000  # half of the highest sample rate

KINDS = "tone:HZ, noise, silence, sweep, air, FILE.wav, - or -:RATE"


class AudioSource(Protocol):
    """Endless PCM, mono, at the sample rate it was made for."""

    def block(self, frames: int) -> bytes:
        """The next `frames` samples, right behind the last ones."""


class SourceMaker:
    """The source of a command line's `--audio`, for sessions of any sample rate.

    A file is read here and only once: five minutes of stereo take some seconds, which
    no client would wait for. Standard input is shared by all sessions. `air` is silence
    here: `Reception` has the antenna.
    """

    def __init__(self, spec: str) -> None:
        """Raises AudioSourceError for what no session could play."""
        check_source(spec)
        self._spec = spec
        self._file = read_wav(spec) if _is_file(spec) else None
        raw_hz = raw_rate_hz(spec)
        self._raw = None if raw_hz is None else RawInput.standard(raw_hz)

    def make(self, rate_hz: int, rng: random.Random) -> AudioSource:
        """Raises AudioSourceError for what cannot be played at this rate."""
        if self._file is not None:
            file_hz, pcm = self._file
            return _at_rate(RingSource(pcm), file_hz, rate_hz)
        if self._raw is not None:
            return _at_rate(self._raw.start(), self._raw.rate_hz, rate_hz)
        if self._spec == "noise":
            return RingSource(_noise(rate_hz, rng))
        if self._spec == "sweep":
            return RingSource(_sweep(rate_hz))
        if self._spec in ("air", "silence"):
            return RingSource(bytes(2 * rate_hz))
        self.check_rate(rate_hz)
        return RingSource(_tone(_tone_hz(self._spec), rate_hz))

    def check_rate(self, rate_hz: int) -> None:
        """Raises AudioSourceError for a tone that this rate cannot have."""
        if not self._spec.startswith("tone:"):
            return
        tone_hz = _tone_hz(self._spec)
        if tone_hz * 2 >= rate_hz:
            raise AudioSourceError(
                f"tone of {tone_hz} Hz is too high for {rate_hz} samples a second:"
                f" give 1 to {(rate_hz - 1) // 2} Hz"
            )

    def preview(self) -> tuple[int, bytes] | None:
        """A rate and a ring for a look at what is heard; None for what is heard once.

        A file is shown at its own rate.
        """
        if self._file is not None or self._raw is not None:
            return self._file
        source = self.make(2 * TONE_HZ_END, random.Random(0))
        return (
            (2 * TONE_HZ_END, source.ring) if isinstance(source, RingSource) else None
        )

    def poll_notice(self) -> str | None:
        """What people should know, once: that standard input has ended."""
        return None if self._raw is None else self._raw.poll_notice()


def check_source(spec: str) -> None:
    """Refuses what no session could play, without reading a file to its end."""
    if _is_file(spec):
        check_wav(spec)
    elif spec not in ("noise", "silence", "sweep", "air") and raw_rate_hz(spec) is None:
        _tone_hz(spec)


class RingSource:
    """A ring of samples, played round and round."""

    def __init__(self, ring: bytes) -> None:
        self.ring = ring
        self._at = 0

    def block(self, frames: int) -> bytes:
        start, end = self._at, self._at + 2 * frames
        length = len(self.ring)
        self._at = end % length
        if end <= length:
            return self.ring[start:end]
        return (self.ring * (end // length + 1))[start:end]


class ResampledSource:
    """Another source, at another rate."""

    def __init__(self, source: AudioSource, from_hz: int, to_hz: int) -> None:
        self._source = source
        self._resampler = Resampler(from_hz, to_hz)
        self._ready: list[float] = []

    def block(self, frames: int) -> bytes:
        resampler, missing = self._resampler, frames - len(self._ready)
        if missing > 0:
            pcm = self._source.block(resampler.needed(missing))
            self._ready += resampler.feed(samples_of(pcm))
        made, self._ready = self._ready[:frames], self._ready[frames:]
        return clipped_pcm(made)


def _tone_hz(spec: str) -> int:
    if not spec.startswith("tone:"):
        raise AudioSourceError(f"unknown audio source {spec!r}: give {KINDS}")
    text = spec.removeprefix("tone:")
    if not re.fullmatch("[0-9]{1,6}", text) or not 0 < int(text) < TONE_HZ_END:
        raise AudioSourceError(
            f"audio source {spec!r}: give the tone as 1 to {TONE_HZ_END - 1} whole Hz"
        )
    return int(text)


@lru_cache(maxsize=16)  # radios with the same tone share it
def _tone(tone_hz: int, rate_hz: int) -> bytes:
    """One second: whole periods, because both are whole numbers."""
    repeats = math.gcd(tone_hz, rate_hz)
    angles = [math.tau * tone_hz * at / rate_hz for at in range(rate_hz // repeats)]
    period = [round(TONE_PEAK * math.sin(angle)) for angle in angles]
    return pcm_of(period) * repeats


def _noise(rate_hz: int, rng: random.Random) -> bytes:
    loud = samples_of(rng.randbytes(2 * NOISE_S * rate_hz))
    return pcm_of([sample >> NOISE_SHIFT for sample in loud])


@lru_cache(maxsize=4)
def _sweep(rate_hz: int) -> bytes:
    """Up and down again. Both ways have 3100 whole cycles, so the ring closes."""
    low, high = SWEEP_HZ
    times = [at / rate_hz for at in range(SWEEP_S * rate_hz)]
    cycles = [low * t + (high - low) * t * t / (2 * SWEEP_S) for t in times]
    up = [round(TONE_PEAK * math.sin(math.tau * each)) for each in cycles]
    down = [-sample for sample in reversed(up[1:])]
    return pcm_of([*up, 0, *down])


def _is_file(spec: str) -> bool:
    return spec.lower().endswith(".wav")


def _at_rate(source: AudioSource, from_hz: int, to_hz: int) -> AudioSource:
    return source if from_hz == to_hz else ResampledSource(source, from_hz, to_hz)
