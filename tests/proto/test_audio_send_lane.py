"""The short way out for a radio's audio and the long way are one way."""

import random
from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from icom_proto.audio_send_lane import AudioSendLane
from icom_proto.audio_stream import RADIO_IDENTS, AudioSender
from icom_proto.codec import Body
from icom_proto.codes import PacketType, Role, Stream
from icom_proto.datagrams import encode_datagram
from icom_proto.events import Address, Output, TransmitBlock
from icom_proto.link import Link
from icom_proto.link_timings import LinkTimings
from icom_proto.packets import AreYouThere, Header, Ready, RetransmitOne

OWN_ID, PEER_ID = 0x010ACB23, 0x0D93E652
CLIENT = Address("192.168.1.10", 41003)
# Of LPCM16 at 48 and 8 kHz, µ-law, a whole number of datagrams, nothing.
SIZES = st.sampled_from([1920, 320, 160, 2728, 3840, 0])


class Way:
    """A radio's audio link and its sender; perhaps with a lane."""

    def __init__(self, *, has_lane: bool, is_joining: bool = False) -> None:
        self.outputs: deque[Output] = deque()
        self.link = Link(
            Role.RADIO,
            Stream.AUDIO,
            own_id=OWN_ID,
            rng=random.Random(1),
            timings=LinkTimings(ping_every_s=1000.0, idle_after_s=0.1),
            outputs=self.outputs,
            address=CLIENT,
            first_seq=0xFFFA,
        )
        self.sender = AudioSender(self.link, RADIO_IDENTS, 0xFFFE)
        self.lane = AudioSendLane(self.link, self.sender, is_joining=is_joining)
        self.has_lane = has_lane
        self.taken = 0
        self.give(AreYouThere(), 0, 0.0)
        self.give(Ready(), 1, 0.0)

    def give(self, body: Body, seq: int, now: float) -> None:
        receiver_id = 0 if isinstance(body, AreYouThere) else OWN_ID
        header = Header(
            length=0x10,
            type=PacketType(body.TYPE),
            seq=seq,
            sender_id=PEER_ID,
            receiver_id=receiver_id,
        )
        self.link.receive(encode_datagram(header, body), now)

    def send(self, block: bytes, now: float) -> None:
        if self.has_lane and self.lane.take(block, now):
            self.taken += 1
        else:
            self.sender.send(block, now)

    def seen(self) -> tuple[object, ...]:
        at, sent = self.link.next_timeout(), list[Output]()
        for output in self.outputs:
            if isinstance(output, TransmitBlock):
                sent += output.parts()
            else:
                sent.append(output)
        return sent, self.link.statistics(), self.sender.sent, at


@given(st.lists(SIZES, min_size=1, max_size=12), st.integers(0, 0xFFFF))
def test_with_and_without_the_lane_the_same_leaves(
    sizes: list[int], asked: int
) -> None:
    ways = [
        Way(has_lane=True),
        Way(has_lane=True, is_joining=True),
        Way(has_lane=False),
    ]
    for way in ways:
        way.link.trust()
        for at, size in enumerate(sizes):
            now = 0.02 * (at + 1)
            way.send(random.Random(at).randbytes(size), now)
            # What was sent can be asked for again, whichever way it went.
            way.give(RetransmitOne(), (0xFFFA + at) & 0xFFFF, now)
        way.give(RetransmitOne(), asked, 0.5)
        way.link.handle_timeout(1.0)
    assert ways[0].seen() == ways[1].seen() == ways[2].seen()
    assert ways[0].taken == ways[1].taken == sum(size > 0 for size in sizes)


def test_the_lane_leaves_to_the_link_what_is_not_plain() -> None:
    stranger = Way(has_lane=True)
    stranger.send(bytes(1920), 0.02)
    assert stranger.taken == 0, "no more goes to a stranger than three times its bytes"
    muted = Way(has_lane=True)
    muted.link.trust()
    muted.link.output.mute()
    muted.send(bytes(1920), 0.02)
    assert muted.taken == 0
    muted.link.output.unmute()
    muted.send(bytes(1920), 0.04)
    assert muted.taken == 1
    leaving = Way(has_lane=True)
    leaving.link.trust()
    leaving.link.close(0.02)
    assert not leaving.lane.take(bytes(1920), 0.02)
