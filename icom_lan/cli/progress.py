"""One line that tells how far long work is, on a terminal; nothing in a pipe."""

import math
import shutil
import sys

from icom_lan.cli.options import is_terminal
from icom_proto.audio_formats import samples_of

PROGRESS_S = 0.5  # between two looks
FULL_SCALE = 32768


class Progress:
    """The line."""

    def __init__(self) -> None:
        self._shows = is_terminal(sys.stderr)
        self._length = 0

    def show(self, text: str) -> None:
        """In place of what stood there."""
        if not self._shows:
            return
        # A line that is broken in two could not be written over.
        text = text[: shutil.get_terminal_size().columns - 1]
        print(f"\r{text:{self._length}}", end="", file=sys.stderr, flush=True)
        self._length = len(text)

    def end(self) -> None:
        """What is printed next stands below."""
        if self._length:
            print(file=sys.stderr)
            self._length = 0


def level_of(pcm: bytes) -> str:
    """How loud: 0 dBFS is a square wave of full scale, a sine has 3 less."""
    samples = samples_of(pcm)
    power = sum(each * each for each in samples)
    if not power:
        return "silence"
    mean = power / len(samples) / FULL_SCALE**2
    return f"{round(10 * math.log10(mean))} dBFS"
