"""A capture as those who judge it want it: placed, decoded, by a clock that only runs.

Summary, plot and checks all read this. A step of the recording machine's clock takes no
time here, or each would look like a silence of both sides.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from icom_proto.codec import Body
from icom_proto.codes import PacketType, Role, Stream
from icom_proto.datagrams import decode_datagram
from icom_proto.errors import DecodeError
from icom_proto.events import Address
from icom_proto.packets import Header
from icom_proto.quick_dataclass import fast_constructor
from icom_sim.captures.follow import Direction, Follower, Placed
from icom_sim.captures.reader import CapturedDatagram

# As `reader` notes them: packets swap places by less, and sessions pause for less.
_STEP_BACK_S, _STEP_AHEAD_S = 1.0, 3600.0


@dataclass(frozen=True, slots=True)
class Observed:
    """One datagram. `at` is in seconds since the first one, `t` as recorded.

    Without `body` it was not understood, and `fault` says why; of what was `cut` by
    the recorder nothing is said but what stands in the header.
    """

    number: int
    t: float
    at: float
    session: int
    stream: Stream
    side: Role
    destination: Address
    data: bytes
    header: Header | None
    body: Body | None
    fault: str
    cut: bool

    @property
    def is_numbered(self) -> bool:
        """Of the type that takes a sequence number: data, requests, idles."""
        readable = self.body is not None or self.cut
        return (
            readable and self.header is not None and self.header.type == PacketType.DATA
        )


_made = fast_constructor(Observed)
_TO_RADIO, _CLIENT, _RADIO = Direction.TO_RADIO, Role.CLIENT, Role.RADIO


def observe(captured: Iterable[CapturedDatagram]) -> Iterator[Observed]:
    """All of Icom's in a capture, in its order."""
    clock = _Clock()
    for placed in Follower().follow(captured):
        yield _observed(placed, clock.at(placed.datagram.t))


class _Clock:
    """Seconds since the first datagram, without the steps of the recorder's clock."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._zero = 0.0

    def at(self, t: float) -> float:
        if self._last is None:
            self._last = self._zero = t
        step = t - self._last
        if not -_STEP_BACK_S < step < _STEP_AHEAD_S:
            self._zero += step
        self._last = t
        return t - self._zero


def _observed(placed: Placed, at: float) -> Observed:
    datagram = placed.datagram
    header: Header | None = None
    body: Body | None = None
    fault = ""
    try:
        header, body = decode_datagram(placed.stream, datagram.data)
    except DecodeError as error:
        header = _header(datagram.data)
        fault = str(error)
    if datagram.cut:
        body, fault = None, ""
    return _made(
        datagram.number,
        datagram.t,
        at,
        placed.session,
        placed.stream,
        _CLIENT if placed.direction is _TO_RADIO else _RADIO,
        datagram.destination,
        datagram.data,
        header,
        body,
        fault,
        datagram.cut,
    )


def _header(data: bytes) -> Header | None:
    try:
        return Header.decode(data)
    except DecodeError:
        return None
