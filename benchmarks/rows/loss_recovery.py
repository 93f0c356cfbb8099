"""Row 5: audio that is there in time although datagrams were lost, in virtual time.

Nothing here is timed: the same seeds give the same figures on any machine.
"""

from benchmarks.contenders import Figures
from benchmarks.environments import OURS
from benchmarks.processes import Worker, client_core
from benchmarks.report import Measured, Report, Table
from benchmarks.rounds import Summary
from benchmarks.settings import Settings

ON_TIME_PERCENT, EXTRA_PERCENT = 99.8, 10.0
JITTER_MS = 20.0
LOSS = 5.0
TABLE_LOSSES = (0.0, 0.5, 1.0, 2.0, 3.0, LOSS, 7.5, 10.0)
SEEDS, QUICK_SEEDS = 5, 2
SECONDS = 240.0
_FIGURES = {
    "on_time_percent": "on time %",
    "missed": "missed",
    "resent_percent": "resent % of datagrams",
    "requests_percent": "requests % of datagrams",
    "extra_bytes_percent": "extra % of bytes",
}


def run(settings: Settings) -> Report:
    """The claim over all seeds; the table with the first of them."""
    report = Report("5", "Loss recovery: 5 ms + U(0, 20 ms) each way, 105 ms playout")
    count = QUICK_SEEDS if settings.quick else SEEDS
    seeds = range(settings.seed, settings.seed + count)
    with Worker(OURS, core=client_core()) as worker:
        lossy = [_session(worker, LOSS, JITTER_MS, seed) for seed in seeds]
        clean = [_session(worker, 0.0, JITTER_MS, seed) for seed in seeds]
        still = [_session(worker, 0.0, 0.0, seed) for seed in seeds]
        report.table = _table(worker, settings.seed)
    for figure, unit in _FIGURES.items():
        summary = Summary.of([one[figure] for one in lossy])
        report.measured.append(Measured(f"{LOSS:g} % loss each way", unit, summary))
    on_time = _mean(lossy, "on_time_percent")
    report.at_least("5 % loss: on time", on_time, ON_TIME_PERCENT, "%")
    extra = _mean(lossy, "extra_bytes_percent")
    report.at_most("5 % loss: extra bytes", extra, EXTRA_PERCENT, "%")
    for what, sessions in (("0 % loss", clean), ("0 % loss, no jitter", still)):
        lost = sum(one["missed"] for one in sessions)
        report.at_most(f"{what}: lost", Summary.of([lost]), 0, "datagrams")
    report.notes.append(
        f"{count} seeds x {SECONDS:g} simulated s, 100 datagrams/s; extra is what was"
        " sent again and the requests for it."
    )
    return report


def _mean(sessions: list[Figures], figure: str) -> Summary:
    return Summary.of([sum(one[figure] for one in sessions) / len(sessions)])


def _table(worker: Worker, seed: int) -> Table:
    rows = []
    for loss in TABLE_LOSSES:
        figures = _session(worker, loss, JITTER_MS, seed)
        rows.append([f"{loss:g}", *(f"{figures[name]:,.2f}" for name in _FIGURES)])
    return Table(["loss % each way", *_FIGURES.values()], rows)


def _session(worker: Worker, loss: float, jitter_ms: float, seed: int) -> Figures:
    options = {"seconds": SECONDS, "loss": loss, "jitter_ms": jitter_ms, "seed": seed}
    worker.prepare("our_virtual:recovery", options)
    return worker.measure("our_virtual:recovery", options)
