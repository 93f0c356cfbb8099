"""The CI-V stream: opening and closing it, frames in and out, answers to requests.

The client keeps one request in flight, because OK and NG do not say what they answer
(CIV.md 1.10). The next request leaves when the answer is in: nothing is paced by a
clock. Lost datagrams are the link's business; a request is never sent twice from here,
since not every command may be repeated.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import ClassVar

from icom_proto.civ_commands import (
    answer_prefix,
    is_read,
    read_identity,
    set_ptt,
)
from icom_proto.civ_frames import (
    BODY_MAX,
    BROADCAST,
    NG,
    OK,
    CivSplitter,
    build_frame,
    frame_body,
    is_frame,
)
from icom_proto.codec import packer
from icom_proto.codes import CivKind, Stream
from icom_proto.datagrams import decode_datagram
from icom_proto.errors import DecodeError, LocalProtocolError
from icom_proto.events import (
    Address,
    CivAnswered,
    CivExpired,
    CivFrameReceived,
    CivOpened,
    CivRefused,
    ClientCivClosed,
    ClientCivOpened,
    IgnoredWhy,
    Output,
    PacketIgnored,
)
from icom_proto.link import IGNORED_SHOWN_MAX, Link
from icom_proto.packets import CivData, CivOpenClose
from icom_proto.timers import NEVER, Timers

# Actions of open and close (PROTOCOL.md 2.17). Radios look at bit 2 of an open.
OPEN, CLOSE, OPEN_BIT = 0x04, 0x00, 0x04
# The open is repeated until CI-V flows: fast for a second, then slowly (section 6).
OPEN_AGAIN_S, OPEN_FAST_S, OPEN_AGAIN_SLOW_S = 0.1, 1.0, 0.5
# Requests wait this long for CI-V to flow, then are sent all the same.
OPEN_PATIENCE_S = 1.0
# No CI-V for this long while a request went unanswered: open again (section 6).
REOPEN_AFTER_S = 2.0
# Requests that may wait in line; a caller that asks for more is told so.
REQUESTS_MAX = 256
# A barrier that goes unanswered is given up after this long.
BARRIER_S = 0.3
SCOPE_DATA = bytes.fromhex("2700")
PTT_ON, PTT_OFF = set_ptt(True), set_ptt(False)

pack_data = packer(CivData)


@dataclass(frozen=True, slots=True)
class CivRequest:
    """A frame on its way to the radio. `request_id` 0: a barrier of our own."""

    request_id: int
    frame: bytes
    prefix: bytes
    expects_data: bool
    deadline: float


class CivState(Enum):
    """Does CI-V flow?"""

    SHUT = "not opened yet"
    OPENING = "open sent, nothing heard"
    OPEN = "CI-V datagrams arrive"


class _Timer(IntEnum):
    OPEN = 0
    PATIENCE = 1
    EXPIRY = 2


# Members bound once: looking one up on its class costs 0.1 µs on Python 3.11.
_EXPIRY = _Timer.EXPIRY
_OPEN = CivState.OPEN
_SHUT = CivState.SHUT


class ClientCiv:
    """The client's side of the CI-V stream."""

    def __init__(self, link: Link, *, controller: int, outputs: deque[Output]) -> None:
        self.state = _SHUT
        self.controller = controller
        self.radio_address = BROADCAST
        self._link = link
        self._outputs = outputs
        self.timers = Timers(_Timer)
        self._splitter = CivSplitter()
        self._inner_seq = 0
        self._requests = _Requests()
        self._opened_at = 0.0
        self._heard_at = 0.0
        # The radio was told to transmit and has not yet confirmed that it stopped.
        self.keyed = False

    # commands

    def open(self, radio_address: int, now: float) -> None:
        """The link is up: start the flow, and ask for something that shows it."""
        self.radio_address = radio_address
        self._opened_at = now
        self._enter_opening(now)
        self.timers.start(_Timer.PATIENCE, now + OPEN_PATIENCE_S)

    def close(self, now: float) -> None:
        """Stop the flow. Requests still waiting expire."""
        if self.state is not _SHUT and self._link.can_send:
            self._send_open_close(CLOSE, now)
        self.state = _SHUT
        self.timers.stop_all()
        for request in self._requests.take_all():
            self._report_expiry(request)

    def send(self, frame: bytes, now: float, timeout_s: float, urgent: bool) -> int:
        """Queue one frame; its answer, refusal or expiry carries this number."""
        if not is_frame(frame):
            raise LocalProtocolError(
                f"no CI-V frame: {frame[:16].hex(' ')}; allowed is FE FE to from command"
                f" FD, at most {BODY_MAX} bytes, FD only at the end"
            )
        if len(self._requests.waiting) >= REQUESTS_MAX:
            raise LocalProtocolError(
                f"{REQUESTS_MAX} CI-V requests wait already: let some be answered first"
            )
        request_id = self._requests.add(frame, now + timeout_s, urgent)
        self._send_next(now)
        self._arm_expiry()
        return request_id

    # inputs

    def handle_datagram(self, data: bytes, now: float) -> None:
        """Take a tracked datagram of the CI-V stream."""
        frames = _frames_of(data, self._splitter, self._outputs, now)
        if frames is None:
            return
        self._heard_at = now
        if self.state is not _OPEN:
            self._enter_open(now)
        for frame in frames:
            self._on_frame(frame, now)
        self._arm_expiry()

    def handle_timeout(self, now: float) -> None:
        """Do what is due."""
        for name in self.timers.fired(now):
            self._on_timer[name](self, now)

    # inside: frames

    def _on_frame(self, frame: bytes, now: float) -> None:
        receiver, sender = frame[2], frame[3]
        if receiver == self.radio_address and sender == self.controller:
            return  # an echo (CIV.md 1.4)
        in_flight = self._requests.in_flight
        if in_flight is None or receiver != self.controller:
            self._outputs.append(CivFrameReceived(frame))
        elif frame_body(frame) == NG:
            self._complete(in_flight, CivRefused(in_flight.request_id), now)
        elif _answers(in_flight, frame):
            self._complete(in_flight, CivAnswered(in_flight.request_id, frame), now)
        else:
            self._outputs.append(CivFrameReceived(frame))

    def _complete(self, request: CivRequest, event: Output, now: float) -> None:
        if request.request_id:
            self._outputs.append(event)
        if frame_body(request.frame) == PTT_OFF and isinstance(event, CivAnswered):
            self.keyed = False
        self._requests.in_flight = None
        self._send_next(now)

    def _send_next(self, now: float) -> None:
        """Send the next request, if CI-V flows and nothing is in flight."""
        held_back = self.state is not _OPEN and self._is_patient
        if held_back or not self._link.can_send or self.state is _SHUT:
            return
        request = self._requests.next(self._barrier(now))
        if request is not None:
            self._send_frame(request.frame, now)

    @property
    def _is_patient(self) -> bool:
        return self.timers.due(_Timer.PATIENCE) != NEVER

    def _barrier(self, now: float) -> CivRequest:
        """A read whose answer proves that every earlier answer is through."""
        frame = build_frame(self.radio_address, self.controller, read_identity())
        return _request(0, frame, now + BARRIER_S)

    def _send_frame(self, frame: bytes, now: float) -> None:
        body = pack_data(CivKind.DATA, len(frame), self._inner_seq, frame)
        self._inner_seq = (self._inner_seq + 1) & 0xFFFF
        self.keyed |= frame_body(frame) == PTT_ON
        self._link.send(body, now)

    # inside: opening

    def _enter_opening(self, now: float) -> None:
        self.state = CivState.OPENING
        self._send_open_close(OPEN, now)
        self._send_frame(
            build_frame(self.radio_address, self.controller, read_identity()), now
        )
        fast = now < self._opened_at + OPEN_FAST_S
        self.timers.start(
            _Timer.OPEN, now + (OPEN_AGAIN_S if fast else OPEN_AGAIN_SLOW_S)
        )

    def _enter_open(self, now: float) -> None:
        self.state = _OPEN
        self.timers.stop(_Timer.OPEN)
        self.timers.stop(_Timer.PATIENCE)
        self._outputs.append(CivOpened())
        self._send_next(now)

    def _send_open_close(self, action: int, now: float) -> None:
        body = CivOpenClose(action=action, inner_seq=self._inner_seq).encode()
        self._inner_seq = (self._inner_seq + 1) & 0xFFFF
        self._link.send(body, now)

    # inside: time

    def _on_open_due(self, now: float) -> None:
        if self._link.can_send:
            self._enter_opening(now)

    def _on_patience_over(self, now: float) -> None:
        self._send_next(now)
        self._arm_expiry()

    def _on_expiry(self, now: float) -> None:
        for request in self._requests.expire(now):
            self._report_expiry(request)
        silent = now >= self._heard_at + REOPEN_AFTER_S
        if silent and self.state is _OPEN and self._link.can_send:
            self._enter_opening(now)
        self._send_next(now)
        self._arm_expiry()

    _on_timer: ClassVar = {
        _Timer.OPEN: _on_open_due,
        _Timer.PATIENCE: _on_patience_over,
        _EXPIRY: _on_expiry,
    }

    def _arm_expiry(self) -> None:
        self.timers.start(_EXPIRY, self._requests.soonest)

    def _report_expiry(self, request: CivRequest) -> None:
        if request.request_id:
            self._outputs.append(CivExpired(request.request_id))


class RadioCiv:
    """The radio's side of the CI-V stream: open or shut, and frames both ways."""

    def __init__(self, link: Link, *, address: Address, outputs: deque[Output]) -> None:
        self.is_open = False
        self._link = link
        self._address = address
        self._outputs = outputs
        self._splitter = CivSplitter()
        self._inner_seq = 0

    def send(self, frame: bytes, now: float) -> None:
        """Send one frame to the client; dropped while the stream is shut."""
        if not (self.is_open and self._link.can_send):
            return
        body = pack_data(CivKind.DATA, len(frame), self._inner_seq, frame)
        self._inner_seq = (self._inner_seq + 1) & 0xFFFF
        self._link.send(body, now)

    def handle_datagram(self, data: bytes, now: float) -> None:
        """Take a tracked datagram of the CI-V stream."""
        action = _action_of(data)
        if action is not None:
            self._on_open_close(bool(action & OPEN_BIT))
            return
        frames = _frames_of(data, self._splitter, self._outputs, now)
        if frames and self.is_open:
            self._outputs.extend(CivFrameReceived(frame) for frame in frames)

    def _on_open_close(self, opens: bool) -> None:
        """Clients repeat the open until CI-V flows; only the first one counts."""
        if opens is self.is_open:
            return
        self.is_open = opens
        if opens:
            self._inner_seq = 0
            self._outputs.append(ClientCivOpened(self._address))
        else:
            self._outputs.append(ClientCivClosed(self._address))


class _Requests:
    """One request in flight, the others in line."""

    def __init__(self) -> None:
        self.in_flight: CivRequest | None = None
        self.waiting: deque[CivRequest] = deque()
        self._last_id = 0
        self._answer_owed = False  # an anonymous OK or NG may still come

    @property
    def soonest(self) -> float:
        """The earliest deadline of all, or infinity."""
        deadlines = [request.deadline for request in self.waiting]
        if self.in_flight is not None:
            deadlines.append(self.in_flight.deadline)
        return min(deadlines, default=float("inf"))

    def add(self, frame: bytes, deadline: float, urgent: bool) -> int:
        """Put a frame in line, an urgent one in front."""
        self._last_id += 1
        request = _request(self._last_id, frame, deadline)
        if urgent:
            self.waiting.appendleft(request)
        else:
            self.waiting.append(request)
        return self._last_id

    def next(self, barrier: CivRequest) -> CivRequest | None:
        """Take the next one into flight; the barrier first where an answer is owed."""
        if self.in_flight is not None or not self.waiting:
            return None
        if self._answer_owed:
            self._answer_owed = False
            self.in_flight = barrier
        else:
            self.in_flight = self.waiting.popleft()
        return self.in_flight

    def expire(self, now: float) -> list[CivRequest]:
        """Remove and return what is past its deadline."""
        expired = [request for request in self.waiting if request.deadline <= now]
        if expired:
            self.waiting = deque(r for r in self.waiting if r.deadline > now)
        if self.in_flight is not None and self.in_flight.deadline <= now:
            self._answer_owed = self.in_flight.request_id != 0
            expired.insert(0, self.in_flight)
            self.in_flight = None
        return expired

    def take_all(self) -> list[CivRequest]:
        """Remove and return everything."""
        left = [self.in_flight] if self.in_flight is not None else []
        left += self.waiting
        self.in_flight = None
        self.waiting = deque()
        return left


def _request(request_id: int, frame: bytes, deadline: float) -> CivRequest:
    return CivRequest(request_id, frame, answer_prefix(frame), is_read(frame), deadline)


def _answers(request: CivRequest, frame: bytes) -> bool:
    """Does a frame to us answer this request? FB answers writes, data answers reads."""
    if frame_body(frame) == OK:
        return not request.expects_data
    if frame.startswith(SCOPE_DATA, 4) or not request.expects_data:
        return False
    return frame.startswith(request.prefix, 4)


def _action_of(data: bytes) -> int | None:
    """The action byte of an open or close; None for every other datagram."""
    if len(data) != 0x16:
        return None
    try:
        _, body = decode_datagram(Stream.CIV, data)
    except DecodeError:
        return None
    return body.action if isinstance(body, CivOpenClose) else None


def _frames_of(
    data: bytes, splitter: CivSplitter, outputs: deque[Output], now: float
) -> list[bytes] | None:
    """The whole frames that a CI-V datagram completes; None if it is none."""
    try:
        body = CivData.decode(data)
    except DecodeError:
        body = None
    if body is None or body.kind != CivKind.DATA:
        why = IgnoredWhy.MALFORMED
        outputs.append(PacketIgnored(Stream.CIV, why, data[:IGNORED_SHOWN_MAX]))
        return None
    return splitter.feed(body.data, now)
