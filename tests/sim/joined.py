"""A client of the core and the whole fake radio in simulated time: no sockets."""

import random
from collections.abc import Callable
from math import inf

from icom_proto.civ_frames import build_frame
from icom_proto.client_connection import ClientConnection
from icom_proto.client_requests import ClientConfig
from icom_proto.events import Address, Output, SessionReady, Transmit
from icom_sim.air.airwaves import Airwaves
from icom_sim.fake_radio import FakeRadio
from icom_sim.happenings import Happening
from icom_sim.network import Network
from icom_sim.radio_setup import RadioSetup
from icom_sim.tx_recorder import TxRecorder
from icom_sim.wire import Tap

CLIENT_HOST = "192.168.1.10"
CLIENT_PORTS = (41001, 41002, 41003)
CONFIG = ClientConfig(username="icom", password="icom")
SETUP = RadioSetup()
RIG, CONTROLLER = 0x98, 0xE0


class Joined:
    """Both ends; the network between them is the radio's."""

    def __init__(
        self,
        setup: RadioSetup = SETUP,
        config: ClientConfig = CONFIG,
        *,
        network: Network | None = None,
        recorder: TxRecorder | None = None,
        airwaves: Airwaves | None = None,
        witness: Tap | None = None,
    ) -> None:
        self.now = 0.0
        self.happened: list[Happening] = []
        self._connected = True
        self.times: list[float] = []  # of what happened
        self.events: list[Output] = []  # of the client
        self.to_client: list[Transmit] = []
        self.client = ClientConnection(
            config,
            rng=random.Random(1),
            local_ports=CLIENT_PORTS,
            local_host=CLIENT_HOST,
        )
        self.radio = FakeRadio(
            setup,
            civ_port=50002,
            audio_port=50003,
            network=network or Network(),
            listener=self._on_happening,
            recorder=recorder,
            airwaves=airwaves,
            witness=witness,
        )

    def open(self) -> None:
        """A session, ready to be used."""
        self.client.open(self.now)
        self.run_while(
            lambda: not any(isinstance(e, SessionReady) for e in self.events)
        )

    def ask(self, body: bytes) -> None:
        """Send a CI-V command; what comes of it happens with time."""
        self.client.send_civ(build_frame(RIG, CONTROLLER, body), self.now)
        self.drain()

    def cut_off(self) -> None:
        """The client is gone without a word: its cable was pulled."""
        self._connected = False

    def run_for(self, seconds: float) -> None:
        end = self.now + seconds
        while (at := self._next()) <= end:
            self._step(at)
        self.now = end

    def run_while(self, condition: Callable[[], bool], *, limit: float = 60.0) -> None:
        self.drain()
        end = self.now + limit
        while condition():
            at = self._next()
            assert at <= end, f"still so after {limit} s"
            self._step(at)

    def drain(self) -> None:
        """Carry what both want sent, until neither wants anything."""
        busy = True
        while busy:
            busy = False
            while (output := self.client.poll_output()) is not None:
                busy = True
                if not self._connected:
                    continue
                if isinstance(output, Transmit):
                    address = Address(CLIENT_HOST, CLIENT_PORTS[output.stream])
                    self.radio.handle_datagram(
                        output.stream, output.data, address, self.now
                    )
                else:
                    self.events.append(output)
            while (sent := self.radio.poll_output()) is not None:
                busy = True
                assert isinstance(sent, Transmit)
                self.to_client.append(sent)
                assert sent.address == (CLIENT_HOST, CLIENT_PORTS[sent.stream])
                if self._connected:
                    self.client.handle_datagram(sent.stream, sent.data, self.now)

    # inside

    def _next(self) -> float:
        self.drain()
        deadlines = (self.client.next_timeout(), self.radio.next_timeout())
        return min((each for each in deadlines if each is not None), default=inf)

    def _step(self, at: float) -> None:
        self.now = max(self.now, at)
        self.client.handle_timeout(self.now)
        self.radio.handle_timeout(self.now)
        self.drain()

    def _on_happening(self, happening: Happening, now: float) -> None:
        self.happened.append(happening)
        self.times.append(now)
