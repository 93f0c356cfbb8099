"""The CI-V stream: opening and closing it, frames in and out, answers to requests.

The next request leaves when the answer to the last one is in: nothing is paced by a
clock. Lost datagrams are the link's business; a request is never sent twice from here,
since not every command may be repeated.
"""

from collections import deque
from enum import Enum, IntEnum
from functools import lru_cache
from typing import Final

from icom_proto.civ_commands import FRAMES_CACHED, read_identity, set_ptt
from icom_proto.civ_frames import (
    BODY_MAX,
    BROADCAST,
    NG,
    CivSplitter,
    build_frame,
    frame_body,
    frame_source,
    frame_to,
    is_frame,
)
from icom_proto.civ_requests import SILENT, CivRequest, CivRequests
from icom_proto.codec import glance_struct, offset_of, packer, size_of
from icom_proto.codes import CivKind, Stream
from icom_proto.errors import LocalProtocolError
from icom_proto.events import (
    CivAnswered,
    CivExpired,
    CivFrameReceived,
    CivOpened,
    CivRefused,
    IgnoredWhy,
    Output,
    PacketIgnored,
)
from icom_proto.link import Link
from icom_proto.link_output import IGNORED_SHOWN_MAX
from icom_proto.packets import CivData, CivOpenClose
from icom_proto.timers import NEVER, Timers

# Actions of open and close (PROTOCOL.md 2.17).
OPEN: Final = 0x04
CLOSE: Final = 0x00
# The open is repeated until CI-V flows: fast for a second, then slowly (section 6).
OPEN_AGAIN_S: Final = 0.1
OPEN_FAST_S: Final = 1.0
OPEN_AGAIN_SLOW_S: Final = 0.5
# Requests wait this long for CI-V to flow, then are sent all the same.
OPEN_PATIENCE_S: Final = 1.0
# No CI-V for this long while a request went unanswered: open again (section 6).
REOPEN_AFTER_S: Final = 2.0
# A barrier that goes unanswered is given up after this long.
BARRIER_S: Final = 0.3
PTT_ON: Final = set_ptt(True)
PTT_OFF: Final = set_ptt(False)
# Commands to transmit that are forgotten when "stop" is sent; those before them have
# long been answered or given up.
KEYS_MAX: Final = 16

pack_data: Final = packer(CivData)
# Kind, length, number with its bytes swapped: what stands in front of the frames.
_pack_head: Final = glance_struct(CivData).pack
_KIND_AT: Final = offset_of(CivData, "kind")
_FRAMES_AT: Final = size_of(CivData)
# As `CivAnswered._make`, without the call.
_new: Final = tuple.__new__
_CivAnswered: Final = CivAnswered
# For what programs send, which are the same few frames; what arrives is not cached.
_is_frame = lru_cache(FRAMES_CACHED)(is_frame)


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
_EXPIRY: Final = _Timer.EXPIRY
_PATIENCE: Final = _Timer.PATIENCE
_CIV: Final = Stream.CIV
_OPEN: Final = CivState.OPEN
_SHUT: Final = CivState.SHUT
_DATA: Final = int(CivKind.DATA)


class ClientCiv:
    """The client's side of the CI-V stream."""

    def __init__(self, link: Link, *, controller: int, outputs: deque[Output]) -> None:
        self.state = CivState.SHUT
        self.controller = controller
        # BROADCAST until the radio's address is known; then the first answer tells it.
        self.radio_address = BROADCAST
        self.timers = Timers(_Timer)
        self._link = link
        self._outputs = outputs
        self._splitter = CivSplitter()
        self._inner_seq = 0
        self._sent = b""  # the frame that was sent last
        self._requests = CivRequests()
        self._opened_at = 0.0
        self._heard_at = 0.0
        # Numbers of the datagrams that told the radio to transmit, until it confirms
        # that it stopped.
        self._key_seqs: deque[int] = deque(maxlen=KEYS_MAX)

    # commands

    def open(self, radio_address: int, now: float) -> None:
        """The link is up: start the flow, and ask for what shows it."""
        self.radio_address = radio_address
        self._opened_at = now
        self._enter_opening(now)
        self.timers.start(_PATIENCE, now + OPEN_PATIENCE_S)

    def close(self, now: float) -> None:
        """Stop the flow. Requests still waiting expire."""
        if self.state is not _SHUT and self._link.can_send:
            self._send_open_close(CLOSE, now)
        self.state = _SHUT
        self.timers.stop_all()
        for request in self._requests.take_all():
            self._report_expiry(request)

    def send(self, frame: bytes, now: float, timeout_s: float, urgent: bool) -> int:
        """Queue one frame; its answer, refusal or expiry carries this number.

        An urgent frame goes on the wire at once, beside one that waits for its answer.
        """
        if not _is_frame(frame):
            raise LocalProtocolError(
                f"no CI-V frame: {frame[:16].hex(' ')}; allowed is FE FE to from"
                f" command FD of at most {BODY_MAX} bytes, FD only at the end"
            )
        requests, can_send = self._requests, self._link.can_send
        goes_out = urgent and can_send and self.state is not _SHUT
        request = requests.make(frame, now + timeout_s, urgent=goes_out)
        if goes_out or (requests.is_idle and can_send and self.state is _OPEN):
            self._send_request(request, now)
        else:
            requests.wait(request)
            self._watch(request)
            self._send_next(now)
        return request.request_id

    def unkey(self, now: float, timeout_s: float) -> None:
        """Stop transmitting, ahead of everything; nobody is told of the answer."""
        frame = build_frame(self.radio_address, self.controller, PTT_OFF)
        self._send_request(self._requests.make_silent(frame, now + timeout_s), now)

    def cancel(self, request_id: int) -> None:
        """No event for this request any more; unsent ones are not sent at all."""
        request = self._requests.silence(request_id)
        if request is not None and request.body == PTT_ON:
            self._link.forget(request.sent_seq)

    @property
    def keyed(self) -> bool:
        """Was the radio told to transmit, and has not yet confirmed that it stopped?"""
        return bool(self._key_seqs)

    # inputs

    def handle_datagram(self, data: bytes, now: float) -> None:
        """Take a tracked datagram of the CI-V stream."""
        if self.state is _SHUT:
            return  # not asked for yet, or no more
        civ = civ_of(data, self._outputs)
        if civ is None:
            return
        self._heard_at = now
        if self.state is not _OPEN:
            self._enter_open(now)
        if civ == self._sent:
            return  # the echo of what was sent last; radios echo everything (1.4)
        if self._splitter.is_whole(civ):  # as nearly always: one frame
            self._on_frame(civ, now)
            return
        for frame in self._splitter.feed(civ, now):
            self._on_frame(frame, now)

    def handle_timeout(self, now: float) -> None:
        """Do what is due."""
        for name in self.timers.fired(now):
            _ON_TIMER[name](self, now)

    # inside: frames

    def _on_frame(self, frame: bytes, now: float) -> None:
        receiver, sender = frame_to(frame), frame_source(frame)
        if receiver == self.radio_address and sender == self.controller:
            return  # an echo (CIV.md 1.4)
        request, body = None, b""
        if receiver == self.controller:
            if self.radio_address == BROADCAST:
                self.radio_address = sender
            if sender == self.radio_address:
                body = frame_body(frame)
                request = self._requests.take_answered(body)
        if request is None:
            self._outputs.append(CivFrameReceived(frame))
            return
        refused = body == NG
        if request.body == PTT_OFF and not refused:
            self._key_seqs.clear()
        number = request.request_id
        if number > SILENT:
            self._outputs.append(
                CivRefused(number) if refused else _new(_CivAnswered, (number, frame))
            )
        self._send_next(now)

    def _send_next(self, now: float) -> None:
        """Send the next request, if CI-V flows and nothing is on the wire."""
        if not self._requests.waiting:
            return
        held_back = self.state is not _OPEN and self.timers.due(_PATIENCE) != NEVER
        if held_back or not self._link.can_send or self.state is _SHUT:
            return
        request = self._requests.take_next()
        if request is None:
            return
        if self._requests.answer_owed:
            # A read whose answer proves that every earlier answer is through.
            self._requests.answer_owed = False
            frame = self._identity_frame()
            self._send_request(self._requests.make_silent(frame, now + BARRIER_S), now)
            self._requests.put_back(request)
        else:
            self._send_request(request, now)

    def _send_request(self, request: CivRequest, now: float) -> None:
        body = request.body
        if body == PTT_OFF:
            # A lost "transmit" must not be repeated once "stop" is on its way.
            for seq in self._key_seqs:
                self._link.forget(seq)
        request.sent_seq = self._send_frame(request.frame, now)
        if body == PTT_ON:
            self._key_seqs.append(request.sent_seq)
        self._requests.on_wire.append(request)
        self._watch(request)

    def _send_frame(self, frame: bytes, now: float) -> int:
        seq = self._inner_seq
        head = _pack_head(_DATA, len(frame), seq >> 8 | (seq & 0xFF) << 8)
        self._inner_seq = (seq + 1) & 0xFFFF
        self._sent = frame
        return self._link.send(head, now, frame)

    def _identity_frame(self) -> bytes:
        return build_frame(self.radio_address, self.controller, read_identity())

    # inside: opening

    def _enter_opening(self, now: float) -> None:
        self.state = CivState.OPENING
        self._send_open_close(OPEN, now)
        self._send_frame(self._identity_frame(), now)
        fast = now < self._opened_at + OPEN_FAST_S
        self.timers.start(
            _Timer.OPEN, now + (OPEN_AGAIN_S if fast else OPEN_AGAIN_SLOW_S)
        )

    def _enter_open(self, now: float) -> None:
        self.state = _OPEN
        self.timers.stop(_Timer.OPEN)
        self.timers.stop(_PATIENCE)
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

    def _on_expiry(self, now: float) -> None:
        """Too early where the request that it was armed for was answered."""
        expired = self._requests.take_expired(now)
        for request in expired:
            self._report_expiry(request)
        silent = bool(expired) and now >= self._heard_at + REOPEN_AFTER_S
        if silent and self.state is _OPEN and self._link.can_send:
            self._enter_opening(now)
        self._send_next(now)
        self.timers.start(_EXPIRY, self._requests.soonest)

    def _watch(self, request: CivRequest) -> None:
        """The timer is not moved when an answer comes: looking late costs less."""
        if request.deadline < self.timers.due(_EXPIRY):
            self.timers.start(_EXPIRY, request.deadline)

    def _report_expiry(self, request: CivRequest) -> None:
        if request.request_id > SILENT:
            self._outputs.append(CivExpired(request.request_id))


_ON_TIMER: Final = {
    _Timer.OPEN: ClientCiv._on_open_due,
    _Timer.PATIENCE: ClientCiv._on_patience_over,
    _Timer.EXPIRY: ClientCiv._on_expiry,
}


def civ_of(data: bytes, outputs: deque[Output]) -> bytes | None:
    """The CI-V bytes in a datagram; None if it has none, which is reported."""
    if len(data) >= _FRAMES_AT and data[_KIND_AT] == _DATA:
        return data[_FRAMES_AT:]
    why = IgnoredWhy.MALFORMED
    outputs.append(PacketIgnored(_CIV, why, data[:IGNORED_SHOWN_MAX]))
    return None
