"""A fake radio on loopback whose happenings a test can wait for."""

from icom_sim.captures.pcap_writer import PcapWriter
from icom_sim.happenings import Happening
from icom_sim.network import Network
from icom_sim.radio_server import RadioServer
from icom_sim.radio_setup import RadioSetup
from icom_sim.tx_recorder import TxRecorder
from sim.watch import Watch

SETUP = RadioSetup()


class WatchedServer(RadioServer):
    """`async with WatchedServer() as server:` listens on any free ports."""

    def __init__(
        self,
        setup: RadioSetup = SETUP,
        *,
        network: Network | None = None,
        recorder: TxRecorder | None = None,
        capture: PcapWriter | None = None,
    ) -> None:
        self.watch: Watch[Happening] = Watch()
        super().__init__(
            setup,
            listener=lambda happening, _now: self.watch.note(happening),
            network=network,
            recorder=recorder,
            capture=capture,
        )
