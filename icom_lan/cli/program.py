"""One run of `icom-lan`: exit statuses, error lines, signals.

0 it worked; 1 radio, network or disk failed; 2 the command line was wrong; 129 the
terminal closed (SIGHUP), 130 Ctrl-C, 143 SIGTERM. What went wrong is one line on
standard error and never a traceback, and the radio has been released in every case.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from io import TextIOWrapper

from icom_lan.cli.arguments import parse
from icom_lan.cli.options import UsageError, say
from icom_lan.cli.printable import printable
from icom_lan.exceptions import IcomLanError

FAILED, USAGE, SIGNALLED = 1, 2, 128
_HANGUP = getattr(signal, "SIGHUP", None)  # Windows has none


def run_program(argv: Sequence[str] | None) -> int:
    """Returns the exit status; a wrong command line and Ctrl-C leave by exceptions."""
    arguments = parse(argv)
    # Only now: neither --help nor a typing mistake waits for the radio's modules.
    from icom_lan.cli.commands import run

    # A name that the terminal's character set lacks is no reason to fail.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = asyncio.run(_until_signalled(run(arguments)))
        print(end="", flush=True)  # there may be no standard output at all (>&-)
    except UsageError as error:
        return _complain(error, USAGE)
    except IcomLanError as error:
        return _complain(error, FAILED)
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        return _complain(f"{error.filename or 'output'}: {error.strerror}", FAILED)
    return status


async def _until_signalled(main: Coroutine[object, object, None]) -> int:
    """SIGTERM, as `timeout` sends it, and SIGHUP release the radio as Ctrl-C does."""
    task, caught = asyncio.current_task(), list[int]()
    assert task is not None

    def on_signal(number: int) -> None:
        caught.append(number)
        task.cancel()

    with suppress(NotImplementedError):  # Windows' loops take no signals
        for each in (signal.SIGTERM, _HANGUP):
            # A SIGHUP that is ignored stays so: nohup wants it.
            if each is not None and signal.getsignal(each) is not signal.SIG_IGN:
                asyncio.get_running_loop().add_signal_handler(each, on_signal, each)
    try:
        await main
    except asyncio.CancelledError:
        if not caught:
            raise
        return SIGNALLED + caught[0]
    return 0


def _complain(error: object, status: int) -> int:
    say(f"icom-lan: {printable(str(error))}")
    return status
