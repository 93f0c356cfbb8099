"""Row 7e: reading the frequency, one command after the other."""

from contextlib import ExitStack

from benchmarks.environments import (
    ICOM_LAN_07,
    ICOM_LAN_11,
    OURS,
    RIGPLANE,
    our_builds,
)
from benchmarks.processes import Worker, client_core, server_core
from benchmarks.report import Measured, Report
from benchmarks.rounds import Contender, run_rounds
from benchmarks.servers import lean_radio, running
from benchmarks.settings import Settings

TO_PEER, TO_ECHO = 3.0, 2.5
ECHO = "blocking UDP echo"
ASYNCIO = "the same echo from asyncio"
PEERS = {ICOM_LAN_07: "icom_lan", ICOM_LAN_11: "icom_lan", RIGPLANE: "rigplane"}
UNPACED = {"ICOM_CIV_MIN_INTERVAL_MS": "0"}
_COUNT = 300


def run(settings: Settings) -> Report:
    """All clients against one lean radio, and the echo beside them."""
    report = Report("7e", "CI-V read of the frequency, unpaced, against one lean radio")
    with ExitStack() as stack:
        contenders = _contenders(stack)
        rounds = run_rounds(contenders, rounds=settings.rounds, seed=settings.seed)
    for figure, unit in (("median_us", "us"), ("p99_us", "us at p99")):
        for one in contenders:
            summary = rounds.summary(one.name, figure)
            report.measured.append(Measured(one.name, unit, summary))
    fastest = min(PEERS, key=lambda name: rounds.summary(name, "median_us").median)
    claimed, *others = our_builds()
    to_peer = rounds.ratio(fastest, claimed, "median_us")
    report.at_least(f"fastest peer ({fastest}) to {claimed}", to_peer, TO_PEER)
    to_echo = rounds.ratio(claimed, ECHO, "median_us")
    report.at_most(f"{claimed} to blocking UDP echo", to_echo, TO_ECHO)
    beyond = rounds.excess_ratio(fastest, claimed, ECHO, "median_us")
    what = f"{fastest} to {claimed}, both less the echo"
    report.measured.append(Measured(what, "x", beyond))
    floor = rounds.ratio(ASYNCIO, ECHO, "median_us")
    report.measured.append(Measured("asyncio without protocol to the echo", "x", floor))
    limit = rounds.ratio(fastest, ECHO, "median_us")
    report.measured.append(Measured(f"{fastest} to the echo itself", "x", limit))
    for name in others:
        to_peer = rounds.ratio(fastest, name, "median_us")
        report.measured.append(Measured(f"{fastest} to {name}", "x", to_peer))
        to_echo = rounds.ratio(name, ECHO, "median_us")
        report.measured.append(Measured(f"{name} to the echo", "x", to_echo))
    report.notes.append(
        "Wall time; client and server on different cores where there are two. Nothing"
        " can be faster than the echo: where waking a core is slow, as on most virtual"
        " machines, the echo is half of everybody's time. Where it is fast, most of the"
        " rest is asyncio's own: see the echo that is asked from asyncio."
    )
    return report


def _contenders(stack: ExitStack) -> list[Contender]:
    radio = stack.enter_context(lean_radio(server_core()))
    echo = stack.enter_context(
        running(["-m", "benchmarks.udp_echo"], core=server_core())
    )
    session = {"port": radio["control"], "username": "bench", "password": "bench"}
    options = session | {"count": _COUNT}
    contenders = [
        Contender(
            name,
            _worker(stack, name),
            "peer_radio:civ_read",
            {"package": module, **options},
        )
        for name, module in PEERS.items()
    ]
    ours = [
        Contender(name, _worker(stack, name), "our_radio:civ_read", options)
        for name in our_builds()
    ]
    bare = _worker(stack, OURS)
    question = {"port": echo["port"], "count": _COUNT}
    # Ours is prepared last: peers take seconds to connect, and nobody runs its loop.
    echoes = [
        Contender(ECHO, bare, "bare:udp_echo", question),
        Contender(ASYNCIO, bare, "bare:asyncio_echo", question),
    ]
    return [*contenders, *echoes, *ours]


def _worker(stack: ExitStack, name: str) -> Worker:
    return stack.enter_context(Worker(name, core=client_core(), variables=UNPACED))
