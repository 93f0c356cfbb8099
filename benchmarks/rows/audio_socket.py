"""Row 7b: 200 datagrams wait in the kernel; through the event loop to the callback."""

from contextlib import ExitStack

from benchmarks.environments import ICOM_LAN_11, OURS, our_builds
from benchmarks.processes import Worker, client_core, server_core
from benchmarks.report import Measured, Report
from benchmarks.rounds import Contender, run_rounds
from benchmarks.servers import lean_radio
from benchmarks.settings import Settings

TO_PEER, TO_RECV = 15.0, 3.0
BARE = "bare recv"
_BURST = {"count": 200, "bursts": 5}


def run(settings: Settings) -> Report:
    """Ours, the peer, and the system call alone."""
    report = Report(
        "7b", "Socket to callback: 200 audio datagrams queued in the kernel"
    )
    with ExitStack() as stack:
        contenders = _contenders(stack)
        rounds = run_rounds(contenders, rounds=settings.rounds, seed=settings.seed)
    for one in contenders:
        summary = rounds.summary(one.name, "per_s")
        report.measured.append(Measured(one.name, "datagrams/s", summary))
    claimed, *others = our_builds()
    to_peer = rounds.ratio(claimed, ICOM_LAN_11, "per_s")
    report.at_least(f"{claimed} to {ICOM_LAN_11}", to_peer, TO_PEER)
    to_recv = rounds.ratio(BARE, claimed, "per_s")
    report.at_most(f"bare recv to {claimed}", to_recv, TO_RECV)
    for name in others:
        to_peer = rounds.ratio(name, ICOM_LAN_11, "per_s")
        report.measured.append(Measured(f"{name} to {ICOM_LAN_11}", "x", to_peer))
        to_recv = rounds.ratio(BARE, name, "per_s")
        report.measured.append(Measured(f"bare recv to {name}", "x", to_recv))
    report.notes.append("CPU time, user and system, of the receiving process.")
    return report


def _contenders(stack: ExitStack) -> list[Contender]:
    """Each receiver has a radio of its own: a burst goes to the latest client."""
    contenders = []
    for name in our_builds():
        radio = stack.enter_context(lean_radio(server_core()))
        ports = {"port": radio["control"], "command_port": radio["commands"]}
        worker = _worker(stack, name)
        contenders.append(Contender(name, worker, "our_radio:burst", ports | _BURST))
    for name, environment, function, options in (
        (ICOM_LAN_11, ICOM_LAN_11, "peer_socket:burst", {"package": "icom_lan"}),
        (BARE, OURS, "bare:recv", {}),
    ):
        radio = stack.enter_context(lean_radio(server_core()))
        ports = {"audio_port": radio["audio"], "command_port": radio["commands"]}
        worker = _worker(stack, environment)
        contenders.append(Contender(name, worker, function, options | ports | _BURST))
    return contenders


def _worker(stack: ExitStack, name: str) -> Worker:
    return stack.enter_context(Worker(name, core=client_core()))
