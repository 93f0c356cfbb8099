"""A session of our own client with our own radio in simulated time, as a capture."""

from dataclasses import replace
from itertools import count

from icom_proto.civ_commands import read_frequency, set_frequency, set_ptt
from icom_proto.codes import Stream
from icom_proto.events import Address
from icom_sim.captures.reader import CapturedDatagram
from icom_sim.network import Direction, Network
from icom_sim.network.rule_text import parse_rule
from sim.joined import CLIENT_HOST, CLIENT_PORTS, CONFIG, Joined

RADIO_HOST = "192.168.1.2"
_BLOCK_S, _BLOCK = 0.02, bytes(1920)


class CapturedSession:
    """What passes the client's end of the wire; time goes on with each step."""

    def __init__(self, *rules: str, seed: int = 1, audio: bool = True) -> None:
        network = Network([parse_rule(rule) for rule in rules], seed=seed)
        self._numbers = count(1)
        self.captured: list[CapturedDatagram] = []
        self._has_audio = audio
        self.joined = Joined(
            config=replace(CONFIG, audio=audio), network=network, witness=self._note
        )

    def run(self, seconds: int) -> None:
        """Open it, ask and transmit, and close it."""
        joined = self.joined
        joined.open()
        joined.ask(set_frequency(14_100_000))
        for second in range(seconds):
            joined.ask(read_frequency())
            if second == 1 and self._has_audio:
                self._transmit()
            else:
                joined.run_for(1.0)
        joined.client.close(joined.now)
        joined.run_for(2.5)

    def _transmit(self) -> None:
        joined = self.joined
        joined.ask(set_ptt(True))
        for _ in range(round(1 / _BLOCK_S)):
            joined.client.send_audio(_BLOCK, joined.now)
            joined.run_for(_BLOCK_S)
        joined.ask(set_ptt(False))

    def _note(
        self, direction: Direction, stream: Stream, data: bytes, now: float
    ) -> None:
        client = Address(CLIENT_HOST, CLIENT_PORTS[stream])
        radio = Address(RADIO_HOST, 50001 + stream)
        ends = (client, radio)
        source, destination = ends if direction is Direction.TO_RADIO else ends[::-1]
        self.captured.append(
            CapturedDatagram(next(self._numbers), now, source, destination, data)
        )
