"""`icom-sim serve --tui` in a terminal, and the terminal afterwards."""

import os
import shlex
import signal
import sys
from pathlib import Path

import pytest

from sim.tmux import PROMPT, Tmux

SERVE = f"{shlex.quote(sys.executable)} -m icom_sim serve --tui --port 0"
# A radio whose status has a mistake after a while.
FAILING = """
import asyncio
from icom_sim.tui.journal import Journal
from icom_sim.tui.screen import Title
from icom_sim.tui.view import run_view
from icom_sim.radio_server import RadioServer
from icom_sim.radio_setup import RadioSetup

class Failing:
    title = Title(host="here", ports=(1, 2, 3), seed=4)
    asked = 0
    def status(self):
        self.asked += 1
        if self.asked > 3:
            raise KeyError("a mistake of ours")
        return self.radio.perform("status", {})

async def main():
    async with RadioServer(RadioSetup(), listener=lambda *_: None) as radio:
        failing = Failing()
        failing.radio = radio
        await run_view(failing, Journal(), asyncio.Event())

asyncio.run(main())
"""


def is_view(screen: str) -> bool:
    return " MAIN " in screen and "Events" in screen


def _has_prompt(screen: str) -> bool:
    """The shell waits for the next command: nothing more comes by itself."""
    return screen.rstrip().endswith(PROMPT.rstrip())


class Terminal(Tmux):
    """One that notes how it was before a program ran in it."""

    async def run(self, command: str) -> None:
        self.before = await self.settings()
        await self.type(f"clear; {command}; echo status=$?", "Enter")

    async def settings(self) -> str:
        """What `stty` says, and what tmux knows of its screen."""
        await self.type("clear; stty -a; echo told", "Enter")
        told = await self.until(
            lambda screen: "\ntold\n" in screen and _has_prompt(screen)
        )
        flags = "#{alternate_on} #{cursor_flag} #{wrap_flag} #{mouse_any_flag}"
        return told + "\n".join(await self.order("display-message", "-p", flags))

    async def is_as_before(self, status: str) -> str:
        """The screen after the program, which ended with this status."""
        ended = await self.until(
            lambda screen: f"status={status}" in screen and _has_prompt(screen)
        )
        assert not is_view(ended)
        assert await self.settings() == self.before
        return ended


async def test_a_person_tunes_keys_and_quits(tmp_path: Path) -> None:
    async with Terminal(80, 24, tmp_path) as terminal:
        await terminal.run(f"{SERVE} --seed 42")
        screen = await terminal.until(is_view)
        assert "IC-7610  127.0.0.1" in screen
        assert "seed 42" in screen
        assert "q quit" in screen
        assert "step 1 kHz" in screen
        await terminal.type("Left", "m", "l", "Space")
        # The panels are drawn one after the other.
        shown = (" TX ", "step 5 kHz", "AM ", "loss:0.5", "PTT held")
        await terminal.until(lambda screen: all(text in screen for text in shown))
        await terminal.type("?")
        await terminal.until(lambda screen: "any key goes back" in screen)
        await terminal.type("Escape")
        await terminal.until(is_view)
        await terminal.type("q")
        ended = await terminal.is_as_before("0")
        assert "to client, audio" in ended  # of the summary


@pytest.mark.parametrize(
    ("how", "environment"),
    [
        ("C-c", "TERM=vt100"),
        (signal.SIGTERM, "NO_COLOR=1"),
        (signal.SIGHUP, "TERM=xterm-256color"),
    ],
)
async def test_however_it_ends_the_terminal_is_as_before(
    how: str | signal.Signals, environment: str, tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    async with Terminal(120, 40, tmp_path) as terminal:
        await terminal.run(f"sh -c 'echo $$ >{pid}; {environment} exec {SERVE}'")
        screen = await terminal.until(is_view)
        assert ("╭" in screen) is ("vt100" not in environment)
        coloured = "\n".join(await terminal.order("capture-pane", "-p", "-e"))
        assert ("[36m" in coloured) is ("xterm" in environment)
        if isinstance(how, str):
            await terminal.type(how)
        else:
            os.kill(int(pid.read_text()), how)
        await terminal.is_as_before("0")


async def test_it_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    async with Terminal(80, 24, tmp_path) as terminal:
        await terminal.run(f"sh -c 'echo $$ >{pid}; exec {SERVE}'")
        await terminal.until(is_view)
        os.kill(int(pid.read_text()), signal.SIGTSTP)
        await terminal.until(lambda screen: "Stopped" in screen)
        await terminal.type("fg", "Enter")
        await terminal.until(lambda screen: is_view(screen) and "q quit" in screen)
        await terminal.type("q")
        await terminal.until(lambda screen: "on the air" in screen)
        assert await terminal.settings() == terminal.before


async def test_a_mistake_of_ours_is_told_after_the_terminal_is_left(
    tmp_path: Path,
) -> None:
    program = tmp_path / "failing.py"
    program.write_text(FAILING)
    async with Terminal(80, 24, tmp_path) as terminal:
        await terminal.run(f"{shlex.quote(sys.executable)} {program}")
        ended = await terminal.is_as_before("1")
        assert "KeyError: 'a mistake of ours'" in ended
