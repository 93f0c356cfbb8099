"""What the view does without a terminal, and with one that hangs or is gone."""

import os
import pty
import threading

import pytest

from icom_sim.tui.glyphs import ASCII, UNICODE
from icom_sim.tui.terminal import Terminal, glyphs_for
from sim.icom_sim_process import run_icom_sim
from sim.watch import WAIT_S

MORE_THAN_IT_HOLDS = "x" * 100_000


async def test_without_a_terminal_one_line_says_so() -> None:
    status, output, errors = await run_icom_sim("serve", "--tui", "--port", "0")
    assert (status, output) == (2, "")
    (line,) = errors.splitlines()
    assert "needs a terminal, and standard input is none" in line


def test_a_terminal_that_takes_nothing_holds_up_only_the_thread_that_writes() -> None:
    person, program = pty.openpty()
    terminal = Terminal(program, on_gone=lambda: None)
    assert terminal.is_idle
    writing = threading.Thread(target=lambda: terminal.write(MORE_THAN_IT_HOLDS))
    writing.start()
    writing.join(0.1)
    assert writing.is_alive()
    assert not terminal.is_idle
    terminal.hurry()
    writing.join(WAIT_S)
    assert not writing.is_alive()
    assert terminal.is_idle
    terminal.close()
    for fd in (person, program):
        os.close(fd)


def test_a_terminal_that_is_gone_is_told_once_and_swallows_the_rest() -> None:
    person, program = pty.openpty()
    gone: list[bool] = []
    terminal = Terminal(program, on_gone=lambda: gone.append(True))
    terminal.write("here\n")
    assert gone == []
    os.close(person)
    for _ in range(3):
        terminal.write("nobody\n")
    assert gone == [True]
    assert terminal.is_idle
    terminal.close()
    os.close(program)


@pytest.mark.parametrize(
    ("environment", "colours", "glyphs"),
    [
        ({}, True, UNICODE),
        ({"LANG": "de_DE.UTF-8"}, True, UNICODE),
        ({"LANG": "de_DE.ISO-8859-1"}, True, ASCII),
        ({"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, True, ASCII),
        ({"LC_ALL": "C.utf8", "LANG": "C"}, True, UNICODE),
        ({"LANG": "C.UTF-8", "NO_COLOR": "1"}, False, UNICODE),
        ({"LANG": "C.UTF-8"}, False, ASCII),
    ],
)
def test_boxes_are_drawn_where_they_can_be_shown(
    environment: dict[str, str], colours: bool, glyphs: object
) -> None:
    assert glyphs_for(environment, colours=colours) is glyphs
