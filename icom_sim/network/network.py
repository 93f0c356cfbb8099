"""A network made of rules: says when, how often and how damaged a datagram arrives."""

from collections.abc import Iterable, Iterator, Sequence
from math import inf
from random import Random
from typing import Any, Final, Self, TypeAlias, TypedDict

from icom_proto.codes import Stream
from icom_sim.network.only import Only, kind_of
from icom_sim.network.outages import Rebind, Timed
from icom_sim.network.presets import preset_rules
from icom_sim.network.rebinder import Rebinder, Rebinding
from icom_sim.network.rules import Corrupt, Delay, Duplicate, Jitter, Loss, Reorder
from icom_sim.network.verdicts import ConditionError, Copy, Direction, Rule, Verdict

# What a rule did to datagrams, counted at these places: half the cost of attributes.
_Tally: TypeAlias = list[int]
COUNTED: Final = ("dropped", "duplicated", "corrupted", "truncated", "delayed")
_DROPPED: Final = 0
_DUPLICATED: Final = 1
_CORRUPTED: Final = 2
_TRUNCATED: Final = 3
_DELAYED: Final = 4

_TO_CLIENT: Final = Direction.TO_CLIENT
_STREAMS: Final = len(Stream)
_LANES: Final = [(direction, stream) for direction in Direction for stream in Stream]

# More rules at once than anybody reads, and removed ones that the summary tells.
RULES_MAX: Final = 64
REMOVED_MAX: Final = 1000
# Stacked duplicates would multiply without end; a storm of sixteen is one.
COPIES_MAX: Final = 16


class NetworkSummary(TypedDict):
    """What a network did, ready for JSON."""

    seed: int
    rules: list[dict[str, Any]]
    to_client: dict[str, dict[str, int]]
    to_radio: dict[str, dict[str, int]]


class Network:
    """Stacked rules: what one lets through, the next one judges, each copy by itself.

    Each rule has one generator for each direction of each stream, so that more traffic
    on one changes nothing on another: same seed, same traffic, same fate. Rules come
    and go while it runs, and change nothing for the others.
    """

    def __init__(self, rules: Iterable[Rule | Only] = (), *, seed: int = 0) -> None:
        self.rebinder = Rebinder(seed)  # applied by who knows the clients' addresses
        self.version = 0  # another one whenever rules come or go
        self._seed = seed
        self._started_at: float | None = None
        self._placed: list[_Placed] = []
        self._removed: list[_Placed] = []
        self._forgotten = _Forgotten()
        self._numbers = 0
        self._lanes = [_Lane() for _ in _LANES]
        self._to_client = self._lanes[:_STREAMS]
        self._to_radio = self._lanes[_STREAMS:]
        for rule in rules:
            self._place(rule)
        self._restack()

    @classmethod
    def from_percent(
        cls,
        *,
        loss: float = 0,
        duplicate: float = 0,
        reorder: float = 0,
        corrupt: float = 0,
        delay_ms: float = 0,
        jitter_ms: float = 0,
        before: Iterable[Rule | Only] = (),
        behind: Iterable[Only] = (),
        direction: Direction | None = None,
        seed: int = 0,
    ) -> Self:
        """What a command line asks for; figures of zero cost nothing.

        The rules `before` those of the figures are those of a preset, and the direction
        is for both; those `behind` come last, as they are.
        """
        chances = (Loss(loss), Duplicate(duplicate), Reorder(reorder), Corrupt(corrupt))
        rules: list[Rule | Only] = [
            *before,
            *(each for each in chances if each.percent),
        ]
        rules += [each for each in (Delay(delay_ms), Jitter(jitter_ms)) if each.ms]
        one_way = [_one_way(rule, direction) for rule in rules]
        return cls([*one_way, *behind], seed=seed)

    def carry(
        self, direction: Direction, stream: Stream, data: bytes, now: float
    ) -> Sequence[Copy]:
        """What arrives of a datagram sent now: (delay in seconds, bytes) of each copy.

        Rules judge by the time of sending, whatever delay an earlier one added.
        """
        lanes = self._to_client if direction is _TO_CLIENT else self._to_radio
        lane = lanes[stream]
        lane.sent += 1
        if not lane.steps:
            return ((0.0, data),)
        return _verdict(lane.steps, 0.0, direction, stream, data, now, COPIES_MAX)

    def passes(self, direction: Direction, stream: Stream) -> bool:
        """Count a datagram that no rule looks at; False if one does: `carry` it."""
        lanes = self._to_client if direction is _TO_CLIENT else self._to_radio
        lane = lanes[stream]
        if lane.steps:
            return False
        lane.sent += 1
        return True

    @property
    def is_open(self) -> bool:
        """Does all that is sent arrive as it is?"""
        return not self.rebinder.in_use and not any(lane.steps for lane in self._lanes)

    def pass_more(self, direction: Direction, stream: Stream, count: int) -> None:
        """Count so many datagrams that no rule looked at."""
        lanes = self._to_client if direction is _TO_CLIENT else self._to_radio
        lanes[stream].sent += count

    # while it runs

    def start(self, now: float) -> None:
        """From here its time counts: else from its first datagram, or first change."""
        if self._started_at is None:
            self._started_at = now
            for placed in self._placed:
                self._begin(placed, now)
            self._restack()

    def add(self, rule: Rule | Only, now: float) -> int:
        """Put a rule behind the others; its number. Raises ConditionError."""
        self.start(now)
        self._retire(now)
        placed = self._place(rule)
        self._begin(placed, now)
        self._restack()
        return placed.number

    def remove(self, number: int, now: float) -> None:
        """Take a rule away; what it did stays in the summary. Raises ConditionError."""
        self.start(now)
        for placed in self._placed:
            if placed.number == number:
                self._take_away([placed], now)
                return
        numbers = ", ".join(str(each.number) for each in self._placed)
        raise ConditionError(f"there is no rule {number}, only {numbers or 'none'}")

    def clear(self, now: float) -> None:
        """Take all rules away. Ports that have changed stay as they are."""
        self.start(now)
        self._take_away(self._placed, now)

    def preset(self, name: str, now: float) -> list[int]:
        """Instead of all rules those of a named network. Raises ConditionError."""
        rules = preset_rules(name)
        self.clear(now)
        return [self.add(rule, now) for rule in rules]

    def rules(self) -> list[dict[str, Any]]:
        """The rules that are in place, each with what it did, ready for JSON."""
        return [self._row(placed) for placed in self._placed]

    def summary(self) -> NetworkSummary:
        """What happened so far, ready for JSON: by rule, by direction and stream."""
        all_placed = sorted(self._removed + self._placed, key=lambda each: each.number)
        return {
            "seed": self._seed,
            "rules": [
                *self._forgotten.rows(),
                *(self._row(placed) for placed in all_placed),
            ],
            "to_client": self._by_stream(_TO_CLIENT),
            "to_radio": self._by_stream(Direction.TO_RADIO),
        }

    # inside

    def _on_first(
        self, _rng: Random, _way: Direction, _stream: Stream, _data: bytes, now: float
    ) -> Verdict:
        self.start(now)
        return None

    def _place(self, rule: Rule | Only) -> "_Placed":
        if len(self._placed) >= RULES_MAX:
            raise ConditionError(
                f"a network has at most {RULES_MAX} rules at once: remove some first"
            )
        only = rule if isinstance(rule, Only) else Only(rule)
        self._numbers += 1
        placed = _Placed(self._numbers, only, self._seed)
        self._placed.append(placed)
        return placed

    def _begin(self, placed: "_Placed", now: float) -> None:
        placed.since = now
        only = placed.only
        if isinstance(only.rule, Timed):
            only.rule.begin(now)
        if isinstance(only.rule, Rebind):
            placed.rebinding = Rebinding(
                now + only.rule.after_s, only.streams or tuple(Stream)
            )
            self.rebinder.schedule(placed.rebinding)

    def _retire(self, now: float) -> None:
        """Rules that have done their last make place for others."""
        over = [each for each in self._placed if each.ends() < now]
        if over:
            self._take_away(over, now)

    def _take_away(self, gone: list["_Placed"], now: float) -> None:
        for placed in gone:
            placed.until = min(placed.ends(), now)
            if placed.rebinding is not None:
                self.rebinder.cancel(placed.rebinding)
        self._placed = [each for each in self._placed if each.until is None]
        self._removed += gone
        while len(self._removed) > REMOVED_MAX:
            self._forgotten.add(self._removed.pop(0))
        self._restack()

    def _restack(self) -> None:
        self.version += 1
        # Until time has begun each lane waits for the first datagram of any of them.
        waiting = self._started_at is None
        first = [_Step(self._on_first, Random(0), [])] if waiting else []
        # A new list each time: a datagram may be on its way through the old one.
        for at, lane in enumerate(self._lanes):
            steps = [placed.steps[at] for placed in self._placed]
            lane.steps = first + [step for step in steps if step is not None]

    def _row(self, placed: "_Placed") -> dict[str, Any]:
        began = self._started_at or 0.0
        since, until = placed.since, placed.ends()
        rebinding = placed.rebinding
        counts = _counts(placed.tallies)
        if rebinding is not None:
            counts["dropped"] += rebinding.stranded
        return {
            "number": placed.number,
            **placed.only.description(),
            "from_s": 0.0 if since is None else round(since - began, 6),
            "until_s": None if until == inf else round(until - began, 6),
            **counts,
            "rebinds": 0 if rebinding is None else rebinding.rebinds,
        }

    def _by_stream(self, direction: Direction) -> dict[str, dict[str, int]]:
        return {
            stream.name.lower(): self._lane_counts(direction, stream)
            for stream in Stream
        }

    def _lane_counts(self, direction: Direction, stream: Stream) -> dict[str, int]:
        """`arriving` includes what is still under way."""
        at = direction * _STREAMS + stream
        placed = self._removed + self._placed
        tallies = [each.tallies[at] for each in placed]
        counts = _counts([self._forgotten.tallies[at], *tallies])
        sent = self._lanes[at].sent
        if direction is _TO_CLIENT:  # to a port that a NAT has forgotten
            stranded = self.rebinder.stranded[stream]
            sent += stranded
            counts["dropped"] += stranded
        arriving = sent + counts["duplicated"] - counts["dropped"]
        return {"sent": sent, "arriving": arriving, **counts}


class _Step:
    """A rule in its place: what judges, by which chance, and what it did so far."""

    __slots__ = ("judge", "rng", "tally")

    def __init__(self, judge: Rule, rng: Random, tally: _Tally) -> None:
        self.judge = judge
        self.rng = rng
        self.tally = tally


class _Lane:
    """One direction of one stream: the rules that cover it."""

    __slots__ = ("sent", "steps")

    def __init__(self) -> None:
        self.steps: list[_Step] = []
        self.sent = 0


class _Placed:
    """A rule that is or was in a network: when, and what it did in each lane."""

    __slots__ = ("number", "only", "rebinding", "since", "steps", "tallies", "until")

    def __init__(self, number: int, only: Only, seed: int) -> None:
        self.number = number
        self.only = only
        self.since: float | None = None
        self.until: float | None = None
        self.rebinding: Rebinding | None = None
        self.tallies: list[_Tally] = [[0] * len(COUNTED) for _ in _LANES]
        # A bound method is called four times as fast as an object.
        judge: Rule = only.rule.__call__
        if only.kinds is not None:
            judge = _for_kinds(judge, only.kinds)
        self.steps: list[_Step | None] = [
            # Random seeds itself from a string by SHA-512: the same in every process.
            # The first rule is 0 there, so that seeds keep their fate.
            _Step(
                judge,
                Random(f"{seed}/{number - 1}/{direction.name}/{stream.name}"),
                self.tallies[at],
            )
            if only.covers(direction, stream)
            else None
            for at, (direction, stream) in enumerate(_LANES)
        ]

    def ends(self) -> float:
        """When it was taken away, or does its last; infinity if that is not decided."""
        until, rule = self.until, self.only.rule
        if until is None and isinstance(rule, Timed):
            until = rule.until()
        return inf if until is None else until


class _Forgotten:
    """What the summary no longer tells rule by rule."""

    __slots__ = ("rules", "tallies")

    def __init__(self) -> None:
        self.rules = 0
        self.tallies: list[_Tally] = [[0] * len(COUNTED) for _ in _LANES]

    def add(self, placed: _Placed) -> None:
        self.rules += 1
        for sums, tally in zip(self.tallies, placed.tallies, strict=True):
            sums[:] = map(sum, zip(sums, tally, strict=True))

    def rows(self) -> Iterator[dict[str, Any]]:
        if self.rules:
            yield {"rule": f"{self.rules} earlier rules", **_counts(self.tallies)}


def _one_way(rule: Rule | Only, direction: Direction | None) -> Only:
    only = rule if isinstance(rule, Only) else Only(rule)
    if direction is None or only.direction is not None:
        return only
    return Only(only.rule, direction, only.streams, only.kinds)


def _for_kinds(judge: Rule, kinds: tuple[str, ...]) -> Rule:
    """Lets pass what is of another kind; it costs the rule no chance."""

    def judge_kinds(
        rng: Random, direction: Direction, stream: Stream, data: bytes, now: float
    ) -> Verdict:
        if kind_of(stream, data) not in kinds:
            return None
        return judge(rng, direction, stream, data, now)

    return judge_kinds


def _verdict(
    steps: list[_Step],
    delay: float,
    direction: Direction,
    stream: Stream,
    data: bytes,
    now: float,
    room: int,
) -> Sequence[Copy]:
    """The copies that come out of these steps, as many as there is room for.

    Called for every datagram: see benchmarks before adding to it.
    """
    for step in steps:
        verdict = step.judge(step.rng, direction, stream, data, now)
        if verdict is None:
            continue
        tally = step.tally
        if isinstance(verdict, (float, int)):
            if verdict:
                tally[_DELAYED] += 1
                delay += verdict
        elif len(verdict) == 1:
            extra, changed = verdict[0]
            if extra:
                tally[_DELAYED] += 1
                delay += extra
            if changed is not data:
                cut = len(changed) < len(data)
                tally[_TRUNCATED if cut else _CORRUPTED] += 1
                data = changed
        elif not verdict:
            tally[_DROPPED] += 1
            return ()
        else:
            tally[_DUPLICATED] += len(verdict) - 1
            rest = steps[steps.index(step) + 1 :]
            arrivals: list[Copy] = []
            for extra, copy in verdict:
                left = room - len(arrivals)
                if left <= 0:
                    tally[_DROPPED] += 1
                else:
                    late = delay + extra
                    arrivals += _verdict(rest, late, direction, stream, copy, now, left)
            return arrivals
    return ((delay, data),)


def _counts(tallies: Iterable[_Tally]) -> dict[str, int]:
    sums = map(sum, zip(*tallies, strict=True))
    return dict(zip(COUNTED, sums, strict=True))
