"""Row pytest: five lines of a test, from nothing to passing, and a thousand of them."""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from benchmarks.environments import ROOT
from benchmarks.report import Measured, Report
from benchmarks.rounds import Summary
from benchmarks.settings import Settings

TARGET_S = 60.0
CORES = 2
TESTS = 1000
# A goodbye lingers for 0.3 s in which nothing is computed (PROTOCOL.md 7.1): many
# processes wait for theirs side by side. In simulated time nobody waits.
WORKERS, SIMULATED_WORKERS = 16, CORES
FIVE_LINES = """\
from icom_lan.sync import IcomRadio
def test_my_client_tunes_and_hears(icom_radio, icom_ear):
    with IcomRadio(icom_radio.host, **icom_radio.login) as radio:
        radio.set_frequency(7_074_000)
        icom_ear.wait_for_tone(1000, radio.start_audio_rx_pcm)
"""
SIMULATED = """\
from icom_lan import IcomRadio
def test_my_client_tunes_and_hears(icom_virtual, icom_ear):
    async def session(radio):
        async with IcomRadio(radio.host, **radio.login) as client:
            await client.set_frequency(7_074_000)
            await icom_ear.until_tone(1000, client.start_audio_rx_pcm)
    icom_virtual.run(session)
"""
REPEATED = f"""
def pytest_generate_tests(metafunc):
    metafunc.fixturenames.append("number")
    metafunc.parametrize("number", range({TESTS}))
"""


def run(_settings: Settings) -> Report:
    """One run of each: they take as long as a user waits."""
    report = Report("pytest", f"Five lines of a test, on {CORES} cores")
    # Outside of this project, whose settings are not a user's.
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        total = 0.0
        for step, seconds in _from_nothing(home):
            total += seconds
            report.measured.append(Measured(step, "s", Summary.of([seconds])))
        what = "from an empty virtual environment to a test that passed"
        report.at_most(what, Summary.of([total]), TARGET_S, "s")
        _timed(_pip(home, "pytest-xdist"), home)
        (home / "conftest.py").write_text(REPEATED)
        for what, test, workers in (
            (f"{TESTS} of them, real UDP, -n {WORKERS}", FIVE_LINES, WORKERS),
            (f"{TESTS} in simulated time, -n {CORES}", SIMULATED, SIMULATED_WORKERS),
        ):
            (home / "test_my_client.py").write_text(test)
            computed = _cpu_of_children()
            seconds = _timed(_pytest(home, "-n", str(workers)), home)
            computed = _cpu_of_children() - computed
            report.measured.append(Measured(what, "s of CPU", Summary.of([computed])))
            report.at_most(what, Summary.of([seconds]), TARGET_S, "s")
    report.notes += [
        "Wall time. pip's downloads depend on the index, and on what pip has cached.",
        "A test: connect, tune, hear 60 ms of a tone (95 % of the energy), say goodbye;"
        " the goodbye lingers for 0.3 s, in which nothing is computed.",
    ]
    return report


def _from_nothing(home: Path) -> Sequence[tuple[str, float]]:
    (home / "test_my_client.py").write_text(FIVE_LINES)
    venv = [sys.executable, "-m", "venv", str(home / "venv")]
    return [
        ("python -m venv", _timed(venv, home)),
        ("pip install '.[pytest]'", _timed(_pip(home, f"{ROOT}[pytest]"), home)),
        ("pytest, first run", _timed(_pytest(home), home)),
    ]


def _pip(home: Path, *packages: str) -> list[str]:
    pip = [str(home / "venv" / "bin" / "python"), "-m", "pip"]
    return [*pip, "--disable-pip-version-check", "--quiet", "install", *packages]


def _pytest(home: Path, *words: str) -> list[str]:
    return [str(home / "venv" / "bin" / "pytest"), "--quiet", *words]


def _timed(command: Sequence[str], home: Path) -> float:
    """Seconds. Raises CalledProcessError."""
    start = perf_counter()
    subprocess.run(
        command,
        cwd=home,
        check=True,
        stdout=subprocess.DEVNULL,
        env={name: os.environ[name] for name in os.environ if name not in _OURS},
        preexec_fn=_on_few_cores,
    )
    return perf_counter() - start


def _cpu_of_children() -> float:
    """What a busy neighbour does not change."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


# What this process was told about Python is not for a user's.
_OURS = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV"}


def _on_few_cores() -> None:
    if sys.platform == "linux":
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
