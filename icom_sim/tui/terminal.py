"""The terminal itself: whether there is one, what it can show, and when it hangs."""

import os
import select
import sys
import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

from icom_sim.tui.glyphs import ASCII, UNICODE, Glyphs

try:
    import curses
    import termios
except ImportError:  # not on Windows, and not in every Python
    _IS_UNIX = False
else:
    _IS_UNIX = True

_LIBRARY: Final = ("textual", "rich")
# How long a terminal that takes nothing is waited for at the end.
_PATIENCE_S: Final = 0.2
# Less than a terminal holds that says it has room.
_PART: Final = 1024
_STDOUT: Final = 1
_CANNOT_MOVE: Final = ("", "dumb", "unknown")
_CHARSET_NAMES: Final = ("LC_ALL", "LC_CTYPE", "LANG")


class TerminalError(Exception):
    """The view cannot be shown: one line with what is needed."""


def check_terminal() -> None:
    """Raises TerminalError where the view cannot be shown.

    Loads it too, which takes half a second: call this before the radio runs.
    """
    if not _IS_UNIX:
        raise TerminalError("the terminal view needs a terminal as Unix has them")
    streams = {
        "standard input": sys.__stdin__,
        "standard output": sys.__stdout__,
        "standard error": sys.__stderr__,
    }
    for name, stream in streams.items():
        if stream is None or stream.closed or not stream.isatty():
            raise TerminalError(
                f"the terminal view needs a terminal, and {name} is none: leave out"
                " --tui, or the pipe"
            )
    term = os.environ.get("TERM", "")
    if term in _CANNOT_MOVE:
        raise TerminalError(
            f"the terminal view cannot be shown on TERM={term!r}: set TERM to what"
            " this terminal is, for example xterm-256color"
        )
    try:
        import_module("icom_sim.tui.view")
    except ModuleNotFoundError as error:
        if error.name not in _LIBRARY:
            raise
        raise TerminalError(
            f"the terminal view needs {error.name}: pip install 'icom-lan-kit[tui]'"
        ) from error


def has_colours(environment: Mapping[str, str]) -> bool:
    """By the terminal's entry in terminfo; one without an entry is a modern one."""
    if environment.get("NO_COLOR"):
        return False
    try:
        curses.setupterm(environment.get("TERM"), _STDOUT)
    except curses.error:
        return True
    return curses.tigetnum("colors") > 1


def glyphs_for(environment: Mapping[str, str], *, colours: bool) -> Glyphs:
    """ASCII where the locale says so, and on a terminal from before colours and UTF-8.

    A locale that is not set says nothing: ssh often leaves it behind.
    """
    charset = next(
        (environment[name] for name in _CHARSET_NAMES if environment.get(name)), "UTF-8"
    )
    is_utf8 = charset.upper().replace("-", "").endswith("UTF8")
    is_old = not colours and not environment.get("NO_COLOR")
    return UNICODE if is_utf8 and not is_old else ASCII


class Terminal:
    """What a thread writes to, and that tells when nobody takes it.

    A terminal that was unplugged swallows what is written. One that takes nothing, as
    behind a connection that hangs, is waited for by the thread, until it is the end.
    """

    def __init__(self, fd: int, on_gone: Callable[[], None]) -> None:
        self._original, self._fd = fd, _opened_again(fd)
        self._on_gone = on_gone
        self._idle = threading.Event()
        self._idle.set()
        self._is_gone = self._is_hurried = False

    @property
    def is_idle(self) -> bool:
        """Whether it has taken all that was written: else draw nothing more."""
        return self._idle.is_set()

    def hurry(self) -> None:
        """It is the end: drop what a hanging terminal has not taken of a drawing.

        What is written next puts the terminal back, and waits for it.
        """
        if not self._idle.wait(_PATIENCE_S):
            self._is_hurried = True
            termios.tcflush(self._fd, termios.TCOFLUSH)
            self._idle.wait(2 * _PATIENCE_S)
            self._is_hurried = False

    def settles(self) -> bool:
        """Whether the thread can end soon; else it stays as long as the process."""
        return self._idle.wait(2 * _PATIENCE_S)

    def close(self) -> None:
        """The thread has ended."""
        if self._fd != self._original:
            os.close(self._fd)

    # as the thread sees it

    def write(self, text: str) -> int:
        self._idle.clear()
        left = text.encode("utf-8", "replace")
        try:
            while left and self._has_room():
                left = left[self._write_part(left[:_PART]) :]
        except OSError:
            self._is_gone = True
            self._on_gone()
        finally:
            self._idle.set()
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""

    def fileno(self) -> int:
        return self._original

    # inside

    def _has_room(self) -> bool:
        """Wait until it takes something; False if it is not to be waited for."""
        while not self._is_gone:
            if select.select([], [self._fd], [], _PATIENCE_S)[1]:
                return True
            if self._is_hurried:
                return False
        return False

    def _write_part(self, data: bytes) -> int:
        try:
            return os.write(self._fd, data)
        except BlockingIOError:
            return 0


def _opened_again(fd: int) -> int:
    """The same terminal, so that a write does not block and the shell's still do."""
    try:
        return os.open(os.ttyname(fd), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:  # as in a container that has not its name
        return fd
