"""CI-V requests: those in line, those on the wire, and which answer belongs to which.

One request is on the wire at a time, because OK and NG do not say what they answer
(CIV.md 1.10). Only an urgent one, such as "stop transmitting", goes out beside another;
the radio answers in order, so the first that fits is the one that is answered.
"""

from collections import deque
from typing import Final

from icom_proto.civ_commands import expected_answer
from icom_proto.civ_frames import NG, OK, frame_body
from icom_proto.errors import LocalProtocolError

# Requests that may wait in line; a caller that asks for more is told so.
REQUESTS_MAX: Final = 256
# The `request_id` of requests whose fate nobody wants to know: our own, and those that
# were cancelled on the wire. Numbers above these are reported.
SILENT: Final = 0
CANCELLED: Final = -1


class CivRequest:
    """A frame for the radio and the time at which its answer is of no use any more."""

    __slots__ = ("_expected", "body", "deadline", "frame", "request_id", "sent_seq")

    def __init__(self, request_id: int, frame: bytes, deadline: float) -> None:
        self.request_id = request_id
        self.frame = frame
        self.body = frame_body(frame)
        self._expected = expected_answer(frame)
        self.deadline = deadline
        self.sent_seq = 0

    def is_answered_by(self, body: bytes) -> bool:
        """FB answers writes, data with the same selector answers reads."""
        expected = self._expected
        return body.startswith(expected) if expected else body == OK


class CivRequests:
    """The line and the wire."""

    __slots__ = ("_last_id", "answer_owed", "on_wire", "waiting")

    def __init__(self) -> None:
        self.on_wire: list[CivRequest] = []
        # One expired on the wire: its OK or NG may still come and mean another.
        self.answer_owed = False
        self.waiting: deque[CivRequest] = deque()
        self._last_id = SILENT

    @property
    def soonest(self) -> float:
        """The earliest deadline of all, or infinity."""
        deadlines = [each.deadline for each in (*self.on_wire, *self.waiting)]
        return min(deadlines, default=float("inf"))

    def make(self, frame: bytes, deadline: float, *, urgent: bool) -> CivRequest:
        """A request with the next number; neither in line nor on the wire yet.

        A full line is no reason to refuse an urgent one: it does not stand in it.
        """
        line = self.on_wire if urgent else self.waiting
        if len(line) >= REQUESTS_MAX:
            raise LocalProtocolError(
                f"{REQUESTS_MAX} CI-V requests wait already: let some be answered first"
            )
        self._last_id += 1
        return CivRequest(self._last_id, frame, deadline)

    def make_silent(self, frame: bytes, deadline: float) -> CivRequest:
        """A request of our own, which no limit refuses."""
        return CivRequest(SILENT, frame, deadline)

    @property
    def is_idle(self) -> bool:
        """Does nothing stand in line, and is nothing on the wire or still to come?"""
        return not self.waiting and not self.on_wire and not self.answer_owed

    def wait(self, request: CivRequest) -> None:
        """Put a request at the end of the line."""
        self.waiting.append(request)

    def take_next(self) -> CivRequest | None:
        """The first in line, if the wire is free."""
        return self.waiting.popleft() if self.waiting and not self.on_wire else None

    def put_back(self, request: CivRequest) -> None:
        """At the head of the line again: something goes first."""
        self.waiting.appendleft(request)

    def take_answered(self, body: bytes) -> CivRequest | None:
        """The request that this answer, refusal or datum completes."""
        for request in self.on_wire:
            if body == NG or request.is_answered_by(body):
                self.on_wire.remove(request)
                return request
        return None

    def take_expired(self, now: float) -> list[CivRequest]:
        """What is past its deadline."""
        expired = [each for each in self.on_wire if each.deadline <= now]
        self.answer_owed |= any(each.request_id != SILENT for each in expired)
        self.on_wire = [each for each in self.on_wire if each.deadline > now]
        expired += [each for each in self.waiting if each.deadline <= now]
        self.waiting = deque(each for each in self.waiting if each.deadline > now)
        return expired

    def take_all(self) -> list[CivRequest]:
        """Everything: the stream closes."""
        left = [*self.on_wire, *self.waiting]
        self.on_wire, self.waiting = [], deque()
        return left

    def silence(self, request_id: int) -> CivRequest | None:
        """Forget a request in line; silence one on the wire, and return it."""
        for request in list(self.waiting):
            if request.request_id == request_id:
                self.waiting.remove(request)
                return None
        for request in self.on_wire:
            if request.request_id == request_id:
                request.request_id = CANCELLED
                return request
        return None
