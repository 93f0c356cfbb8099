"""Checks of one stream that need no knowledge of what it carries: 2.1 to 2.8, 5, 6."""

from collections import deque

from icom_proto.codes import PacketType, Role, Stream
from icom_proto.packets import AreYouThere, Disconnect, IAmHere, Ping, Ready
from icom_sim.captures.checks import catalogue as checks
from icom_sim.captures.checks.facts import Facts
from icom_sim.captures.checks.findings import Book, other_than
from icom_sim.captures.checks.numbers import NumbersCheck
from icom_sim.captures.checks.pings import PingsCheck
from icom_sim.captures.link_ids import LinkIds
from icom_sim.captures.observed import Observed
from icom_sim.captures.sequence import Came

SILENCE_S = 5.0
IDLE_S = 2.5
# Resends and answers may still go out for a moment (7.1), of things already begun.
_LINGER_S = 0.05
_STORM = 100
_CALLS_UNANSWERED = 4

_BARE = (PacketType.ARE_YOU_THERE, PacketType.READY, PacketType.RETRANSMIT)


class LinkCheck:
    """One stream of one session, both directions."""

    def __init__(self, stream: Stream, book: Book, facts: Facts) -> None:
        self._stream, self._book, self._facts = stream, book, facts
        self.ends = {role: _End() for role in Role}
        self._ids = LinkIds()
        self._numbers = NumbersCheck(stream, book)
        self._pings = PingsCheck(stream, book)
        self._calls = 0  # that were not answered

    def handle(self, seen: Observed) -> Came:
        """All datagrams of the stream come by here first."""
        end, other = self.ends[seen.side], self.ends[other_than(seen.side)]
        self._check_decoding(seen)
        if seen.header is None or (seen.body is None and not seen.cut):
            return Came.UNNUMBERED
        self._check_silence(seen, end, other)
        end.heard(seen.at)
        self._check_storm(seen, end)
        match seen.body:
            case AreYouThere():
                self._on_call(seen, end)
            case IAmHere():
                self._on_answer(seen, end)
            case Ready():
                self._on_ready(seen, end, other)
            case Disconnect():
                self._book.judge(checks.GOODBYE_LAST, seen.side)
                end.left_at = seen.at
            case _:
                pass
        if not self._is_from(seen):
            return Came.UNNUMBERED
        self._check_call(seen, end, other)
        came = self._numbers.handle(seen)
        if self._stream is Stream.CONTROL:
            self._facts.answers_lost = self._numbers.lost(Role.RADIO)
        self._pings.handle(seen, up_at=end.up_at, gone=end.left_at is not None)
        self._check_idles(seen, end, came)
        self._check_goodbye(seen, end, came)
        return came

    def end(self) -> None:
        """The capture, or the session, is over."""
        self._numbers.end()
        for side, end in self.ends.items():
            other = self.ends[other_than(side)]
            self._find_silence(side, end, other, other.last_at)
        if self._calls >= _CALLS_UNANSWERED:
            self._unanswered_calls()

    # ---- what each datagram shows ----------------------------------------------------

    def _check_decoding(self, seen: Observed) -> None:
        self._book.judge(checks.KNOWN, seen.side)
        self._book.judge(checks.LENGTH, seen.side)
        if seen.fault:
            lengths = seen.fault.startswith("length field")
            self._book.report(
                checks.LENGTH if lengths else checks.KNOWN, seen, seen.fault
            )

    def _on_call(self, seen: Observed, end: "_End") -> None:
        assert seen.header is not None
        self._check_number(seen, {0})
        self._book.judge(checks.CALL_ANSWERED, Role.RADIO)
        self._calls += 1
        if self._calls == 1:
            end.called_at, end.called_number = seen.at, seen.number
        if self._ids.is_new(seen) or end.left_at is not None:
            self._numbers.begin()
        end.left_at = None
        end.has_called = True

    def _on_answer(self, seen: Observed, end: "_End") -> None:
        assert seen.header is not None
        self._check_number(seen, {0})
        self._calls = 0
        if self._ids.is_new(seen):
            self._numbers.begin()
        end.has_called = True

    def _on_ready(self, seen: Observed, end: "_End", other: "_End") -> None:
        assert seen.header is not None
        if seen.side is Role.CLIENT:
            end.ready_number = seen.header.seq
            self._check_number(seen, {0, 1})
        elif other.ready_number is not None:
            self._check_number(seen, {1, other.ready_number})
            for each in (end, other):
                each.up_at = seen.at if each.up_at is None else each.up_at
        self._numbers.expect_restart()

    def _check_number(self, seen: Observed, allowed: set[int]) -> None:
        assert seen.header is not None
        self._book.judge(checks.HANDSHAKE_NUMBERS, seen.side)
        if seen.header.seq not in allowed:
            one_of = " or ".join(map(str, sorted(allowed)))
            self._book.report(
                checks.HANDSHAKE_NUMBERS,
                seen,
                f"{type(seen.body).__name__} with number {seen.header.seq}, "
                f"not {one_of}",
            )

    def _is_from(self, seen: Observed) -> bool:
        """Ids are right; with a foreign one it is nothing of this link."""
        self._book.judge(checks.IDS, seen.side)
        fault = self._ids.fault(seen)
        if fault:
            self._book.report(checks.IDS, seen, fault)
        return not fault

    def _check_call(self, seen: Observed, end: "_End", other: "_End") -> None:
        if seen.side is not Role.CLIENT or not end.has_called:
            return
        self._book.judge(checks.CALL_FIRST, seen.side)
        if not other.has_called and not isinstance(seen.body, AreYouThere | Disconnect):
            self._book.report(
                checks.CALL_FIRST,
                seen,
                f"{type(seen.body).__name__} before the radio has answered the call",
            )

    def _check_storm(self, seen: Observed, end: "_End") -> None:
        assert seen.header is not None
        asks = isinstance(seen.body, Ping) and not seen.body.reply
        if seen.header.type not in _BARE and not asks:
            return
        self._book.judge(checks.NO_STORM, seen.side)
        end.recent.append(seen.at)
        while seen.at - end.recent[0] > 1.0:
            end.recent.popleft()
        if len(end.recent) > _STORM:
            end.recent.clear()
            self._book.report(
                checks.NO_STORM, seen, f"more than {_STORM} of them in a second"
            )

    # ---- silence and cadence ---------------------------------------------------------

    def _check_silence(self, seen: Observed, end: "_End", other: "_End") -> None:
        """This side is heard again: was it silent while the other went on?"""
        self._find_silence(seen.side, end, other, min(seen.at, other.last_at))

    def _find_silence(
        self, side: Role, end: "_End", other: "_End", until: float
    ) -> None:
        if end.last_at < 0:
            return
        self._book.judge(checks.NOT_SILENT, side)
        goodbyes = (end.left_at, other.left_at, self._facts.goodbye_at)
        if any(at is not None for at in goodbyes):
            return
        silent = until - end.last_at
        if silent > SILENCE_S and not self._facts.login_refused:
            self._book.find(
                checks.NOT_SILENT,
                side,
                self._stream,
                end.last_at,
                0,
                f"silent for {silent:.1f} s while the other side went on",
            )

    def _check_idles(self, seen: Observed, end: "_End", came: Came) -> None:
        if self._stream is Stream.AUDIO or end.left_at is not None:
            return
        if self._stream is Stream.CONTROL and not self._facts.accepted:
            return
        if end.sent_at is not None:
            self._book.judge(checks.IDLE_CADENCE, seen.side)
            pause = seen.at - end.sent_at
            if pause > IDLE_S and not end.idle_told:
                end.idle_told = True
                self._book.report(
                    checks.IDLE_CADENCE,
                    seen,
                    f"no idle and no data for {pause:.1f} s",
                )
        if seen.is_numbered and (came.is_first or came is Came.UNNUMBERED):
            end.sent_at = seen.at
            end.idle_told = False

    def _check_goodbye(self, seen: Observed, end: "_End", came: Came) -> None:
        left_at = end.left_at
        if left_at is None or seen.at <= left_at + _LINGER_S:
            return
        asks = isinstance(seen.body, Ping) and not seen.body.reply
        new = seen.is_numbered and came is Came.NEW
        if (asks or new) and not end.late_told:
            end.late_told = True
            self._book.report(
                checks.GOODBYE_LAST,
                seen,
                f"{type(seen.body).__name__} {seen.at - left_at:.3f} s after the "
                "goodbye",
            )

    def _unanswered_calls(self) -> None:
        end = self.ends[Role.CLIENT]
        self._book.find(
            checks.CALL_ANSWERED,
            Role.RADIO,
            self._stream,
            end.called_at,
            end.called_number,
            f"{self._calls} calls without an answer",
        )


class _End:
    """What is known of one side of a stream."""

    def __init__(self) -> None:
        self.has_called = False  # or has answered a call
        self.called_at, self.called_number = 0.0, 0
        self.ready_number: int | None = None
        self.up_at: float | None = None
        self.left_at: float | None = None
        self.late_told = self.idle_told = False
        self.last_at = float("-inf")
        self.sent_at: float | None = None
        self.recent: deque[float] = deque()

    def heard(self, at: float) -> None:
        self.last_at = at
