"""The client under test as a process: started, told where the radio is, ended."""

import asyncio
import contextlib
import os
import shlex
import signal
from collections.abc import Callable, Mapping
from tempfile import TemporaryFile
from typing import IO

# Of what a client printed, so much is shown when a scenario failed.
OUTPUT_SHOWN = 2000


class ClientError(Exception):
    """The client cannot be started: one line for people."""


def split_command(command: str) -> list[str]:
    """The words of a command as a shell would cut them. Raises ClientError."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ClientError(f"cannot read client command {command!r}: {error}") from error
    if not words:
        raise ClientError("the client command is empty: give a program to run")
    return words


def filled(words: list[str], values: Mapping[str, str]) -> list[str]:
    """`{host}`, `{port}` and the others become what they stand for."""
    found = []
    for word in words:
        for name, value in values.items():
            word = word.replace(f"{{{name}}}", value)
        found.append(word)
    return found


class ClientProcess:
    """One run of the client, in a process group of its own, so that its children end
    with it."""

    def __init__(self, on_exit: Callable[[int], None]) -> None:
        self._on_exit = on_exit
        self._output: IO[bytes] = TemporaryFile()  # noqa: SIM115  closed by `close`
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: asyncio.Task[None] | None = None

    async def start(self, words: list[str], environment: Mapping[str, str]) -> None:
        """Raises ClientError."""
        try:
            self._process = await asyncio.create_subprocess_exec(
                *words,
                env={**os.environ, **environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=self._output,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self._output.close()
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise ClientError(f"cannot start client {words[0]!r}: {reason}") from error
        self._waiting = asyncio.create_task(self._wait(self._process))

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def send(self, number: signal.Signals) -> None:
        """To the process and its children; nothing if it has ended."""
        if self._process is not None and self.is_running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    async def ended(self, within_s: float) -> bool:
        """Wait for its end; False if it did not come."""
        if self._waiting is None:
            return True
        done, _ = await asyncio.wait([self._waiting], timeout=within_s)
        return bool(done)

    async def close(self) -> str:
        """End it for certain; the last of what it printed."""
        self.send(signal.SIGKILL)
        if self._waiting is not None:
            await self._waiting
        if self._output.closed:
            return ""
        size = self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, size - OUTPUT_SHOWN))
        text = self._output.read().decode("utf-8", "replace")
        self._output.close()
        return text

    async def _wait(self, process: asyncio.subprocess.Process) -> None:
        self._on_exit(await process.wait())
