"""The radio's side of everything: any number of clients, one owner of CI-V and audio.

Each client has a control link and a session. The owner's CI-V and audio links come and
go with the grant, and must come from the machine that the grant went to. All parts put
what happens into one queue. Behaviour: PROTOCOL.md 7.3; limits for strangers: `Link`.
"""

import random
from collections import Counter, deque
from typing import Final

from icom_proto.codec import HEADER_SIZE
from icom_proto.codes import PacketType, Stream
from icom_proto.events import (
    Address,
    CloseReason,
    IgnoredWhy,
    Output,
    PacketIgnored,
)
from icom_proto.link import Link
from icom_proto.link_output import IGNORED_SHOWN_MAX, unpack_header
from icom_proto.link_states import LinkState
from icom_proto.radio_config import RadioConfig
from icom_proto.radio_links import RadioLinks
from icom_proto.radio_session import RadioSession, Slot
from icom_proto.radio_streams import RadioStreams, Statistics, add_statistics
from icom_proto.session_states import RadioState
from icom_proto.timers import AnyTimers, Clock, TimerGroup

# Control links at once. Over it the oldest one that has not logged in makes room.
PEERS_MAX: Final = 32
# A call from a known address after this much silence is a new program, not a
# repetition.
RECALL_AFTER_S: Final = 2.0


class _Peer:
    """One client on the control stream."""

    __slots__ = ("link", "session")

    def __init__(self, link: Link, session: RadioSession) -> None:
        self.link = link
        self.session = session


# Members bound once: looking one up on its class costs 0.1 µs on Python 3.11.
_CONTROL: Final = Stream.CONTROL
_CIV: Final = Stream.CIV
_CLOSED: Final = LinkState.CLOSED
_UP: Final = LinkState.UP


class RadioConnection:
    """Radio role. Datagrams come with an address, and leave with one.

    `outputs` and `deadlines` are what `poll_output` and `next_timeout` look at.
    """

    def __init__(
        self, config: RadioConfig, *, rng: random.Random, first_seq: int = 1
    ) -> None:
        self._config = config
        self._rng = rng
        self.outputs: deque[Output] = deque()
        self._slot = Slot()
        self._peers: dict[Address, _Peer] = {}
        self._past: Statistics = {}  # counters of those who left
        self._media = RadioStreams(config, self.outputs, self._past)
        self._told: RadioSession | None = None  # the owner the others know of
        self.deadlines = TimerGroup()
        self._clock = Clock()
        self._links = RadioLinks(
            config,
            rng=rng,
            outputs=self.outputs,
            clock=self._clock,
            first_seq=first_seq,
        )
        self.is_closed = False

    # commands

    def send_civ(self, frame: bytes, now: float) -> None:
        """Send one CI-V frame to the owner; dropped while CI-V is not open."""
        self._clock.advance(now)
        if self._media.civ is not None:
            self._media.civ.send(frame, now)

    def send_audio(self, block: bytes, now: float) -> None:
        """Send one block in the granted RX codec to the owner, if its audio runs."""
        self._clock.advance(now)
        self._media.send_audio(block, now)

    def force_disconnect(self, now: float) -> None:
        """Take the streams from their owner and leave it logged in."""
        self._clock.advance(now)
        if self._slot.owner is not None:
            self._slot.owner.force_streams_closed(now)
            self._react(now)

    def close(self, now: float) -> None:
        """Say goodbye to everybody; from then on nobody is answered."""
        self._clock.advance(now)
        self.is_closed = True
        for peer in self._peers.values():
            peer.link.close(now)
        self._react(now)

    # inputs

    def handle_datagram(
        self, stream: Stream, data: bytes, address: Address, now: float
    ) -> None:
        """Take one datagram. Never raises for it."""
        if self.is_closed:
            return
        if stream is _CONTROL:
            self._handle_control(data, address, now)
            return
        owner = self._slot.owner
        if owner is None or owner.address.host != address.host:
            self._ignore(stream, IgnoredWhy.STRANGER, data)
            return
        link = self._media.link_for(stream, address)
        if link is None:
            if not _is_call(data) or not self._may_call(stream, address, owner, now):
                self._ignore(stream, IgnoredWhy.STRANGER, data)
                return
            link = self._open_media(stream, address, owner)
        state = link.state
        datagram = link.receive(data, now)
        if datagram is not None:
            self._media.handle_datagram(stream, datagram, now)
        elif link.state is not state:
            self._media.on_link_state(stream)
            self._react(now)

    def handle_timeout(self, now: float) -> None:
        """Do what is due."""
        self._clock.advance(now)
        if self.deadlines.soonest() > now:
            return
        gone = False
        for peer in self._peers.values():
            if peer.link.timers.soonest <= now:
                peer.link.handle_timeout(now)
                gone |= peer.link.state is _CLOSED
            if peer.session.timers.soonest <= now:
                gone |= peer.session.handle_timeout(now)
        if self._media.handle_timeout(now) or gone:
            self._react(now)

    # outputs

    def poll_output(self) -> Output | None:
        """The next thing to send or that happened, or None."""
        return self.outputs.popleft() if self.outputs else None

    def next_timeout(self) -> float | None:
        """When `handle_timeout` wants to be called."""
        return self.deadlines.next()

    # questions

    @property
    def owner(self) -> RadioSession | None:
        """The session that holds CI-V and audio."""
        return self._slot.owner

    @property
    def clients(self) -> tuple[Address, ...]:
        """Addresses with a control link."""
        return tuple(self._peers)

    def statistics(self) -> Statistics:
        """Counters by stream, over all clients that are or were here."""
        counters = {name: dict(sums) for name, sums in self._past.items()}
        for peer in self._peers.values():
            add_statistics(counters, peer.link)
        self._media.add_statistics(counters)
        return counters

    # inside: control

    def _handle_control(self, data: bytes, address: Address, now: float) -> None:
        peer = self._peers.get(address)
        if _is_call(data) and (peer is None or _began_anew(peer.link, data, now)):
            peer = self._welcome(address, now)
        if peer is None:
            why = IgnoredWhy.TOO_MANY if _is_call(data) else IgnoredWhy.STRANGER
            self._ignore(_CONTROL, why, data)
            return
        state = peer.link.state
        datagram = peer.link.receive(data, now)
        if datagram is not None:
            peer.session.handle_datagram(datagram, now)
            self._react(now)
        elif peer.link.state is not state:
            self._react(now)

    def _welcome(self, address: Address, now: float) -> _Peer | None:
        """A link and a session for a new client; None when there is no room."""
        known = self._peers.get(address)
        if known is not None:
            self._forget(address, known)
            known.session.end(CloseReason.REPLACED)
        if len(self._peers) >= PEERS_MAX and not self._make_room():
            return None
        link = self._links.make(_CONTROL, address)
        session = RadioSession(
            self._config,
            link,
            self._slot,
            address=address,
            rng=self._rng,
            outputs=self.outputs,
        )
        peer = self._peers[address] = _Peer(link, session)
        self._react(now)
        return peer

    def _make_room(self) -> bool:
        """One that has not logged in goes: one that cannot answer, if there is one (its
        address may be forged), else the oldest of the host that has the most."""
        new = {
            address: peer
            for address, peer in self._peers.items()
            if peer.session.state is RadioState.NEW
        }
        if not new:
            return False
        of_host = Counter(address.host for address in new)
        victim = min(
            new, key=lambda each: (new[each].link.state is _UP, -of_host[each.host])
        )
        self._forget(victim, new[victim])
        return True

    def _forget(self, address: Address, peer: _Peer) -> None:
        del self._peers[address]
        add_statistics(self._past, peer.link)

    def _react(self, now: float) -> None:
        """Forget who left, close what lost its owner, and tell the others."""
        for address, peer in list(self._peers.items()):
            if peer.link.state is _CLOSED:
                self._forget(address, peer)
                peer.session.end(peer.link.closed_by or CloseReason.LOCAL)
        before, owner = self._told, self._slot.owner
        if owner is not before:
            self._told = owner
            self._media.drop()
        self.outputs.extend(self._slot.partings)
        self._slot.partings.clear()
        if owner is not before:
            for peer in self._peers.values():
                if peer.session is not owner and peer.session.state in _LISTENING:
                    peer.session.tell_user(now)
        self._collect_timers()

    # inside: media

    def _may_call(
        self, stream: Stream, address: Address, owner: RadioSession, now: float
    ) -> bool:
        assert owner.request is not None
        return self._media.may_call(stream, address.port, owner.request, now)

    def _open_media(
        self, stream: Stream, address: Address, owner: RadioSession
    ) -> Link:
        assert owner.request is not None
        link = self._links.make(stream, address)
        link.trust()
        self._media.adopt(stream, link, owner.request)
        self._collect_timers()
        return link

    def _collect_timers(self) -> None:
        collected: list[AnyTimers] = []
        for peer in self._peers.values():
            collected += [peer.link.timers, peer.session.timers]
        self.deadlines.watch(collected + self._media.timers)

    def _ignore(self, stream: Stream, why: IgnoredWhy, data: bytes) -> None:
        shown = bytes(data[:IGNORED_SHOWN_MAX])
        self.outputs.append(PacketIgnored(stream, why, shown))


_LISTENING: Final = (RadioState.AUTHENTICATED, RadioState.STREAMING)
_CALL: Final = int(PacketType.ARE_YOU_THERE)


def _is_call(data: bytes) -> bool:
    return len(data) == HEADER_SIZE and unpack_header(data)[1] == _CALL


def _began_anew(link: Link, call: bytes, now: float) -> bool:
    """Is this call from a new program on a known address, and no mere repetition?"""
    if unpack_header(call)[3] != link.peer_id:
        return True
    return link.state is LinkState.UP and now >= link.heard_at + RECALL_AFTER_S
