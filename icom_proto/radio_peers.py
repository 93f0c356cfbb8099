"""The clients on the control stream: who is let in, who makes room, who is gone."""

import random
from collections import Counter, deque
from typing import Final

from icom_proto.codec import HEADER_SIZE
from icom_proto.codes import PacketType, Stream
from icom_proto.events import Address, CloseReason, Output
from icom_proto.link import Link
from icom_proto.link_output import unpack_header
from icom_proto.link_states import LinkState
from icom_proto.radio_config import RadioConfig
from icom_proto.radio_links import RadioLinks
from icom_proto.radio_session import RadioSession
from icom_proto.radio_slots import Slots
from icom_proto.radio_streams import Statistics, add_statistics
from icom_proto.session_states import RadioState
from icom_proto.timers import AnyTimers

# Control links at once. Over it the oldest one that has not logged in makes room.
PEERS_MAX: Final = 32
# A call from a known address after this much silence is a new program, not a
# repetition.
RECALL_AFTER_S: Final = 2.0
# Logins and what follows that wait for the answer to a ping.
_HELD_MAX: Final = 4

_CALL: Final = int(PacketType.ARE_YOU_THERE)
_CLOSED: Final = LinkState.CLOSED
_UP: Final = LinkState.UP
_LISTENING: Final = (RadioState.AUTHENTICATED, RadioState.STREAMING)


class Peer:
    """One client on the control stream."""

    __slots__ = ("held", "link", "session")

    def __init__(self, link: Link, session: RadioSession) -> None:
        self.link = link
        self.session = session
        self.held: list[bytes] = []


class RadioPeers:
    """All clients with a control link, and sessions that the radio still holds."""

    def __init__(
        self,
        config: RadioConfig,
        links: RadioLinks,
        slots: Slots[RadioSession],
        *,
        rng: random.Random,
        outputs: deque[Output],
        past: Statistics,
    ) -> None:
        self.config = config
        self.known: dict[Address, Peer] = {}
        self._held: list[RadioSession] = []  # whose links are gone
        self._links = links
        self._slots = slots
        self._rng = rng
        self._outputs = outputs
        self._past = past

    @property
    def timers(self) -> list[AnyTimers]:
        own: list[AnyTimers] = [session.timers for session in self._held]
        for peer in self.known.values():
            own += [peer.link.timers, peer.session.timers]
        return own

    @property
    def links(self) -> list[Link]:
        """The control links."""
        return [peer.link for peer in self.known.values()]

    @property
    def sessions(self) -> list[RadioSession]:
        """With those that are only held."""
        return [peer.session for peer in self.known.values()] + self._held

    @property
    def sole(self) -> Peer | None:
        """The client, if there is one alone and nothing is held of another one."""
        if len(self.known) != 1 or self._held:
            return None
        for peer in self.known.values():
            return None if peer.held else peer
        return None

    def called(self, data: bytes, address: Address, now: float) -> Peer | None:
        """Somebody calls: who it is; None when it is not let in."""
        peer = self.known.get(address)
        if peer is not None and not _began_anew(peer.link, data, now):
            return peer
        return self._welcome(address, now) if self._slots.hears_calls(now) else None

    def receive(self, peer: Peer, data: bytes, now: float) -> bool:
        """Take a datagram of a client; True if that may have changed who has what."""
        link, session, state = peer.link, peer.session, peer.link.state
        datagram = link.receive(data, now)
        if datagram is not None and self._waits_for_pong(peer):
            peer.held = [*peer.held, bytes(datagram)][-_HELD_MAX:]
            return False
        is_news = link.state is not state
        if peer.held and not self._waits_for_pong(peer):
            held, peer.held, is_news = peer.held, [], True
            for each in held:
                session.handle_datagram(each, now)
        if datagram is not None:
            session.handle_datagram(datagram, now)
            return True
        return is_news

    def handle_timeout(self, now: float) -> bool:
        """Do what is due; True if that changed who is here or has what."""
        is_news = False
        for peer in self.known.values():
            if peer.link.timers.soonest <= now:
                peer.link.handle_timeout(now)
                is_news |= peer.link.state is _CLOSED
        for peer in self.known.values():
            session = peer.session
            if session.timers.soonest <= now:
                is_news |= session.handle_timeout(now)
        for session in self._held:
            if session.timers.soonest <= now:
                is_news |= session.handle_timeout(now)
        return is_news

    def part(self, now: float) -> None:
        """Forget those whose links ended."""
        for address, peer in list(self.known.items()):
            if peer.link.state is _CLOSED:
                self._forget(address, peer)
                self._end(peer, peer.link.closed_by or CloseReason.LOCAL, now)
        self._held = [session for session in self._held if session.is_held]

    def forget_all(self, now: float) -> None:
        """Without a word to them."""
        sessions = list(self.sessions)  # of those that are known, too
        for address, peer in list(self.known.items()):
            self._forget(address, peer)
        for session in sessions:
            session.end(CloseReason.LOCAL, now)
        self._held = []

    def tell_user(self, now: float) -> None:
        """Those who are logged in and own nothing hear who uses the radio."""
        for peer in self.known.values():
            session = peer.session
            is_owner = session in self._slots.owners
            if not is_owner and session.state in _LISTENING and peer.link.can_send:
                session.tell_user(now)

    # inside

    def _welcome(self, address: Address, now: float) -> Peer | None:
        """A link and a session for a new client; None when there is no room."""
        known = self.known.get(address)
        if known is not None:
            self._forget(address, known)
            self._end(known, CloseReason.REPLACED, now)
        if len(self.known) >= PEERS_MAX and not self._make_room():
            return None
        link = self._links.make(Stream.CONTROL, address)
        session = RadioSession(
            self.config,
            link,
            self._slots,
            address=address,
            rng=self._rng,
            outputs=self._outputs,
        )
        peer = self.known[address] = Peer(link, session)
        return peer

    def _make_room(self) -> bool:
        """One that has not logged in goes: one that cannot answer, if there is one (its
        address may be forged), else the oldest of the host that has the most."""
        new = {
            address: peer
            for address, peer in self.known.items()
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

    def _forget(self, address: Address, peer: Peer) -> None:
        del self.known[address]
        add_statistics(self._past, peer.link)

    def _end(self, peer: Peer, reason: CloseReason, now: float) -> None:
        peer.session.end(reason, now)
        if peer.session.is_held:
            self._held.append(peer.session)

    def _waits_for_pong(self, peer: Peer) -> bool:
        """Hamlib saw radios that answer no login before their pings are (2.6)."""
        return (
            self.config.session.require_pong_before_login
            and peer.session.state is RadioState.NEW
            and peer.link.round_trip.samples == 0
        )


def is_call(data: bytes) -> bool:
    """Does it ask whether a radio is there?"""
    return len(data) == HEADER_SIZE and unpack_header(data)[1] == _CALL


def _began_anew(link: Link, call: bytes, now: float) -> bool:
    """Is this call from a new program on a known address, and no mere repetition?"""
    if unpack_header(call)[3] != link.output.peer_id:
        return True
    return link.state is _UP and now >= link.heard_at + RECALL_AFTER_S
