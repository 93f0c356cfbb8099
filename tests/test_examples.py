"""Every example runs as its docstring says, against a fake radio on loopback."""

import asyncio
import sys
import wave
from pathlib import Path

import pytest

from icom_sim.radio_setup import RadioSetup
from sim.icom_sim_process import ENVIRONMENT
from sim.watched_server import WatchedServer

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
LINES_MAX = 60
WAIT_S = 30
NO_ASYNCIO = """
import runpy, sys
sys.modules["asyncio"] = None  # whoever imports it gets an ImportError
runpy.run_path(sys.argv[1], run_name="__main__")
"""


async def run_python(*words: str, port: int = 0) -> str:
    """What it prints; a status other than 0, or anything on standard error, fails."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *words),
        env=ENVIRONMENT | {"ICOM_HOST": "127.0.0.1", "ICOM_PORT": str(port)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(WAIT_S):
        output, errors = await process.communicate()
    assert (process.returncode, errors.decode()) == (0, "")
    return output.decode()


def example(name: str) -> str:
    return str(EXAMPLES / name)


async def test_frequency_mode_and_s_meter_are_read() -> None:
    async with WatchedServer() as server:
        output = await run_python(
            example("read_frequency.py"), port=server.control_port
        )
    assert output == "IC-7610: 14074000 Hz, USB\nS-meter: 124 of 255\n"


async def test_a_program_without_an_event_loop_tunes_and_listens() -> None:
    async with WatchedServer() as server:
        output = await run_python(example("blocking.py"), port=server.control_port)
    shown, loudness = output.splitlines()
    assert shown == "IC-7610: 7100000 Hz, USB"
    assert -30 < int(loudness.removesuffix(" dB of full scale")) < 0


async def test_audio_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "rx.wav"
    words = example("record_audio.py"), str(path), "0.5"
    async with WatchedServer() as server:
        output = await run_python(*words, port=server.control_port)
    assert output == f"{path}: 25 frames, 0 with a hole\n"
    with wave.open(str(path)) as wav:
        assert wav.getframerate() == 48000
        assert wav.getnframes() == 24000
        assert any(wav.readframes(480))


async def test_the_core_runs_on_blocking_sockets_without_asyncio() -> None:
    words = "-c", NO_ASYNCIO, example("core_with_blocking_sockets.py")
    async with WatchedServer() as server:
        output = await run_python(*words, port=server.control_port)
    assert output == "14074000 Hz\nclosed by this side\n"


async def test_the_core_runs_in_trio_without_asyncio() -> None:
    words = "-c", NO_ASYNCIO, example("core_in_trio.py")
    async with WatchedServer(RadioSetup(seed=3)) as server:
        output = await run_python(*words, port=server.control_port)
    assert output == "radio: IC-7610\nsession: closed by this side\n"


async def test_a_trace_in_virtual_time_is_the_same_each_time() -> None:
    first = await run_python(example("virtual_time.py"), "4")
    assert first == await run_python(example("virtual_time.py"), "4")
    assert first != await run_python(example("virtual_time.py"), "5")
    told = [line.split(maxsplit=2) for line in first.splitlines()]
    answers = [line for _, role, line in told[:-2] if line.startswith("CivAnswered")]
    assert len(answers) == 2
    assert told[-3][2].startswith("SessionClosed(reason=<CloseReason.LOCAL")


async def test_the_tests_of_a_client_run_under_pytest() -> None:
    path = example("test_with_fake_radio.py")
    words = "-m", "pytest", "-q", "-p", "no:cacheprovider", path
    assert "3 passed" in await run_python(*words)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda p: p.name)
def test_examples_are_short_and_run_by_a_test(path: Path) -> None:
    if path.name == "demo.py":
        return  # sim/test_demo.py
    assert len(path.read_text("utf-8").splitlines()) < LINES_MAX
    assert f'example("{path.name}")' in Path(__file__).read_text("utf-8")
