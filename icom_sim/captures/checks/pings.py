"""Checks of pings and their answers: 2.6, 6."""

from dataclasses import dataclass, field

from icom_proto.codes import Role, Stream
from icom_proto.packets import Ping
from icom_sim.captures.checks import catalogue as checks
from icom_sim.captures.checks.findings import Book, other_than
from icom_sim.captures.observed import Observed

PING_S = 5.0
# A ping and its answer may be lost, but not all of so many in so long.
_UNANSWERED_S, _UNANSWERED = 3.0, 3
_OPEN_MAX = 64


@dataclass(slots=True)
class _Asked:
    """The clocks that were sent with each number: some repeat a number (2.6)."""

    clocks: dict[int, list[int]] = field(default_factory=dict)
    last_at: float | None = None
    unanswered: int = 0
    unanswered_since: float = 0.0
    told: bool = False


class PingsCheck:
    """Both directions of a stream."""

    def __init__(self, stream: Stream, book: Book) -> None:
        self._stream, self._book = stream, book
        self._asked = {role: _Asked() for role in Role}
        self._heard = dict.fromkeys(Role, float("-inf"))

    def handle(self, seen: Observed, *, up_at: float | None, gone: bool) -> None:
        """Any datagram of the stream; its sender is up since, or has left."""
        self._heard[seen.side] = seen.at
        body = seen.body
        if isinstance(body, Ping):
            if body.reply:
                self._on_answer(seen, body)
            else:
                self._on_ping(seen, body)
        if up_at is not None and not gone:
            self._check_cadence(seen, up_at)

    def _on_ping(self, seen: Observed, body: Ping) -> None:
        assert seen.header is not None
        asked = self._asked[seen.side]
        clocks = asked.clocks.setdefault(seen.header.seq, [])
        clocks.append(body.time)
        del clocks[:-4]
        if len(asked.clocks) > _OPEN_MAX:
            del asked.clocks[next(iter(asked.clocks))]
        asked.last_at = seen.at
        if not asked.unanswered:
            asked.unanswered_since = seen.at
        asked.unanswered += 1
        other = other_than(seen.side)
        self._book.judge(checks.PING_ANSWERED, other)
        if (
            asked.unanswered > _UNANSWERED
            and seen.at - asked.unanswered_since > _UNANSWERED_S
            and seen.at - self._heard[other] < 1.0
        ):
            self._book.find(
                checks.PING_ANSWERED,
                other,
                seen.stream,
                seen.at,
                seen.number,
                f"{asked.unanswered - 1} pings since {asked.unanswered_since:.3f} "
                "without an answer",
            )
            asked.unanswered = 0

    def _on_answer(self, seen: Observed, body: Ping) -> None:
        assert seen.header is not None
        asked = self._asked[other_than(seen.side)]
        asked.unanswered = 0
        if not asked.clocks:
            return  # recorded from the middle on
        self._book.judge(checks.PING_ECHOED, seen.side)
        clocks = asked.clocks.get(seen.header.seq)
        if clocks is None:
            self._book.report(
                checks.PING_ECHOED,
                seen,
                f"answers ping {seen.header.seq}, which was not sent",
            )
        elif body.time not in clocks:
            self._book.report(
                checks.PING_ECHOED,
                seen,
                f"answers ping {seen.header.seq} with clock {body.time:#010x}, "
                f"not {clocks[-1]:#010x}",
            )

    def _check_cadence(self, seen: Observed, up_at: float) -> None:
        asked = self._asked[seen.side]
        since = up_at if asked.last_at is None else asked.last_at
        self._book.judge(checks.PING_CADENCE, seen.side)
        if seen.at - since > PING_S and not asked.told:
            asked.told = True
            self._book.report(
                checks.PING_CADENCE,
                seen,
                f"no ping for {seen.at - since:.1f} s",
            )
