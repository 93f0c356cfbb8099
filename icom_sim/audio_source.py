"""What the fake radio hears: a tone, noise, silence, a sweep, or a WAV file, for ever.

Everything is rendered once into a ring of samples, so that a block is a slice. Rings
close without a click: whole periods, or the whole file again.
"""

import math
import random
import re
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import mul
from typing import Protocol

from icom_proto.audio_formats import pcm_of, samples_of, stereo_to_mono

TONE_PEAK = 0x4000  # half of full scale: the level reads -9 dBFS
NOISE_SHIFT = 2  # uniform over a quarter of full scale: -17 dBFS
NOISE_S = 2
SWEEP_HZ = (100, 3000)  # the voice channel, and below half of every sample rate
SWEEP_S = 2  # up, and as long down
WAV_S_MAX = 300
WAV_FACTOR_MAX = 12  # 96 kHz for a session of 8 kHz
TONE_HZ_END = 24_000  # half of the highest sample rate

KINDS = "tone:HZ, noise, silence, sweep or FILE.wav"


class AudioSource(Protocol):
    """Endless PCM, mono, at the sample rate it was made for."""

    def block(self, frames: int) -> bytes:
        """The next `frames` samples, right behind the last ones."""


class AudioSourceError(ValueError):
    """A source that cannot be: one line with what was given and what is allowed."""


class SourceMaker:
    """The source of a command line's `--audio`, for sessions of any sample rate.

    A file is read here and only once: five minutes of stereo take some seconds, which
    no client would wait for.
    """

    def __init__(self, spec: str) -> None:
        """Raises AudioSourceError for what no session could play."""
        check_source(spec)
        self._spec = spec
        self._file = _read_wav(spec) if _is_file(spec) else None

    def make(self, rate_hz: int, rng: random.Random) -> AudioSource:
        """Raises AudioSourceError for what cannot be played at this rate."""
        if self._file is not None:
            return _file_source(self._spec, *self._file, rate_hz)
        if self._spec == "noise":
            return RingSource(_noise(rate_hz, rng))
        if self._spec == "sweep":
            return RingSource(_sweep(rate_hz))
        if self._spec == "silence":
            return RingSource(bytes(2 * rate_hz))
        tone_hz = _tone_hz(self._spec)
        if tone_hz * 2 >= rate_hz:
            raise AudioSourceError(
                f"tone of {tone_hz} Hz is too high for {rate_hz} samples a second:"
                f" give 1 to {(rate_hz - 1) // 2} Hz"
            )
        return RingSource(_tone(tone_hz, rate_hz))


def check_source(spec: str) -> None:
    """Refuses what no session could play, without reading a file to its end."""
    if _is_file(spec):
        with _open_wav(spec):
            pass
    elif spec not in ("noise", "silence", "sweep"):
        _tone_hz(spec)


class RingSource:
    """A ring of samples, played round and round."""

    def __init__(self, ring: bytes) -> None:
        self._ring = ring
        self._at = 0

    def block(self, frames: int) -> bytes:
        start, end = self._at, self._at + 2 * frames
        length = len(self._ring)
        self._at = end % length
        if end <= length:
            return self._ring[start:end]
        return (self._ring * (end // length + 1))[start:end]


class DecimatedSource:
    """Another source, low-pass filtered, with one sample of each `factor` kept.

    The filter is a sinc under a Hamming window, 32 output samples long: flat to 0.40 of
    the output rate, 46 dB down from 0.50 on, where what is left would fold back.
    """

    def __init__(self, source: AudioSource, factor: int) -> None:
        self._source = source
        self._factor = factor
        self._taps = _low_pass(factor)
        self._tail = [0.0] * (len(self._taps) - 1)

    def block(self, frames: int) -> bytes:
        factor, taps, length = self._factor, self._taps, len(self._taps)
        fresh = samples_of(self._source.block(frames * factor))
        window = self._tail + list(map(float, fresh))  # twice as fast as integers
        self._tail = window[frames * factor :]
        sums = [
            sum(map(mul, taps, window[at : at + length]))
            for at in range(0, frames * factor, factor)
        ]
        return pcm_of([max(-32768, min(32767, round(each))) for each in sums])


def _tone_hz(spec: str) -> int:
    if not spec.startswith("tone:"):
        raise AudioSourceError(f"unknown audio source {spec!r}: give {KINDS}")
    text = spec.removeprefix("tone:")
    if not re.fullmatch("[0-9]{1,6}", text) or not 0 < int(text) < TONE_HZ_END:
        raise AudioSourceError(
            f"audio source {spec!r}: give the tone as 1 to {TONE_HZ_END - 1} whole Hz"
        )
    return int(text)


def _tone(tone_hz: int, rate_hz: int) -> bytes:
    """One second: whole periods, because both are whole numbers."""
    repeats = math.gcd(tone_hz, rate_hz)
    angles = [math.tau * tone_hz * at / rate_hz for at in range(rate_hz // repeats)]
    period = [round(TONE_PEAK * math.sin(angle)) for angle in angles]
    return pcm_of(period) * repeats


def _noise(rate_hz: int, rng: random.Random) -> bytes:
    loud = samples_of(rng.randbytes(2 * NOISE_S * rate_hz))
    return pcm_of([sample >> NOISE_SHIFT for sample in loud])


def _sweep(rate_hz: int) -> bytes:
    """Up and down again. Both ways have 3100 whole cycles, so the ring closes."""
    low, high = SWEEP_HZ
    times = [at / rate_hz for at in range(SWEEP_S * rate_hz)]
    cycles = [low * t + (high - low) * t * t / (2 * SWEEP_S) for t in times]
    up = [round(TONE_PEAK * math.sin(math.tau * each)) for each in cycles]
    down = [-sample for sample in reversed(up[1:])]
    return pcm_of([*up, 0, *down])


def _low_pass(factor: int) -> Sequence[float]:
    half = 16 * factor
    cutoff = 0.45 / factor  # of the input rate: the middle of the slope
    taps = []
    for at in range(-half, half + 1):
        sinc = math.sin(math.tau * cutoff * at) / (math.pi * at) if at else 2 * cutoff
        taps.append(sinc * (0.54 + 0.46 * math.cos(math.pi * at / half)))
    gain = sum(taps)
    return [tap / gain for tap in taps]


def _is_file(spec: str) -> bool:
    return spec.lower().endswith(".wav")


def _read_wav(path: str) -> tuple[int, bytes]:
    """The sample rate of a file, and all of it as mono PCM."""
    with _open_wav(path) as wav:
        return wav.getframerate(), _read_mono(wav)


def _file_source(path: str, file_rate_hz: int, pcm: bytes, rate_hz: int) -> AudioSource:
    factor, rest = divmod(file_rate_hz, rate_hz)
    if rest or not 1 <= factor <= WAV_FACTOR_MAX:
        raise AudioSourceError(
            f"audio file {path!r} has {file_rate_hz} samples a second and the"
            f" session {rate_hz}: allowed are {rate_hz} and whole multiples up to"
            f" {rate_hz * WAV_FACTOR_MAX}"
        )
    source = RingSource(pcm)
    return source if factor == 1 else DecimatedSource(source, factor)


@contextmanager
def _open_wav(path: str) -> Iterator[wave.Wave_read]:
    try:
        with wave.open(path, "rb") as wav:
            if problem := _problem(wav):
                raise AudioSourceError(f"audio file {path!r} {problem}")
            yield wav
    except OSError as error:
        raise AudioSourceError(
            f"cannot read audio file {path!r}: {error.strerror}"
        ) from error
    except (wave.Error, EOFError, RuntimeError) as error:
        # RuntimeError: before 3.12 `wave` meets a chunk longer than the file so.
        raise AudioSourceError(
            f"audio file {path!r} is not a PCM WAV file: {str(error) or 'too short'}"
        ) from error


def _problem(wav: wave.Wave_read) -> str:
    """Why a well-formed WAV file cannot be played, or nothing."""
    if wav.getnchannels() > 2:
        return f"has {wav.getnchannels()} channels: allowed are 1 and 2"
    if wav.getsampwidth() > 4:
        return f"has {wav.getsampwidth()} bytes a sample: allowed are 1 to 4"
    if not 0 < wav.getnframes() <= WAV_S_MAX * wav.getframerate():
        return (
            f"has {wav.getnframes()} samples, {wav.getframerate()} a second:"
            f" allowed is up to {WAV_S_MAX} seconds, and not nothing"
        )
    return ""


def _read_mono(wav: wave.Wave_read) -> bytes:
    """All of it as PCM. Second by second, because numbers take ten times the memory."""
    width, channels = wav.getsampwidth(), wav.getnchannels()
    blocks = []
    while data := wav.readframes(wav.getframerate()):
        frames = len(data) // (width * channels)  # whole ones: the file may be cut off
        pcm = _pcm16(data[: frames * width * channels], width)
        blocks.append(stereo_to_mono(pcm) if channels == 2 else pcm)
    ring = b"".join(blocks)
    if not ring:
        raise EOFError("no samples where the header promises some")
    return ring


def _pcm16(data: bytes, width: int) -> bytes:
    """The upper 16 bits of samples of any width. Those of 8 bits are unsigned."""
    pcm = bytearray(len(data) // width * 2)
    if width == 1:
        pcm[1::2] = data.translate(_FLIP_SIGN)
    else:
        pcm[0::2] = data[width - 2 :: width]
        pcm[1::2] = data[width - 1 :: width]
    return bytes(pcm)


_FLIP_SIGN = bytes(byte ^ 0x80 for byte in range(0x100))
