"""Checks of the audio stream: 2.19, 8.3 to 8.6."""

from collections import deque
from dataclasses import dataclass, field

from icom_proto.audio_formats import (
    AUDIO_PAYLOAD_MAX,
    BLOCK_MS,
    FORMATS,
    block_size,
    split_sizes,
)
from icom_proto.codes import Codec, Role, Stream
from icom_proto.packets import AudioData, IAmHere, StreamRequest
from icom_proto.seqnum import seq_distance
from icom_sim.captures.checks import catalogue as checks
from icom_sim.captures.checks.facts import Facts
from icom_sim.captures.checks.findings import Book
from icom_sim.captures.observed import Observed

_IDENTS = (0x80, 0x81)
_GAP_S, _FLOW_S = 0.2, 3.0
# A program that woke up late sends what it missed, two or three blocks (8.6).
_BLOCKS_AT_ONCE_MAX = 5
_AT_ONCE_S = 0.005


@dataclass(slots=True)
class _Way:
    """One direction."""

    last: AudioData | None = None
    seq: int = 0
    at: float = 0.0
    recent: deque[tuple[float, int]] = field(default_factory=deque)
    size_told: set[int] = field(default_factory=set)


class AudioCheck:
    """One session's audio, each datagram once."""

    def __init__(self, book: Book, facts: Facts) -> None:
        self._book, self._facts = book, facts
        self._ways = {role: _Way() for role in Role}
        self._called_at: float | None = None
        self._came = False
        self._flow_told = False

    def handle_any(self, seen: Observed) -> None:
        """Any datagram of the stream: time passes."""
        if isinstance(seen.body, IAmHere) and self._called_at is None:
            self._called_at = seen.at
        self._check_flow(seen)

    def handle(self, seen: Observed, *, anew: bool = False) -> None:
        """A numbered datagram that was not seen before; numbers begin anew at it."""
        body = seen.body
        if not isinstance(body, AudioData):
            return
        assert seen.header is not None
        way = self._ways[seen.side]
        self._came = self._came or seen.side is Role.RADIO
        self._check_fields(seen, body)
        self._check_granted(seen)
        if self._called_at is not None or way.last is not None:
            self._check_following(seen, body, way, anew=anew)
        self._check_pace(seen, body, way)
        way.last, way.seq, way.at = body, seen.header.seq, seen.at

    # inside

    def _check_fields(self, seen: Observed, body: AudioData) -> None:
        size = len(body.data)
        for check in (checks.AUDIO_MAX, checks.AUDIO_LENGTH, checks.IDENT):
            self._book.judge(check, seen.side)
        if size > AUDIO_PAYLOAD_MAX:
            self._book.report(
                checks.AUDIO_MAX,
                seen,
                f"{size} bytes of samples in a datagram of {len(seen.data)}: an "
                "IC-7610 drops it",
            )
        if body.data_length != size:
            self._book.report(
                checks.AUDIO_LENGTH,
                seen,
                f"says {body.data_length} bytes of samples, and has {size}",
            )
        if body.ident >> 8 not in _IDENTS:
            self._book.report(checks.IDENT, seen, f"ident {body.ident:04x}")

    def _check_granted(self, seen: Observed) -> None:
        request = self._facts.request
        if request is None:
            return
        self._book.judge(checks.AS_GRANTED, seen.side)
        client = seen.side is Role.CLIENT
        enabled = request.tx_enable if client else request.rx_enable
        if not enabled:
            what = "transmit" if client else "receive"
            self._book.report(
                checks.AS_GRANTED, seen, f"the client did not ask to {what}"
            )
        elif self._facts.granted_at is None:
            self._book.report(checks.AS_GRANTED, seen, "audio is not granted")

    def _check_following(
        self, seen: Observed, body: AudioData, way: _Way, *, anew: bool
    ) -> None:
        assert seen.header is not None
        last = way.last
        self._book.judge(checks.AUDIO_NUMBERS, seen.side)
        self._book.judge(checks.SPLIT, seen.side)
        sizes = self._sizes(seen.side)
        if sizes and len(body.data) not in sizes:
            self._tell_size(seen, len(body.data), way, sizes)
        if last is None:
            return
        tracked = seq_distance(seen.header.seq, way.seq)
        went = seq_distance(body.send_seq, last.send_seq)
        # Some idle on audio too, which takes tracked numbers alone. After readiness
        # the tracked number begins again (2.4), and the audio number does not.
        if not (0 < went <= tracked or (tracked <= 0 and went <= 1) or anew):
            self._book.report(
                checks.AUDIO_NUMBERS,
                seen,
                f"audio number {body.send_seq} after {last.send_seq}, and tracked "
                f"number {seen.header.seq} after {way.seq}",
            )
        if went == 1 and len(sizes) > 1:
            self._check_order(seen, body, last, sizes)
        if seen.side is Role.RADIO and went == 1:
            self._check_pause(seen, way)

    def _sizes(self, side: Role) -> tuple[int, ...]:
        request = self._facts.request
        if request is None:
            return ()
        codec, rate_hz = _format(request, side)
        known = FORMATS.get(codec)
        if known is None or not known.frame_bytes:
            return ()
        return split_sizes(block_size(codec, rate_hz))

    def _tell_size(
        self, seen: Observed, size: int, way: _Way, sizes: tuple[int, ...]
    ) -> None:
        if size not in way.size_told:
            way.size_told.add(size)
            block = " + ".join(map(str, sizes))
            self._book.report(
                checks.SPLIT, seen, f"{size} bytes, where a block is {block}"
            )

    def _check_order(
        self, seen: Observed, body: AudioData, last: AudioData, sizes: tuple[int, ...]
    ) -> None:
        """After the rest of a block comes a whole piece."""
        rest = sizes[-1]
        if rest == len(body.data) == len(last.data) and rest != AUDIO_PAYLOAD_MAX:
            self._book.report(checks.SPLIT, seen, f"{rest} bytes after {rest}")

    def _check_pause(self, seen: Observed, way: _Way) -> None:
        self._book.judge(checks.RX_GAPS, seen.side)
        pause = seen.at - way.at
        if pause > _GAP_S:
            self._book.report(
                checks.RX_GAPS, seen, f"no audio for {pause * 1000:.0f} ms"
            )

    def _check_pace(self, seen: Observed, body: AudioData, way: _Way) -> None:
        sizes = self._sizes(seen.side)
        if seen.side is not Role.CLIENT or not sizes:
            return
        self._book.judge(checks.TX_PACE, seen.side)
        way.recent.append((seen.at, len(body.data)))
        while seen.at - way.recent[0][0] > _AT_ONCE_S:
            way.recent.popleft()
        blocks = sum(size for _, size in way.recent) / sum(sizes)
        if blocks > _BLOCKS_AT_ONCE_MAX:
            way.recent.clear()
            self._book.report(
                checks.TX_PACE,
                seen,
                f"{blocks * BLOCK_MS:.0f} ms of audio within {_AT_ONCE_S * 1000:g} ms",
            )

    def _check_flow(self, seen: Observed) -> None:
        request, called_at = self._facts.request, self._called_at
        if request is None or not request.rx_enable or called_at is None:
            return
        if self._facts.granted_at is None or self._facts.goodbye_at is not None:
            return
        late = seen.at - called_at > _FLOW_S
        if self._came or late:
            self._book.judge(checks.RX_FLOWS, Role.RADIO)
        if late and not self._came and not self._flow_told:
            self._flow_told = True
            self._book.find(
                checks.RX_FLOWS,
                Role.RADIO,
                Stream.AUDIO,
                seen.at,
                seen.number,
                f"no audio in the {seen.at - called_at:.1f} s since the answer to the "
                "call",
            )


def _format(request: StreamRequest, side: Role) -> tuple[Codec, int]:
    if side is Role.CLIENT:
        return request.tx_codec, request.tx_rate_hz
    return request.rx_codec, request.rx_rate_hz
