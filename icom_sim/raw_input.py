"""PCM from a pipe (signed 16 bit, little-endian, mono): `--audio -` and `-:RATE`.

A thread reads, because a pipe may have nothing for a while and the event loop must not
wait. It reads half a second ahead and then waits itself, so that a file that is piped
in is heard from its start. After the end there is silence, which is told once.
"""

import os
import re
import threading
from collections.abc import Callable
from queue import Empty, Queue
from typing import Self

from icom_sim.wav_file import AudioSourceError

RATE_HZ = 48_000
_RATES_HZ = (1000, 192_000)
_CHUNKS_MAX, _CHUNKS_PER_S = 25, 50
_STDIN = 0


def raw_rate_hz(spec: str) -> int | None:
    """The rate of `-` or `-:RATE`; None for what is something else."""
    if spec == "-":
        return RATE_HZ
    if not spec.startswith("-:"):
        return None
    text = spec.removeprefix("-:")
    low, high = _RATES_HZ
    if not re.fullmatch("[0-9]{1,6}", text) or not low <= int(text) <= high:
        raise AudioSourceError(
            f"audio source {spec!r}: give the rate of standard input as {low} to"
            f" {high} whole samples a second"
        )
    return int(text)


class RawInput:
    """One pipe. `read` blocks until it has up to so many bytes; none is the end."""

    def __init__(self, rate_hz: int, read: Callable[[int], bytes]) -> None:
        self.rate_hz = rate_hz
        self._read = read
        self._chunks: Queue[bytes] = Queue(_CHUNKS_MAX)
        self._thread = threading.Thread(target=self._fill, daemon=True)
        self._held = b""
        self._ended = self._told = False

    @classmethod
    def standard(cls, rate_hz: int) -> Self:
        """Standard input. Raises AudioSourceError where somebody sits there typing."""
        if os.isatty(_STDIN):
            raise AudioSourceError(
                "audio source '-' is standard input, which is a terminal: pipe audio"
                " into it"
            )
        # Not by sys.stdin, whose lock a thread must not hold when the process ends.
        return cls(rate_hz, lambda size: os.read(_STDIN, size))

    def start(self) -> Self:
        """Begin to read, if that was not done before."""
        if self._thread.ident is None:
            self._thread.start()
        return self

    def join(self, timeout_s: float) -> bool:
        """Wait for the end of the input; whether it came."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def block(self, frames: int) -> bytes:
        """What has been read by now; silence in place of what has not."""
        size = 2 * frames
        while len(self._held) < size and not self._ended:
            try:
                chunk = self._chunks.get_nowait()
            except Empty:
                break
            self._ended = not chunk
            self._held += chunk
        whole = min(size, len(self._held) // 2 * 2)
        block, self._held = self._held[:whole], self._held[whole:]
        return block.ljust(size, b"\0")

    def poll_notice(self) -> str | None:
        if not self._ended or self._told:
            return None
        self._told = True
        return "standard input has ended; the client hears silence"

    def _fill(self) -> None:
        size = 2 * (self.rate_hz // _CHUNKS_PER_S)
        chunk = b"begin"
        while chunk:
            try:
                chunk = self._read(size)
            except OSError:  # closed: nothing will come
                chunk = b""
            self._chunks.put(chunk)
