"""The relay by itself: whatever comes, it is bounded and never raises."""

from random import Random

from icom_proto.codes import PacketType, Reply, Request, Stream
from icom_proto.datagrams import decode_datagram, encode_datagram
from icom_proto.events import Address, Transmit
from icom_proto.packets import Header, Status, StreamRequest
from icom_sim.network import Network
from icom_sim.proxy.paths import PATHS_MAX
from icom_sim.proxy.relay import ClosePath, OpenPath, PointPath, Relay, ToRadio

CLIENT, RADIO = Address("192.168.1.10", 41001), Address("192.168.1.5", 50001)
OURS = {Stream.CONTROL: 60001, Stream.CIV: 60002, Stream.AUDIO: 60003}


def relay() -> Relay:
    return Relay(RADIO, OURS, network=Network(), tell=lambda *_: None)


def request(civ_port: int = 41002, audio_port: int = 41003) -> bytes:
    body = StreamRequest(
        payload_size=0x80,
        reply=Reply.REQUEST,
        request=Request.STREAMS,
        inner_seq=1,
        token_request=bytes(2),
        token=bytes(4),
        identity=bytes(16),
        civ_port=civ_port,
        audio_port=audio_port,
    )
    return datagram(body)


def status(civ_port: int, audio_port: int) -> bytes:
    body = Status(
        payload_size=0x40,
        reply=Reply.ANSWER,
        request=Request.STREAMS,
        inner_seq=1,
        token_request=bytes(2),
        token=bytes(4),
        identity=bytes(16),
        civ_port=civ_port,
        audio_port=audio_port,
    )
    return datagram(body)


def datagram(body: StreamRequest | Status) -> bytes:
    length = 16 + len(body.encode())
    kind = PacketType.DATA
    header = Header(length=length, type=kind, seq=1, sender_id=1, receiver_id=2)
    return encode_datagram(header, body)


def test_a_stream_request_waits_for_the_sockets_of_its_streams() -> None:
    core = relay()
    core.from_client(Stream.CONTROL, request(), CLIENT, 0.0)
    opened = list(core.outputs)
    assert opened == [
        OpenPath(1, RADIO),
        OpenPath(2, Address(RADIO.host, 50002)),
        OpenPath(3, Address(RADIO.host, 50003)),
    ]
    core.outputs.clear()
    for number in (1, 2):
        core.opened(number, 50000 + number)
    assert not core.outputs
    core.opened(3, None)  # there was no socket for it: then the client's own port
    (sent,) = core.outputs
    assert isinstance(sent, ToRadio)
    _, asked = decode_datagram(Stream.CONTROL, sent.data)
    assert isinstance(asked, StreamRequest)
    assert (asked.civ_port, asked.audio_port) == (50002, 41003)


def test_other_ports_of_the_radio_are_learned_from_its_status() -> None:
    core = relay()
    core.from_client(Stream.CONTROL, request(audio_port=0), CLIENT, 0.0)
    core.outputs.clear()
    core.from_radio(1, status(7002, 7003), 0.0)
    point, sent = core.outputs
    assert point == PointPath(2, Address(RADIO.host, 7002))
    assert isinstance(sent, Transmit)
    _, told = decode_datagram(Stream.CONTROL, sent.data)
    assert isinstance(told, Status)
    assert (told.civ_port, told.audio_port) == (60002, 60003)


def test_a_refusal_names_no_ports() -> None:
    core = relay()
    core.from_client(Stream.CONTROL, b"x" * 16, CLIENT, 0.0)
    core.outputs.clear()
    core.from_radio(1, status(0, 0), 0.0)
    assert list(core.outputs) == [Transmit(Stream.CONTROL, status(0, 0), CLIENT)]


def test_paths_are_bounded_whoever_knocks() -> None:
    core = relay()
    for number in range(3 * PATHS_MAX):
        core.from_client(Stream.CIV, b"", Address("10.0.0.1", 1024 + number), number)
    assert core.paths == PATHS_MAX
    opened = sum(isinstance(each, OpenPath) for each in core.outputs)
    closed = sum(isinstance(each, ClosePath) for each in core.outputs)
    assert opened - closed == PATHS_MAX


def test_any_bytes_pass_unchanged_both_ways() -> None:
    core, rng = relay(), Random(5)
    for number in range(300):
        stream = rng.choice(list(Stream))
        data = rng.randbytes(rng.choice((0, 3, 16, 21, 22, 64, 80, 96, 128, 200)))
        core.outputs.clear()
        core.from_client(stream, data, CLIENT, number / 100)
        to_radio = core.outputs[-1]
        assert isinstance(to_radio, ToRadio)
        assert to_radio.data == data
        core.opened(to_radio.path, 40000)
        core.from_radio(to_radio.path, data, number / 100)
        assert core.outputs[-1] == Transmit(stream, data, CLIENT)
        core.handle_timeout(number / 100)
