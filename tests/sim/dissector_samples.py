"""What tshark is shown: recorded, damaged and foreign datagrams, unusual ports.

Each part has hosts of its own, so that one capture can hold all of them.
"""

import random
from collections.abc import Iterable, Iterator
from functools import cache

from icom_proto.civ_commands import set_frequency
from icom_proto.civ_frames import build_frame
from icom_proto.codec import HEADER_SIZE, Body
from icom_proto.codes import Reply, Request, Stream
from icom_proto.datagrams import encode_datagram
from icom_proto.events import Address
from icom_proto.packets import (
    AreYouThere,
    AudioData,
    CivData,
    Header,
    IAmHere,
    Login,
    Ping,
    Status,
    StreamRequest,
)
from icom_sim.captures.declarations import PORTS
from icom_sim.captures.reader import CaptureReader
from sim.tshark import Sent
from sources import ROOT

FILES = sorted((ROOT / "fixtures" / "captures").glob("*.pcap"))
CLIENT, RADIO = "192.168.7.2", "192.168.7.1"
VICTIM, STRANGER = "192.168.8.2", "192.168.9.9"


def stream_of(sent: Sent) -> Stream:
    """By the port of the radio; a client may use the same numbers."""
    ports = (sent.source.port, sent.destination.port)
    return next(PORTS[port] for port in ports if port in PORTS)


@cache
def recorded() -> tuple[Sent, ...]:
    """All fixtures, as if each came from a network of its own."""
    return tuple(
        Sent(
            each.t,
            moved(each.source, number),
            moved(each.destination, number),
            each.data,
        )
        for number, path in enumerate(FILES)
        for each in CaptureReader(path)
    )


@cache
def moved(address: Address, number: int) -> Address:
    return Address(f"10.{number}.0.{address.host.rpartition('.')[2]}", address.port)


def datagram(body: Body, seq: int = 1, sender: int = 7, receiver: int = 9) -> bytes:
    raw = body.encode()
    header = Header(
        length=HEADER_SIZE + len(raw),
        type=body.TYPE,
        seq=seq,
        sender_id=sender,
        receiver_id=receiver,
    )
    return encode_datagram(header, body)


def login() -> Login:
    return Login(
        payload_size=0x70,
        reply=Reply.REQUEST,
        request=Request.LOGIN,
        inner_seq=1,
        token_request=b"\1\2",
        token=bytes(4),
        username=b"\x11",
        password=b"\x22",
        computer=b"here",
    )


def civ(data: bytes) -> CivData:
    return CivData(data_length=len(data), data=data)


def audio(data: bytes) -> AudioData:
    return AudioData(ident=0x8000, send_seq=0, data_length=len(data), data=data)


STARTS: dict[int, Body] = {50001: login(), 50002: civ(b"\0"), 50003: audio(b"\0")}


def damaged(sound: Iterable[Sent]) -> Iterator[Sent]:
    """One packet of every size, with bytes changed, lost and added, from a seed."""
    for port, start in STARTS.items():  # proves which stream this is
        yield Sent(0.0, Address(VICTIM, 4001), Address(RADIO, port), datagram(start))
    samples: dict[tuple[Stream, int], Sent] = {}
    for each in sound:
        samples.setdefault((stream_of(each), len(each.data)), each)
    rng = random.Random(5)
    for _ in range(4):
        for each in samples.values():
            data = bytearray(each.data)
            at = rng.choice([0, 4, 8, 0x10, 0x11, 0x15, 0x16]) % len(data)
            data[at] ^= rng.choice([0, 1, 3, 0x10, 0xC0])
            size = len(data) + rng.choice([-102, -4, -1, 0, 0, 0, 1, 4, 102])
            raw = (bytes(data) + bytes(102))[: max(1, size)]
            if rng.random() < 0.5:  # so that the length field is not all that is wrong
                raw = (len(raw).to_bytes(4, "little") + raw[4:])[: len(raw)]
            port = 50001 + rng.choice([stream_of(each), rng.randrange(3)])
            yield Sent(0.0, Address(VICTIM, 4001), Address(RADIO, port), raw)


def foreign() -> Iterator[Sent]:
    """DNS, RTP, STUN, zeros and noise, on ports of radios too."""
    dns = bytes.fromhex("1000010000010000000000000a6578616d706c652d310363") + bytes(9)
    rtp = bytes.fromhex("80000000000000000000000000000007") + bytes(112)
    stun = bytes.fromhex("000100002112a442") + bytes(12)
    counted = bytes.fromhex("18000000000000000100000002000000") + bytes(8)
    rng = random.Random(6)
    noise = [rng.randbytes(rng.randrange(1, 200)) for _ in range(200)]
    for data in (dns, rtp, stun, counted, bytes(16), bytes(21), *noise):
        for port in (53, 5004, 50001, 50002, 50003):
            yield Sent(0.0, Address(STRANGER, 3333), Address(RADIO, port), data)


def unusual_ports() -> Iterator[Sent]:
    """A session whose ports only its own packets tell, and frames in pieces."""
    frame = build_frame(0x98, 0xE0, set_frequency(14_074_000))
    request, status = announcements()
    for to_radio, port, body in (
        (True, 1, AreYouThere()),
        (False, 1, IAmHere()),
        (True, 1, login()),
        (True, 1, request),
        (False, 1, status),
        (True, 2, AreYouThere()),
        (True, 3, AreYouThere()),
        (True, 2, civ(frame[:4])),
        (True, 2, civ(frame[4:])),
        (False, 2, civ(build_frame(0xE0, 0x98, b"\xfb"))),
        (True, 2, civ(frame[:4])),
        (True, 3, Ping(reply=0, time=5)),
        (False, 3, Ping(reply=1, time=5)),
    ):
        ends = Address(CLIENT, 6000 + port), Address(RADIO, 7000 + port)
        receiver = 0 if isinstance(body, AreYouThere) else 9
        data = datagram(body, receiver=receiver, seq=0)
        yield Sent(0.0, *(ends if to_radio else ends[::-1]), data)


def announcements() -> tuple[StreamRequest, Status]:
    """What tells the ports 6002, 6003 of the client and 7002, 7003 of the radio."""
    request = StreamRequest(
        payload_size=0x80,
        reply=Reply.REQUEST,
        request=Request.STREAMS,
        inner_seq=2,
        token_request=b"\1\2",
        token=b"\1\2\3\4",
        identity=bytes(16),
        civ_port=6002,
        audio_port=6003,
    )
    status = Status(
        payload_size=0x40,
        reply=Reply.ANSWER,
        request=Request.STREAMS,
        inner_seq=2,
        token_request=b"\1\2",
        token=b"\1\2\3\4",
        identity=bytes(16),
        civ_port=7002,
        audio_port=7003,
    )
    return request, status
