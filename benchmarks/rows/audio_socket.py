"""Row 7b: 200 datagrams wait in the kernel; through the event loop to the callback."""

from contextlib import ExitStack

from benchmarks.environments import ICOM_LAN_11, OURS
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
    to_peer = rounds.ratio(OURS, ICOM_LAN_11, "per_s")
    report.at_least(f"ours to {ICOM_LAN_11}", to_peer, TO_PEER)
    to_recv = rounds.ratio(BARE, OURS, "per_s")
    report.at_most("bare recv to ours", to_recv, TO_RECV)
    report.notes.append("CPU time, user and system, of the receiving process.")
    return report


def _contenders(stack: ExitStack) -> list[Contender]:
    """Each receiver has a radio of its own: a burst goes to the latest client."""
    core = client_core()
    first = stack.enter_context(lean_radio(server_core()))
    second = stack.enter_context(lean_radio(server_core()))
    ours = stack.enter_context(Worker(OURS, core=core))
    bare = stack.enter_context(Worker(OURS, core=core))
    peer = stack.enter_context(Worker(ICOM_LAN_11, core=core))
    third = stack.enter_context(lean_radio(server_core()))
    our_ports = {"port": first["control"], "command_port": first["commands"]}
    peer_ports, bare_ports = (
        {"audio_port": radio["audio"], "command_port": radio["commands"]}
        for radio in (second, third)
    )
    return [
        Contender(OURS, ours, "our_radio:burst", our_ports | _BURST),
        Contender(
            ICOM_LAN_11,
            peer,
            "peer_socket:burst",
            {"package": "icom_lan", **peer_ports, **_BURST},
        ),
        Contender(BARE, bare, "bare:recv", bare_ports | _BURST),
    ]
