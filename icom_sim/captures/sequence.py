"""The tracked numbers of one direction of one stream, as somebody on the way sees them.

Whoever records sees a gap for what was lost before the recorder; what is lost behind it
shows as a request for a number that was seen, and as its repetition. Both are losses of
the path. What comes late without having been asked for was only overtaken.
"""

from collections import OrderedDict
from dataclasses import asdict, dataclass
from enum import Enum, auto
from zlib import crc32

from icom_proto.packets import Idle
from icom_proto.seqnum import seq_distance
from icom_sim.captures.observed import Observed

# Numbers that are remembered. Nobody keeps more for repetition (PROTOCOL.md 5.2).
_WINDOW = 1024
# A step further than this is no loss: the sender began again.
_JUMP_MAX = 512
# Old numbers with new contents, one after the other: so begins a peer that restarted.
_OLD_RUN = 4
# What did not come after so long does not come any more (PROTOCOL.md 5.2: 10 s).
_GIVEN_UP_S = 10.0
# Requests for what was before a new beginning are still on their way.
_SETTLE_S = 2.0
# After a handshake numbers begin again within so many datagrams, or not at all.
_RESTART_WITHIN = 20
# They begin at 0, and the first few may be lost.
_RESTART_SEQ_MAX = 3


class Came(Enum):
    """What the number of a datagram tells about it."""

    NEW = auto()
    OVERTAKEN = auto()  # late, and nobody had asked for it
    HEALED = auto()  # it had been asked for
    FILLED = auto()  # an idle in its place: the sender has it no more
    REPEATED = auto()  # it was seen before, and was asked for
    DUPLICATE = auto()  # it was seen before, and nobody asked
    CONFLICT = auto()  # the number was seen on something else
    RESTART = auto()
    UNNUMBERED = auto()

    @property
    def is_first(self) -> bool:
        """What it carries was not seen before."""
        return self not in _NOT_FIRST


_NOT_FIRST = {Came.UNNUMBERED, Came.FILLED, Came.REPEATED, Came.DUPLICATE}


@dataclass(slots=True)
class Gap:
    """A missing number: since when, by which datagram it showed, what came of it."""

    seq: int
    noticed_at: float
    number: int
    asked: int = 0
    asked_at: float = 0.0
    came: Came | None = None
    came_at: float = 0.0


@dataclass(slots=True)
class _Seen:
    digest: int
    asked: int = 0
    repeats: int = 0


@dataclass(slots=True)
class SequenceCounts:
    """What became of the numbers. `asked` counts each number once a request."""

    numbered: int = 0
    lost_before: int = 0  # between the sender and the recorder
    lost_behind: int = 0  # between the recorder and the receiver
    overtaken: int = 0
    healed: int = 0
    filled: int = 0
    never_came: int = 0
    asked: int = 0
    repeated: int = 0
    duplicates: int = 0
    conflicts: int = 0
    restarts: int = 0

    def to_dict(self) -> dict[str, int]:
        """Ready for JSON."""
        return asdict(self)

    @property
    def lost(self) -> int:
        return self.lost_before + self.lost_behind

    @property
    def loss(self) -> float:
        """The share of what was sent, 0 to 1."""
        sent = self.numbered + self.never_came
        return self.lost / sent if sent else 0.0


class Sequence:
    """Give it all numbered datagrams of a direction, and the requests against it."""

    def __init__(self) -> None:
        self.counts = SequenceCounts()
        self._highest: int | None = None
        self._seen: OrderedDict[int, _Seen] = OrderedDict()
        self._gaps: dict[int, Gap] = {}
        self._decided: list[Gap] = []
        self._may_restart = 0  # for so many datagrams
        self._restarted_at = float("-inf")
        self._old_run: list[int] = []

    def handle(self, seen: Observed) -> Came:
        """One numbered datagram."""
        assert seen.header is not None, "numbered means that there is a header"
        seq, is_idle = seen.header.seq, isinstance(seen.body, Idle)
        digest = crc32(seen.data)
        if is_idle and seq == 0 and self._highest != 0xFFFF and 0 not in self._gaps:
            return Came.UNNUMBERED  # Hamlib's keep-alives, and fillers (2.5)
        if self._highest is None:
            self._begin(seq, digest)
            return Came.NEW
        distance = seq_distance(seq, self._highest)
        if distance > 0:
            return self._handle_ahead(seen, distance, digest)
        if seq in self._gaps:
            return self._close(self._gaps.pop(seq), seen, digest, is_idle=is_idle)
        return self._handle_old(seq, digest, seen, is_idle=is_idle)

    def ask(self, wanted: list[int], at: float) -> list[int]:
        """A request against this direction; returned are numbers never sent yet."""
        ahead = []
        for seq in wanted:
            self.counts.asked += 1
            gap, seen = self._gaps.get(seq), self._seen.get(seq)
            if gap is not None:
                gap.asked += 1
                gap.asked_at = gap.asked_at or at
            elif seen is not None:
                seen.asked += 1
            elif self._is_ahead(seq, at):
                ahead.append(seq)
        return ahead

    def times_asked(self, seq: int) -> int:
        """How often this number was asked for by now."""
        known = self._gaps.get(seq) or self._seen.get(seq)
        return known.asked if known is not None else 0

    def begin(self) -> None:
        """A new link on the same ports: its first number may be any."""
        for gap in list(self._gaps.values()):
            self._give_up(gap)
        self._seen.clear()
        self._old_run = []
        self._highest = None

    def expect_restart(self) -> None:
        """A handshake: numbers may begin again (2.4), with no datagram lost."""
        self._may_restart = _RESTART_WITHIN

    def decided(self, at: float) -> list[Gap]:
        """Gaps of which it is known by now what came of them."""
        if self._gaps:
            overdue = [
                gap
                for gap in self._gaps.values()
                if at - gap.noticed_at > _GIVEN_UP_S or self._is_far_back(gap.seq)
            ]
            for gap in overdue:
                self._give_up(gap)
        decided, self._decided = self._decided, []
        return decided

    def end(self) -> list[Gap]:
        """The same when nothing comes any more."""
        for gap in list(self._gaps.values()):
            self._give_up(gap)
        decided, self._decided = self._decided, []
        return decided

    # inside

    def _begin(self, seq: int, digest: int) -> None:
        self.begin()
        self._may_restart = 0
        self._advance(seq, digest)

    def _advance(self, seq: int, digest: int) -> None:
        self._highest = seq
        self._remember(seq, digest)

    def _remember(self, seq: int, digest: int) -> None:
        self.counts.numbered += 1
        self._seen[seq] = _Seen(digest)
        if len(self._seen) > _WINDOW:
            self._seen.popitem(last=False)

    def _restart(self, seq: int, digest: int, at: float) -> Came:
        self.counts.restarts += 1
        self._restarted_at = at
        self._begin(seq, digest)
        return Came.RESTART

    def _handle_ahead(self, seen: Observed, distance: int, digest: int) -> Came:
        assert seen.header is not None, "numbered"
        assert self._highest is not None, "something came before"
        seq = seen.header.seq
        if distance > _JUMP_MAX:
            return self._restart(seq, digest, seen.at)
        for missing in range(self._highest + 1, self._highest + distance):
            self._seen.pop(missing & 0xFFFF, None)
            gap = Gap(missing & 0xFFFF, seen.at, seen.number)
            self._gaps[gap.seq] = gap
        self.counts.lost_before += distance - 1
        self._seen.pop(seq, None)
        self._old_run = []
        self._may_restart = max(self._may_restart - 1, 0)
        self._advance(seq, digest)
        return Came.NEW

    def _close(self, gap: Gap, seen: Observed, digest: int, *, is_idle: bool) -> Came:
        self._remember(gap.seq, digest)
        self._old_run = []
        counts = self.counts
        if not gap.asked:
            came = Came.OVERTAKEN
            counts.overtaken += 1
            counts.lost_before -= 1
        elif is_idle:
            came = Came.FILLED
            counts.filled += 1
        else:
            came = Came.HEALED
            counts.healed += 1
        gap.came, gap.came_at = came, seen.at
        self._decided.append(gap)
        known = self._seen[gap.seq]
        known.asked, known.repeats = gap.asked, 1
        return came

    def _handle_old(
        self, seq: int, digest: int, seen: Observed, *, is_idle: bool
    ) -> Came:
        known = self._seen.get(seq)
        if known is not None and known.digest == digest:
            return self._count_again(known)
        if known is not None and is_idle and known.asked:
            return self._count_again(known)
        run = self._old_run
        if run and seq != (run[-1] + 1) & 0xFFFF:
            run.clear()
        run.append(seq)
        announced = known is not None and self._may_restart and seq <= _RESTART_SEQ_MAX
        if announced or self._is_far_back(seq) or len(run) >= _OLD_RUN:
            return self._restart(seq, digest, seen.at)
        if known is None:  # overtaken by the first that was recorded
            self._remember(seq, digest)
            return Came.OVERTAKEN
        self.counts.conflicts += 1
        return Came.CONFLICT

    def _count_again(self, known: _Seen) -> Came:
        if not known.asked:
            self.counts.duplicates += 1
            return Came.DUPLICATE
        known.repeats += 1
        self.counts.repeated += 1
        if known.repeats == 1:
            self.counts.lost_behind += 1
        return Came.REPEATED

    def _is_far_back(self, seq: int) -> bool:
        return self._highest is not None and (
            seq_distance(seq, self._highest) <= -_WINDOW
        )

    def _is_ahead(self, seq: int, at: float) -> bool:
        if self._highest is None or at - self._restarted_at < _SETTLE_S:
            return False
        return 0 < seq_distance(seq, self._highest) <= _WINDOW

    def _give_up(self, gap: Gap) -> None:
        del self._gaps[gap.seq]
        self.counts.never_came += 1
        self._decided.append(gap)
