"""WAV files as audio that radios hear: PCM of any width and rate, as mono."""

import wave
from collections.abc import Iterator
from contextlib import contextmanager

from icom_proto.audio_formats import stereo_to_mono

WAV_S_MAX = 300
# Beyond this a header is damaged; the filter of a resampler grows with the rate.
WAV_RATE_HZ_MAX = 768_000


class AudioSourceError(ValueError):
    """A source that cannot be: one line with what was given and what is allowed."""


def check_wav(path: str) -> None:
    """Refuses what cannot be played, without reading the file to its end."""
    with _open_wav(path):
        pass


def read_wav(path: str) -> tuple[int, bytes]:
    """The sample rate of a file, and all of it as mono PCM. Raises AudioSourceError."""
    with _open_wav(path) as wav:
        return wav.getframerate(), _read_mono(wav)


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
    if not 0 < wav.getframerate() <= WAV_RATE_HZ_MAX:
        return (
            f"has {wav.getframerate()} samples a second: allowed are 1 to"
            f" {WAV_RATE_HZ_MAX}"
        )
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
