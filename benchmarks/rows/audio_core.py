"""Row 7a: from a datagram to ordered audio in a callback, no sockets."""

from contextlib import ExitStack

from benchmarks.environments import ICOM_LAN_11, our_builds
from benchmarks.processes import Worker, client_core
from benchmarks.report import Measured, Report
from benchmarks.rounds import Contender, run_rounds
from benchmarks.settings import Settings

TARGET = 12.0
BURSTS = (5, 60)
# The same datagrams for both; ours takes them in several sessions, or would be done
# in 2 ms.
_COUNT, _SESSIONS = 1500, 5


def run(settings: Settings) -> Report:
    """Both burst sizes."""
    report = Report(
        "7a", "Receive path in the core: datagram to ordered audio callback"
    )
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(Worker(name, core=client_core()))
            for name in (*our_builds(), ICOM_LAN_11)
        }
        for burst in BURSTS:
            _one_burst_size(burst, workers, settings, report)
    report.notes.append("CPU time; datagrams of 1388 and 580 bytes in turn.")
    return report


def _one_burst_size(
    burst: int, workers: dict[str, Worker], settings: Settings, report: Report
) -> None:
    ours_options = {"burst": burst, "count": _COUNT, "sessions": _SESSIONS}
    options = {"package": "icom_lan", "burst": burst, "count": _COUNT}
    contenders = [
        Contender(name, workers[name], "our_receive:full", ours_options)
        for name in our_builds()
    ]
    peer = workers[ICOM_LAN_11]
    contenders.append(Contender(ICOM_LAN_11, peer, "peer_receive:full", options))
    rounds = run_rounds(contenders, rounds=settings.rounds, seed=settings.seed)
    for name in workers:
        label = f"{name}, bursts of {burst}"
        report.measured.append(
            Measured(label, "datagrams/s", rounds.summary(name, "per_s"))
        )
    for name in our_builds():
        ratio = rounds.ratio(name, ICOM_LAN_11, "per_s")
        report.at_least(f"{name} to {ICOM_LAN_11}, bursts of {burst}", ratio, TARGET)
