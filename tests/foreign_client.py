"""A radio connection, and clients that say what the test tells them to say.

Each client keeps ids and numbers, and can walk through the usual steps; what else it
says is written in the test. `RadioBench.now` is the clock.
"""

import random
from dataclasses import replace

from forge import drain, events, fire, of, seal
from icom_proto.codec import Body
from icom_proto.codes import PacketType, Reply, Request, Stream
from icom_proto.credentials import obscure
from icom_proto.datagrams import decode_datagram
from icom_proto.events import Address, Output, Transmit
from icom_proto.packets import (
    AreYouThere,
    AudioData,
    CivData,
    CivOpenClose,
    Header,
    IAmHere,
    Login,
    LoginResponse,
    Ping,
    RadioRecord,
    Ready,
    StreamRequest,
    Token,
)
from icom_proto.radio_config import RadioConfig
from icom_proto.radio_connection import RadioConnection
from icom_proto.session_dialect import SessionDialect

CONTROL, CIV, AUDIO = Stream
IDENTITY = bytes.fromhex("000000000000001080000090c7123456")
RECORD = RadioRecord(
    identity=IDENTITY,
    name=b"IC-7610",
    connection_type=bytes.fromhex("3f07"),
    civ_address=0x98,
    rx_rates=0x8B01,
    tx_rates=0x8B01,
)
# It tells who uses it, as most models do.
SESSION = SessionDialect(conn_computer=True, conn_ip=True)
CONFIG = RadioConfig(
    username="icom", password="icom1234", record=RECORD, session=SESSION
)
PING_EVERY_S = 0.5


class RadioBench:
    """The radio under test and its clock."""

    def __init__(self, config: RadioConfig = CONFIG, *, first_seq: int = 1) -> None:
        self.now = 0.0
        self.radio = RadioConnection(config, rng=random.Random(1), first_seq=first_seq)
        self.clients: list[ForeignClient] = []
        self._next_ping = PING_EVERY_S

    def client(
        self, host: str = "192.168.1.10", port: int = 52001, **changes: object
    ) -> "ForeignClient":
        """One more client; `changes` are attributes of its own."""
        client = ForeignClient(self, host, port)
        for name, value in changes.items():
            assert name in vars(client), name
            setattr(client, name, value)
        self.clients.append(client)
        return client

    def give(self, stream: Stream, data: bytes, address: Address) -> list[Output]:
        """These bytes arrive now; what comes of them."""
        self.radio.handle_datagram(stream, data, address, self.now)
        return drain(self.radio)

    def wait(self, seconds: float) -> list[Output]:
        """Let time pass. Clients only ping. What a command caused comes first."""
        outputs = drain(self.radio)
        end = self.now + seconds
        while True:
            deadline = self.radio.next_timeout()
            at = min(end, self._next_ping, end if deadline is None else deadline)
            self.now = max(at, self.now)
            if deadline is not None and deadline <= self.now:
                outputs += fire(self.radio, self.now)
            elif self._next_ping <= self.now:
                self._next_ping += PING_EVERY_S
                for client in self.clients:
                    outputs += client.ping()
            if self.now >= end and (deadline is None or deadline > end):
                return outputs


class ForeignClient:
    """One program, by hand."""

    def __init__(self, bench: RadioBench, host: str, port: int) -> None:
        self.ports = {stream: Address(host, port + stream) for stream in Stream}
        self.own_ids = {stream: 0x010A0000 + port + stream for stream in Stream}
        self.radio_ids = dict.fromkeys(Stream, 0)
        self.seqs = dict.fromkeys(Stream, 1)
        self.inner_seq = 0x30
        self.token_request = bytes.fromhex("a73c")
        self.token = bytes(4)
        self.computer = b"pycore"
        self.pings_on: set[Stream] = set()
        self.bench = bench

    # saying things

    def seal(self, stream: Stream, body: Body, seq: int | None = None) -> bytes:
        """As this client would send it; tracked packets take the next number."""
        if seq is None:
            seq = 0
            if body.TYPE is PacketType.DATA:
                seq = self.seqs[stream]
                self.seqs[stream] = (seq + 1) & 0xFFFF
        receiver = 0 if isinstance(body, AreYouThere) else self.radio_ids[stream]
        return seal(body, seq=seq, sender=self.own_ids[stream], receiver=receiver)

    def give(self, stream: Stream, data: bytes) -> list[Output]:
        """These bytes arrive from this client."""
        outputs = self.bench.give(stream, data, self.ports[stream])
        for header, body in self.heard(outputs, stream):
            if isinstance(body, IAmHere):
                self.radio_ids[stream] = header.sender_id
            if isinstance(body, LoginResponse):
                self.token = body.token
        return outputs

    def say(
        self, body: Body, stream: Stream = CONTROL, seq: int | None = None
    ) -> list[Output]:
        """Send one packet; what comes of it."""
        return self.give(stream, self.seal(stream, body, seq))

    def ping(self) -> list[Output]:
        """On every stream that is kept alive."""
        outputs: list[Output] = []
        for stream in Stream:
            if stream in self.pings_on:
                outputs += self.say(Ping(reply=0, time=0), stream)
        return outputs

    def heard(
        self, outputs: list[Output], stream: Stream | None = None
    ) -> list[tuple[Header, Body]]:
        """What was sent to this client, decoded."""
        return [
            decode_datagram(output.stream, output.data)
            for output in of(Transmit, outputs)
            if stream in (None, output.stream)
            and output.address == self.ports[output.stream]
        ]

    # packets of the control stream

    def login(self, **changes: object) -> Login:
        fields = {
            "token": bytes(4),
            "username": obscure("icom"),
            "password": obscure("icom1234"),
            "computer": self.computer,
        }
        common = self.common(Request.LOGIN, 0x70)
        return Login(**common | fields | changes)  # type: ignore[arg-type]

    def token_packet(self, request: Request, **changes: object) -> Token:
        return Token(**self.common(request, 0x30) | changes)  # type: ignore[arg-type]

    def stream_request(self, **changes: object) -> StreamRequest:
        common = self.common(Request.STREAMS, 0x80)
        fields = {"identity": IDENTITY, "name": b"IC-7610"}
        return StreamRequest(**common | fields | changes)  # type: ignore[arg-type]

    def common(self, request: Request, size: int) -> dict[str, object]:
        """The fields that all control packets begin with; takes the next number."""
        inner_seq = self.inner_seq
        self.inner_seq = (inner_seq + 1) & 0xFFFF
        return {
            "payload_size": size,
            "reply": Reply.REQUEST,
            "request": request,
            "inner_seq": inner_seq,
            "token_request": self.token_request,
            "token": self.token,
        }

    # walking through the steps

    def call(self, stream: Stream = CONTROL) -> list[Output]:
        """The handshake of one stream."""
        self.pings_on.add(stream)
        outputs = self.say(AreYouThere(), stream)
        return outputs + self.say(Ready(), stream, 1)

    def log_in(self) -> list[Output]:
        return self.call() + self.say(self.login())

    def confirm(self) -> list[Output]:
        return self.log_in() + self.say(self.token_packet(Request.CONFIRM_TOKEN))

    def take_streams(self, **changes: object) -> list[Output]:
        """Up to the grant."""
        return self.confirm() + self.say(self.stream_request(**changes))

    def connect(self, **changes: object) -> list[Output]:
        """All of it: CI-V is open and audio runs."""
        outputs = self.take_streams(**changes)
        outputs += self.call(CIV) + self.say(CivOpenClose(action=4), CIV)
        return outputs + self.call(AUDIO)

    def send_civ(self, frame: bytes, **changes: object) -> list[Output]:
        fields = {"data_length": len(frame), "data": frame}
        return self.say(CivData(**fields | changes), CIV)  # type: ignore[arg-type]

    def send_audio(self, send_seq: int, data: bytes = bytes(160)) -> list[Output]:
        size = len(data)
        packet = AudioData(ident=0x8000, send_seq=send_seq, data_length=size, data=data)
        return self.say(packet, AUDIO)


def kinds(outputs: list[Output]) -> list[type[Output]]:
    """The classes of the events, in order."""
    return [type(each) for each in events(outputs)]


def spoken(**changes: object) -> RadioConfig:
    """A radio whose session dialect differs from the usual one."""
    session = replace(SESSION, **changes)  # type: ignore[arg-type]
    return replace(CONFIG, session=session)


def receive_only(config: RadioConfig = CONFIG) -> RadioConfig:
    """A radio that takes no audio."""
    return replace(config, record=replace(config.record, tx_rates=0))


def connected(**changes: object) -> tuple[RadioBench, ForeignClient]:
    """A radio, and a client that has its streams."""
    bench = RadioBench()
    client = bench.client()
    client.connect(**changes)
    return bench, client
