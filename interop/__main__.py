"""`python -m interop`: install the programs, run the scenarios, print the matrix.

The exit status is 0 when nothing failed; a hole, with its reason, is no failure. What
was run takes its place in docs/interop.md beside what was run earlier.
"""

import argparse
import fcntl
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from interop.install import CACHE, make_cache
from interop.lab import ROOT
from interop.namespace import namespace_command
from interop.report import Outcome, Row, load, markdown, merge, save
from interop.scenarios import HEADINGS, SCENARIOS, Scenario

RESULTS = Path(__file__).with_name("results") / "matrix.json"
DOCUMENT = ROOT / "docs" / "interop.md"
INTRODUCTION = Path(__file__).with_name("introduction.md")
# kappanhang insists on local ports that the radio it talks to would need as well; and
# losing datagrams on their way is the kernel's work.
NO_NAMESPACE = "needs a network namespace of its own, which is not allowed here (root)"


def main() -> int:
    """Install outside, then run inside a network namespace where that is possible."""
    arguments = _parser().parse_args()
    chosen = _choose(arguments.names)
    if arguments.list:
        for scenario in chosen:
            print(f"{scenario.name:32} {scenario.title}, {scenario.condition}")
        return 0
    if arguments.inside is None:
        _run_inside(namespace_command(), _install(chosen))
    holes: dict[str, str] = json.loads(arguments.inside)
    return _run(chosen, holes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m interop", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="run only these; the start of a name will do",
    )
    parser.add_argument("--list", action="store_true", help="name the scenarios, end")
    # The reasons for holes, handed to the run inside the namespace.
    parser.add_argument("--inside", metavar="JSON", help=argparse.SUPPRESS)
    return parser


def _choose(prefixes: Sequence[str]) -> list[Scenario]:
    for prefix in prefixes:
        if not any(scenario.name.startswith(prefix) for scenario in SCENARIOS):
            sys.exit(f"no scenario is called {prefix}; see --list")
    return [s for s in SCENARIOS if not prefixes or s.name.startswith(tuple(prefixes))]


def _install(scenarios: Sequence[Scenario]) -> dict[str, str]:
    """The scenarios that cannot run, each with its reason."""
    make_cache()
    print(f"installing what {len(scenarios)} rows need", flush=True)
    holes = {}
    for scenario in scenarios:
        if reason := scenario.install():
            print(f"  {scenario.name}, cannot: {reason}", flush=True)
            holes[scenario.name] = reason
    return holes


def _run_inside(namespace: list[str], holes: dict[str, str]) -> NoReturn:
    """Become this command once more, in the namespace if there is one."""
    if not namespace:
        print(f"on the machine's own loopback: {NO_NAMESPACE}", flush=True)
        needing = [s.name for s in SCENARIOS if s.needs_namespace]
        holes = dict.fromkeys(needing, NO_NAMESPACE) | holes
    again = [sys.executable, "-m", "interop", "--inside", json.dumps(holes)]
    command = [*namespace, *again, *sys.argv[1:]]
    os.execvp(command[0], command)


def _run(scenarios: Sequence[Scenario], holes: dict[str, str]) -> int:
    # So that a polite kill also runs the clean-up of what is open.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    made = _made()
    rows: list[Row] = []
    known = 0
    for scenario in scenarios:
        print(f"{scenario.name} ...", end=" ", flush=True)
        started = time.monotonic()
        row = scenario.run(CACHE / "runs" / scenario.name, holes.get(scenario.name))
        row.made = made
        rows.append(row)
        known = _keep(row)
        print(f"{row.outcome} ({time.monotonic() - started:.0f} s)", flush=True)
    print(markdown(rows), end="")
    print(f"\n{_told(rows)}; {DOCUMENT.relative_to(ROOT)} has {known} rows")
    return 1 if any(row.outcome is Outcome.FAILED for row in rows) else 0


def _keep(row: Row) -> int:
    """Among what is known, at once: a run may be ended early. Tells how many rows."""
    order = [scenario.name for scenario in SCENARIOS]
    with (CACHE / "results.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs may be under way
        known = merge(load(RESULTS), [row], order)
        save(known, RESULTS)
        DOCUMENT.write_text(markdown(known, INTRODUCTION.read_text(), HEADINGS))
    return len(known)


def _told(rows: Sequence[Row]) -> str:
    cells = Counter(check.outcome for row in rows for check in row.checks.values())
    return ", ".join(f"{number} {outcome}" for outcome, number in cells.items())


def _made() -> str:
    """What a reader must know to repeat it."""
    commit = subprocess.run(
        ("git", "rev-parse", "--short", "HEAD"),
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return (
        f"{time.strftime('%Y-%m-%d', time.gmtime())},"
        f" commit {commit.stdout.strip() or 'unknown'},"
        f" Python {platform.python_version()}, {os.cpu_count()} cores"
    )


if __name__ == "__main__":
    sys.exit(main())
