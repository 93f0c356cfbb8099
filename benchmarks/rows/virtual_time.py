"""Row 8: how much time a whole session takes in which no time passes."""

from contextlib import ExitStack

from benchmarks.environments import OURS, our_builds
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
    with ExitStack() as stack:
        workers = {
            build: stack.enter_context(Worker(build, core=client_core()))
            for build in our_builds()
        }
        contenders = [
            Contender(
                f"{build}: {name}",
                worker,
                "our_virtual:speed",
                {"seconds": _SECONDS, "loss": loss, "jitter_ms": jitter_ms},
            )
            for build, worker in workers.items()
            for name, (loss, jitter_ms) in NETWORKS.items()
        ]
        options = {"seconds": _SECONDS}
        contenders.append(Contender(HEAP, workers[OURS], "bare:heap", options))
        rounds = run_rounds(contenders, rounds=settings.rounds, seed=settings.seed)
    for one in contenders:
        summary = rounds.summary(one.name, "simulated_per_s")
        report.measured.append(Measured(one.name, "simulated s/s", summary))
    what = f"{our_builds()[0]}: {CLAIMED}"
    claimed = rounds.summary(what, "simulated_per_s")
    report.at_least(what, claimed, TARGET, "simulated s/s")
    report.notes.append(
        "CPU time of one process; loss and delay each way. The bare heap tells how fast"
        " the machine was: 16,900 on the one where the target was set, when quiet."
    )
    return report
