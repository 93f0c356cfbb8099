"""A session between our two roles in memory, at no delay, for rows of the pure core."""

import random

from benchmarks.radio_record import RECORD
from icom_proto.client_connection import ClientConnection
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import Stream
from icom_proto.events import Address, ClientAudioStarted, SessionReady, Transmit
from icom_proto.radio_config import RadioConfig
from icom_proto.radio_connection import RadioConnection

SEED = 7
_PORTS = {Stream.CONTROL: 40001, Stream.CIV: 40002, Stream.AUDIO: 40003}
_BLOCK = bytes(1920)


class JoinedSession:
    """A client and a radio with an open session. Equal from one making to the next."""

    def __init__(self) -> None:
        self.now = 0.0
        self.client = ClientConnection(
            ClientConfig(username="bench", password="bench"),
            rng=random.Random(SEED),
            local_ports=(
                _PORTS[Stream.CONTROL],
                _PORTS[Stream.CIV],
                _PORTS[Stream.AUDIO],
            ),
        )
        self.radio = RadioConnection(
            RadioConfig(username="bench", password="bench", record=RECORD),
            rng=random.Random(SEED),
        )
        self._ready: set[type] = set()
        self.client.open(self.now)
        while not {SessionReady, ClientAudioStarted} <= self._ready:
            self._exchange()

    def audio_datagrams(self, count: int) -> list[bytes]:
        """What the radio sends in `count` / 2 blocks. No time passes meanwhile, so that
        nothing else is due; the datagrams would be the same.
        """
        datagrams: list[bytes] = []
        while len(datagrams) < count:
            self.radio.send_audio(_BLOCK, self.now)
            while (output := self.radio.poll_output()) is not None:
                if isinstance(output, Transmit) and output.stream is Stream.AUDIO:
                    datagrams.append(output.data)
        return datagrams

    def _exchange(self) -> None:
        """Carry what waits on both sides; when nothing does, let the next timer run."""
        idle = True
        while (output := self.client.poll_output()) is not None:
            idle = False
            self._ready.add(type(output))
            if isinstance(output, Transmit):
                address = Address("127.0.0.1", _PORTS[output.stream])
                self.radio.handle_datagram(
                    output.stream, output.data, address, self.now
                )
        while (output := self.radio.poll_output()) is not None:
            idle = False
            self._ready.add(type(output))
            if isinstance(output, Transmit):
                self.client.handle_datagram(output.stream, output.data, self.now)
        if idle:
            self._advance()

    def _advance(self) -> None:
        deadlines = [self.client.next_timeout(), self.radio.next_timeout()]
        self.now = min(at for at in deadlines if at is not None)
        self.client.handle_timeout(self.now)
        self.radio.handle_timeout(self.now)
