"""What a proxy tells of the sessions that pass it."""

from itertools import count

from icom_proto.codes import PacketType, Reply, Request, Stream
from icom_proto.datagrams import encode_datagram
from icom_proto.events import Address
from icom_proto.packets import ControlBody, Header, LoginResponse, Status
from icom_sim.proxy.watch import Watch

CLIENT = Address("192.168.1.10", 41001)
NUMBERS = count(1)


def from_radio(watch: Watch, body: ControlBody) -> None:
    header = Header(
        length=16 + len(body.encode()),
        type=PacketType.DATA,
        seq=next(NUMBERS),
        sender_id=1,
        receiver_id=2,
    )
    watch.received(Stream.CONTROL, CLIENT, encode_datagram(header, body), 0.0)


LOGGED_IN = LoginResponse(
    payload_size=0x50,
    reply=Reply.ANSWER,
    request=Request.LOGIN,
    inner_seq=1,
    token_request=bytes(2),
    token=bytes(4),
)
GRANTED = Status(
    payload_size=0x40,
    reply=Reply.ANSWER,
    request=Request.STREAMS,
    inner_seq=2,
    token_request=bytes(2),
    token=bytes(4),
    identity=bytes(16),
    civ_port=50002,
    audio_port=50003,
)


def test_who_comes_back_without_a_goodbye_is_told_of_again() -> None:
    told: list[str] = []
    watch = Watch(lambda name, *_: told.append(name))
    for _ in range(2):
        from_radio(watch, LOGGED_IN)
        from_radio(watch, GRANTED)
        from_radio(watch, GRANTED)
    assert told == ["session_opened", "streams_granted"] * 2
