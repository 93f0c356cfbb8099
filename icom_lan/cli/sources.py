"""Where PCM to send comes from: a WAV file, or raw samples from standard input."""

import sys
import wave
from collections import deque
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Protocol

from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.cli.options import UsageError
from icom_lan.cli.worker import Worker
from icom_lan.resampler import Frames

STDIN = "-"
SAMPLE_WIDTH = 2
WAV_BEGINS, WAV_KIND = b"RIFF", b"WAVE"


class Source(Protocol):
    """Gives PCM as fast as it is asked for."""

    @property
    def bytes_read(self) -> int: ...

    async def read(self, size: int) -> bytes:
        """So many bytes; fewer at the end, and none behind it."""


class WavSource:
    """A WAV file. Raises UsageError for what is none."""

    def __init__(self, name: str) -> None:
        self.bytes_read = 0
        if Path(name).is_fifo():  # opening it would wait for whoever writes
            raise UsageError(f"--in: {name} is a pipe: use --in {STDIN} < {name}")
        try:
            self._wav = wave.open(name, "rb")  # noqa: SIM115  closed by `close`
        except OSError as error:
            raise UsageError(f"--in: cannot read {name}: {error.strerror}") from None
        except (wave.Error, EOFError) as error:
            why = str(error) or "too short"
            raise UsageError(f"--in: {name} is no WAV file of PCM: {why}") from None
        self.rate_hz = self._wav.getframerate()
        self.seconds = self._wav.getnframes() / (self.rate_hz or 1)
        self.channels, width = self._wav.getnchannels(), self._wav.getsampwidth()
        if width != SAMPLE_WIDTH:
            self.close()
            raise UsageError(f"--in: {name} has {8 * width} bits: possible is 16")

    async def read(self, size: int) -> bytes:
        pcm = self._wav.readframes(size // (SAMPLE_WIDTH * self.channels))
        self.bytes_read += len(pcm)
        return pcm

    def close(self) -> None:
        self._wav.close()


class PipeSource:
    """Standard input, from another program.

    Read in a thread, because an empty pipe must not hold up the session.
    """

    def __init__(self) -> None:
        if sys.stdin is None:
            raise UsageError("--in: standard input is closed")
        if sys.stdin.isatty():
            raise UsageError(
                f"--in: audio does not come from a terminal: as in program |"
                f" icom-lan audio tx --in {STDIN}"
            )
        # Not sys.stdin: its lock, held in a thread that waits, outlasts the program.
        self._file = FileIO(sys.stdin.fileno(), "rb", closefd=False)
        self._worker = Worker()
        self.bytes_read = 0

    async def read(self, size: int) -> bytes:
        pcm = b""
        while len(pcm) < size:
            read = partial(self._file.read, size - len(pcm))
            try:
                more = await self._worker.call(read)
            except OSError as error:
                where = "standard input"
                raise OSError(error.errno, error.strerror, where) from None
            if not more:
                break
            pcm += more
        if not self.bytes_read and pcm.startswith(WAV_BEGINS) and pcm[8:12] == WAV_KIND:
            raise UsageError(
                "--in: standard input is a WAV file: give its name, or send its"
                " samples alone"
            )
        self.bytes_read += len(pcm)
        return pcm

    def close(self) -> None:
        self._worker.close()


class ResampledSource:
    """Another source, at a rate that the library can send."""

    def __init__(
        self, source: Source, rate_hz: int, audio_format: PcmAudioFormat
    ) -> None:
        self._source = source
        channels = audio_format.channels
        self._frames = Frames(
            rate_hz, audio_format.sample_rate, channels, audio_format.frame_samples
        )
        self._sample_frame = SAMPLE_WIDTH * channels
        self._chunk = rate_hz * audio_format.frame_ms // 1000 * self._sample_frame
        self._ready: deque[bytes] = deque()
        self._ended = False

    @property
    def bytes_read(self) -> int:
        return self._source.bytes_read

    async def read(self, _size: int) -> bytes:
        """A frame of the format."""
        while not self._ready and not self._ended:
            pcm = await self._source.read(self._chunk)
            whole = len(pcm) - len(pcm) % self._sample_frame
            self._ready += self._frames.feed(pcm[:whole])
            if len(pcm) < self._chunk:
                self._ended = True
                self._ready += self._frames.flush()
        return self._ready.popleft() if self._ready else b""
