"""Checks of tracked numbers and of the requests for what is missing: 4.1, 5.1, 5.2."""

from icom_proto.codes import Role, Stream
from icom_proto.packets import RetransmitMany, RetransmitOne
from icom_proto.seqnum import expand_ranges
from icom_sim.captures.checks import catalogue as checks
from icom_sim.captures.checks.findings import Book, other_than
from icom_sim.captures.observed import Observed
from icom_sim.captures.sequence import Came, Gap, Sequence

# What a list may ask for; its longest form has 50 pairs (5.1), ranges may say more.
_ASKED_MAX = 512
# wfview asks four times (5.1); our own core, on the worst of networks, sixteen.
_TIMES_MAX = 16
# One request may be lost, and its answer; three in a row are not.
_TIMES_ANSWERED = 3
# What is overtaken by less is not asked for; what is at the end cannot be.
_ASKED_WITHIN_S = 1.0


class NumbersCheck:
    """Both directions of a stream."""

    def __init__(self, stream: Stream, book: Book) -> None:
        self._stream, self._book = stream, book
        self._sent = {role: Sequence() for role in Role}
        self._asks = dict.fromkeys(Role, False)  # does this side ask at all?
        self._unasked: dict[Role, list[Gap]] = {role: [] for role in Role}
        self._last_at = 0.0

    def begin(self) -> None:
        """A new link on the same ports."""
        for side, sequence in self._sent.items():
            self._settle(side, sequence.end())
            sequence.begin()

    def expect_restart(self) -> None:
        """A handshake."""
        for sequence in self._sent.values():
            sequence.expect_restart()

    def lost(self, side: Role) -> int:
        """How much of what this side sent did not come, at first at least."""
        return self._sent[side].counts.lost_before

    def handle(self, seen: Observed) -> Came:
        """Any datagram of the stream."""
        self._last_at = max(self._last_at, seen.at)
        if isinstance(seen.body, RetransmitOne | RetransmitMany):
            self._on_request(seen)
        if not seen.is_numbered:
            return Came.UNNUMBERED
        assert seen.header is not None
        side, seq = seen.side, seen.header.seq
        sequence = self._sent[side]
        for check in (checks.LOSS, checks.ORDER, checks.NUMBER_ONCE):
            self._book.judge(check, side)
        before = sequence.counts.lost_behind
        came = sequence.handle(seen)
        if came is Came.CONFLICT:
            self._book.report(
                checks.NUMBER_ONCE, seen, f"number {seq} was seen on something else"
            )
        elif came is Came.DUPLICATE:
            self._book.report(checks.ORDER, seen, f"number {seq} comes twice, unasked")
        elif came is Came.OVERTAKEN:
            self._book.report(checks.ORDER, seen, f"number {seq} comes late, unasked")
        elif sequence.counts.lost_behind > before:
            self._book.report(
                checks.LOSS, seen, f"number {seq} was asked for, and is sent again"
            )
        self._settle(side, sequence.decided(seen.at))
        return came

    def end(self) -> None:
        """Nothing comes any more."""
        for side, sequence in self._sent.items():
            self._settle(side, sequence.end())
            asker = other_than(side)
            if not self._asks[asker]:
                continue
            for gap in self._unasked[side]:
                if self._last_at - gap.noticed_at > _ASKED_WITHIN_S:
                    self._book.find(
                        checks.GAP_ASKED,
                        asker,
                        self._stream,
                        gap.noticed_at,
                        gap.number,
                        f"number {gap.seq} is missing, and was never asked for",
                    )

    # inside

    def _settle(self, side: Role, gaps: list[Gap]) -> None:
        """What was missing in what `side` sent: lost, and did the other side ask?"""
        asker = other_than(side)
        for gap in gaps:
            if gap.came is Came.OVERTAKEN:
                continue
            self._book.find(
                checks.LOSS,
                side,
                self._stream,
                gap.noticed_at,
                gap.number,
                f"number {gap.seq} is missing, {_fate(gap)}",
            )
            self._book.judge(checks.REQUEST_ANSWERED, side)
            if gap.came is None and gap.asked >= _TIMES_ANSWERED:
                self._book.find(
                    checks.REQUEST_ANSWERED,
                    side,
                    self._stream,
                    gap.asked_at,
                    gap.number,
                    f"number {gap.seq} was asked for {gap.asked} times, and neither it "
                    "nor an idle came",
                )
            self._book.judge(checks.GAP_ASKED, asker)
            unasked = self._unasked[side]
            if not gap.asked and gap.came is None and len(unasked) < _ASKED_MAX:
                unasked.append(gap)

    def _on_request(self, seen: Observed) -> None:
        self._asks[seen.side] = True
        for check in (checks.REQUEST_FORM, checks.ASKED_EXISTS, checks.ASKED_SELDOM):
            self._book.judge(check, seen.side)
        wanted = self._wanted(seen)
        sent = self._sent[other_than(seen.side)]
        ahead = sent.ask(wanted, seen.at)
        if ahead:
            self._book.report(
                checks.ASKED_EXISTS, seen, f"asks for {_listed(ahead)}: not sent yet"
            )
        often = [seq for seq in wanted if sent.times_asked(seq) == _TIMES_MAX + 1]
        if often:
            self._book.report(
                checks.ASKED_SELDOM,
                seen,
                f"asks for {_listed(often)} for the {_TIMES_MAX + 1}th time",
            )

    def _wanted(self, seen: Observed) -> list[int]:
        header = seen.header
        assert header is not None
        if not isinstance(seen.body, RetransmitMany):
            return [header.seq]
        if header.length != len(seen.data):
            self._book.report(
                checks.REQUEST_FORM,
                seen,
                f"says {header.length} bytes and has {len(seen.data)}: most readers "
                "stop at its size, some at what it says",
            )
        pairs = [(each.first, each.last) for each in seen.body.ranges]
        wanted = expand_ranges(pairs, _ASKED_MAX + 1)
        if len(wanted) > _ASKED_MAX:
            self._book.report(
                checks.REQUEST_FORM, seen, f"asks for more than {_ASKED_MAX} numbers"
            )
        return wanted[:_ASKED_MAX]


def _fate(gap: Gap) -> str:
    if gap.came is Came.FILLED:
        return f"and an idle came in its place {gap.came_at - gap.noticed_at:.3f} s on"
    if gap.came is not None:
        return f"and came when asked for, {gap.came_at - gap.noticed_at:.3f} s later"
    if gap.asked:
        return f"was asked for {gap.asked} times, and never came"
    return "and never came"


def _listed(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:4]))
    return shown + (f" and {len(numbers) - 4} more" if len(numbers) > 4 else "")
