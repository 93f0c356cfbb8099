"""The short way of audio in order and the long way are one way."""

import random
from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from icom_proto.audio_lane import AudioLane
from icom_proto.audio_stream import AudioReceiver
from icom_proto.codes import Codec, PacketType, Role, Stream
from icom_proto.datagrams import encode_datagram
from icom_proto.events import Output
from icom_proto.link import Link
from icom_proto.link_timings import LinkTimings
from icom_proto.packets import AudioData, Header, IAmHere, Ready

OWN_ID, PEER_ID = 0x010ACB23, 0x0D93E652


class Way:
    """A client's audio link that is up, and its receiver; perhaps with a lane."""

    def __init__(self, *, has_lane: bool, first_seq: int) -> None:
        self.outputs: deque[Output] = deque()
        self.link = Link(
            Role.CLIENT,
            Stream.AUDIO,
            own_id=OWN_ID,
            rng=random.Random(1),
            timings=LinkTimings(idle_after_s=None),
            outputs=self.outputs,
        )
        self.receiver = AudioReceiver(
            codec=Codec.PCM16_MONO, rate_hz=48000, delay_s=0.1, outputs=self.outputs
        )
        self.lane = AudioLane(self.link, self.receiver, self.outputs)
        self.has_lane = has_lane
        self.taken = 0
        self.link.open(0.0)
        for body in (IAmHere(), Ready()):
            self.link.receive(encode_datagram(header(body.TYPE, 0, 0x10), body), 0.0)
        self.take(audio(first_seq, first_seq), 0.0)

    def take(self, data: bytes, now: float) -> None:
        if self.has_lane and self.lane.take(data, now):
            self.taken += 1
            return
        datagram = self.link.receive(data, now)
        if datagram is not None:
            self.receiver.handle_datagram(datagram, now)

    def wait(self, now: float) -> None:
        self.link.handle_timeout(now)
        self.receiver.handle_timeout(now)

    def seen(self) -> tuple[list[Output], dict[str, int], object]:
        return list(self.outputs), self.link.statistics(), self.receiver.counters


def header(kind: PacketType, seq: int, length: int, *, sender: int = PEER_ID) -> Header:
    return Header(
        length=length, type=kind, seq=seq, sender_id=sender, receiver_id=OWN_ID
    )


def audio(seq: int, send_seq: int, *, sender: int = PEER_ID, claimed: int = 0) -> bytes:
    data = bytes(556 if send_seq % 2 else 1364)
    body = AudioData(
        ident=0x8106, send_seq=send_seq, data_length=len(data) + claimed, data=data
    )
    size = 0x18 + len(data)
    return encode_datagram(header(PacketType.DATA, seq, size, sender=sender), body)


# What may happen to the next datagram; "in order" is the likeliest, as in life.
FATES = st.sampled_from(
    ["in order"] * 8 + ["lost", "twice", "late", "foreign", "malformed", "restart"]
)


@given(st.lists(FATES, max_size=120), st.sampled_from([0, 7, 0xFFD0]))
def test_with_and_without_the_lane_the_same_happens(
    fates: list[str], first_seq: int
) -> None:
    ways = [Way(has_lane=has_lane, first_seq=first_seq) for has_lane in (True, False)]
    for way in ways:
        seq, now, held_back = first_seq, 0.0, list[bytes]()
        for fate in fates:
            seq, now = (seq + 1) & 0xFFFF, now + 0.01
            if fate == "restart":
                seq = 0
            datagram = audio(
                seq,
                seq,
                sender=PEER_ID + (fate == "foreign"),
                claimed=int(fate == "malformed"),
            )
            if fate == "late":
                held_back.append(datagram)
            elif fate != "lost":
                for _ in range(2 if fate == "twice" else 1):
                    way.take(datagram, now)
                while held_back:
                    way.take(held_back.pop(), now)
            way.wait(now)
    assert ways[0].seen() == ways[1].seen()


def test_the_lane_takes_what_is_in_order() -> None:
    way = Way(has_lane=True, first_seq=0)
    for seq in range(1, 131):
        way.take(audio(seq, seq), seq / 100)
    assert way.taken == 120  # each 13th goes the long way, where the clock sees it
