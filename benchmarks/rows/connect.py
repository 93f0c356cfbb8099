"""Row 7d: `connect()` on loopback to our fake radio."""

from contextlib import ExitStack

from benchmarks.environments import ICOM_LAN_07, ICOM_LAN_11, OURS
from benchmarks.processes import Worker, client_core, server_core
from benchmarks.report import Measured, Report
from benchmarks.rounds import Contender, run_rounds
from benchmarks.servers import fake_radio
from benchmarks.settings import Settings

TARGET_MS = 50.0
PEERS = (ICOM_LAN_07, ICOM_LAN_11)
# A peer takes seconds, for scale only; ours is measured in more rounds of its own.
_PEER_ROUNDS = 2


def run(settings: Settings) -> Report:
    """Ours alone for the claim, then the peers once or twice for scale."""
    report = Report("7d", "connect() to our fake radio in another process, loopback")
    with ExitStack() as stack:
        contenders = [_contender(stack, name) for name in (OURS, *PEERS)]
        rounds = run_rounds(contenders[:1], rounds=settings.rounds, seed=settings.seed)
        peers = run_rounds(contenders[1:], rounds=_PEER_ROUNDS, seed=settings.seed)
    ours = rounds.summary(OURS, "ms")
    report.measured.append(Measured(OURS, "ms", ours))
    for name in PEERS:
        report.measured.append(Measured(name, "ms", peers.summary(name, "ms")))
    report.at_most("connect()", ours, TARGET_MS, "ms")
    report.notes.append("Wall time. Each contender has a fake radio of its own.")
    return report


def _contender(stack: ExitStack, name: str) -> Contender:
    radio = stack.enter_context(fake_radio(server_core()))
    worker = stack.enter_context(Worker(name, core=client_core()))
    options = {"port": radio["control_port"], "username": "icom", "password": "icom"}
    if name == OURS:
        return Contender(name, worker, "our_radio:connect", options)
    return Contender(
        name, worker, "peer_radio:connect", {"package": "icom_lan"} | options
    )
