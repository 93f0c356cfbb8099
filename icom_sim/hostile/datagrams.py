"""What strangers send: garbage, and what a session really has, cut, damaged, replayed.

The strangers are the worst there can be: they have read the whole session, so that ids
and tokens of what they forge are right, and they are on the client's own machine, so
that only their port is not.
"""

import random
from collections.abc import Callable, Sequence
from enum import StrEnum

from icom_proto.codec import HEADER_SIZE
from icom_proto.codes import PacketType
from icom_proto.datagrams import encode_datagram
from icom_proto.link_output import pack_header, unpack_header
from icom_proto.packets import (
    AreYouThere,
    Disconnect,
    Header,
    RetransmitMany,
    SeqRange,
)

LONG_MAX = 4000
DAMAGES_MAX = 4
RANGES_MAX = 40


class Kind(StrEnum):
    """What a hostile datagram is."""

    SHORT = "short garbage"
    LONG = "long garbage"
    CUT = "cut"
    DAMAGED = "damaged"
    REPLAYED = "replayed"
    TURNED = "turned round"
    STORM = "retransmit storm"
    CALL = "call"
    GOODBYE = "forged goodbye"


class Hostility:
    """Makes hostile datagrams of what passed between a client and a radio.

    `heard` is looked at each time, so it may grow and change meanwhile.
    """

    def __init__(self, rng: random.Random, heard: Sequence[bytes]) -> None:
        self._rng = rng
        self._heard = heard
        self._makers: dict[Kind, Callable[[], bytes]] = {
            Kind.SHORT: lambda: rng.randbytes(rng.randrange(100)),
            Kind.LONG: lambda: rng.randbytes(rng.randrange(1000, LONG_MAX)),
            Kind.CUT: self._cut,
            Kind.DAMAGED: self._damaged,
            Kind.REPLAYED: self._real,
            Kind.TURNED: self._turned,
            Kind.STORM: self._storm,
            Kind.CALL: self._call,
            Kind.GOODBYE: lambda: self._forged(Disconnect.TYPE),
        }
        self._kinds = list(Kind)

    def make(self) -> tuple[Kind, bytes]:
        """The next datagram."""
        kind = self._rng.choice(self._kinds)
        return kind, self._makers[kind]()

    # inside

    def _real(self) -> bytes:
        return self._rng.choice(self._heard)

    def _cut(self) -> bytes:
        datagram = self._real()
        return datagram[: self._rng.randrange(len(datagram) + 1)]

    def _damaged(self) -> bytes:
        damaged = bytearray(self._turned())
        for _ in range(self._rng.randrange(DAMAGES_MAX)):
            damaged[self._rng.randrange(len(damaged))] = self._rng.randrange(256)
        return bytes(damaged)

    def _turned(self) -> bytes:
        """As if it came from the other end: both ids are right."""
        datagram = self._real()
        length, kind, seq, sender_id, receiver_id = unpack_header(datagram)
        header = pack_header(length, kind, seq, receiver_id, sender_id)
        return header + datagram[HEADER_SIZE:]

    def _storm(self) -> bytes:
        """Asks for all that there ever was, many times over."""
        rng = self._rng
        ranges = tuple(
            SeqRange(first=rng.randrange(0x10000), last=rng.randrange(0x10000))
            for _ in range(rng.randrange(1, RANGES_MAX))
        )
        return self._forged(
            PacketType.RETRANSMIT, RetransmitMany(ranges=ranges).encode()
        )

    def _call(self) -> bytes:
        header = Header(
            length=HEADER_SIZE,
            type=PacketType(AreYouThere.TYPE),
            seq=0,
            sender_id=self._rng.getrandbits(32),
            receiver_id=0,
        )
        return encode_datagram(header, AreYouThere())

    def _forged(self, kind: int, body: bytes = b"") -> bytes:
        _, _, _, sender_id, receiver_id = unpack_header(self._real())
        ids = sender_id, receiver_id
        if self._rng.getrandbits(1):
            ids = receiver_id, sender_id
        seq = self._rng.randrange(0x10000)
        return pack_header(HEADER_SIZE + len(body), int(kind), seq, *ids) + body
