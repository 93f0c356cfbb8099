"""A network made of rules: says when, how often and how damaged a datagram arrives."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from types import FunctionType
from typing import Any, Final, Self, TypeAlias, TypedDict

from icom_proto.codes import Stream
from icom_sim.network.rules import Corrupt, Delay, Duplicate, Jitter, Loss, Reorder
from icom_sim.network.verdicts import Copy, Direction, Rule

# What a rule did to datagrams, counted at these places: half the cost of attributes.
_Tally: TypeAlias = list[int]
_COUNTED: Final = ("dropped", "duplicated", "corrupted", "delayed")
_DROPPED: Final = 0
_DUPLICATED: Final = 1
_CORRUPTED: Final = 2
_DELAYED: Final = 3

_TO_CLIENT: Final = Direction.TO_CLIENT


@dataclass(frozen=True, slots=True)
class Only:
    """A rule for one direction, for some of the streams, or both; None: for all."""

    rule: Rule
    direction: Direction | None = None
    streams: tuple[Stream, ...] | None = None

    def covers(self, direction: Direction, stream: Stream) -> bool:
        return self.direction in (None, direction) and (
            self.streams is None or stream in self.streams
        )

    def description(self) -> dict[str, object]:
        """The same in every run: a function is named, not shown with its address."""
        rule = self.rule
        directions = Direction if self.direction is None else (self.direction,)
        streams = Stream if self.streams is None else self.streams
        return {
            "rule": rule.__name__ if isinstance(rule, FunctionType) else repr(rule),
            "directions": [direction.name.lower() for direction in directions],
            "streams": [stream.name.lower() for stream in streams],
        }


class NetworkSummary(TypedDict):
    """What a network did, ready for JSON."""

    seed: int
    rules: list[dict[str, Any]]
    to_client: dict[str, dict[str, int]]
    to_radio: dict[str, dict[str, int]]


class Network:
    """Stacked rules: what one lets through, the next one judges, each copy by itself.

    Each rule has one generator for each direction of each stream, so that more traffic
    on one changes nothing on another: same seed, same traffic, same fate.
    """

    def __init__(self, rules: Iterable[Rule | Only] = (), *, seed: int = 0) -> None:
        self._seed = seed
        self._rules = [rule if isinstance(rule, Only) else Only(rule) for rule in rules]
        self._to_client, self._to_radio = (
            {stream: _lane(self._rules, seed, direction, stream) for stream in Stream}
            for direction in (Direction.TO_CLIENT, Direction.TO_RADIO)
        )

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
        before: Iterable[Rule] = (),
        direction: Direction | None = None,
        seed: int = 0,
    ) -> Self:
        """What a command line asks for; figures of zero cost nothing.

        The rules `before` those of the figures are those of a preset.
        """
        chances = (Loss(loss), Duplicate(duplicate), Reorder(reorder), Corrupt(corrupt))
        rules: list[Rule] = [*before, *(rule for rule in chances if rule.percent)]
        rules += [rule for rule in (Delay(delay_ms), Jitter(jitter_ms)) if rule.ms]
        return cls([Only(rule, direction) for rule in rules], seed=seed)

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
        return _verdict(lane.steps, 0.0, direction, stream, data, now)

    def summary(self) -> NetworkSummary:
        """What happened so far, ready for JSON: by rule, by direction and stream."""
        lanes = [*self._to_client.values(), *self._to_radio.values()]
        return {
            "seed": self._seed,
            "rules": [
                only.description() | _counts([lane.tallies[at] for lane in lanes])
                for at, only in enumerate(self._rules)
            ],
            "to_client": _by_stream(self._to_client),
            "to_radio": _by_stream(self._to_radio),
        }


class _Step:
    """A rule in its place: what judges, by which chance, and what it did so far."""

    __slots__ = ("judge", "rng", "tally")

    def __init__(self, rule: Rule, rng: Random, tally: _Tally) -> None:
        # A bound method is called four times as fast as an object.
        self.judge: Rule = rule.__call__
        self.rng = rng
        self.tally = tally


class _Lane:
    """One direction of one stream: the rules that cover it and what they did there."""

    __slots__ = ("sent", "steps", "tallies")

    def __init__(self, tallies: list[_Tally], steps: list[_Step]) -> None:
        self.tallies = tallies  # one for each rule of the network, in order
        self.steps = steps
        self.sent = 0


def _lane(
    rules: Sequence[Only], seed: int, direction: Direction, stream: Stream
) -> _Lane:
    tallies = [[0] * len(_COUNTED) for _ in rules]
    steps = [
        # Random seeds itself from a string by SHA-512: the same in every process.
        _Step(
            only.rule,
            Random(f"{seed}/{at}/{direction.name}/{stream.name}"),
            tallies[at],
        )
        for at, only in enumerate(rules)
        if only.covers(direction, stream)
    ]
    return _Lane(tallies, steps)


def _verdict(
    steps: list[_Step],
    delay: float,
    direction: Direction,
    stream: Stream,
    data: bytes,
    now: float,
) -> Sequence[Copy]:
    """The copies that come out of these steps. Called for every datagram: see
    benchmarks before adding to it."""
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
                tally[_CORRUPTED] += 1
                data = changed
        elif not verdict:
            tally[_DROPPED] += 1
            return ()
        else:
            tally[_DUPLICATED] += len(verdict) - 1
            rest = steps[steps.index(step) + 1 :]
            return [
                arrival
                for extra, copy in verdict
                for arrival in _verdict(
                    rest, delay + extra, direction, stream, copy, now
                )
            ]
    return ((delay, data),)


def _counts(tallies: Iterable[_Tally]) -> dict[str, int]:
    sums = map(sum, zip(*tallies, strict=True))
    return dict(zip(_COUNTED, sums, strict=True))


def _by_stream(lanes: dict[Stream, _Lane]) -> dict[str, dict[str, int]]:
    return {stream.name.lower(): _lane_counts(lane) for stream, lane in lanes.items()}


def _lane_counts(lane: _Lane) -> dict[str, int]:
    """`arriving` includes what is still under way."""
    none = [0] * len(_COUNTED)
    counts = _counts([none, *lane.tallies])
    arriving = lane.sent + counts["duplicated"] - counts["dropped"]
    return {"sent": lane.sent, "arriving": arriving, **counts}
