"""The loudspeaker and the microphone, by way of sounddevice (extra `live`).

PortAudio calls back from a thread of its own, which must not wait: between it and the
event loop lies a ring that forgets the oldest samples. The two clocks are never quite
equal, so now and then one end has too much, and then a little is left out.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any, TypeAlias

from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.exceptions import AudioCodecBackendError, AudioError

# Frames of 20 ms: playing begins, and begins anew after a pause, with so many ...
PREFILL_FRAMES = 5
# ... and with more than so many, all but the newest PREFILL_FRAMES are left out.
RING_FRAMES_MAX = 20


# What PortAudio hands over behaves like these.
Samples: TypeAlias = bytearray | memoryview


class PcmRing:
    """Samples on their way between two threads; bounded."""

    def __init__(self, size_max: int, size_kept: int) -> None:
        """Beyond `size_max`, the newest `size_kept` bytes stay."""
        self._size_max, self._size_kept = size_max, size_kept
        self._pcm, self._lock = bytearray(), Lock()
        self.bytes_dropped = 0

    def __len__(self) -> int:
        return len(self._pcm)

    def put(self, pcm: bytes) -> None:
        with self._lock:
            self._pcm += pcm
            if len(self._pcm) > self._size_max:
                excess = len(self._pcm) - self._size_kept
                del self._pcm[:excess]
                self.bytes_dropped += excess

    def take(self, size: int) -> bytes:
        """The oldest, and fewer than asked for if there are no more."""
        with self._lock:
            pcm = bytes(self._pcm[:size])
            del self._pcm[:size]
        return pcm


def _ring_for(audio_format: PcmAudioFormat) -> PcmRing:
    frame = audio_format.frame_bytes
    return PcmRing(RING_FRAMES_MAX * frame, PREFILL_FRAMES * frame)


class Speaker:
    """A sink that is heard."""

    def __init__(self, audio_format: PcmAudioFormat) -> None:
        self._ring = _ring_for(audio_format)
        self._prefill = PREFILL_FRAMES * audio_format.frame_bytes
        self._plays = self._ended = False

    def write(self, pcm: bytes) -> None:
        if self._ended:
            raise AudioError("--play: the sound card stopped: check that it is there")
        self._ring.put(pcm)

    def on_samples_wanted(
        self, out: Samples, _frames: int, _time: object, _status: object
    ) -> None:
        """From PortAudio's thread: fill all of `out`."""
        self._plays = self._plays or len(self._ring) >= self._prefill
        pcm = self._ring.take(len(out)) if self._plays else b""
        self._plays = len(pcm) == len(out)  # else ran dry: collect some first
        out[: len(pcm)] = pcm
        out[len(pcm) :] = bytes(len(out) - len(pcm))

    def on_ended(self) -> None:
        """From PortAudio's thread, also when the card is unplugged."""
        self._ended = True


class Microphone:
    """A source that listens. Endless."""

    def __init__(self, audio_format: PcmAudioFormat) -> None:
        self._ring = _ring_for(audio_format)
        self._loop = asyncio.get_running_loop()
        self._more, self._ended = asyncio.Event(), False

    async def read(self, size: int) -> bytes:
        while len(self._ring) < size:
            if self._ended:
                raise AudioError(
                    "--mic: the sound card stopped: check that it is there"
                )
            self._more.clear()
            await self._more.wait()
        return self._ring.take(size)

    def on_samples(
        self, samples: Samples, _frames: int, _time: object, _status: object
    ) -> None:
        """From PortAudio's thread."""
        self._ring.put(bytes(samples))
        self._wake()

    def on_ended(self) -> None:
        """From PortAudio's thread, also when the card is unplugged."""
        self._ended = True
        self._wake()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop has ended before the card did
            self._loop.call_soon_threadsafe(self._more.set)


@contextmanager
def open_speaker(audio_format: PcmAudioFormat, device: str | None) -> Iterator[Speaker]:
    """Plays until the end of the block."""
    speaker = Speaker(audio_format)
    with _stream(
        "RawOutputStream",
        audio_format,
        device,
        callback=speaker.on_samples_wanted,
        finished_callback=speaker.on_ended,
    ):
        yield speaker


@contextmanager
def open_microphone(
    audio_format: PcmAudioFormat, device: str | None
) -> Iterator[Microphone]:
    """Listens until the end of the block."""
    microphone = Microphone(audio_format)
    with _stream(
        "RawInputStream",
        audio_format,
        device,
        callback=microphone.on_samples,
        finished_callback=microphone.on_ended,
    ):
        yield microphone


@contextmanager
def _stream(
    kind: str,
    audio_format: PcmAudioFormat,
    device: str | None,
    **callbacks: object,
) -> Iterator[None]:
    """A stream of sounddevice that runs. Raises AudioError if the card cannot."""
    sounddevice = _sounddevice()
    try:
        stream = getattr(sounddevice, kind)(
            samplerate=audio_format.sample_rate,
            channels=audio_format.channels,
            dtype="int16",
            device=int(device) if device is not None and device.isdigit() else device,
            **callbacks,
        )
        stream.start()
    # A device by a name that none or several have is a ValueError.
    except (sounddevice.PortAudioError, ValueError) as error:
        raise AudioError(
            f"sound card: {error}; check --device and the sample rate it can do"
            " (python3 -m sounddevice lists devices)"
        ) from None
    try:
        yield
    finally:
        stream.abort()
        stream.close()


def _sounddevice() -> Any:  # noqa: ANN401  it has no types
    try:
        import sounddevice
    except ImportError:
        raise AudioCodecBackendError(
            "--play and --mic need sounddevice: pip install 'icom-lan-kit[live]'"
        ) from None
    except OSError as error:
        raise AudioCodecBackendError(
            f"--play and --mic need PortAudio: {error}; install it (Debian:"
            " libportaudio2)"
        ) from None
    return sounddevice
