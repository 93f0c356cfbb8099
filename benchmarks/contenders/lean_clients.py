"""Row farm: the clients of a farm's radios, and a sink for radios without sessions."""

from time import process_time

from benchmarks.contenders import Figures, Sample
from benchmarks.lean_clients import LeanClients
from icom_sim.radio_setup import RadioSetup

PORTS_EACH = 3


def connect(port: int, count: int) -> Sample:
    """One client for each radio; a sample tells what came since the last one."""
    setup = RadioSetup()
    ports = range(port, port + PORTS_EACH * count, PORTS_EACH)
    clients = LeanClients(ports, setup.username, setup.password)
    clients.connect()
    before = 0.0

    def sample() -> Figures:
        nonlocal before
        figures = {
            "audio": float(clients.audio),
            "pings": float(clients.pings),
            "cpu_s": process_time() - before,
        }
        clients.restart()
        before = process_time()
        return figures

    return sample
