"""The loudspeaker and the microphone, by way of sounddevice (extra `live`).

PortAudio calls back from a thread of its own, which must not wait long. What is heard
goes through the core's playout for ears: it makes up what was lost, and follows the
card, whose clock is never quite the radio's. What is said waits in a short ring.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any, TypeAlias

from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.exceptions import AudioCodecBackendError, AudioError
from icom_proto.audio_formats import split_sizes
from icom_proto.codes import Codec
from icom_proto.playout import Profile, make_playout

# Frames of 20 ms from the microphone: with more than so many, what is older than the
# newest few is left out, because it would only be delay.
RING_FRAMES_MAX, RING_FRAMES_KEPT = 20, 5
# Who asks after such a pause, as for connecting, wants what is said now.
LISTENING_S = 0.1
# Cards ask for several frames at once and then pause. Their clock is what is left when
# each call moves it by so much of the difference; further off, it starts anew.
CLOCK_GAIN, CLOCK_ERROR_S_MAX = 0.05, 0.5

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


class Speaker:
    """Frames as they come, heard as the card asks for them."""

    def __init__(
        self, audio_format: PcmAudioFormat, clock: Callable[[], float] = time.monotonic
    ) -> None:
        codec = Codec.PCM16_STEREO if audio_format.channels == 2 else Codec.PCM16_MONO
        self._playout = make_playout(
            Profile.VOICE, codec, audio_format.sample_rate, audio_format.frame_ms
        )
        # The playout knows packets as radios send them.
        self._sizes = split_sizes(audio_format.frame_bytes)
        self._seq = 0
        self._clock, self._lock = clock, Lock()
        self._frame_s = audio_format.frame_ms / 1000
        self._tick: float | None = None  # the card's, smoothed
        self._ended = False

    def write(self, frame: bytes | None) -> None:
        """None is a frame that was lost."""
        if self._ended:
            raise AudioError("--play: the sound card stopped: check that it is there")
        now, at = self._clock(), 0
        for size in self._sizes:
            if frame is not None:
                with self._lock:
                    self._playout.put(self._seq, frame[at : at + size], now)
            at += size
            self._seq = (self._seq + 1) & 0xFFFF

    def on_samples_wanted(
        self, out: Samples, _frames: int, _time: object, _status: object
    ) -> None:
        """From PortAudio's thread: fill all of `out`, which is one frame."""
        tick = self._next_tick(self._clock())
        with self._lock:
            out[:] = self._playout.pull(tick).pcm

    def on_ended(self) -> None:
        """From PortAudio's thread, also when the card is unplugged."""
        self._ended = True

    def _next_tick(self, now: float) -> float:
        tick = now if self._tick is None else self._tick + self._frame_s
        error = now - tick
        off = abs(error) > CLOCK_ERROR_S_MAX
        self._tick = now if off else tick + CLOCK_GAIN * error
        return self._tick


class Microphone:
    """A source that listens. Endless."""

    def __init__(
        self, audio_format: PcmAudioFormat, clock: Callable[[], float] = time.monotonic
    ) -> None:
        frame = audio_format.frame_bytes
        self._ring = PcmRing(RING_FRAMES_MAX * frame, RING_FRAMES_KEPT * frame)
        self._loop = asyncio.get_running_loop()
        self._more, self._ended = asyncio.Event(), False
        self._clock, self._read_at = clock, clock()
        self.bytes_read = 0

    async def read(self, size: int) -> bytes:
        if self._clock() > self._read_at + LISTENING_S:
            self._ring.take(len(self._ring))
        while len(self._ring) < size:
            if self._ended:
                raise AudioError(
                    "--mic: the sound card stopped: check that it is there"
                )
            self._more.clear()
            await self._more.wait()
        self.bytes_read += size
        self._read_at = self._clock()
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
            blocksize=audio_format.frame_samples,
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
