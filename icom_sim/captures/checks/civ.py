"""Checks of the CI-V stream: 2.17, 2.18, 4.4, 9."""

from collections import deque

from icom_proto.civ_commands import is_read
from icom_proto.civ_frames import (
    BROADCAST,
    CivSplitter,
    frame_body,
    frame_source,
    is_frame,
)
from icom_proto.codes import Role, Stream
from icom_proto.packets import CivData, CivOpenClose, Disconnect
from icom_proto.seqnum import seq_distance
from icom_sim.captures.checks import catalogue as checks
from icom_sim.captures.checks.facts import Facts
from icom_sim.captures.checks.findings import Book
from icom_sim.captures.observed import Observed

_OPEN_BIT = 0x04
_RATE_MAX = 100
_SILENT_S, _SILENT_QUESTIONS = 2.0, 5
# Commands that an echo may be of: of the last so many.
_COMMANDS_MAX = 256
# A radio repeats its close late, and frames cross it.
_CROSSING_S = 0.5
_CONTROLLERS = range(0xE0, 0xF0)
_PTT = b"\x1c\x00"


class CivCheck:
    """One session's CI-V, each datagram once."""

    def __init__(self, book: Book, facts: Facts) -> None:
        self._book, self._facts = book, facts
        self._is_open: bool | None = None
        self._closed_at: float | None = None
        self._called = False
        self._inner: dict[Role, tuple[int, int] | None] = dict.fromkeys(Role)
        self._splitters = {role: CivSplitter() for role in Role}
        self._commands: deque[bytes] = deque(maxlen=_COMMANDS_MAX)
        self._sent: deque[float] = deque()
        self._questions = 0
        self._silent_since = 0.0
        self._keyed: Observed | None = None

    def handle_call(self) -> None:
        """The client calls: the stream is recorded from its beginning."""
        self._called, self._is_open = True, False

    def handle(self, seen: Observed) -> None:
        """A numbered datagram that was not seen before."""
        body = seen.body
        if isinstance(body, CivOpenClose):
            self._on_open_close(seen, body)
        elif isinstance(body, CivData):
            self._on_data(seen, body)
        elif isinstance(body, Disconnect) and seen.side is Role.CLIENT:
            self._on_goodbye(seen)

    def end(self) -> None:
        """The capture, or the session, is over."""
        keyed = self._keyed
        if keyed is not None:
            self._book.report(checks.UNKEYED, keyed, "keyed here, and never unkeyed")

    # inside

    def _on_open_close(self, seen: Observed, body: CivOpenClose) -> None:
        self._count_inner(seen, body.inner_seq)
        self._is_open = bool(body.action & _OPEN_BIT)
        self._closed_at = None if self._is_open else seen.at
        self._inner[Role.RADIO] = None  # begins again at 0 (4.4)
        self._questions = 0

    def _on_goodbye(self, seen: Observed) -> None:
        if self._called:
            self._book.judge(checks.CIV_CLOSED, seen.side)
            if self._is_open:
                self._book.report(checks.CIV_CLOSED, seen, "leaves CI-V open")
        self._is_open = False if self._called else None
        self._closed_at = seen.at

    def _on_data(self, seen: Observed, body: CivData) -> None:
        self._check_open(seen)
        self._book.judge(checks.CIV_LENGTH, seen.side)
        if body.data_length != len(body.data):
            self._book.report(
                checks.CIV_LENGTH,
                seen,
                f"says {body.data_length} bytes of CI-V, and has {len(body.data)}",
            )
        self._count_inner(seen, body.inner_seq)
        self._check_frames(seen, body.data)
        frames = self._splitters[seen.side].feed(body.data, seen.at)
        if seen.side is Role.CLIENT:
            self._check_rate(seen)
            for frame in frames:
                self._on_command(seen, frame)
        else:
            self._questions = 0
            for frame in frames:
                self._on_frame(seen, frame)

    def _check_open(self, seen: Observed) -> None:
        if self._is_open is None:
            return
        client = seen.side is Role.CLIENT
        check = checks.OPEN_FIRST if client else checks.CIV_WHILE_OPEN
        self._book.judge(check, seen.side)
        if self._is_open:
            return
        closed_at = self._closed_at
        if closed_at is None:
            self._book.report(check, seen, "CI-V before the stream was opened")
        elif client or seen.at > closed_at + _CROSSING_S:
            self._book.report(
                check, seen, f"CI-V {seen.at - closed_at:.3f} s after the close"
            )

    def _count_inner(self, seen: Observed, inner: int) -> None:
        """As far as the tracked number went, the inner number should have gone."""
        assert seen.header is not None
        self._book.judge(checks.CIV_NUMBERS, seen.side)
        last, self._inner[seen.side] = (
            self._inner[seen.side],
            (seen.header.seq, inner),
        )
        if last is None:
            return
        went = seq_distance(inner, last[1])
        tracked = seq_distance(seen.header.seq, last[0])
        # Idles take tracked numbers too, so this is the most it can have gone; some
        # write it in the other byte order, and no radio minds (4.4).
        swapped = seq_distance(_swapped(inner), _swapped(last[1]))
        if tracked > 0 and not (0 < went <= tracked or 0 < swapped <= tracked):
            self._book.report(
                checks.CIV_NUMBERS, seen, f"inner number {inner} after {last[1]}"
            )

    def _check_frames(self, seen: Observed, data: bytes) -> None:
        self._book.judge(checks.WHOLE_FRAMES, seen.side)
        pieces = data.split(b"\xfd")
        if pieces[-1] or not all(is_frame(each + b"\xfd") for each in pieces[:-1]):
            self._book.report(
                checks.WHOLE_FRAMES,
                seen,
                f"{data[:16].hex(' ')}{' ...' if len(data) > 16 else ''}",
            )

    def _check_rate(self, seen: Observed) -> None:
        self._book.judge(checks.CIV_RATE, seen.side)
        self._sent.append(seen.at)
        while seen.at - self._sent[0] > 1.0:
            self._sent.popleft()
        if len(self._sent) > _RATE_MAX:
            self._sent.clear()
            self._book.report(
                checks.CIV_RATE, seen, f"more than {_RATE_MAX} in a second"
            )

    def _on_command(self, seen: Observed, frame: bytes) -> None:
        self._commands.append(frame)
        body = frame_body(frame)
        if body.startswith(_PTT) and len(body) > len(_PTT):
            self._book.judge(checks.UNKEYED, seen.side)
            self._keyed = seen if body[len(_PTT)] else None
        if not is_read(frame):
            return
        self._book.judge(checks.CIV_ANSWERED, Role.RADIO)
        if not self._questions:
            self._silent_since = seen.at
        self._questions += 1
        if (
            self._questions > _SILENT_QUESTIONS
            and seen.at - self._silent_since > _SILENT_S
        ):
            self._book.find(
                checks.CIV_ANSWERED,
                Role.RADIO,
                Stream.CIV,
                seen.at,
                seen.number,
                f"no CI-V since {self._silent_since:.3f}, after "
                f"{self._questions} questions",
            )
            self._questions = 0

    def _on_frame(self, seen: Observed, frame: bytes) -> None:
        if frame_source(frame) not in _CONTROLLERS or frame[2] == BROADCAST:
            return
        if frame[2] in _CONTROLLERS or not self._called:
            return
        self._book.judge(checks.ECHO, seen.side)
        if frame not in self._commands:
            self._book.report(
                checks.ECHO,
                seen,
                f"the echo of {frame[:16].hex(' ')}, which this client has not sent",
            )


def _swapped(number: int) -> int:
    return (number & 0xFF) << 8 | number >> 8
