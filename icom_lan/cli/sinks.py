"""Where received PCM goes to: a WAV file, or raw samples to standard output.

A target is tried before the radio is bothered, and begun with the first samples: what
was there before stays as it was if none come.
"""

import asyncio
import sys
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Protocol

from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.cli.options import UsageError
from icom_lan.cli.worker import Worker
from icom_lan.exceptions import AudioError, IcomLanError

STDOUT = "-"
# The sizes in a WAV header have 32 bits, and count up to 36 bytes besides the samples.
WAV_BYTES_MAX = 0xFFFFFFFF - 36
# Frames of 20 ms that wait for the reader of the pipe: 10 s, for one that starts late.
PIPE_FRAMES_MAX = 500
# A WAV header is brought up to date so often, for those whose power fails: 1 s.
HEADER_EVERY_FRAMES = 50


class Sink(Protocol):
    """Takes PCM as it comes."""

    def write(self, pcm: bytes) -> None:
        """Never waits. Raises OSError or AudioError if it cannot go on."""


class Target(Protocol):
    """A place for a recording."""

    def open(self) -> AbstractAsyncContextManager[Sink]:
        """The recording is whole at the end of the block."""


def target_of(name: str, audio_format: PcmAudioFormat, seconds: float) -> Target:
    """A target that can be written to. Raises UsageError for one that cannot."""
    if name == STDOUT:
        return PipeTarget()
    return WavTarget(Path(name), audio_format, seconds)


def gaps_filled(
    sink: Sink, audio_format: PcmAudioFormat
) -> Callable[[bytes | None], None]:
    """Writes frames; one that was lost is silence of its length."""
    silence = bytes(audio_format.frame_bytes)
    return lambda frame: sink.write(silence if frame is None else frame)


class WavSink:
    """A WAV file, opened when there is something to write."""

    def __init__(self, path: Path, audio_format: PcmAudioFormat) -> None:
        self._path, self._format = path, audio_format
        self._wav: wave.Wave_write | None = None
        self._frames = 0

    @property
    def is_empty(self) -> bool:
        """Whether the file has not been touched."""
        return self._wav is None

    def write(self, pcm: bytes) -> None:
        if self._wav is None:
            self._wav = wave.open(str(self._path), "wb")  # noqa: SIM115  see `close`
            self._wav.setnchannels(self._format.channels)
            self._wav.setsampwidth(self._format.sample_width)
            self._wav.setframerate(self._format.sample_rate)
        self._frames += 1
        if self._frames % HEADER_EVERY_FRAMES:
            self._wav.writeframesraw(pcm)
        else:
            self._wav.writeframes(pcm)

    def close(self) -> None:
        """The header then says how much there is."""
        if self._wav is not None:
            self._wav.close()


class WavTarget:
    """A WAV file."""

    def __init__(
        self, path: Path, audio_format: PcmAudioFormat, seconds: float
    ) -> None:
        self._path, self._format = path, audio_format
        per_second = audio_format.frame_bytes * 1000 / audio_format.frame_ms
        if seconds * per_second > WAV_BYTES_MAX:
            raise UsageError(
                f"--seconds: a WAV file of this format ends at"
                f" {int(WAV_BYTES_MAX / per_second)} s: use --out {STDOUT}"
            )
        if path.is_fifo():
            raise UsageError(f"--out: {path} is a pipe: use --out {STDOUT} > {path}")

    @asynccontextmanager
    async def open(self) -> AsyncIterator[WavSink]:
        """Raises UsageError if it cannot be written; later errors name the file."""
        is_new = not self._path.exists()
        try:
            self._path.open("ab").close()
        except OSError as error:
            raise UsageError(
                f"--out: cannot write {self._path}: {error.strerror}"
            ) from None
        sink = WavSink(self._path, self._format)
        try:
            try:
                yield sink
            finally:
                sink.close()
        except IcomLanError:  # some of them are OSErrors too, but not the disk's
            raise
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._path)) from None
        finally:
            if is_new and sink.is_empty:
                self._path.unlink(missing_ok=True)


class PipeSink:
    """Raw samples to whoever reads; frames wait while the reader does something else.

    Written from a thread, because a full pipe must not hold up the session.
    """

    def __init__(self, file: FileIO) -> None:
        self._file, self._worker = file, Worker()
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._drained = asyncio.ensure_future(self._drain())

    def write(self, pcm: bytes) -> None:
        if self._drained.done():
            self._drained.result()
        if self._frames.qsize() >= PIPE_FRAMES_MAX:
            raise AudioError(
                "standard output: its reader is slower than the audio is, check what"
                " reads it"
            )
        self._frames.put_nowait(pcm)

    async def finish(self) -> None:
        """Return when all has been read, or raise why not."""
        self._frames.put_nowait(None)
        await self._drained

    async def close(self) -> None:
        self._worker.close()
        self._drained.cancel()
        await asyncio.gather(self._drained, return_exceptions=True)

    # inside

    async def _drain(self) -> None:
        while (pcm := await self._frames.get()) is not None:
            await self._worker.call(partial(self._write_all, pcm))

    def _write_all(self, pcm: bytes) -> None:
        rest = memoryview(pcm)
        while rest:
            rest = rest[self._file.write(rest) :]


class PipeTarget:
    """Standard output, for another program."""

    def __init__(self) -> None:
        if sys.stdout is None:
            raise UsageError("--out: standard output is closed")
        if sys.stdout.isatty():
            raise UsageError(
                f"--out: audio is nothing for a terminal: send it on, as in --out"
                f" {STDOUT} | program"
            )

    @asynccontextmanager
    async def open(self) -> AsyncIterator[PipeSink]:
        # Not sys.stdout: its lock, held in a thread that waits, outlasts the program.
        sink = PipeSink(FileIO(sys.stdout.fileno(), "wb", closefd=False))
        try:
            yield sink
            await sink.finish()
        finally:
            await sink.close()
