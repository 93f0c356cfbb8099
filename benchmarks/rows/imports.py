"""Row 9: what `import icom_lan` and `icom-sim --help` cost, in fresh interpreters."""

import random
import resource
import subprocess
import sys
from time import perf_counter

from benchmarks import environments
from benchmarks.report import Measured, Report
from benchmarks.rounds import Summary
from benchmarks.settings import Settings

IMPORT_TARGET_MS, HELP_TARGET_MS = 60.0, 200.0
ROUNDS_MIN = 15
BARE = "bare python"
ASYNCIO = "import asyncio"
_IMPORTS = ("import icom_lan", "from icom_lan import IcomRadio")
_HELP = "icom-sim --help"
_ON_PATH = f"import sys; sys.path.insert(0, {str(environments.ROOT)!r}); "
# Modules that neither the standard library nor this project has.
_FOREIGN = """
import sys
known = set(sys.stdlib_module_names) | {'icom_lan', 'icom_proto', '__main__'}
print(*sorted({name.partition('.')[0] for name in sys.modules} - known - before))
"""


def run(settings: Settings) -> Report:
    """Interleaved runs, in an order of their own in each round."""
    report = Report("9", "Import and start-up time, in fresh interpreters")
    commands = {
        BARE: [sys.executable, "-I", "-c", "pass"],
        ASYNCIO: [sys.executable, "-I", "-c", ASYNCIO],
        **{code: [sys.executable, "-I", "-c", _ON_PATH + code] for code in _IMPORTS},
        _HELP: [sys.executable, "-m", "icom_sim", "--help"],
    }
    rounds = max(settings.rounds, ROUNDS_MIN)
    cpu, wall = _interleaved(commands, rounds, settings.seed)
    for taken, unit in ((cpu, "ms of CPU"), (wall, "ms")):
        for name, values in taken.items():
            report.measured.append(Measured(name, unit, Summary.of(values)))
    for code in _IMPORTS:
        more = [a - b for a, b in zip(cpu[code], cpu[BARE], strict=True)]
        what = f"{code}, more than {BARE}"
        report.at_most(what, Summary.of(more), IMPORT_TARGET_MS, "ms of CPU")
    report.at_most(_HELP, Summary.of(cpu[_HELP]), HELP_TARGET_MS, "ms of CPU")
    foreign = third_party_modules()
    count = Summary.of([len(foreign)])
    report.at_most("third-party modules imported", count, 0, "modules")
    report.notes += [f"third-party: {name}" for name in foreign]
    report.notes.append(f"`{ASYNCIO}` is what IcomRadio cannot do without.")
    return report


def third_party_modules() -> list[str]:
    """What `from icom_lan import IcomRadio` brings in that is not ours nor Python's."""
    code = f"import sys; before = set(sys.modules); {_ON_PATH}{_IMPORTS[1]}{_FOREIGN}"
    command = [sys.executable, "-I", "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.split()


def _interleaved(
    commands: dict[str, list[str]], rounds: int, seed: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """CPU time and wall time of each command, in ms."""
    rng = random.Random(seed)
    cpu: dict[str, list[float]] = {name: [] for name in commands}
    wall: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name in rng.sample(list(commands), len(commands)):
            taken = _run(commands[name])
            if number > 0:
                cpu[name].append(taken[0] * 1e3)
                wall[name].append(taken[1] * 1e3)
    return cpu, wall


def _run(command: list[str]) -> tuple[float, float]:
    start, cpu_before = perf_counter(), _cpu_of_children()
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, cwd=environments.ROOT
    )
    return _cpu_of_children() - cpu_before, perf_counter() - start


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
