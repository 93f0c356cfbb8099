"""The terminal itself: whether there is one, what it can show, and when it hangs."""

import os
import sys
import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final, TextIO

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
_PATIENCE_S: Final = 0.5
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
    """A text file that a thread writes to, and that tells when nobody takes it.

    A terminal that was unplugged swallows what is written. One that takes nothing, as
    behind a connection that hangs, is waited for by the thread alone.
    """

    def __init__(self, file: TextIO, on_gone: Callable[[], None]) -> None:
        self._file, self._on_gone = file, on_gone
        self._idle = threading.Event()
        self._idle.set()
        self._is_gone = False

    @property
    def is_idle(self) -> bool:
        """Whether it has taken all that was written: else draw nothing more."""
        return self._idle.is_set()

    def hurry(self) -> None:
        """It is the end. What a hanging terminal has not taken, it will never get."""
        if not self._idle.wait(_PATIENCE_S):
            termios.tcflush(self.fileno(), termios.TCOFLUSH)

    # as the thread sees it

    def write(self, text: str) -> int:
        self._guard(lambda: self._file.write(text))
        return len(text)

    def flush(self) -> None:
        self._guard(self._file.flush)

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()

    def _guard(self, do: Callable[[], object]) -> None:
        if self._is_gone:
            return
        self._idle.clear()
        try:
            do()
        except OSError:
            self._is_gone = True
            self._on_gone()
        finally:
            self._idle.set()
