"""Row 7c: one audio packet parsed, one built."""

from benchmarks.environments import ICOM_LAN_07, ICOM_LAN_11, OURS
from benchmarks.processes import Worker, client_core
from benchmarks.report import Measured, Report
from benchmarks.rounds import Contender, run_rounds
from benchmarks.settings import Settings

TARGETS = {"parse": 2.0, "build": 3.0}
DECODE = f"{OURS}, by AudioData.decode"
PEERS = (ICOM_LAN_07, ICOM_LAN_11)
_COUNT = 20000


def run(settings: Settings) -> Report:
    """Against both versions of icom-lan."""
    report = Report("7c", "Audio packet of 1388 bytes: parse and build")
    with (
        Worker(OURS, core=client_core()) as ours,
        Worker(ICOM_LAN_07, core=client_core()) as old,
        Worker(ICOM_LAN_11, core=client_core()) as new,
    ):
        workers = {OURS: ours, ICOM_LAN_07: old, ICOM_LAN_11: new}
        for work in TARGETS:
            _one_kind_of_work(work, workers, settings, report)
    report.notes.append(
        "CPU time. Parse is to the object that the application gets; decode, for scale,"
        " to the codec's AudioData, with every field."
    )
    return report


def _one_kind_of_work(
    work: str, workers: dict[str, Worker], settings: Settings, report: Report
) -> None:
    options = {"package": "icom_lan", "count": _COUNT}
    contenders = [
        Contender(OURS, workers[OURS], f"our_packets:{work}", {"count": _COUNT}),
        *(Contender(n, workers[n], f"peer_packets:{work}", options) for n in PEERS),
    ]
    names = list(workers)
    if work == "parse":
        names.append(DECODE)
        decode = Contender(
            DECODE, workers[OURS], "our_packets:decode", {"count": _COUNT}
        )
        contenders.append(decode)
    rounds = run_rounds(contenders, rounds=settings.rounds, seed=settings.seed)
    for name in names:
        report.measured.append(
            Measured(f"{name}, {work}", "packets/s", rounds.summary(name, "per_s"))
        )
    for name in PEERS:
        ratio = rounds.ratio(OURS, name, "per_s")
        report.at_least(f"{work}, ours to {name}", ratio, TARGETS[work])
