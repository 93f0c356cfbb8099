"""What a scenario is, as data: the radio, steps, and expectations.

A scenario that cannot be is refused when it is made, with the place of the mistake, so
that a file can tell its line. Times are seconds since the radio started.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import TypeAlias

from icom_proto.codes import Stream
from icom_sim.network import Direction

Scalar: TypeAlias = str | int | float | bool
# Where in a scenario something stands: ("expect", 2, "within").
Path: TypeAlias = tuple[str | int, ...]

# How long a client may take to leave, once it was told to.
GRACE_S = 5.0


class ScenarioError(ValueError):
    """A scenario that cannot be: one line with the place, what was given, what may be.

    `path` is the place inside the scenario.
    """

    def __init__(self, message: str, path: Path = ()) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class Bounds:
    """A number between these, both included."""

    min: float = -inf
    max: float = inf

    def hold(self, value: float) -> bool:
        return self.min <= value <= self.max

    def __str__(self) -> str:
        if self.min == self.max:
            return figure(self.min)
        words = []
        if self.min != -inf:
            words.append(f"at least {figure(self.min)}")
        if self.max != inf:
            words.append(f"at most {figure(self.max)}")
        return " and ".join(words) or "any number"


Match: TypeAlias = Mapping[str, Scalar | Bounds]


@dataclass(frozen=True, slots=True)
class EventSight:
    """An event of this name whose fields are these."""

    name: str
    match: Match = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name + _told(self.match)


@dataclass(frozen=True, slots=True)
class DatagramSight:
    """A datagram of one of these kinds. Without kinds: of any kind.

    What a client sends is seen before the network, what the radio sends after it.
    """

    kinds: tuple[str, ...] = ()
    match: Match = field(default_factory=dict)
    stream: Stream | None = None
    direction: Direction = Direction.TO_RADIO

    def __str__(self) -> str:
        where = self.stream.name.lower() + " " if self.stream is not None else ""
        return f"{where}{' or '.join(self.kinds) or 'datagram'}{_told(self.match)}"


@dataclass(frozen=True, slots=True)
class CivSight:
    """A CI-V frame of the client whose command and data begin with these bytes."""

    body: bytes

    def __str__(self) -> str:
        return f"CI-V {self.body.hex(' ').upper()}"


Sight: TypeAlias = EventSight | DatagramSight | CivSight


@dataclass(frozen=True, slots=True)
class Moment:
    """So long after something was seen for the n-th time."""

    sight: Sight
    times: int = 1
    delay: float = 0.0

    def __str__(self) -> str:
        nth = f" no. {self.times}" if self.times > 1 else ""
        later = f" + {self.delay:g} s" if self.delay else ""
        return f"{self.sight}{nth}{later}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that is done to the radio, its network or the client.

    At a time, or after a moment; then with `repeat` at each of so many occurrences.
    """

    action: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    at: float | None = None
    after: Moment | None = None
    repeat: int = 1
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From a moment (or the start) to a moment, or for so many seconds."""

    after: Moment | None = None
    until: Moment | None = None
    within: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How often something may be seen in a window.

    With `per`, `max` is of any so many seconds inside it.
    """

    sight: Sight
    window: Window = Window()
    min: int = 0
    max: float = inf
    per: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A figure of the summary, by its path: `datagrams.to_radio.civ.sent`."""

    path: str
    bounds: Bounds
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TxField:
    """What the air would have heard: a field of the TX verdict."""

    name: str
    wanted: Bounds | Scalar
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RigState:
    """How the rig stands at the end: `frequency_hz`, `mode`, `ptt` ..."""

    name: str
    wanted: Bounds | Scalar
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedCleanly:
    """Every client that was there at the end gave its token back."""

    why: str = ""


Expectation: TypeAlias = Seen | Counter | TxField | RigState | ClosedCleanly


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A radio, what happens to it, and what is expected. ScenarioError if it cannot be.

    `task` tells the client under test what to do beyond connecting; `file` is where it
    was read from.
    """

    name: str
    title: str
    description: str = ""
    task: str = ""
    source: str = ""
    model: str = "IC-7610"
    dialect: str = ""
    knobs: Mapping[str, Scalar] = field(default_factory=dict)
    network: str = ""
    rules: tuple[str, ...] = ()
    audio: str = "tone:1000"
    username: str = "icom"
    password: str = field(default="icom", repr=False)
    seed: int = 1
    duration: float = 30.0
    grace: float = GRACE_S
    long: bool = False
    steps: tuple[Step, ...] = ()
    expect: tuple[Expectation, ...] = ()
    file: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        from icom_sim.scenarios.check import check_scenario

        check_scenario(self)

    @property
    def opening(self) -> tuple[tuple[Path, Step], ...]:
        """What makes the radio and network of this scenario of ordinary ones, with
        the place where each stands."""
        steps: list[tuple[Path, Step]] = []

        def add(path: Path, action: str, **arguments: object) -> None:
            steps.append((path, Step(action=action, arguments=arguments, at=0.0)))

        if self.dialect:
            add(("dialect",), "dialect", name=self.dialect)
        for knob, value in self.knobs.items():
            add(("knobs", knob), "set", knob=knob, value=value)
        if self.network:
            add(("network",), "net-preset", name=self.network)
        for at, rule in enumerate(self.rules):
            add(("rules", at), "net-add", rule=rule)
        return tuple(steps)


def figure(value: float) -> str:
    """A number for people: frequencies with all their digits."""
    return str(int(value)) if value == int(value) else f"{value:g}"


def _told(match: Match) -> str:
    told = ", ".join(f"{name} {_value(value)}" for name, value in match.items())
    return f" ({told})" if told else ""


def _value(value: Scalar | Bounds) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
