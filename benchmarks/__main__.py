"""`python -m benchmarks [--quick] [--only ROW ...] [--rounds N] [--seed N]`."""

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks import report, rows
from benchmarks.processes import WorkerFailed
from benchmarks.settings import Settings

RESULTS = Path(__file__).with_name("results")
_ROUNDS, _QUICK_ROUNDS = 15, 5


def main() -> int:
    """Run the rows asked for, print each as it is done, save them all."""
    arguments = _arguments()
    rounds = arguments.rounds or (_QUICK_ROUNDS if arguments.quick else _ROUNDS)
    settings = Settings(rounds, arguments.seed, arguments.quick)
    chosen = [name for name in rows.ALL if not arguments.only or name in arguments.only]
    reports, unmeasured = [], []
    for name in chosen:
        try:
            reports.append(rows.ALL[name](settings))
        except (WorkerFailed, OSError, subprocess.SubprocessError) as problem:
            unmeasured.append(name)
            print(f"{name} could not be measured: {problem}", end="\n\n", flush=True)
        else:
            print(report.as_text(reports[-1]), end="\n\n", flush=True)
    command = " ".join(["python -m benchmarks", *sys.argv[1:]])
    if len(reports) == len(rows.ALL):
        report.save(reports, RESULTS, command)
        print(f"saved in {RESULTS}/latest.json and latest.md")
    claims = [claim for one in reports for claim in one.claims]
    missed = [claim.what for claim in claims if claim.verdict == "MISS"]
    print(f"{len(claims) - len(missed)} targets met, {len(missed)} missed")
    return 1 if unmeasured else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument(
        "--only",
        action="append",
        choices=list(rows.ALL),
        metavar="ROW",
        help=f"one row, may be repeated: {', '.join(rows.ALL)} (nothing is saved)",
    )
    parser.add_argument("--rounds", type=int, help="rounds per row, at least 1")
    parser.add_argument("--seed", type=int, default=1, help="order and chance")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
