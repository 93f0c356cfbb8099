"""Makes a recorded datagram one that is meant for our core.

The core takes the place of one side of a session, and has ids, a token or token request
and pings of its own. What the other side answered to those that were recorded becomes
an answer to the core's; everything else stays as it is, byte for byte, also what is
wrong. All fields are found by their declarations, and the core is not touched.
"""

from collections import deque
from dataclasses import replace
from typing import Final

from icom_proto.codec import HEADER_SIZE, Body
from icom_proto.codes import LOGIN_OK, PacketType, Role, Stream
from icom_proto.datagrams import decode_datagram
from icom_proto.errors import DecodeError
from icom_proto.packets import ControlBody, Header, Login, LoginResponse, Ping, Token
from icom_sim.captures.follow import Placed

# A recorded ping and one of ours are the same if they left at nearly the same time.
SAME_PING_S: Final = 0.005
_PINGS_MAX: Final = 64


class Rewriter:
    """For one session and one core. `role` is the core's."""

    def __init__(self, role: Role) -> None:
        self._is_client = role is Role.CLIENT
        self._recorded_ids: dict[Stream, int] = {}
        self._own_ids: dict[Stream, int] = {}
        # A client chooses the token request, a radio the token.
        self._recorded_marks: set[bytes] = set()
        self._own_mark = b""
        # (stream, seq, clock) of pings, and when they left.
        self._recorded_pings: dict[tuple[Stream, int, int], float] = {}
        self._own_pings: deque[tuple[Stream, int, int, float]] = deque(
            maxlen=_PINGS_MAX
        )

    def replaced(self, placed: Placed, now: float) -> None:
        """The side that the core replaces sent this."""
        data = placed.datagram.data
        if len(data) < HEADER_SIZE:
            return
        header = Header.decode(data)
        self._recorded_ids[placed.stream] = header.sender_id
        body = _body(placed.stream, header, data)
        mark = self._mark(body)
        if mark:
            self._recorded_marks.add(mark)
        if isinstance(body, Ping) and not body.reply:
            pings = self._recorded_pings
            if len(pings) >= _PINGS_MAX:
                del pings[next(iter(pings))]
            pings[placed.stream, header.seq, body.time] = now

    def sent(self, stream: Stream, data: bytes, now: float) -> None:
        """The core sent this."""
        header = Header.decode(data)
        body = _body(stream, header, data)
        self._own_ids[stream] = header.sender_id
        self._own_mark = self._mark(body) or self._own_mark
        if isinstance(body, Ping) and not body.reply:
            self._own_pings.append((stream, header.seq, body.time, now))

    def rewritten(self, placed: Placed) -> bytes:
        """What the other side sent, for the core."""
        stream, data = placed.stream, placed.datagram.data
        if len(data) < HEADER_SIZE:
            return data
        header = Header.decode(data)
        body = _body(stream, header, data)
        rest = data[HEADER_SIZE:]
        if header.receiver_id == self._recorded_ids.get(stream):
            own = self._own_ids.get(stream, header.receiver_id)
            header = replace(header, receiver_id=own)
        if isinstance(body, Ping) and body.reply:
            seq, clock = self._ping(stream, header.seq, body.time)
            header = replace(header, seq=seq)
            rest = replace(body, time=clock).encode()
        elif isinstance(body, ControlBody):
            rest = self._marked(body).encode()
        return header.encode() + rest

    # inside

    def _mark(self, body: Body | None) -> bytes:
        """What the core's side chose, if this tells it."""
        if self._is_client:
            return body.token_request if isinstance(body, Login) else b""
        if isinstance(body, LoginResponse) and body.error == LOGIN_OK:
            return body.token
        return body.token if isinstance(body, Token) else b""

    def _marked(self, body: ControlBody) -> ControlBody:
        mark = body.token_request if self._is_client else body.token
        if mark not in self._recorded_marks or not self._own_mark:
            return body
        if self._is_client:
            return replace(body, token_request=self._own_mark)
        return replace(body, token=self._own_mark)

    def _ping(self, stream: Stream, seq: int, clock: int) -> tuple[int, int]:
        """Which of our pings this answers; if none, it answers none."""
        left_at = self._recorded_pings.get((stream, seq, clock))
        if left_at is not None:
            for own_stream, own_seq, own_clock, own_at in reversed(self._own_pings):
                if own_stream is stream and abs(own_at - left_at) <= SAME_PING_S:
                    return own_seq, own_clock
        return seq, clock


def _body(stream: Stream, header: Header, data: bytes) -> Body | None:
    """Of a ping or control packet; nothing else has anything to rewrite."""
    if stream is not Stream.CONTROL and header.type != PacketType.PING:
        return None
    try:
        return decode_datagram(stream, data)[1]
    except DecodeError:
        return None
