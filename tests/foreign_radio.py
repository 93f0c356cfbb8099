"""A client connection, and a radio that says what the test tells it to say.

The radio keeps ids and numbers, pings so that no link falls silent, and can walk a
client through the usual steps; everything else it says is written in the test. Its
clock is `now`; `wait` lets the client's timers run.
"""

import random

from forge import drain, fire, of, packets, seal
from icom_proto.client_connection import ClientConnection
from icom_proto.client_requests import ClientConfig
from icom_proto.codec import Body
from icom_proto.codes import PacketType, Reply, Request, Stream
from icom_proto.events import Output, Transmit
from icom_proto.packets import (
    Capabilities,
    CivData,
    ConnInfo,
    IAmHere,
    Login,
    LoginResponse,
    Ping,
    RadioRecord,
    Ready,
    Status,
    StreamRequest,
    Token,
)

CONTROL, CIV, AUDIO = Stream
HOST, PORTS = "192.168.1.10", (52001, 52002, 52003)
IDS = {CONTROL: 0x010ACB21, CIV: 0x010ACB22, AUDIO: 0x010ACB23}
TOKEN = bytes.fromhex("9d1c40e2")
PING_EVERY_S = 2.0

IDENTITY = bytes.fromhex("000000000000001080000090c7123456")
RECORD = RadioRecord(
    identity=IDENTITY,
    name=b"IC-7610",
    connection_type=bytes.fromhex("3f07"),
    civ_address=0x98,
    rx_rates=0x8B01,
    tx_rates=0x8B01,
)
CONFIG = ClientConfig(username="icom", password="icom1234", computer="pycore")
IDENTITY_ANSWER = bytes.fromhex("fefee098190098fd")


class ForeignRadio:
    """Plays the radio against `client`, by hand."""

    def __init__(self, config: ClientConfig = CONFIG, *, first_seq: int = 1) -> None:
        self.now = 0.0
        self.client = ClientConnection(
            config,
            rng=random.Random(1),
            local_ports=PORTS,
            local_host=HOST,
            first_seq=first_seq,
        )
        self.token_request = bytes(2)
        self.ids = {stream: 0x5E1F8A30 + stream for stream in Stream}
        self.seqs = dict.fromkeys(Stream, 1)
        self._silent: set[Stream] = set(Stream)
        self._next_ping = PING_EVERY_S
        self._is_echoing = False

    # saying things

    def give(self, stream: Stream, data: bytes) -> list[Output]:
        """These bytes arrive now; what comes of them."""
        self.client.handle_datagram(stream, data, self.now)
        return self._heard(drain(self.client))

    def seal(self, stream: Stream, body: Body, seq: int | None = None) -> bytes:
        """As the radio would send it; tracked packets take the next number."""
        if seq is None:
            seq = 0
            if body.TYPE is PacketType.DATA:
                seq = self.seqs[stream]
                self.seqs[stream] = (seq + 1) & 0xFFFF
        return seal(body, seq=seq, sender=self.ids[stream], receiver=IDS[stream])

    def say(self, body: Body, stream: Stream = CONTROL) -> list[Output]:
        """Send one packet; what comes of it."""
        return self.give(stream, self.seal(stream, body))

    def say_civ(self, frames: bytes) -> list[Output]:
        """CI-V bytes in one datagram."""
        return self.say(CivData(data_length=len(frames), data=frames), CIV)

    def wait(self, seconds: float) -> list[Output]:
        """Let time pass; the radio only pings. What a command caused comes first."""
        outputs = self._heard(drain(self.client))
        end = self.now + seconds
        while True:
            deadline = self.client.next_timeout()
            at = min(end, self._next_ping, end if deadline is None else deadline)
            self.now = max(at, self.now)
            if deadline is not None and deadline <= self.now:
                outputs += self._heard(fire(self.client, self.now))
            elif self._next_ping <= self.now:
                self._next_ping += PING_EVERY_S
                for stream in Stream:
                    if stream not in self._silent:
                        outputs += self.say(Ping(reply=0, time=0), stream)
            if self.now >= end and (deadline is None or deadline > end):
                return outputs

    def fall_silent(self, *streams: Stream) -> None:
        """No pings on these any more."""
        self._silent |= set(streams)

    # packets of the control stream

    def login_response(self, **changes: object) -> LoginResponse:
        return LoginResponse(
            **self.common(Request.LOGIN, 0x50)
            | {"error": bytes(4), "connection": b"FTTH"}
            | changes  # type: ignore[arg-type]
        )

    def capabilities(self, *radios: RadioRecord) -> Capabilities:
        radios = radios or (RECORD,)
        size = 0x32 + 0x66 * len(radios)
        return Capabilities(
            **self.common(Request.CONFIRM_TOKEN, size),  # type: ignore[arg-type]
            radio_count=len(radios),
            radios=radios,
        )

    def conn_info(self, busy: int = 0, **changes: object) -> ConnInfo:
        common = self.common(Request.LOGIN, 0x80) | {"reply": Reply.NOTICE}
        fields = {"identity": IDENTITY, "name": b"IC-7610", "busy": busy}
        return ConnInfo(**common | fields | changes)  # type: ignore[arg-type]

    def status(self, **changes: object) -> Status:
        fields = {"identity": IDENTITY, "civ_port": 50002, "audio_port": 50003}
        common = self.common(Request.STREAMS, 0x40)
        return Status(**common | fields | changes)  # type: ignore[arg-type]

    def token_answer(self, request: Request, **changes: object) -> Token:
        return Token(**self.common(request, 0x30) | changes)  # type: ignore[arg-type]

    def common(self, request: Request, size: int) -> dict[str, object]:
        """The fields that all control packets begin with."""
        return {
            "payload_size": size,
            "reply": Reply.ANSWER,
            "request": request,
            "inner_seq": 0,
            "token_request": self.token_request,
            "token": TOKEN,
        }

    # walking a client through the steps

    def link_up(self, stream: Stream = CONTROL) -> list[Output]:
        """Answer the handshake of a stream that is calling."""
        self._silent.discard(stream)
        outputs = self.say(IAmHere(), stream)
        return outputs + self.give(stream, self.seal(stream, Ready(), 1))

    def open(self) -> list[Output]:
        """The client calls."""
        self.client.open(self.now)
        return self._heard(drain(self.client))

    def log_in(self) -> list[Output]:
        """Up to the login's answer: the client confirms its token."""
        outputs = self.open() + self.link_up()
        return outputs + self.say(self.login_response())

    def ask_for_streams(self) -> list[Output]:
        """Up to the client's stream request."""
        outputs = self.log_in() + self.say(self.capabilities())
        return outputs + self.say(self.conn_info())

    def grant(self) -> list[Output]:
        """Up to the grant: the client calls on the other streams."""
        return self.ask_for_streams() + self.say(self.status())

    def make_ready(self) -> list[Output]:
        """All of it: CI-V flows, and the client is ready."""
        outputs = self.grant() + self.say(self.conn_info(1, computer=b"pycore"))
        outputs += self.link_up(CIV) + self.link_up(AUDIO)
        return outputs + self.say_civ(IDENTITY_ANSWER)

    def _heard(self, outputs: list[Output]) -> list[Output]:
        for _, body in packets(outputs, CONTROL):
            if isinstance(body, Login):
                self.token_request = body.token_request
        return outputs


def requests(outputs: list[Output]) -> list[str]:
    """What the client asked for on the control stream, by name."""
    names = []
    for _, body in packets(outputs, CONTROL):
        match body:
            case Login():
                names.append("LOGIN")
            case StreamRequest():
                names.append("STREAMS")
            case Token():
                names.append(body.request.name)
            case _:
                pass
    return names


def kinds(outputs: list[Output]) -> list[type[Output]]:
    """The classes of the events, in order."""
    return [type(each) for each in outputs if not isinstance(each, Transmit)]


def frames(outputs: list[Output]) -> list[bytes]:
    """CI-V frames that the client sent, without the identity reads that open CI-V."""
    sent = [body.data for body in of(CivData, [b for _, b in packets(outputs, CIV)])]
    return [frame for frame in sent if frame[4:6] != b"\x19\x00"]
