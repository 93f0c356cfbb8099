"""A radio that rests while nothing but routine happens sends what one that does not
rest sends, datagram for datagram."""

import random
from collections.abc import Callable

from icom_proto.client_connection import ClientConnection
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import Stream
from icom_proto.events import Address, Transmit, TransmitBlock
from icom_sim.fake_radio import FakeRadio
from icom_sim.network import Network
from icom_sim.radio_setup import RadioSetup
from icom_sim.steady_radio import Send, SteadyRadio

CLIENT_PORTS = {Stream.CONTROL: 101, Stream.CIV: 102, Stream.AUDIO: 103}
SETUP = RadioSetup(seed=3)
STEP_S = 0.005
# A ping of 21 bytes and a datagram of 1388 are where the kernel would cut.
CUTS = {Stream.CONTROL: 21, Stream.CIV: 21, Stream.AUDIO: 1388}
Sent = tuple[Stream, bytes]


class Radio:
    """A radio of a farm as its driver has it, without sockets. It may rest."""

    def __init__(self, *, may_rest: bool, setup: RadioSetup = SETUP) -> None:
        self.network = Network(seed=1)
        self.network.start(0.0)
        self.radio = FakeRadio(
            setup,
            civ_port=50002,
            audio_port=50003,
            network=self.network,
            listener=lambda _happening, _now: None,
            joins_audio=True,
        )
        self.radio.waits_for_audio = True
        self.may_rest = may_rest
        self.steady: SteadyRadio | None = None
        self.rests = 0
        self.sent: list[Sent] = []

    def datagram(self, stream: Stream, data: bytes, now: float) -> None:
        if self.steady is not None and self.steady.take(stream, data, now):
            return
        self.wake(now)
        address = Address("127.0.0.1", CLIENT_PORTS[stream])
        self.radio.handle_datagram(stream, data, address, now)
        self.drain()

    def turn(self, now: float) -> None:
        """Time goes on."""
        if self.steady is not None:
            if now < self.steady.due or self.steady.play(now):
                return
            self.wake(now)
        due = self.radio.next_timeout()
        if due is not None and due <= now:
            self.radio.handle_timeout(now)
            self.drain()
        if self.may_rest:
            self.steady = self.radio.lend(self.send_to, now)
            self.rests += self.steady is not None

    def command(
        self, command: Callable[[FakeRadio, float], object], now: float
    ) -> None:
        self.wake(now)
        command(self.radio, now)
        self.drain()

    def wake(self, now: float) -> None:
        if self.steady is not None:
            self.radio.resume(self.steady, now)
            self.steady = None

    def drain(self) -> None:
        while (output := self.radio.poll_output()) is not None:
            if isinstance(output, TransmitBlock):
                self.sent += [(part.stream, part.data) for part in output.parts()]
            else:
                assert isinstance(output, Transmit)
                self.sent.append((output.stream, output.data))

    def send_to(self, stream: Stream, address: Address) -> Send:
        assert address == Address("127.0.0.1", CLIENT_PORTS[stream])
        size = CUTS[stream]

        def send(piece: bytes) -> None:
            parts = [piece[at : at + size] for at in range(0, len(piece), size)]
            self.sent.extend((stream, part) for part in parts)

        return send

    def take_sent(self) -> list[Sent]:
        sent, self.sent = self.sent, []
        return sent


class Both:
    """Two radios that differ in nothing but their rest, and one client of both."""

    def __init__(self, setup: RadioSetup = SETUP) -> None:
        self.awake = Radio(may_rest=False, setup=setup)
        self.resting = Radio(may_rest=True, setup=setup)
        self.client = ClientConnection(
            ClientConfig(username=setup.username, password=setup.password),
            rng=random.Random(5),
            local_ports=(101, 102, 103),
        )
        self.now = 0.0
        self.client.open(self.now)
        self.loses: Callable[[Stream], bool] = lambda _stream: False

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.now += STEP_S
            for radio in (self.awake, self.resting):
                radio.turn(self.now)
            self.exchange()
            due = self.client.next_timeout()
            if due is not None and due <= self.now:
                self.client.handle_timeout(self.now)
            self.exchange()

    def exchange(self) -> None:
        while True:
            for output in iter(self.client.poll_output, None):
                if isinstance(output, Transmit) and not self.loses(output.stream):
                    self.send(output.stream, output.data)
            sent = self.awake.take_sent()
            assert self.resting.take_sent() == sent
            if not sent:
                return
            for stream, data in sent:
                self.client.handle_datagram(stream, data, self.now)

    def send(self, stream: Stream, data: bytes) -> None:
        for radio in (self.awake, self.resting):
            radio.datagram(stream, data, self.now)

    def command(self, command: Callable[[FakeRadio, float], object]) -> None:
        for radio in (self.awake, self.resting):
            radio.command(command, self.now)

    def summaries(self) -> tuple[object, object]:
        self.command(lambda _radio, _now: None)
        return self.awake.radio.summary(), self.resting.radio.summary()


def test_for_a_minute_and_a_half_both_send_the_same() -> None:
    both = Both()
    both.run(95.0)
    awake, resting = both.summaries()
    assert awake == resting
    assert both.resting.radio.summary()["audio_blocks"]["sent"] > 4500
    assert 2 <= both.resting.rests <= 6, "it wakes for renewals and little else"
