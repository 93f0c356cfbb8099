"""Row 3.4: packets pushed into a jitter buffer, and the worst push after a jump."""

from benchmarks.environments import AIORTC, ICOM_LAN_11, OURS
from benchmarks.jitter_streams import JUMPS, STREAMS
from benchmarks.processes import Worker, client_core
from benchmarks.report import Measured, Report, Table
from benchmarks.rounds import Contender, Rounds, Summary, run_rounds
from benchmarks.settings import Settings

TARGETS = {ICOM_LAN_11: 1.2, AIORTC: 6.0}
ITEMS_MAX = 64


def run(settings: Settings) -> Report:
    """Against icom-lan's and aiortc's, on five streams."""
    report = Report("3.4", "Jitter buffer, depth 5: 20,000 packets across the wrap")
    with (
        Worker(OURS, core=client_core()) as ours,
        Worker(ICOM_LAN_11, core=client_core()) as icom_lan,
        Worker(AIORTC, core=client_core()) as aiortc,
    ):
        workers = {OURS: ours, ICOM_LAN_11: icom_lan, AIORTC: aiortc}
        for stream in STREAMS:
            _one_stream(stream, workers, settings, report)
        _jumps(workers, settings, report)
    report.notes.append(
        "CPU time of plain Python: the buffer is not among the compiled modules."
        " aiortc: capacity 16 and prefetch 4, as it uses itself for audio. Jumps: wall"
        " time of the slowest of 100 pushes, the least of all rounds, since a busy"
        " neighbour only adds to it."
    )
    return report


def _one_stream(
    stream: str, workers: dict[str, Worker], settings: Settings, report: Report
) -> None:
    options = {"name": stream, "seed": settings.seed}
    peer = {"package": "icom_lan", **options}
    functions = {
        OURS: ("our_jitter_buffer:push", options),
        ICOM_LAN_11: ("peer_jitter_buffer:push", peer),
        AIORTC: ("peer_jitter_buffer:push_aiortc", options),
    }
    contenders = [
        Contender(name, workers[name], function, chosen)
        for name, (function, chosen) in functions.items()
    ]
    rounds = run_rounds(contenders, rounds=settings.rounds, seed=settings.seed)
    for name in workers:
        figure = rounds.summary(name, "per_s")
        report.measured.append(Measured(f"{name}, {stream}", "packets/s", figure))
    for name, target in TARGETS.items():
        ratio = rounds.ratio(OURS, name, "per_s")
        report.at_least(f"{stream}, ours to {name}", ratio, target)


def _jumps(workers: dict[str, Worker], settings: Settings, report: Report) -> None:
    """Items are the same each time; the claim is about the worst of all sizes."""
    contenders = [
        Contender(OURS, workers[OURS], "our_jitter_buffer:jumps"),
        Contender(
            ICOM_LAN_11,
            workers[ICOM_LAN_11],
            "peer_jitter_buffer:jumps",
            {"package": "icom_lan"},
        ),
    ]
    rounds = run_rounds(contenders, rounds=settings.rounds, seed=settings.seed)
    names = [contender.name for contender in contenders]
    report.table = Table(
        ["jump", *(f"{name}, {what}" for name in names for what in ("items", "ms"))],
        [
            [
                f"{size}",
                *(cell for name in names for cell in _cells(rounds, name, size)),
            ]
            for size in JUMPS
        ],
    )
    items = [rounds.summary(OURS, f"items {size}").high for size in JUMPS]
    worst = Summary.of([max(items)])
    report.at_most(
        "worst push after a jump of 100 to 32,000", worst, ITEMS_MAX, "items"
    )


def _cells(rounds: Rounds, name: str, size: int) -> tuple[str, str]:
    items = rounds.summary(name, f"items {size}").high
    return f"{items:.0f}", f"{rounds.summary(name, f'ms {size}').low:.3f}"
