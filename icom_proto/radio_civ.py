"""The radio's side of the CI-V stream: open or shut, and frames both ways.

What a dialect does otherwise with frames that leave is decided once, when the stream
begins: a radio without quirks never asks.
"""

from collections import deque
from enum import IntEnum
from typing import Final

from icom_proto.civ_frames import BROADCAST, NG, OK, CivSplitter, frame_body, frame_to
from icom_proto.civ_stream import civ_of, pack_data
from icom_proto.codec import size_of
from icom_proto.codes import CivKind, Stream
from icom_proto.datagrams import decode_datagram
from icom_proto.errors import DecodeError
from icom_proto.events import (
    Address,
    CivFrameReceived,
    ClientCivClosed,
    ClientCivOpened,
    Output,
)
from icom_proto.link import Link
from icom_proto.link_dialect import PLAIN, CivInner, CivPacking, LinkDialect
from icom_proto.packets import CivOpenClose
from icom_proto.timers import Timers

# Radios look at bit 2 of an open (PROTOCOL.md 2.17).
OPEN_BIT: Final = 0x04
# Frames that leave within so long share a datagram, up to so many bytes, where they do.
JOIN_WITHIN_S: Final = 0.002
JOINED_MAX: Final = 1000
# Frames of the last session that are sent again, and frames whose echo may come.
STALE_MAX: Final = 3
HEARD_MAX: Final = 8

_OPEN_CLOSE_SIZE: Final = size_of(CivOpenClose)
_DATA: Final = int(CivKind.DATA)
# A frame and the inner number that it was sent with.
Numbered = tuple[int, bytes]


class _Timer(IntEnum):
    FLUSH = 0


_FLUSH: Final = _Timer.FLUSH


class RadioCiv:
    """The radio's side of the CI-V stream. See the module's docstring."""

    def __init__(
        self,
        link: Link,
        *,
        address: Address,
        outputs: deque[Output],
        dialect: LinkDialect = PLAIN,
        stale: tuple[Numbered, ...] = (),
    ) -> None:
        self.is_open = False
        self.timers = Timers(_Timer)
        self._link = link
        self._address = address
        self._outputs = outputs
        self._splitter = CivSplitter()
        self._inner_seq = dialect.civ_inner_start
        self._opened_at = 0.0
        self._sent = 0  # frames
        self._heard: deque[bytes] = deque(maxlen=HEARD_MAX)
        self._joined = b""
        self._last: deque[Numbered] = deque(maxlen=STALE_MAX)
        self._stale = stale
        self.adopt(dialect)

    def adopt(self, dialect: LinkDialect) -> None:
        """Behave like this from now on."""
        self._dialect = dialect
        self._is_plain = dialect.civ_inner is CivInner.BE_COUNTER and not (
            not dialect.civ_echo
            or dialect.civ_warmup_ms
            or dialect.civ_broadcast_stall_s
            or dialect.civ_lost_fe
            or dialect.flush_stale
            or dialect.civ_packing is not CivPacking.SINGLE
        )

    @property
    def last_frames(self) -> tuple[Numbered, ...]:
        """What a radio with `flush_stale` sends first in its next session."""
        return tuple(self._last)

    def send(self, frame: bytes, now: float) -> None:
        """Send one frame to the client; dropped while the stream is shut."""
        if not (self.is_open and self._link.can_send):
            return
        if self._is_plain:
            self._send_data(frame, now)
        elif not self._is_held_back(frame, now):
            self._send_oddly(frame, now)

    def handle_datagram(self, data: bytes, now: float) -> None:
        """Take a tracked datagram of the CI-V stream."""
        action = _action_of(data)
        if action is not None:
            self._on_open_close(bool(action & OPEN_BIT), now)
            return
        civ = civ_of(data, self._outputs)
        frames = self._splitter.feed(civ, now) if civ is not None else []
        if self.is_open:
            if not self._is_plain:
                self._heard.extend(frames)
            self._outputs.extend(CivFrameReceived(frame) for frame in frames)

    def handle_timeout(self, now: float) -> None:
        """Do what is due."""
        if self.timers.fired(now):
            self._flush(now)

    # inside

    def _on_open_close(self, opens: bool, now: float) -> None:
        """Clients repeat the open until CI-V flows; only the first one counts."""
        if opens is self.is_open:
            return
        self.is_open = opens
        if opens:
            self._opened_at = now
            self._send_stale(now)
            self._inner_seq = self._dialect.civ_inner_start
            self._outputs.append(ClientCivOpened(self._address))
        else:
            self._outputs.append(ClientCivClosed(self._address))

    def _send_stale(self, now: float) -> None:
        """Of the last session, with its numbers, before anything new (4.4, 11.4)."""
        for inner_seq, frame in self._stale:
            self._inner_seq = inner_seq
            self._send_data(frame, now)
        self._stale = ()

    def _is_held_back(self, frame: bytes, now: float) -> bool:
        dialect, since_open_s = self._dialect, now - self._opened_at
        if frame in self._heard:
            self._heard.remove(frame)
            return not dialect.civ_echo
        if since_open_s < dialect.civ_warmup_ms / 1000:
            return frame_body(frame) not in (OK, NG)
        stall_s = dialect.civ_broadcast_stall_s
        return (
            bool(stall_s) and since_open_s >= stall_s and frame_to(frame) == BROADCAST
        )

    def _send_oddly(self, frame: bytes, now: float) -> None:
        dialect = self._dialect
        self._sent += 1
        if dialect.flush_stale:
            self._last.append((self._inner_seq, frame))
        if dialect.civ_lost_fe and self._sent % dialect.civ_lost_fe == 0:
            frame = frame[1:]
        if dialect.civ_packing is CivPacking.SPLIT:
            middle = len(frame) // 2
            self._send_data(frame[:middle], now)
            self._send_data(frame[middle:], now)
        elif dialect.civ_packing is CivPacking.JOINED:
            if len(self._joined) + len(frame) > JOINED_MAX:
                self._flush(now)
            if not self._joined:
                self.timers.start(_FLUSH, now + JOIN_WITHIN_S)
            self._joined += frame
        else:
            self._send_data(frame, now)

    def _flush(self, now: float) -> None:
        joined, self._joined = self._joined, b""
        if joined and self.is_open and self._link.can_send:
            self._send_data(joined, now)

    def _send_data(self, civ: bytes, now: float) -> None:
        inner_seq = self._inner_seq
        self._inner_seq = (inner_seq + 1) & 0xFFFF
        if self._dialect.civ_inner is CivInner.ZERO:
            inner_seq = 0
        self._link.send(pack_data(_DATA, len(civ), inner_seq, civ), now)


def _action_of(data: bytes) -> int | None:
    """The action byte of an open or close; None for every other datagram."""
    if len(data) != _OPEN_CLOSE_SIZE:
        return None
    try:
        _, body = decode_datagram(Stream.CIV, data)
    except DecodeError:
        return None
    return body.action if isinstance(body, CivOpenClose) else None
