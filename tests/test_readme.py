"""What README.md and docs/ print is run as printed, and must print what they show.

A `python` block is a program, and a `text` block behind it its output. In a `console`
block each line behind `$ ` is typed, and the lines below it are what comes back. A fake
radio listens where the pages say; if those ports are taken, on another address of
loopback.
"""

import asyncio
import re
import shlex
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from icom_sim.control.addresses import UnixAddress
from icom_sim.control.server import ControlServer
from icom_sim.happenings import Happening
from icom_sim.radio_server import PortError, RadioServer
from icom_sim.radio_setup import RadioSetup
from sim.icom_sim_process import ENVIRONMENT

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PRINTED_HOST, PORT = "127.0.0.1", 50001
HOSTS = [f"127.0.0.{number}" for number in range(1, 20)]
WAIT_S = 40
PROGRAMS = {
    "icom-lan": ("-m", "icom_lan"),
    "icom-sim": ("-m", "icom_sim"),
}
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: where it is, its language, its text, and the block behind it."""

    where: str
    language: str
    text: str
    output: str | None


def blocks(language: str) -> Iterator[Block]:
    for page in PAGES:
        text = page.read_text("utf-8")
        found = list(BLOCK.finditer(text))
        for match, after in zip(found, [*found, None][1:], strict=True):
            if match[1] == language:
                line = text.count("\n", 0, match.start()) + 1
                output = after[2] if after and after[1] == "text" else None
                yield Block(f"{page.name}:{line}", language, match[2], output)


def named(language: str) -> pytest.MarkDecorator:
    found = list(blocks(language))
    return pytest.mark.parametrize("block", found, ids=lambda each: each.where)


@asynccontextmanager
async def usual_radio(orders: Path | None = None) -> AsyncIterator[str]:
    """A fake radio on the usual ports of the address that this tells.

    It takes orders at a path, if there is one.
    """
    async with AsyncExitStack() as running:
        for host in HOSTS:
            server = RadioServer(RadioSetup(), listener=ignore, host=host, port=PORT)
            with suppress(PortError):
                await running.enter_async_context(server)
                break
        else:
            pytest.fail(f"UDP port {PORT} is in use on every address of loopback")
        if orders is not None:
            control = ControlServer(UnixAddress(str(orders)), server.perform)
            await running.enter_async_context(control)
        yield host


async def run(*words: str, cwd: Path, **environment: str) -> str:
    """What a Python program prints; anything but success and silence fails."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *words),
        cwd=cwd,
        env=ENVIRONMENT | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(WAIT_S):
        output, errors = await process.communicate()
    assert (process.returncode, errors.decode()) == (0, ""), words
    return output.decode()


@named("python")
async def test_a_program_prints_what_the_page_shows(
    block: Block, tmp_path: Path
) -> None:
    async with usual_radio() as host:
        program = block.text.replace(PRINTED_HOST, host)
        output = await run("-c", program, cwd=tmp_path)
    if block.output is not None:
        assert output.replace(host, PRINTED_HOST) == block.output


@named("console")
async def test_a_command_prints_what_the_page_shows(
    block: Block, tmp_path: Path
) -> None:
    orders = tmp_path / "orders"
    exported = {"ICOM_SIM_CONTROL": str(orders)}
    async with usual_radio(orders) as host:
        for line, shown in commands(block.text):
            program, *words = shlex.split(line, comments=True)
            if program == "export":
                for name, _, value in (word.partition("=") for word in words):
                    exported[name] = host if value == PRINTED_HOST else value
            elif line == "make demo":
                await assert_demo_prints(shown, tmp_path)
            else:
                if words[0] == "serve":  # it would go on for ever
                    words += ["--port", "0", "--duration", "0.1"]
                words = [*PROGRAMS[program], *words]
                output = await run(*words, cwd=tmp_path, **exported)
                if shown:
                    assert output.replace(host, PRINTED_HOST) == shown


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each line that is typed, and what is shown below it."""
    for part in text.removeprefix("$ ").split("\n$ "):
        line, _, shown = part.partition("\n")
        yield line, f"{shown.rstrip()}\n" if shown.strip() else ""


async def assert_demo_prints(shown: str, cwd: Path) -> None:
    """The words are those of the page; the figures are of that run."""
    seed = re.search(r"seed (\d+)", shown)
    assert seed is not None
    demo = str(ROOT / "examples" / "demo.py")
    output = await run(demo, "--seed", seed[1], "--seconds", "1", cwd=cwd)
    assert words_of(output) == words_of(shown)


def words_of(text: str) -> list[list[str]]:
    return [re.sub(r"[\d.,:]+", "0", line).split() for line in text.splitlines()]


def test_every_block_is_run() -> None:
    languages = {
        match[1] for page in PAGES for match in BLOCK.finditer(page.read_text("utf-8"))
    }
    # "py" are pieces, run by lan/test_audio_document.py and sim/test_pytest_plugin.py;
    # "toml" are scenarios, read by sim/test_scenario_files.py.
    assert languages <= {"python", "py", "console", "text", "mermaid", "toml"}
    assert "```" not in BLOCK.sub("", "".join(map(Path.read_text, PAGES)))


def ignore(_happening: Happening, _now: float) -> None:
    """Only what is printed counts here."""
