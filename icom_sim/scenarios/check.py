"""Can a scenario be? A mistake is told with place, what was given, what is allowed."""

from collections.abc import Iterable
from math import inf, isfinite

from icom_proto.credentials import obscure
from icom_proto.errors import LocalProtocolError
from icom_sim.actions import ActionError
from icom_sim.audio_source import AudioSourceError, check_source
from icom_sim.rig.catalogue import MODELS
from icom_sim.scenarios.client_actions import check_any_action
from icom_sim.scenarios.model import (
    Bounds,
    Counter,
    DatagramSight,
    EventSight,
    Moment,
    Path,
    RigState,
    Scalar,
    Scenario,
    ScenarioError,
    Seen,
    Sight,
    Step,
    TxField,
)
from icom_sim.scenarios.vocabulary import (
    ENDING,
    EVENTS,
    KINDS,
    RIG_STATES,
    counters,
    fields_of,
    kind_of_field,
    not_among,
    tx_kinds,
)

DURATION_S_MAX = 86_400.0
_KINDS_IN_WORDS = {bool: "true or false", float: "a number", str: "a text"}


def check_scenario(scenario: Scenario) -> None:
    """Raises ScenarioError for the first thing that cannot be."""
    _check_head(scenario)
    for path, step in scenario.opening:
        _check_action(step, path)
    latest = 0.0
    for number, step in enumerate(scenario.steps):
        latest = _check_step(scenario, step, ("steps", number), latest)
    forbidden = [
        each.sight
        for each in scenario.expect
        if isinstance(each, Seen) and each.max == 0 and _is_whole_run(each)
    ]
    for number, step in enumerate(scenario.steps):
        _check_possible(step.after, forbidden, ("steps", number, "after"))
    for number, each in enumerate(scenario.expect):
        path = ("expect", number)
        match each:
            case Seen():
                _check_seen(scenario, each, path, forbidden)
            case Counter(path=counter, bounds=bounds):
                _among("counter", counter, counters(), (*path, "counter"))
                _check_bounds(bounds, path)
            case TxField(name=name, wanted=wanted):
                _among("TX figure", name, tx_kinds(), (*path, "tx"))
                _check_kind(name, tx_kinds()[name], wanted, (*path, "is"))
                _check_bounds(wanted, path)
            case RigState(name=name, wanted=wanted):
                _among("rig state", name, RIG_STATES, (*path, "rig"))
                _check_state(name, wanted, path)
            case _:
                pass


def _check_head(scenario: Scenario) -> None:
    _require(bool(scenario.title), "a scenario needs a title", ("title",))
    _require(
        scenario.title.isprintable(),
        f"title must be one printable line, not {scenario.title!r}",
        ("title",),
    )
    _among("model", scenario.model, MODELS, ("model",))
    _require(
        0 < scenario.duration <= DURATION_S_MAX,
        f"duration must be more than 0, up to {DURATION_S_MAX:g} s,"
        f" not {scenario.duration:g}",
        ("duration",),
    )
    _require(
        0 <= scenario.grace <= DURATION_S_MAX,
        f"grace must be 0 to {DURATION_S_MAX:g} s, not {scenario.grace:g}",
        ("grace",),
    )
    _require(
        scenario.seed >= 0, f"seed must be 0 or more, not {scenario.seed}", ("seed",)
    )
    for key, text in (("username", scenario.username), ("password", scenario.password)):
        try:
            obscure(text)
        except LocalProtocolError as error:
            raise ScenarioError(str(error), ("credentials", key)) from error
    try:
        check_source(scenario.audio)
    except AudioSourceError as error:
        raise ScenarioError(str(error), ("audio",)) from error


def _check_step(scenario: Scenario, step: Step, path: Path, latest: float) -> float:
    """The latest time of the steps so far."""
    _require(
        (step.at is None) is not (step.after is None),
        "a step needs one of at and after",
        path,
    )
    _require(
        step.repeat >= 1,
        f"repeat must be 1 or more, not {step.repeat}",
        (*path, "repeat"),
    )
    _check_action(step, path)
    if step.after is not None:
        _check_moment(scenario, step.after, (*path, "after"))
        return latest
    at = step.at or 0.0
    where = (*path, "at")
    _require(step.repeat == 1, "repeat goes with after, not with at", (*path, "repeat"))
    _require(
        0 <= at <= scenario.duration,
        f"at must be 0 to {scenario.duration:g} s, the duration, not {at:g}",
        where,
    )
    _require(
        at >= latest,
        f"at {at:g} comes after a step at {latest:g}: times must not go backwards",
        where,
    )
    return at


def _check_action(step: Step, path: Path) -> None:
    try:
        check_any_action(step.action, step.arguments)
    except ActionError as error:
        raise ScenarioError(str(error), path) from error


def _check_seen(
    scenario: Scenario, seen: Seen, path: Path, forbidden: list[Sight]
) -> None:
    _check_sight(seen.sight, path)
    window = seen.window
    for key, moment in (("after", window.after), ("until", window.until)):
        if moment is not None:
            _check_moment(scenario, moment, (*path, key))
            _check_possible(moment, forbidden, (*path, key))
    _require(seen.min >= 0, f"min must be 0 or more, not {seen.min}", (*path, "min"))
    _require(
        seen.min <= seen.max,
        f"min {seen.min:g} and max {seen.max:g}: nothing is both",
        (*path, "min"),
    )
    _require(
        seen.min > 0 or seen.max < inf, "min 0 without max is always so", (*path, "min")
    )
    _require(
        seen.per is None or (isfinite(seen.per) and seen.per > 0 and seen.max < inf),
        "per must be more than 0 s, and goes with max",
        (*path, "per"),
    )
    within, last = window.within, _last(scenario)
    _require(
        within is None or 0 < within <= last,
        f"within must be more than 0, up to {last:g} s (duration and grace),"
        f" not {within or 0:g}",
        (*path, "within"),
    )
    if seen.min and not _begins_at_ending(seen):
        for other in forbidden:
            _require(
                not _covers(other, seen.sight),
                f"{seen.sight} cannot be expected: another line forbids it",
                path,
            )


def _check_moment(scenario: Scenario, moment: Moment, path: Path) -> None:
    _check_sight(moment.sight, path)
    _require(moment.times >= 1, f"times must be 1 or more, not {moment.times}", path)
    last = _last(scenario)
    _require(
        0 <= moment.delay <= last,
        f"delay must be 0 to {last:g} s (duration and grace), not {moment.delay:g}",
        path,
    )


def _last(scenario: Scenario) -> float:
    """Nothing happens later."""
    return scenario.duration + scenario.grace


def _check_sight(sight: Sight, path: Path) -> None:
    match sight:
        case EventSight(name, match):
            _among("event", name, EVENTS, (*path, "event"))
            for field, wanted in match.items():
                what, where = f"field of event {name}", (*path, "match", field)
                _among(what, field, EVENTS[name], where)
                _check_kind(field, kind_of_field(field), wanted, where)
        case DatagramSight(kinds, match):
            for kind in kinds:
                _among("kind of datagram", kind, KINDS, (*path, "datagram"))
            for field in match:
                what = f"field of datagram {' and '.join(kinds) or 'of any kind'}"
                _among(what, field, fields_of(kinds), (*path, "match", field))
        case _:
            _require(bool(sight.body), "no CI-V bytes to look for", (*path, "civ"))
    if not isinstance(sight, EventSight | DatagramSight):
        return
    for field, wanted in sight.match.items():
        _check_bounds(wanted, (*path, "match", field))


def _check_possible(moment: Moment | None, forbidden: list[Sight], path: Path) -> None:
    """Nothing can wait for what must never happen."""
    if moment is not None:
        for other in forbidden:
            _require(
                not _covers(other, moment.sight),
                f"{moment.sight} cannot be waited for: a line forbids it",
                path,
            )


def _covers(wide: Sight, narrow: Sight) -> bool:
    match wide, narrow:
        case EventSight(name, match), EventSight(other, other_match):
            return name == other and dict(match).items() <= dict(other_match).items()
        case _:
            return wide == narrow


def _is_whole_run(seen: Seen) -> bool:
    window = seen.window
    return window.after is None and window.until is None and window.within is None


def _begins_at_ending(seen: Seen) -> bool:
    """Goodbyes may be what is forbidden before."""
    return seen.window.after == Moment(EventSight(ENDING))


def _check_state(name: str, wanted: Bounds | Scalar, path: Path) -> None:
    """Only what the state can be is worth waiting for."""
    kind, where = RIG_STATES[name], (*path, "is")
    if isinstance(kind, tuple):
        _among(name, str(wanted), kind, where)
    else:
        _check_kind(name, kind, wanted, where)
    _check_bounds(wanted, path)


def _check_kind(name: str, kind: type, wanted: Bounds | Scalar, path: Path) -> None:
    """What is of another kind never fits."""
    match wanted:
        case bool() | str():
            given: type = type(wanted)
        case _:
            given = float
    _require(given is kind, f"{name} is {_KINDS_IN_WORDS[kind]}, not {wanted!r}", path)


def _check_bounds(wanted: object, path: Path) -> None:
    if isinstance(wanted, Bounds):
        _require(
            wanted.min <= wanted.max,
            f"min {wanted.min:g} and max {wanted.max:g}: nothing is both",
            path,
        )


def _among(what: str, given: str, allowed: Iterable[str], path: Path) -> None:
    words = list(allowed)
    _require(given in words, not_among(what, given, words), path)


def _require(so: bool, message: str, path: Path) -> None:
    if not so:
        raise ScenarioError(message, path)
