"""A terminal with a person at it: tmux in its control mode, which tells of each output.

async with Tmux(80, 24) as terminal:
    await terminal.type("ls", "Enter")
    await terminal.until(lambda screen: "README" in screen)
"""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

from sim.icom_sim_process import ENVIRONMENT, WAIT_S

PROMPT = "ready> "
_ENVIRONMENT = {
    name: value for name, value in ENVIRONMENT.items() if name not in ("TMUX", "ENV")
}


class Tmux:
    """A shell in a terminal of this size; its socket is in this folder."""

    def __init__(self, width: int, height: int, folder: Path) -> None:
        self._size = (str(width), str(height))
        self._socket = str(folder / "tmux")

    async def __aenter__(self) -> Self:
        if shutil.which("tmux") is None:
            pytest.fail("tmux is missing: apt-get install tmux", pytrace=False)
        width, height = self._size
        self._process = await asyncio.create_subprocess_exec(
            *("tmux", "-S", self._socket, "-f", "/dev/null", "-u", "-C"),
            *("new-session", "-x", width, "-y", height, "exec sh"),
            env=_ENVIRONMENT | {"LC_ALL": "C.UTF-8"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 20,  # bytes of a line: an output is one
        )
        await self._reply()
        await self.type(f"PS1='{PROMPT}'; clear", "Enter")
        await self.until(lambda screen: screen.strip() == PROMPT.strip())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            assert self._process.stdin is not None
            self._process.stdin.write(b"kill-server\n")
        async with asyncio.timeout(WAIT_S):
            await self._process.communicate()

    async def type(self, *keys: str) -> None:
        """Keys by their names in tmux; what is none is typed as it is."""
        await self.order("send-keys", *keys)

    async def screen(self) -> str:
        return "\n".join(await self.order("capture-pane", "-p"))

    async def until(self, seen: Callable[[str], bool]) -> str:
        """The screen, once it is so: looked at again after each output."""
        screen = ""
        try:
            async with asyncio.timeout(WAIT_S):
                while not seen(screen := await self.screen()):
                    while not (await self._line()).startswith("%output"):
                        pass
        except TimeoutError:
            pytest.fail(f"never came to be on the screen:\n{screen}", pytrace=False)
        return screen

    async def order(self, *words: str) -> list[str]:
        """What tmux says to one of its commands."""
        assert self._process.stdin is not None
        quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
        self._process.stdin.write(f"{quoted}\n".encode())
        return await self._reply()

    async def _reply(self) -> list[str]:
        while not (await self._line()).startswith("%begin"):
            pass
        lines = []
        while not (line := await self._line()).startswith(("%end", "%error")):
            lines.append(line)
        assert line.startswith("%end"), lines
        return lines

    async def _line(self) -> str:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise EOFError("tmux has ended")
        return line.decode(errors="replace").rstrip("\n")
