"""Row 9: what `import icom_lan` and `icom-sim --help` cost, in fresh interpreters."""

import random
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
    report = Report("9", "Import and start-up time")
    commands = {
        BARE: [sys.executable, "-I", "-c", "pass"],
        **{code: [sys.executable, "-I", "-c", _ON_PATH + code] for code in _IMPORTS},
        _HELP: [sys.executable, "-m", "icom_sim", "--help"],
    }
    taken = _interleaved(commands, max(settings.rounds, ROUNDS_MIN), settings.seed)
    for name, values in taken.items():
        report.measured.append(Measured(name, "ms", Summary.of(values)))
    for code in _IMPORTS:
        more = [a - b for a, b in zip(taken[code], taken[BARE], strict=True)]
        what = f"{code}, more than {BARE}"
        report.at_most(what, Summary.of(more), IMPORT_TARGET_MS, "ms")
    report.at_most(_HELP, Summary.of(taken[_HELP]), HELP_TARGET_MS, "ms")
    foreign = third_party_modules()
    count = Summary.of([len(foreign)])
    report.at_most("third-party modules imported", count, 0, "modules")
    report.notes += [f"third-party: {name}" for name in foreign]
    return report


def third_party_modules() -> list[str]:
    """What `from icom_lan import IcomRadio` brings in that is not ours nor Python's."""
    code = f"import sys; before = set(sys.modules); {_ON_PATH}{_IMPORTS[1]}{_FOREIGN}"
    command = [sys.executable, "-I", "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.split()


def _interleaved(
    commands: dict[str, list[str]], rounds: int, seed: int
) -> dict[str, list[float]]:
    rng = random.Random(seed)
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name in rng.sample(list(commands), len(commands)):
            start = perf_counter()
            subprocess.run(
                commands[name],
                check=True,
                stdout=subprocess.DEVNULL,
                cwd=environments.ROOT,
            )
            if number > 0:
                taken[name].append((perf_counter() - start) * 1e3)
    return taken
