"""The `icom-lan` command: exit statuses, error lines, Ctrl-C.

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

from icom_lan.cli.arguments import UsageError, parse
from icom_lan.exceptions import IcomLanError

FAILED, USAGE, INTERRUPTED, TERMINATED = 1, 2, 130, 143


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. The parser leaves by SystemExit."""
    arguments = parse(argv)
    # Only now: neither --help nor a typing mistake waits for the radio's modules.
    from icom_lan.cli.commands import run

    try:
        asyncio.run(_until_terminated(run(arguments)))
        sys.stdout.flush()
    except UsageError as error:
        return _complain(error, USAGE)
    except IcomLanError as error:
        return _complain(error, FAILED)
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        return _complain(f"{error.filename or 'output'}: {error.strerror}", FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
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
    print(f"icom-lan: {error}", file=sys.stderr)
    return status
