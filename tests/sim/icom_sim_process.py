"""`icom-sim` as a process, in which every test is a user at a terminal."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import icom_sim

# For a machine that is busy with something else; nothing here takes a second.
WAIT_S = 30
# The package that this test imported, installed or not.
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(icom_sim.__file__).parents[1])}


async def run_icom_sim(*words: str, **environment: str) -> tuple[int, str, str]:
    """Status, standard output and standard error of a command that ends by itself."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "icom_sim", *words),
        env=ENVIRONMENT | environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(WAIT_S):
        output, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode(), errors.decode()


class Serve:
    """`async with Serve("--loss", "5") as radio:` is `icom-sim serve` with events."""

    def __init__(self, *words: str) -> None:
        self._words = words
        self.events: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "icom_sim", "serve", "--port", "0"),
            *("--events", "jsonl", *self._words),
            env=ENVIRONMENT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        await self.until("listening")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.communicate()

    @property
    def control_port(self) -> int:
        port = self.events[0]["control_port"]
        assert isinstance(port, int)
        return port

    async def until(self, event: str) -> dict[str, Any]:
        """The next event of this name; all up to it are in `events`."""
        assert self._process.stdout is not None
        async with asyncio.timeout(WAIT_S):
            async for line in self._process.stdout:
                told: dict[str, Any] = json.loads(line)
                self.events.append(told)
                if told["event"] == event:
                    return told
        raise AssertionError(f"ended without {event}: {self.events}")

    async def end(self, how: signal.Signals) -> tuple[int, str]:
        """Status and standard error after this signal; the events are all there."""
        self._process.send_signal(how)
        return await self.ended()

    async def ended(self) -> tuple[int, str]:
        async with asyncio.timeout(WAIT_S):
            output, errors = await self._process.communicate()
        self.events += map(json.loads, output.splitlines())
        assert self._process.returncode is not None
        return self._process.returncode, errors.decode()
