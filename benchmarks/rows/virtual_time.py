"""Row 8: how much time a whole session takes in which no time passes."""

from benchmarks.environments import OURS
from benchmarks.processes import Worker, client_core
from benchmarks.report import Measured, Report
from benchmarks.rounds import Contender, run_rounds
from benchmarks.settings import Settings

TARGET = 1000.0
CLAIMED = "5 % loss, 5 ms"
# By name: loss in percent, jitter in ms. The delay is 5 ms each way in all.
NETWORKS = {
    "no loss, 5 ms": (0.0, 0.0),
    CLAIMED: (5.0, 0.0),
    "5 % loss, 5 ms + U(0, 20 ms)": (5.0, 20.0),
}
HEAP = "bare heap, 150 events/s"
_SECONDS = 30.0


def run(settings: Settings) -> Report:
    """One core; its CPU time."""
    report = Report("8", "Virtual time: whole client and radio, 48 kHz LPCM16 audio")
    with Worker(OURS, core=client_core()) as worker:
        contenders = [
            Contender(
                name,
                worker,
                "our_virtual:speed",
                {"seconds": _SECONDS, "loss": loss, "jitter_ms": jitter_ms},
            )
            for name, (loss, jitter_ms) in NETWORKS.items()
        ]
        contenders.append(Contender(HEAP, worker, "bare:heap", {"seconds": _SECONDS}))
        rounds = run_rounds(contenders, rounds=settings.rounds, seed=settings.seed)
    for name in (*NETWORKS, HEAP):
        summary = rounds.summary(name, "simulated_per_s")
        report.measured.append(Measured(name, "simulated s/s", summary))
    claimed = rounds.summary(CLAIMED, "simulated_per_s")
    report.at_least(CLAIMED, claimed, TARGET, "simulated s/s")
    report.notes.append(
        "CPU time of one process; loss and delay each way. The bare heap tells how fast"
        " the machine was: 16,900 on the one where the target was set, when quiet."
    )
    return report
