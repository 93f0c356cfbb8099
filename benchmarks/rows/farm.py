"""Row farm: a thousand radios in one process, each with a client that hears it."""

from contextlib import ExitStack
from math import inf
from typing import Any

from benchmarks.contenders import Figures
from benchmarks.environments import OURS, our_builds
from benchmarks.processes import Worker, WorkerFailed, client_core, server_core
from benchmarks.report import Measured, Report, Table
from benchmarks.rounds import Summary
from benchmarks.servers import running
from benchmarks.settings import Settings

RADIOS, P99_MS, TO_NAIVE = 1000, 5.0, 0.55
# Where a task for each radio still keeps its times.
FEW = 300
OTHER_COUNTS = (100, 200, 300, 400, 500, 700, 1000)
# Below what Linux gives away by itself.
PORT = 20_000
SAMPLE_S = 2.0
# Until the history of each radio is full, memory grows by each datagram.
WARM_UPS = 3
PASSES = 3
TIMER, NAIVE = "a bare timer", "naive"
AUDIO_ALONE = "naive, audio alone"


def run(settings: Settings) -> Report:
    """Passes of all contenders, one after the other, in processes of their own."""
    report = Report("farm", f"{RADIOS} fake radios in one process, 48 kHz LPCM16")
    builds = our_builds()
    passes = 1 if settings.quick else min(PASSES, settings.rounds)
    found = [_one_pass(builds) for _ in range(passes)]
    for name in found[0]:
        for figure, unit in _UNITS.items():
            values = [each[name][figure] for each in found if figure in each[name]]
            if values:
                what = f"{name}: {_WHAT[figure]}"
                report.measured.append(Measured(what, unit, Summary.of(values)))
    claimed, *others = builds
    late = Summary.of([each[_among(claimed, RADIOS)]["p99_ms"] for each in found])
    what = f"{claimed}, {RADIOS} radios: 99th percentile lateness"
    report.at_most(what, late, P99_MS, "ms")
    for name, count in [(claimed, FEW), (claimed, RADIOS), *((o, FEW) for o in others)]:
        mine, theirs = _among(name, count), _among(NAIVE, count)
        ratio = Summary.of([each[mine]["us"] / each[theirs]["us"] for each in found])
        what = f"{name}, {count} radios: CPU per audio datagram to naive"
        if name == claimed:
            report.at_most(what, ratio, TO_NAIVE)
        else:
            report.measured.append(Measured(what, "x", ratio))
    if not settings.quick:
        report.table = _table(claimed)
    report.notes += _NOTES
    return report


_UNITS = {"p50_ms": "ms", "p99_ms": "ms", "us": "us", "percent": "%", "heard": "%"}
_WHAT = {
    "p50_ms": "median lateness",
    "p99_ms": "99th percentile lateness",
    "us": "CPU per audio datagram",
    "percent": "of one core",
    "heard": "of the audio that is due arrives",
}
_NOTES = [
    "Lateness by the sender's clock: from the time a block is due until it has been"
    " handed to the kernel; timers wait for blocks, so pings and idles are in it. The"
    " bare timer sleeps a thousand times a second on the same core and does nothing.",
    "Ours: whole radios with sessions, CI-V, history and pings both ways; all CPU time"
    " of their process, kernel included, by the audio datagrams that the clients"
    " counted. Naive: the same datagrams, each when it is due, without sessions, and"
    " nothing received; beside it what the audio alone costs it. A thousand are too"
    " many for it: it sends late and in heaps, which costs less than in time.",
    "The clients of benchmarks/lean_clients.py are on the other core.",
]


def _one_pass(builds: list[str]) -> dict[str, Figures]:
    found = {TIMER: _alone("naive_farm:bare_timer", {"seconds": SAMPLE_S})}
    for count in (FEW, RADIOS):
        with running(["-m", "benchmarks.udp_sink"], core=server_core()) as sink:
            options = {"count": count, "ports": sink["ports"], "seconds": SAMPLE_S}
            for name, keepalives in ((NAIVE, True), (AUDIO_ALONE, False)):
                options["keepalives"] = keepalives
                figures = _alone("naive_farm:emit", options)
                found[_among(name, count)] = figures
        # Of builds for which no speed is claimed, a thousand are too many.
        for name in builds if count == FEW else builds[:1]:
            try:
                figures = _farm(name, count)
            except WorkerFailed:  # so busy that clients are not let in in time: missed
                figures = {"p99_ms": inf, "us": inf}
            found[_among(name, count)] = figures
    return found


def _among(name: str, count: int) -> str:
    return f"{name}, {count} radios"


def _alone(function: str, options: dict[str, Any]) -> Figures:
    with Worker(OURS, core=client_core()) as worker:
        worker.prepare(function, options)
        return worker.measure(function, options)


def _farm(name: str, count: int) -> Figures:
    """What the radios did while their clients counted."""
    where = {"port": PORT, "count": count}
    serve, connect = "our_farm:serve", "lean_clients:connect"
    with ExitStack() as stack:
        radios = stack.enter_context(Worker(name, core=client_core()))
        radios.prepare(serve, where | {"seconds": SAMPLE_S})
        clients = stack.enter_context(Worker(OURS, core=server_core()))
        clients.prepare(connect, where)
        for _ in range(WARM_UPS):
            radios.measure(serve, where | {"seconds": SAMPLE_S})
        clients.measure(connect, where)  # from here on they count
        did = radios.measure(serve, where | {"seconds": SAMPLE_S})
        heard = clients.measure(connect, where)
    return {
        "p50_ms": did["p50_ms"],
        "p99_ms": did["p99_ms"],
        "us": did["cpu_s"] * 1e6 / heard["audio"],
        "percent": did["cpu_percent"],
        "heard": 100 * heard["audio"] / (did["seconds"] * count * DATAGRAMS_PER_S),
    }


DATAGRAMS_PER_S = 100  # of each radio: 50 blocks, two for each


_TOLD = {
    "p99_ms": "{:.1f} ms",
    "us": "{:.2f} us",
    "percent": "{:.0f} %",
    "heard": "{:.1f} %",
}


def _table(name: str) -> Table:
    """How far it goes."""
    rows = []
    for count in OTHER_COUNTS:
        try:
            figures = _farm(name, count)
        except WorkerFailed:  # so busy that clients are not let in in time
            rows.append([str(count), *["too many"] * len(_TOLD)])
        else:
            told = [form.format(figures[figure]) for figure, form in _TOLD.items()]
            rows.append([str(count), *told])
    head = ["radios", "p99 lateness", "CPU per datagram", "of a core", "audio heard"]
    return Table(head, rows)
