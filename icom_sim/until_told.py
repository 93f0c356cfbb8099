"""Running until told to end: signals, a time limit, and lines that nobody may read.

What all commands share that run until Ctrl-C.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper

_HANGUP = getattr(signal, "SIGHUP", None)  # Windows has none
END_SIGNALS = [each for each in (signal.SIGINT, signal.SIGTERM, _HANGUP) if each]


async def until(ended: asyncio.Event, duration_s: float | None) -> None:
    """Return when the event is set or the time is over."""
    try:
        async with asyncio.timeout(duration_s):
            await ended.wait()
    except TimeoutError:
        pass


@contextmanager
def end_signals(ended: asyncio.Event) -> Iterator[None]:
    """The end signals set the event, here and on loops without signal handlers."""
    loop = asyncio.get_running_loop()
    before = {each: signal.getsignal(each) for each in END_SIGNALS}
    if before.get(_HANGUP) is signal.SIG_IGN:  # nohup wants it so
        del before[_HANGUP]
    try:
        for each in before:
            signal.signal(each, lambda *_: loop.call_soon_threadsafe(ended.set))
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


class LineOutput:
    """Standard output, a line at a time. When nobody takes it, it is time to end."""

    def __init__(self, ended: asyncio.Event, troubles: list[str]) -> None:
        self._ended, self._troubles = ended, troubles
        # A client's name that the terminal's character set lacks must not end us.
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")

    def write(self, line: str) -> None:
        if sys.stdout is None:  # closed by who started us (>&-): nobody is to know
            return
        try:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        except OSError as error:
            # Else the interpreter complains when it flushes what is left.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if not isinstance(error, BrokenPipeError):
                self._troubles.append(f"cannot write events: {error.strerror}")
            self._ended.set()
