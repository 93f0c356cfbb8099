"""`make demo` works, and says so when it does not."""

import asyncio
import sys
import wave
from pathlib import Path

import pytest

from sim.icom_sim_process import ENVIRONMENT

DEMO = Path(__file__).resolve().parents[2] / "examples" / "demo.py"
WAIT_S = 60


async def run_demo(*words: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(DEMO), *words),
        env=ENVIRONMENT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(WAIT_S):
        output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


async def test_the_demo_connects_tunes_keys_and_records(tmp_path: Path) -> None:
    path = tmp_path / "new" / "tone.wav"
    status, output, errors = await run_demo(
        "--seed", "11", "--seconds", "1", "--out", str(path)
    )
    assert (status, errors) == (0, "")
    for said in (
        *("seed 11", "connected to IC-7610", "14.074000 MHz", "14.200000 MHz"),
        *("transmitting", "receiving again", str(path), "of the energy"),
        *("lost", "Healed"),
    ):
        assert said in output
    with wave.open(str(path)) as wav:
        assert wav.getnframes() / wav.getframerate() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("words", "status"),
    [(("--seconds", "0"), 2), (("--out", "/dev/null/x.wav"), 1)],
)
async def test_what_cannot_be_done_is_said_without_a_traceback(
    words: tuple[str, ...], status: int
) -> None:
    ended, output, errors = await run_demo(*words)
    assert ended == status
    assert "Traceback" not in output + errors
    assert "demo" in errors.splitlines()[-1]
