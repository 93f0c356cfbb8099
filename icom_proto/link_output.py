"""The way out of a link: headers are put in front here, and nowhere else.

It holds both ids, which all parts of a link share, and counts. Until its peer has
logged in, a radio's link gives out no more than three times the bytes that came in, so
that nobody can use it to flood a third party whose address was forged.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from icom_proto.codec import HEADER_SIZE, head_struct, offset_of
from icom_proto.codes import PacketType, Stream
from icom_proto.counters import LinkCounters
from icom_proto.events import (
    Address,
    IgnoredWhy,
    Output,
    PacketIgnored,
    Transmit,
)
from icom_proto.packets import Header

# Where the ids of sender and receiver stand, up to the header's end.
_IDS_AT: Final = offset_of(Header, "sender_id")
# Bytes of an ignored datagram that are shown.
IGNORED_SHOWN_MAX: Final = 64
# A stranger gets no more than this many times the bytes it sent.
AMPLIFICATION_MAX: Final = 3

pack_header: Final = head_struct(Header).pack
# Length, type, number, sender id, receiver id.
unpack_header: Final[Callable[[bytes], tuple[int, int, int, int, int]]] = head_struct(
    Header
).unpack_from
# What `Transmit._make` calls; bound here, because every datagram comes by.
_new: Final = tuple.__new__
_Transmit: Final = Transmit

_DATA: Final = int(PacketType.DATA)


class LinkOutput:
    """Both ids, and datagrams of one link into the queue of outputs."""

    __slots__ = (
        "address",
        "allowance",
        "counters",
        "events",
        "ids_expected",
        "is_closed",
        "is_muted",
        "own_id",
        "peer_id",
        "stream",
        "unmuted_allowance",
    )

    def __init__(
        self,
        stream: Stream,
        address: Address | None,
        *,
        own_id: int,
        is_limited: bool,
        events: deque[Output],
    ) -> None:
        self.stream = stream
        self.address = address
        self.own_id = own_id
        self.peer_id = 0
        self.ids_expected = b""  # as they stand in what the peer sends
        self.counters = LinkCounters()
        self.events = events
        # Then nothing is reported any more: the last event is that the link closed.
        self.is_closed = False
        # Bytes that may still go to a peer that has not logged in; None: no limit.
        self.allowance: int | None = 0 if is_limited else None
        # While muted nothing leaves; the allowance is 0 then, which `send` looks at.
        self.is_muted = False
        self.unmuted_allowance: int | None = None

    def meet(self, peer_id: int) -> None:
        """The peer has told its id."""
        self.peer_id = peer_id
        header = pack_header(HEADER_SIZE, _DATA, 0, peer_id, self.own_id)
        self.ids_expected = header[_IDS_AT:]

    def tracked(self, seq: int, body: bytes, payload: bytes = b"") -> bytes:
        """The datagram of a tracked packet; not sent yet, since it is kept as well."""
        length = HEADER_SIZE + len(body) + len(payload)
        header = pack_header(length, _DATA, seq, self.own_id, self.peer_id)
        return b"".join((header, body, payload)) if body or payload else header

    def send_untracked(
        self, kind: int, seq: int, body: bytes = b"", length: int | None = None
    ) -> None:
        """Send a packet that nobody may ask for again."""
        if length is None:
            length = HEADER_SIZE + len(body)
        self.send(pack_header(length, kind, seq, self.own_id, self.peer_id) + body)

    def send(self, datagram: bytes) -> None:
        """Send a whole datagram, unless its receiver is owed nothing more."""
        counters = self.counters
        if self.allowance is not None:
            if len(datagram) > self.allowance:
                counters.withheld += 1
                return
            self.allowance -= len(datagram)
        counters.sent += 1
        self.events.append(_new(_Transmit, (self.stream, datagram, self.address)))

    def earn(self, size: int) -> None:
        """A valid datagram came: a stranger earns an answer by it."""
        if self.allowance is not None and not self.is_muted:
            self.allowance += AMPLIFICATION_MAX * size

    def trust(self) -> None:
        """The peer has logged in: the limit on unanswered bytes is lifted."""
        if self.is_muted:
            self.unmuted_allowance = None
        else:
            self.allowance = None

    def mute(self) -> None:
        """From now on nothing leaves."""
        if not self.is_muted:
            self.is_muted = True
            self.unmuted_allowance, self.allowance = self.allowance, 0

    def unmute(self) -> None:
        """It may leave again; what did not is gone."""
        if self.is_muted:
            self.is_muted = False
            self.allowance = self.unmuted_allowance

    def ignore(self, why: IgnoredWhy, data: bytes) -> None:
        """Count and report a datagram that had no effect."""
        self.counters.ignored += 1
        if not self.is_closed:
            shown = bytes(data[:IGNORED_SHOWN_MAX])
            self.events.append(PacketIgnored(self.stream, why, shown))

    def ignore_foreign(self, receiver_id: int, data: bytes) -> None:
        """It is not for us, or not from our peer."""
        is_ours = receiver_id == self.own_id
        self.ignore(
            IgnoredWhy.WRONG_SENDER if is_ours else IgnoredWhy.WRONG_RECEIVER, data
        )
