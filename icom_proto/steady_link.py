"""A link while nothing happens on it: pings, idles, and the answers to them.

For who has a thousand links. `Link` and its parts are some thirty objects, and of a
thousand of them none is in the processor's cache when its turn comes. A `SteadyLink`
takes over what keeping alive needs, in one object, and gives it back before anything
else happens to the link. A test holds that both ways are one.
"""

from collections.abc import Callable
from typing import Final

from icom_proto.codec import HEADER_SIZE, glance_struct
from icom_proto.codes import PacketType
from icom_proto.link import Link
from icom_proto.link_output import pack_header, unpack_header
from icom_proto.link_states import LinkState
from icom_proto.link_timings import PING_SIZE, LinkTimer
from icom_proto.packets import Header, Ping
from icom_proto.pinger import clock_of
from icom_proto.timers import NEVER, next_after

# Header, then whether it is an answer, and its clock.
_Glance = tuple[int, int, int, int, int, int, int]
_struct = glance_struct(Header, Ping)
_pack: Final[Callable[..., bytes]] = _struct.pack
_unpack: Final[Callable[[bytes], _Glance]] = _struct.unpack
_DATA: Final = int(PacketType.DATA)
_PING: Final = int(PacketType.PING)
_UP: Final = LinkState.UP
_NOT_STEADY: Final = (LinkTimer.HANDSHAKE, LinkTimer.RECOVERY, LinkTimer.LINGER)


class SteadyLink:
    """What a link that is up, trusted and plain sends and hears by itself.

    `due` is when `keep_alive` has something to send. A peer that is silent for longer
    than the link bears is its owner's affair: see `silent_at`.
    """

    __slots__ = (
        "_highest",
        "_idle_at",
        "_idle_pause_s",
        "_link",
        "_next_seq",
        "_own_id",
        "_peer_id",
        "_ping_at",
        "_ping_pause_s",
        "_ping_seq",
        "_pinged_at",
        "_received",
        "_sent",
        "due",
        "heard_at",
    )

    def __init__(self, link: Link) -> None:
        """Takes over: until `give_back` nobody else may touch the link."""
        output, channel, pinger = link.output, link.channel, link.pinger
        self._link = link
        self._own_id, self._peer_id = output.own_id, output.peer_id
        self.heard_at = link.heard_at
        self._received = self._sent = 0
        self._highest = link.tracker.highest
        self._next_seq = channel.next_seq
        self._ping_seq = pinger.seq
        self._ping_at, self._ping_pause_s = pinger.next_at, pinger.pause_s
        self._pinged_at = pinger.take_latest()  # NEVER: no answer is awaited
        self._idle_at = link.timers.due(LinkTimer.IDLE)
        self._idle_pause_s = channel.idle_pause_s
        if self._idle_at != NEVER:  # its timer is armed late
            self._idle_at = channel.sent_at + self._idle_pause_s
        self.due = NEVER
        self._look_ahead()

    def keep_alive(self, now: float) -> bytes:
        """A ping and an idle, or one of them, if due, as one piece: to be cut behind
        `PING_SIZE`."""
        sent = b""
        if self._ping_at <= now:
            if self._pinged_at != NEVER:
                self._link.pinger.await_answer(self._last_ping, self._pinged_at)
            sent = self._ping(self._ping_seq, 0, clock_of(now))
            self._pinged_at = now
            self._ping_seq = (self._ping_seq + 1) & 0xFFFF
            self._ping_at = next_after(self._ping_at, self._ping_pause_s, now)
        if self._idle_at <= now:
            seq = self._next_seq
            self._sent += 1
            self._next_seq = (seq + 1) & 0xFFFF
            sent += pack_header(HEADER_SIZE, _DATA, seq, self._own_id, self._peer_id)
            self._idle_at = next_after(self._idle_at, self._idle_pause_s, now)
        self._look_ahead()
        return sent

    def take(self, data: bytes, now: float) -> bytes | None:
        """Hears an idle, a ping or the answer to one, and returns what to answer.

        None: it is something else, or nothing for us; `give_back` first, and have the
        link take it.
        """
        size = len(data)
        if size == PING_SIZE:
            _, kind, seq, sender_id, receiver_id, reply, clock = _unpack(data)
            is_ours = sender_id == self._peer_id and receiver_id == self._own_id
            if kind != _PING or not is_ours:
                return None
            self._hear(now)
            if not reply:
                return self._ping(seq, 1, clock)
            sent_at = self._pinged_at
            is_latest = sent_at != NEVER and clock == clock_of(sent_at)
            if is_latest and seq == self._last_ping:
                self._pinged_at = NEVER
                self._link.round_trip.add(now - sent_at)
            else:
                self._link.pinger.handle_answer(seq, clock, now)
            return b""
        if size == HEADER_SIZE:
            length, kind, seq, sender_id, receiver_id = unpack_header(data)
            is_ours = sender_id == self._peer_id and receiver_id == self._own_id
            is_next = seq == self._highest + 1  # 0 never is, as in `Link.receive`
            if kind == _DATA and is_ours and is_next and length == size:
                self._highest = seq
                self._hear(now)
                return b""
        return None

    @property
    def silent_at(self) -> float:
        """When the link wants to end because nothing was heard: `give_back` then."""
        return self.heard_at + self._link.association.silence_s

    def give_back(self, now: float) -> tuple[int, int]:
        """The link goes on from here, now. How many datagrams were sent, and came."""
        link = self._link
        output, channel, pinger = link.output, link.channel, link.pinger
        link.clock.advance(now)
        link.association.heard_at = self.heard_at
        link.tracker.highest = self._highest
        output.counters.received += self._received
        output.counters.sent += self._sent
        pinger.resume(self._ping_seq, self._ping_at)
        if self._pinged_at != NEVER:
            pinger.await_answer(self._last_ping, self._pinged_at)
        if self._idle_at != NEVER:
            channel.history.keep_idles(channel.next_seq, self._next_seq)
            channel.next_seq = self._next_seq
            channel.sent_at = self._idle_at - self._idle_pause_s
            link.timers.start(LinkTimer.IDLE, self._idle_at)
        return self._sent, self._received

    # inside

    @property
    def _last_ping(self) -> int:
        return (self._ping_seq - 1) & 0xFFFF

    def _hear(self, now: float) -> None:
        self.heard_at = now
        self._received += 1

    def _ping(self, seq: int, reply: int, clock: int) -> bytes:
        self._sent += 1
        length = self._link.pinger.lengths[reply]
        return _pack(length, _PING, seq, self._own_id, self._peer_id, reply, clock)

    def _look_ahead(self) -> None:
        ping_at, idle_at = self._ping_at, self._idle_at
        self.due = ping_at if ping_at < idle_at else idle_at


def can_be_steady(link: Link) -> bool:
    """Is it up, trusted and plain, and nothing open between it and its peer?"""
    return (
        link.state is _UP
        and link.output.allowance is None
        and link.checks_receiver
        and link.pinger.is_plain
        and not link.channel.is_continuing
        and all(link.timers.due(each) == NEVER for each in _NOT_STEADY)
    )
