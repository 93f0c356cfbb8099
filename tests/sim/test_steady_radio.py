"""A radio that rests while nothing but routine happens sends what one that does not
rest sends, datagram for datagram."""

import random
from collections.abc import Callable
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from icom_proto.civ_frames import build_frame
from icom_proto.client_connection import ClientConnection
from icom_proto.client_requests import ClientConfig
from icom_proto.codec import Body
from icom_proto.codes import PacketType, Stream
from icom_proto.datagrams import encode_datagram
from icom_proto.errors import LocalProtocolError
from icom_proto.events import Address, Transmit, TransmitBlock
from icom_proto.link_output import unpack_header
from icom_proto.packets import Header, Ping, RetransmitOne
from icom_sim.fake_radio import FakeRadio
from icom_sim.network import Network
from icom_sim.network.rules import Loss
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
        if self.steady is not None:
            answer = self.steady.links[stream].take(data, now)
            if answer is not None:
                self.sent += [(stream, answer)] if answer else []
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
        self.mute_until = 0.0  # the client's datagrams are lost before that
        # Of each stream what the radio sent last: number and both ids.
        self.latest: dict[Stream, tuple[int, int, int]] = {}

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
                if isinstance(output, Transmit) and self.now >= self.mute_until:
                    self.send(output.stream, output.data)
            sent = self.awake.take_sent()
            assert self.resting.take_sent() == sent
            keyed = [each.radio.rig.transmitting for each in (self.awake, self.resting)]
            assert keyed[0] == keyed[1]
            if not sent:
                return
            for stream, data in sent:
                _, kind, *latest = unpack_header(data)
                before = self.latest.get(stream, latest)[0]
                if kind == PacketType.DATA and (latest[0] - before) & 0xFFFF < 0x8000:
                    self.latest[stream] = (latest[0], latest[1], latest[2])
                self.client.handle_datagram(stream, data, self.now)

    def send(self, stream: Stream, data: bytes) -> None:
        for radio in (self.awake, self.resting):
            radio.datagram(stream, data, self.now)

    def say(self, stream: Stream, body: Body, size: int, back: int) -> None:
        """A datagram of the client's that its core would not send; `back` is how far
        behind the radio's latest number on this stream its own is."""
        number, radio_id, client_id = self.latest[stream]
        header = Header(
            length=size,
            type=PacketType(body.TYPE),
            seq=(number - back) & 0xFFFF,
            sender_id=client_id,
            receiver_id=radio_id,
        )
        self.send(stream, encode_datagram(header, body))

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


def command(both: Both, *bodies: bytes) -> None:
    with suppress(LocalProtocolError):  # while it signs in once more
        for body in bodies:
            frame = build_frame(0x98, 0xE0, body)
            both.client.send_civ(frame, both.now, timeout_s=1.0)


def ask(both: Both) -> None:
    command(both, b"\x03")


def key(both: Both) -> None:
    command(both, b"\x1c\x00\x01", b"\x1c\x00")


def be_mute(both: Both) -> None:
    both.mute_until = both.now + 0.7


def be_silent(both: Both) -> None:
    both.mute_until = both.now + 1.8


def ask_again(stream: Stream, back: int) -> Callable[[Both], None]:
    return lambda both: both.say(stream, RetransmitOne(), 16, back)


def ping(both: Both) -> None:
    both.say(Stream.CIV, Ping(reply=0, time=77), 21, 0)


def answer_to_no_ping(both: Both) -> None:
    both.say(Stream.AUDIO, Ping(reply=1, time=77), 21, 0)


def turn_the_dial(both: Both) -> None:
    both.command(lambda radio, now: radio.touch(lambda rig: rig.turn_dial(1000), now))


def lose_some(both: Both) -> None:
    both.command(lambda radio, now: radio.network.add(Loss(30), now))


def lose_none(both: Both) -> None:
    both.command(lambda radio, now: radio.network.clear(now))


def disconnect(both: Both) -> None:
    both.command(
        lambda radio, now: radio.order(lambda core: core.force_disconnect(now), now)
    )


ACTIONS = st.one_of(
    st.sampled_from(
        (
            *(ask, key, be_mute, be_silent, ping, answer_to_no_ping),
            *(turn_the_dial, lose_some, lose_none, disconnect),
        )
    ),
    st.builds(ask_again, st.sampled_from(Stream), st.integers(0, 700)),
)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(1, 400), ACTIONS), min_size=1, max_size=8),
    st.sampled_from([10, 10, 7]),
)
def test_whatever_happens_both_send_the_same(
    script: list[tuple[int, Callable[[Both], None]]], steps: int
) -> None:
    both = Both()
    both.run(1.0)
    assert both.resting.rests > 0
    for pause, action in script:
        both.run(pause * steps / 1000)
        action(both)
        both.exchange()
    both.run(1.0)
    awake, resting = both.summaries()
    assert awake == resting


def test_a_forced_disconnect_ends_the_rest() -> None:
    both = Both()
    both.run(1.0)
    disconnect(both)
    rests = both.resting.rests
    both.run(1.0)
    assert both.resting.rests == rests


def test_after_five_seconds_of_rest_all_that_is_kept_can_be_asked_for() -> None:
    both = Both()
    both.run(9.0)
    assert both.resting.steady is not None
    for stream in Stream:
        for back in range(0, 600, 7):
            both.say(stream, RetransmitOne(), 16, back)
            both.exchange()
    awake, resting = both.summaries()
    assert awake == resting
    assert both.resting.radio.summary()["retransmit"]["audio"]["resent"] > 70


def test_rules_that_somebody_adds_behind_its_back_end_the_rest() -> None:
    both = Both()
    both.run(1.0)
    both.resting.network.add(Loss(100), both.now)
    both.awake.network.add(Loss(100), both.now)
    both.mute_until = both.now + 1.0
    for radio in (both.awake, both.resting):
        for step in range(1, 41):
            radio.turn(both.now + step * STEP_S)
        radio.take_sent()
    assert both.resting.steady is None
