"""PCM cut into frames of one length, at another sample rate if need be, by soxr.

soxr's own stream gives nothing for up to 0.15 s and then everything at once, as its
transforms fall due, which no listener wants to hear. So each frame is made from a
window with enough of what is around it, and only the middle is used: the delay is
always the same. Places are whole numbers: output n stands at input n * from / to, after
hours as at the start, and nothing drifts.

soxr and numpy, which it brings, are imported when the first resampler is made.
"""

import math
from typing import Any

from icom_lan.exceptions import AudioCodecBackendError
from icom_lan.opus_library import INSTALL

# soxr's medium quality: flat to 0.9 of half the lower rate, aliases below -100 dB, and
# a shorter reach than "HQ". Context is in samples of the lower rate, on each side: what
# it leaves out is 75 dB below white noise, and it costs 8 ms of delay at 8 kHz.
_QUALITY = "MQ"
CONTEXT = 64

_SAMPLE_BYTES = 2


class Frames:
    """Any PCM in, frames of `frame` sample frames at `to_hz` out."""

    def __init__(self, from_hz: int, to_hz: int, channels: int, frame: int) -> None:
        self._resampler = (
            None if from_hz == to_hz else Resampler(from_hz, to_hz, channels, frame)
        )
        self._size = frame * channels * _SAMPLE_BYTES
        self._held = bytearray()

    def feed(self, pcm: bytes) -> list[bytes]:
        """The frames that are complete now."""
        self._held += pcm if self._resampler is None else self._resampler.feed(pcm)
        whole = len(self._held) // self._size * self._size
        frames = [
            bytes(self._held[start : start + self._size])
            for start in range(0, whole, self._size)
        ]
        del self._held[:whole]
        return frames

    def flush(self) -> list[bytes]:
        """The rest, padded with silence to whole frames; then a new stream."""
        if self._resampler is not None:
            self._held += self._resampler.flush()
        whole = -(len(self._held) // -self._size) * self._size
        rest = bytes(self._held).ljust(whole, b"\0")
        self._held.clear()
        return [rest[at : at + self._size] for at in range(0, whole, self._size)]


class Resampler:
    """One stream of 16-bit PCM. Output comes in multiples of `hop` sample frames."""

    def __init__(self, from_hz: int, to_hz: int, channels: int, hop: int) -> None:
        self._numpy, soxr = _libraries(from_hz, to_hz)
        self._engine = soxr.ResampleStream(
            from_hz, to_hz, channels, "float32", _QUALITY
        )
        common = math.gcd(from_hz, to_hz)
        # So many input samples last as long as so many of the output.
        self._inputs, self._outputs = from_hz // common, to_hz // common
        self._context = math.ceil(CONTEXT * from_hz / min(from_hz, to_hz))
        self._channels, self._hop = channels, hop
        self._restart()

    def feed(self, pcm: bytes) -> bytes:
        """What no later input changes, in whole hops."""
        self._append(pcm)
        settled = (self._end - self._context) * self._outputs // self._inputs
        return self._give((settled - self._given) // self._hop * self._hop)

    def flush(self) -> bytes:
        """The rest, as if silence followed, in no whole hops; then a new stream."""
        total = -(self._end * self._outputs // -self._inputs)
        rest = self._give(total - self._given)
        self._restart()
        return rest

    def _restart(self) -> None:
        self._window = self._numpy.zeros((0, self._channels), self._numpy.float32)
        self._start = self._end = 0  # which input samples the window holds
        self._given = 0  # output samples

    def _append(self, pcm: bytes) -> None:
        samples = self._numpy.frombuffer(pcm, "<i2").reshape(-1, self._channels)
        self._window = self._numpy.concatenate(
            (self._window, samples), dtype=self._numpy.float32
        )
        self._end += len(samples)

    def _give(self, count: int) -> bytes:
        """The next outputs; what of the window nothing needs any more is dropped."""
        if count <= 0:
            return b""
        made = self._engine.resample_chunk(self._window, last=True)
        self._engine.clear()
        first = self._given - self._start // self._inputs * self._outputs
        samples = self._numpy.rint(made[first : first + count]).clip(-32768, 32767)
        self._given += count
        needed = self._given * self._inputs // self._outputs - self._context
        # Where an output stands exactly on an input, so that places stay whole.
        start = max(self._start, needed // self._inputs * self._inputs)
        self._window = self._window[start - self._start :]
        self._start = start
        pcm: bytes = samples.astype("<i2").tobytes()
        return pcm


def _libraries(from_hz: int, to_hz: int) -> tuple[Any, Any]:
    try:
        import numpy
        import soxr
    except ImportError as problem:
        raise AudioCodecBackendError(
            f"{from_hz} Hz to {to_hz} Hz needs soxr, which is not installed"
            f" ({problem}): {INSTALL}, or use {from_hz} Hz on both sides"
        ) from problem
    return numpy, soxr
