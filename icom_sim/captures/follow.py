"""Finds the streams and sessions in a capture by itself, on any ports, in one pass.

A conversation of two addresses is a flow. Which stream it is and which end is the radio
follow from what its datagrams show (`shapes`), from the ports that the sides announce
to each other, from the ports where radios listen unless told otherwise, in this order
of trust; what is learned later and better replaces what was supposed. Memory is
bounded: only the latest flows and sessions are remembered.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from icom_proto.codec import head_struct, offset_of, size_of
from icom_proto.codes import PacketType, Reply, Request, Role, Stream
from icom_proto.datagrams import decode_datagram
from icom_proto.errors import DecodeError
from icom_proto.events import Address
from icom_proto.packets import Header, Status, StreamRequest, Token
from icom_proto.quick_dataclass import fast_constructor
from icom_sim.captures.declarations import PORTS
from icom_sim.captures.reader import CapturedDatagram
from icom_sim.captures.sessions import Flow, Session, SessionBook, Trust
from icom_sim.captures.shapes import (
    looks_like_icom,
    shown_sender,
    shown_stream,
    supposed_sender,
)
from icom_sim.network.verdicts import Direction

__all__ = ["Direction", "Follower", "Placed"]

_FLOWS_MAX = 2048
_ANNOUNCED_MAX = 4096
# How far `follow` looks ahead before it takes a supposition for a fact.
_AHEAD, _AHEAD_S = 512, 5.0

_TYPE_AT = offset_of(Header, "type")
_HEADER_SIZE = size_of(Header)
_header = head_struct(Header).unpack_from
_BARE = (PacketType.ARE_YOU_THERE, PacketType.DISCONNECT)


@dataclass(frozen=True, slots=True)
class Placed:
    """A datagram and where it belongs. Sessions are numbered from 1."""

    datagram: CapturedDatagram
    stream: Stream
    direction: Direction
    session: int


_placed = fast_constructor(Placed)
# Names that the loop over all datagrams reads without asking an enum.
_DATA, _PING, _CONTROL = PacketType.DATA, PacketType.PING, Stream.CONTROL
_TO_CLIENT, _TO_RADIO = Direction.TO_CLIENT, Direction.TO_RADIO


class Follower:
    """Datagrams in, in the order of the capture; out comes where each belongs."""

    def __init__(self) -> None:
        self.others = 0  # datagrams that are none of Icom's
        self._flows: dict[tuple[Address, Address], Flow] = {}
        self._announced: dict[Address, tuple[Stream, Role]] = {}
        self._book = SessionBook()

    @property
    def sessions(self) -> int:
        """How many there were so far."""
        return self._book.count

    def place(self, datagram: CapturedDatagram) -> Placed | None:
        """At once, by what is known so far; None for what is not Icom's."""
        flow = self._flow_of(datagram)
        return None if flow is None else _place(datagram, flow, _session(flow))

    def follow(self, datagrams: Iterable[CapturedDatagram]) -> Iterator[Placed]:
        """The same for a whole capture, with a look ahead where it is not clear yet."""
        held: deque[tuple[CapturedDatagram, Flow, Session]] = deque()
        flows, flow_of = self._flows, self._flow_of
        for datagram in datagrams:
            source = datagram.source
            flow = flows.get((source, datagram.destination))
            if flow is None or not _is_plain(flow, datagram.data):
                flow = flow_of(datagram)
            if flow is None:
                continue
            flow.seen = datagram.t
            if held or not flow.known:
                held.append((datagram, flow, _session(flow)))
                yield from self._let_go(held, datagram.t)
            else:
                direction = _TO_CLIENT if source == flow.radio else _TO_RADIO
                number = _session(flow).number
                yield _placed(datagram, flow.stream, direction, number)
        for each in held:
            self._give_up(each[1])
            yield _place(*each)

    def _let_go(
        self, held: deque[tuple[CapturedDatagram, Flow, Session]], now: float
    ) -> Iterator[Placed]:
        while held:
            datagram, flow, _ = held[0]
            if len(held) > _AHEAD or not 0 <= now - datagram.t < _AHEAD_S:
                self._give_up(flow)
            if not flow.known:
                return
            yield _place(*held.popleft())

    def _give_up(self, flow: Flow) -> None:
        """It has not shown what it is: its neighbours may tell."""
        if not flow.known:
            self._suppose(flow)
            flow.known = True

    def _flow_of(self, datagram: CapturedDatagram) -> Flow | None:
        ends = datagram.source, datagram.destination
        flow = self._flows.get(ends)
        if flow is None:
            if not looks_like_icom(datagram.data, cut=datagram.cut):
                self.others += 1
                return None
            flow = self._meet(*ends)
        flow.seen = datagram.t
        if flow.lessons:
            self._learn(flow, datagram)
        data = datagram.data
        kind = _type_of(data)
        if kind == PacketType.ARE_YOU_THERE:
            self._on_call(flow)
        elif flow.session is None:
            self._book.tie(flow, new=False)
        if kind == PacketType.DATA and len(data) > _HEADER_SIZE:
            flow.active = True
            if flow.stream is Stream.CONTROL:
                self._on_control(flow, data)
        elif kind == PacketType.DISCONNECT:
            flow.active = True
            self._on_disconnect(flow)
        return flow

    # ---- flows -----------------------------------------------------------------------

    def _meet(self, source: Address, destination: Address) -> Flow:
        if len(self._flows) >= 2 * _FLOWS_MAX:
            self._forget()
        flow = Flow(source, destination)
        self._flows[source, destination] = self._flows[destination, source] = flow
        self._suppose(flow)
        for end, other in ((source, destination), (destination, source)):
            if end in self._announced:
                stream, role = self._announced[end]
                radio = end if role is Role.RADIO else other
                flow.learn_stream(stream, Trust.ANNOUNCED)
                flow.learn_radio(radio, Trust.ANNOUNCED)
        usual = [end for end in (destination, source) if end.port in PORTS]
        if usual:
            flow.learn_stream(PORTS[usual[0].port], Trust.BY_PORT)
        if len(usual) == 1:  # kappanhang has the same numbers on both sides
            flow.learn_radio(usual[0], Trust.BY_PORT)
        return flow

    def _suppose(self, flow: Flow) -> None:
        """By what is known of these hosts; else whoever speaks first is the client."""
        host = self._book.radio_host(flow)
        if host is not None:
            radio = next(end for end in flow.ends if end.host == host)
            flow.learn_radio(radio, Trust.BY_PORT)
        control = self._book.control_radio(flow)
        if control is not None and flow.stream_trust is Trust.SUPPOSED:
            radio = flow.ends[flow.ends[1].host == control.host]
            # guess: three ports in a row, as radios have them from the factory.
            steps = {1: Stream.CIV, 2: Stream.AUDIO}
            flow.stream = steps.get(radio.port - control.port, flow.stream)

    def _learn(self, flow: Flow, datagram: CapturedDatagram) -> None:
        data = datagram.data
        if flow.known:
            flow.lessons -= 1
        stream = shown_stream(data)
        if stream is not None and flow.learn_stream(stream, Trust.SHOWN):
            self._book.tie_again(flow)
        role, trust = shown_sender(flow.stream, data), Trust.SHOWN
        if role is None:
            role, trust = supposed_sender(flow.stream, data), Trust.LIKELY
        if role is not None:
            is_radio = role is Role.RADIO
            radio = datagram.source if is_radio else datagram.destination
            flow.learn_radio(radio, trust)

    def _forget(self) -> None:
        """Of too many flows, those that were silent the longest."""
        flows = sorted(set(self._flows.values()), key=lambda flow: flow.seen)
        for flow in flows[: len(flows) // 2]:
            del self._flows[flow.ends], self._flows[flow.ends[::-1]]
            self._book.release(flow)

    # ---- sessions --------------------------------------------------------------------

    def _on_call(self, flow: Flow) -> None:
        """A client calls a radio: so begins a stream, and on control a session.

        Calls are repeated until they are answered; only one after more than that tells
        of a new beginning on the same ports.
        """
        if flow.session is None or flow.active:
            self._book.tie(flow, new=flow.stream is Stream.CONTROL)
        flow.active = False

    def _on_control(self, flow: Flow, data: bytes) -> None:
        try:
            _, body = decode_datagram(Stream.CONTROL, data)
        except DecodeError:
            return
        match body:
            case StreamRequest():
                self._announce(flow, Role.CLIENT, body.civ_port, body.audio_port)
            case Status() if body.civ_port or body.audio_port:
                self._announce(flow, Role.RADIO, body.civ_port, body.audio_port)
            case Token(reply=Reply.REQUEST, request=Request.REMOVE_TOKEN):
                self._on_disconnect(flow)
            case _:
                pass

    def _on_disconnect(self, flow: Flow) -> None:
        if flow.stream is Stream.CONTROL and flow.session is not None:
            flow.session.closed = True

    def _announce(self, flow: Flow, role: Role, civ_port: int, audio_port: int) -> None:
        host = (flow.radio if role is Role.RADIO else flow.client).host
        if len(self._announced) >= _ANNOUNCED_MAX:
            self._announced.clear()
        for stream, port in ((Stream.CIV, civ_port), (Stream.AUDIO, audio_port)):
            _session(flow).ports[role, stream] = port
            if port:
                self._announced[Address(host, port)] = stream, role


def _type_of(data: bytes) -> int | None:
    """None if the size does not fit: what is damaged begins no session and ends none.

    wfserver repeats memory that is used for something else by then (5.2).
    """
    if len(data) < _HEADER_SIZE:
        return None
    length, kind, *_ = _header(data)
    if kind in _BARE and not length == len(data) == _HEADER_SIZE:
        return None
    return int(kind)


def _is_plain(flow: Flow, data: bytes) -> bool:
    """Nothing can be learned from this datagram: nearly all are such."""
    if flow.lessons or not flow.active or len(data) < _HEADER_SIZE:
        return False
    kind = data[_TYPE_AT]
    if kind == _DATA:
        return len(data) == _HEADER_SIZE or flow.stream is not _CONTROL
    return kind == _PING


def _place(datagram: CapturedDatagram, flow: Flow, session: Session) -> Placed:
    to_client = datagram.source == flow.radio
    direction = _TO_CLIENT if to_client else _TO_RADIO
    return _placed(datagram, flow.stream, direction, session.number)


def _session(flow: Flow) -> Session:
    assert flow.session is not None, "each flow is tied to one when it is met"
    return flow.session
