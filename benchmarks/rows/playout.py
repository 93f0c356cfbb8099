"""Row 3.6: adaptive delay against the best fixed delay, in virtual time."""

import json
import subprocess
from pathlib import Path

from benchmarks import environments
from benchmarks.contenders import Figures
from benchmarks.environments import OURS, PLOTTER
from benchmarks.playout_traces import FAMILIES
from benchmarks.processes import Worker, client_core
from benchmarks.report import Report, Table
from benchmarks.rounds import Summary
from benchmarks.settings import Settings

SEEDS, QUICK_SEEDS = 12, 3
SPIKES, QUICK_SPIKES = 30, 6
WON_PERCENT, OFF_MS = 70.0, 10.0
PICTURE = Path(__file__).parent.parent / "results" / "playout.png"
_SHOWN = (("scans", 1), ("steps", 1))


def run(settings: Settings) -> Report:
    """All families, then single spikes, then the picture."""
    report = Report("3.6", "Playout: adaptive delay against the best fixed one")
    seeds = range(1, 1 + (QUICK_SEEDS if settings.quick else SEEDS))
    spikes = range(1, 1 + (QUICK_SPIKES if settings.quick else SPIKES))
    with Worker(OURS, core=client_core()) as worker:
        found = {
            family: [_ask(worker, "against_fixed", family, seed) for seed in seeds]
            for family in FAMILIES
        }
        off = [_ask(worker, "after_spike", None, seed)["off_ms"] for seed in spikes]
        shown = {
            f"{family}, seed {seed}": _ask(worker, "timeline", family, seed)
            for family, seed in _SHOWN
        }
    _claim(report, found, off)
    report.table = _table(found)
    report.notes.append(_draw(found, shown))
    report.notes.append(
        f"{len(seeds)} seeds of each family, the same in every run; the fixed delay's"
        " curve is interpolated at the mean delay that the adaptive one had. Strict"
        " counts what was repeated to raise the delay as concealed, too."
    )
    return report


def _ask(worker: Worker, what: str, family: str | None, seed: int) -> Figures:
    options = {"seed": seed} | ({"family": family} if family else {})
    worker.prepare(f"our_playout:{what}", options)
    return worker.measure(f"our_playout:{what}", options)


def _claim(report: Report, found: dict[str, list[Figures]], off: list[float]) -> None:
    traces = [one for family in found.values() for one in family]
    won, strictly = (_won_percent(traces, strict) for strict in (False, True))
    what = f"fewer concealed ms at equal mean delay, of {len(traces)} traces"
    report.at_least(what, Summary.of([won]), WON_PERCENT, "%")
    report.at_least("the same, strict", Summary.of([strictly]), WON_PERCENT, "%")
    wrong = sum(one["wrong_frames"] for one in traces)
    report.at_most("ticks without one whole frame", Summary.of([wrong]), 0, "")
    within = 100.0 * sum(one <= OFF_MS for one in off) / len(off)
    what = f"of {len(off)} spikes: delay within {OFF_MS:g} ms 3 s later"
    report.at_least(what, Summary.of([within]), 100.0, "%")


def _won_percent(traces: list[Figures], strict: bool) -> float:
    won = [
        one["concealed_ms"] + (one["inserted_ms"] if strict else 0.0) < one["fixed_ms"]
        for one in traces
    ]
    return 100.0 * sum(won) / len(won)


def _table(found: dict[str, list[Figures]]) -> Table:
    head = ["family", "won", "won, strict", "mean delay ms", "concealed ms"]
    head += ["fixed: concealed ms", "never came ms", "drift off, ppm"]
    rows = []
    for family, traces in found.items():
        names = ("mean_delay_ms", "concealed_ms", "fixed_ms", "never_came_ms")
        means = [sum(one[name] for one in traces) / len(traces) for name in names]
        off = max(one["drift_error_ppm"] for one in traces)
        won = [f"{_won_percent(traces, strict):.0f} %" for strict in (False, True)]
        rows.append([family, *won, *(f"{mean:,.1f}" for mean in means), f"{off:.1f}"])
    return Table(head, rows)


def _draw(found: dict[str, list[Figures]], shown: dict[str, Figures]) -> str:
    """The picture, or why there is none: figures do not depend on it."""
    points = {
        family: [(one["fixed_ms"], one["concealed_ms"]) for one in traces]
        for family, traces in found.items()
    }
    script = Path(__file__).parent.parent / "plot_playout.py"
    PICTURE.parent.mkdir(exist_ok=True)
    try:
        python = environments.python_of(PLOTTER)
        subprocess.run(
            [str(python), "-I", str(script), str(PICTURE)],
            input=json.dumps({"traces": points, "timelines": shown}),
            text=True,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as problem:
        return f"no picture: {problem}"
    return f"picture: results/{PICTURE.name}"
