"""One run of `icom-lan`: exit statuses, error lines, SIGTERM.

0 it worked; 1 radio, network or disk failed; 2 the command line was wrong; 130 Ctrl-C,
143 SIGTERM. What went wrong is one line on standard error and never a traceback, and
the radio has been released in every case.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from functools import partial
from io import TextIOWrapper

from icom_lan.cli.arguments import UsageError, parse
from icom_lan.cli.printable import printable
from icom_lan.exceptions import IcomLanError

FAILED, USAGE, TERMINATED = 1, 2, 143


def run_program(argv: Sequence[str] | None) -> int:
    """Returns the exit status; a wrong command line and Ctrl-C leave by exceptions."""
    arguments = parse(argv)
    # Only now: neither --help nor a typing mistake waits for the radio's modules.
    from icom_lan.cli.commands import run

    # A name that the terminal's character set lacks is no reason to fail.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        asyncio.run(_until_terminated(run(arguments)))
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
    except asyncio.CancelledError:
        return TERMINATED
    return 0


async def _until_terminated(main: Coroutine[object, object, None]) -> None:
    """SIGTERM, as `timeout` sends it, releases the radio as Ctrl-C does."""
    task = asyncio.current_task()
    assert task is not None
    with suppress(NotImplementedError):  # Windows has no such signals
        asyncio.get_running_loop().add_signal_handler(
            signal.SIGTERM, partial(task.cancel, "SIGTERM")
        )
    await main


def _complain(error: object, status: int) -> int:
    print(f"icom-lan: {printable(str(error))}", file=sys.stderr)
    return status
