"""The published vectors: each parses to the published values and rebuilds to its bytes.

`fixtures/packets/vectors.txt` is appendix A of PROTOCOL.md. The values below are copied
from the prose beside each vector in section 2, not computed by this code.
"""

import pytest

from icom_proto.codec import Body, layout
from icom_proto.codes import (
    CivKind,
    Codec,
    PacketType,
    Reply,
    Request,
    Stream,
)
from icom_proto.credentials import reveal
from icom_proto.datagrams import decode_datagram, encode_datagram, text_of
from icom_proto.packets import (
    AreYouThere,
    AudioData,
    Capabilities,
    CivData,
    CivOpenClose,
    ConnInfo,
    Disconnect,
    Header,
    IAmHere,
    Idle,
    Login,
    LoginResponse,
    Ping,
    RadioRecord,
    Ready,
    RetransmitMany,
    RetransmitOne,
    SeqRange,
    Status,
    StreamRequest,
    Token,
)
from sources import ROOT

CLIENT, RADIO = 0x010ACB21, 0x5E1F8A3C
IDENTITY = bytes.fromhex("000000000000001080 000090c7123456")
TOKEN_REQUEST, TOKEN = bytes.fromhex("a73c"), bytes.fromhex("9d1c40e2")
RESET_CAPABILITIES = bytes.fromhex("00000000 0798") + bytes(10)


def read_vectors() -> dict[str, bytes]:
    """By name; audio headers, marked with a star, get the payload they announce."""
    text = (ROOT / "fixtures" / "packets" / "vectors.txt").read_text("utf-8")
    vectors = {}
    for line in text.splitlines():
        name, colon, digits = line.partition(": ")
        if colon and not line.startswith("#"):
            data = bytes.fromhex(digits)
            payload = int.from_bytes(data[-2:], "big") if name.endswith("*") else 0
            vectors[name.removesuffix("*")] = data + b"\x5a" * payload
    return vectors


VECTORS = read_vectors()
STREAMS = {
    "open": Stream.CIV,
    "close": Stream.CIV,
    "civ_q": Stream.CIV,
    "civ_echo": Stream.CIV,
    "civ_ans": Stream.CIV,
    "arx1": Stream.AUDIO,
    "arx2": Stream.AUDIO,
    "atx1": Stream.AUDIO,
    "atx2": Stream.AUDIO,
    "atxu": Stream.AUDIO,
}

# Everything that is not a reserved field is given; the test sees to that.
_COMMON = {"token_request": TOKEN_REQUEST, "token": TOKEN}
PUBLISHED: dict[str, tuple[type[Body], dict[str, object]]] = {
    "ayt": (AreYouThere, {}),
    "iah": (IAmHere, {}),
    "ayr": (Ready, {}),
    "iar": (Ready, {}),
    "idle": (Idle, {}),
    "idlefill": (Idle, {}),
    "disc": (Disconnect, {}),
    "rtx1": (RetransmitOne, {}),
    "rtxrange": (
        RetransmitMany,
        {"ranges": (SeqRange(first=0xFF82, last=0xFFFF), SeqRange(first=0, last=0))},
    ),
    "rtxdup": (
        RetransmitMany,
        {
            "ranges": (
                SeqRange(first=0x0102, last=0x0102),
                SeqRange(first=0x0105, last=0x0105),
            )
        },
    ),
    "rtxk": (RetransmitMany, {"ranges": (SeqRange(first=0x0102, last=0x0105),)}),
    "pingreq_c": (Ping, {"reply": 0, "time": 34_835_550}),
    "pingrep_r": (Ping, {"reply": 1, "time": 34_835_550}),
    "pingreq_r": (Ping, {"reply": 0, "time": 5_306_563}),
    "pingrep_c": (Ping, {"reply": 1, "time": 5_306_563}),
    "login": (
        Login,
        {
            **_COMMON,
            "payload_size": 0x70,
            "reply": Reply.REQUEST,
            "request": Request.LOGIN,
            "inner_seq": 0x0030,
            "token": bytes(4),
            "username": bytes.fromhex("37505328"),
            "password": bytes.fromhex("375053287e654972"),
            "computer": b"pycore",
        },
    ),
    "loginresp": (
        LoginResponse,
        {
            **_COMMON,
            "payload_size": 0x50,
            "reply": Reply.ANSWER,
            "request": Request.LOGIN,
            "inner_seq": 0x0030,
            "auth_start_id": 0,
            "error": bytes(4),
            "connection": b"FTTH",
        },
    ),
    "loginbad": (
        LoginResponse,
        {
            "payload_size": 0x50,
            "reply": Reply.ANSWER,
            "request": Request.LOGIN,
            "inner_seq": 0x0030,
            "token_request": TOKEN_REQUEST,
            "token": bytes(4),
            "auth_start_id": 0,
            "error": bytes.fromhex("fffffffe"),
            "connection": b"",
        },
    ),
    "caps": (
        Capabilities,
        {
            **_COMMON,
            "payload_size": 0x98,
            "reply": Reply.ANSWER,
            "request": Request.CONFIRM_TOKEN,
            "inner_seq": 0x0031,
            "radio_count": 1,
            "radios": (
                RadioRecord(
                    identity=IDENTITY,
                    name=b"IC-7610",
                    audio_name=b"ICOM_VAUDIO",
                    connection_type=bytes.fromhex("3f07"),
                    civ_address=0x98,
                    rx_rates=0x8B01,
                    tx_rates=0x8B01,
                    enable_a=1,
                    enable_b=1,
                    enable_c=1,
                    civ_baud=19200,
                    unknown_5e=bytes.fromhex("0150"),
                    unknown_61=(400).to_bytes(2, "little"),
                ),
            ),
        },
    ),
    "streamreq": (
        StreamRequest,
        {
            **_COMMON,
            "payload_size": 0x80,
            "reply": Reply.REQUEST,
            "request": Request.STREAMS,
            "inner_seq": 0x0032,
            "identity": IDENTITY,
            "name": b"IC-7610",
            "username": bytes.fromhex("37505328"),
            "rx_enable": 1,
            "tx_enable": 1,
            "rx_codec": Codec.PCM16_MONO,
            "tx_codec": Codec.PCM16_MONO,
            "rx_rate_hz": 48000,
            "tx_rate_hz": 48000,
            "civ_port": 52002,
            "audio_port": 52003,
            "tx_buffer_ms": 150,
            "convert": 1,
        },
    ),
    "open": (
        CivOpenClose,
        {"kind": CivKind.OPEN_CLOSE, "data_length": 1, "inner_seq": 0, "action": 4},
    ),
    "close": (
        CivOpenClose,
        {"kind": CivKind.OPEN_CLOSE, "data_length": 1, "inner_seq": 9, "action": 0},
    ),
}
for _name, _seq, _frame in (
    ("civ_q", 1, "fefe98e003fd"),
    ("civ_echo", 0, "fefe98e003fd"),
    ("civ_ans", 1, "fefee09803005081 0300fd"),
):
    _data = bytes.fromhex(_frame)
    PUBLISHED[_name] = (
        CivData,
        {
            "kind": CivKind.DATA,
            "data_length": len(_data),
            "inner_seq": _seq,
            "data": _data,
        },
    )
for _name, _ident, _seq, _size in (
    ("arx1", 0x8106, 0, 1364),
    ("arx2", 0x8006, 1, 556),
    ("atx1", 0x8000, 0, 1364),
    ("atx2", 0x8000, 1, 556),
    ("atxu", 0x8197, 0, 160),
):
    PUBLISHED[_name] = (
        AudioData,
        {
            "ident": _ident,
            "send_seq": _seq,
            "data_length": _size,
            "data": b"\x5a" * _size,
        },
    )
for _name, _reply, _request, _inner, _more in (
    ("token02", 1, 2, 0x0031, {"identity": RESET_CAPABILITIES}),
    ("token05", 1, 5, 0x0033, {"identity": RESET_CAPABILITIES}),
    ("token05r", 2, 5, 0x0033, {}),
    (
        "token05rej",
        2,
        5,
        0x0033,
        {"token": bytes.fromhex("51b07e04"), "response": bytes.fromhex("ffffffff")},
    ),
    ("token04", 1, 4, 0x0034, {"identity": IDENTITY}),
    ("token01", 1, 1, 0x0035, {"identity": RESET_CAPABILITIES}),
):
    PUBLISHED[_name] = (
        Token,
        {
            **_COMMON,
            "payload_size": 0x30,
            "reply": _reply,
            "request": _request,
            "inner_seq": _inner,
            "identity": bytes(16),
            "response": bytes(4),
            **_more,
        },
    )
for _name, _busy, _computer, _address in (
    ("conn0", 0, b"", bytes(4)),
    ("conn1", 1, b"pycore", bytes((192, 168, 1, 10))),
):
    PUBLISHED[_name] = (
        ConnInfo,
        {
            **_COMMON,
            "payload_size": 0x80,
            "reply": Reply.NOTICE,
            "request": Request.LOGIN,
            "inner_seq": 0,
            "identity": IDENTITY,
            "name": b"IC-7610",
            "busy": _busy,
            "computer": _computer,
            "ip_address": _address,
        },
    )
for _name, _error, _civ, _audio in (
    ("status", bytes(4), 50002, 50003),
    ("statusbad", b"\xff" * 4, 0, 0),
):
    PUBLISHED[_name] = (
        Status,
        {
            **_COMMON,
            "payload_size": 0x40,
            "reply": Reply.ANSWER,
            "request": Request.STREAMS,
            "inner_seq": 0x0032,
            "identity": IDENTITY,
            "error": _error,
            "disconnected": 0,
            "civ_port": _civ,
            "audio_port": _audio,
        },
    )

# Length field, type, sequence number, sender, receiver, as printed beside the vectors.
HEADERS = {
    "ayt": (0x10, 0x03, 0, CLIENT, 0),
    "iah": (0x10, 0x04, 0, RADIO, CLIENT),
    "ayr": (0x10, 0x06, 1, CLIENT, RADIO),
    "idle": (0x10, 0x00, 4, CLIENT, RADIO),
    "idlefill": (0x10, 0x00, 0x0102, CLIENT, RADIO),
    "disc": (0x10, 0x05, 0, CLIENT, RADIO),
    "rtx1": (0x10, 0x01, 0x0102, RADIO, CLIENT),
    "rtxk": (0x18, 0x01, 0, CLIENT, RADIO),
    "pingrep_r": (0, 0x07, 2, RADIO, CLIENT),
    "pingreq_r": (0, 0x07, 0x614C, RADIO, CLIENT),
    "token05": (0x40, 0x00, 601, CLIENT, RADIO),
    "token04": (0x40, 0x00, 1298, CLIENT, RADIO),
    "civ_ans": (0x20, 0x00, 3969, 0x7C4410B9, 0x010ACB22),
    "arx1": (0x56C, 0x00, 0, 0x0D93E652, 0x010ACB23),
}


def test_every_vector_of_the_appendix_is_here() -> None:
    assert len(VECTORS) == 40
    assert VECTORS.keys() == PUBLISHED.keys()


@pytest.mark.parametrize("name", VECTORS)
def test_a_vector_rebuilds_to_its_bytes(name: str) -> None:
    header, body = decode_datagram(STREAMS.get(name, Stream.CONTROL), VECTORS[name])
    assert encode_datagram(header, body).hex() == VECTORS[name].hex()


@pytest.mark.parametrize("name", VECTORS)
def test_a_vector_parses_to_the_published_values(name: str) -> None:
    _, body = decode_datagram(STREAMS.get(name, Stream.CONTROL), VECTORS[name])
    kind, published = PUBLISHED[name]
    assert body == kind(**published)
    declared = {field.name for field in layout(kind)}
    assert {f for f in declared if not f.startswith("reserved_")} == published.keys()


@pytest.mark.parametrize("name", VECTORS)
def test_a_body_built_from_the_published_values_is_the_vector(name: str) -> None:
    kind, published = PUBLISHED[name]
    assert kind(**published).encode().hex() == VECTORS[name][0x10:].hex()


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_parses_to_the_published_values(name: str) -> None:
    length, kind, seq, sender_id, receiver_id = HEADERS[name]
    assert Header.decode(VECTORS[name]) == Header(
        length=length,
        type=PacketType(kind),
        seq=seq,
        sender_id=sender_id,
        receiver_id=receiver_id,
    )


def test_the_credentials_of_the_login_can_be_revealed() -> None:
    login = Login.decode(VECTORS["login"])
    assert (reveal(login.username), reveal(login.password)) == ("icom", "icom1234")
    assert text_of(login.computer) == "pycore"


@pytest.mark.parametrize("inner_seq", [0x0030, 0x00FF, 0x0100, 0x1234])
def test_the_inner_sequence_number_is_big_endian_at_0x16(inner_seq: int) -> None:
    """K and R write its high byte to 0x18, and sessions die after 255 renewals."""
    token = Token(
        payload_size=0x30,
        reply=Reply.REQUEST,
        request=Request.RENEW_TOKEN,
        inner_seq=inner_seq,
        token_request=TOKEN_REQUEST,
        token=TOKEN,
    )
    datagram = VECTORS["token05"][:0x10] + token.encode()
    assert datagram[0x16:0x19] == inner_seq.to_bytes(2, "big") + b"\0"
