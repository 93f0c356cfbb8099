"""What the client transmitted, as a WAV file: `--save-tx`.

The file is as long as the transmission was: what got lost on the way is silence of its
length. After every write the header tells the truth, so that even a process that is
killed leaves a file that plays.
"""

import wave
from typing import Self

# A gap that is longer is a pause between transmissions, or somebody who jumps about in
# the sequence numbers to fill the disk: it becomes this long.
GAP_S_MAX = 60

# The sizes in a WAV file have 32 bits: at 48 kHz this is six hours.
DATA_BYTES_MAX = 1 << 31

# For the header of a file into which nothing was recorded.
UNUSED_RATE_HZ = 48000


class RecordingError(Exception):
    """The recording cannot go on: one line with the file and the reason."""


class TxRecorder:
    """PCM (signed 16 bit, mono) of one or more sessions, one behind the other.

    The file is created at once, so that one that cannot be written is refused before
    anything else happens; its format is that of the first session.
    """

    def __init__(self, path: str, *, data_bytes_max: int = DATA_BYTES_MAX) -> None:
        self._path = path
        self._data_bytes_max = data_bytes_max
        self._rate_hz: int | None = None
        self._origin = 0  # where in the file position 0 of this session is
        self._written = 0
        try:
            self._file = open(path, "wb")  # noqa: SIM115  close() closes it
        except OSError as error:
            raise self._failure(error.strerror) from error
        self._wav = wave.open(self._file, "wb")  # noqa: SIM115  so does this one
        self._wav.setnchannels(1)
        self._wav.setsampwidth(2)

    @property
    def samples(self) -> int:
        """Samples in the file, silence for lost ones included."""
        return self._written

    def start(self, rate_hz: int) -> None:
        """A session begins: its position 0 is the present end of the file."""
        if self._rate_hz is None:
            self._rate_hz = rate_hz
            self._wav.setframerate(rate_hz)
        elif rate_hz != self._rate_hz:
            raise self._failure(
                f"it has {self._rate_hz} samples a second and this session {rate_hz}"
            )
        self._origin = self._written

    def write(self, position: int, pcm: bytes) -> None:
        """Samples from `position` of this session on; silence up to there.

        What lies before the end of the file was written or given up already, and is
        left out.
        """
        assert self._rate_hz is not None, "start() comes first"
        gap = self._origin + position - self._written
        if gap < 0:
            pcm, gap = pcm[-2 * gap :], 0
        elif gap > GAP_S_MAX * self._rate_hz:
            self._origin -= gap - GAP_S_MAX * self._rate_hz
            gap = GAP_S_MAX * self._rate_hz
        if 2 * (self._written + gap) + len(pcm) > self._data_bytes_max:
            raise self._failure("a WAV file can hold no more")
        try:
            self._wav.writeframes(bytes(2 * gap) + pcm)
            self._file.flush()
        except OSError as error:
            raise self._failure(error.strerror) from error
        self._written += gap + len(pcm) // 2

    def close(self) -> None:
        """Ends the file. May be called again."""
        if self._file.closed:
            return
        try:
            with self._file:
                if self._rate_hz is None:
                    self._wav.setframerate(UNUSED_RATE_HZ)
                    self._wav.writeframes(b"")
                self._wav.close()
        except OSError as error:
            raise self._failure(error.strerror) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _failure(self, reason: str | None) -> RecordingError:
        return RecordingError(f"cannot record to {self._path!r}: {reason}")
