"""One link of either role, and a peer whose every datagram the test writes itself."""

import random

from forge import drain, fire, seal
from icom_proto.codec import Body
from icom_proto.codes import Role, Stream
from icom_proto.events import Address, Output
from icom_proto.link import Link
from icom_proto.link_states import LinkState
from icom_proto.link_timings import LinkTimings
from icom_proto.packets import (
    AreYouThere,
    AudioData,
    IAmHere,
    Idle,
    Ready,
)

OWN_ID, PEER_ID = 0x010ACB21, 0x5E1F8A3C
ADDRESS = Address("192.168.1.10", 52001)

# States a link can be brought to, per role.
STATES = {
    Role.CLIENT: [
        LinkState.NEW,
        LinkState.CALLING,
        LinkState.READYING,
        LinkState.UP,
        LinkState.CLOSING,
        LinkState.CLOSED,
    ],
    Role.RADIO: [LinkState.NEW, LinkState.ANSWERED, LinkState.UP, LinkState.CLOSED],
}
EVERY_STATE = [(role, state) for role in Role for state in STATES[role]]


def make_link(
    role: Role = Role.CLIENT,
    *,
    stream: Stream = Stream.AUDIO,
    timings: LinkTimings | None = None,
    first_seq: int = 1,
    seed: int = 0,
) -> Link:
    """A link that has done nothing yet."""
    return Link(
        role,
        stream,
        own_id=OWN_ID,
        rng=random.Random(seed),
        timings=timings or LinkTimings(),
        address=ADDRESS if role is Role.RADIO else None,
        first_seq=first_seq,
    )


def from_peer(
    body: Body, seq: int = 0, *, sender: int = PEER_ID, receiver: int = OWN_ID
) -> bytes:
    """A datagram of the peer, which knows our id."""
    return seal(body, seq=seq, sender=sender, receiver=receiver)


def payload(number: int) -> AudioData:
    """A tracked packet that can be told from the others."""
    data = number.to_bytes(4, "big")
    return AudioData(ident=0x8000, send_seq=0, data_length=len(data), data=data)


def give(link: Link, body: Body, now: float, seq: int = 0) -> list[Output]:
    """Let a datagram of the peer arrive; what comes of it."""
    link.handle_datagram(from_peer(body, seq), now)
    return drain(link)


def bring_to(link: Link, state: LinkState, now: float = 0.0) -> list[Output]:
    """Through the handshake, as far as this state; nothing takes time."""
    outputs = drain(link)
    if state is LinkState.CLOSED:
        bring_to(link, LinkState.UP, now)
        link.close(now)
        if link.state is LinkState.CLOSING:
            outputs += fire(link, link.next_timeout() or now)
        return outputs + drain(link)
    table: dict[LinkState, list[str | Body]] = {
        LinkState.NEW: [],
        LinkState.CALLING: ["open"],
        LinkState.READYING: ["open", IAmHere()],
        LinkState.ANSWERED: [AreYouThere()],
        LinkState.CLOSING: ["open", IAmHere(), Ready(), "close"],
        LinkState.UP: [AreYouThere(), Ready()],
    }
    steps = table[state]
    if state is LinkState.UP and link.address is None:
        steps = ["open", IAmHere(), Ready()]
    for step in steps:
        if isinstance(step, Body):
            link.handle_datagram(from_peer(step, 1), now)
        elif step == "open":
            link.open(now)
        else:
            link.close(now)
        outputs += drain(link)
    assert link.state is state
    return outputs


def idle(seq: int) -> bytes:
    """A tracked idle of the peer."""
    return from_peer(Idle(), seq)
