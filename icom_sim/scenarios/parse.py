"""Scenario files: TOML to `Scenario`. A mistake is told with its file and line."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from math import inf
from pathlib import Path as FilePath
from typing import TypeVar

from icom_proto.codes import Stream
from icom_sim.network import Direction
from icom_sim.scenarios.model import (
    GRACE_S,
    Bounds,
    CivSight,
    ClosedCleanly,
    Counter,
    DatagramSight,
    EventSight,
    Expectation,
    Match,
    Moment,
    RigState,
    Scalar,
    Scenario,
    ScenarioError,
    Seen,
    Sight,
    Step,
    TxField,
    Window,
)
from icom_sim.scenarios.toml_lines import key_lines, line_of, line_of_syntax_error
from icom_sim.scenarios.toml_table import Table
from icom_sim.scenarios.vocabulary import not_among

_TEXTS = (
    "title",
    "description",
    "task",
    "source",
    "model",
    "dialect",
    "network",
    "audio",
)
_NUMBERS = ("duration", "grace")
_KEYS = (
    *(*_TEXTS, *_NUMBERS, "seed", "long", "rules"),
    *("knobs", "credentials", "steps", "expect"),
)
_OF_STEP = ("at", "after", "delay", "match", "times", "repeat", "do", "name")
_OF_MOMENT = (
    "event",
    "datagram",
    "stream",
    "direction",
    "civ",
    "match",
    "times",
    "delay",
)
_SIGHTS = ("event", "datagram", "civ")
_AT_END = ("counter", "tx", "rig", "closed")
_BOUNDS = ("is", "min", "max")
_STREAMS = {stream.name.lower(): stream for stream in Stream}
_DIRECTIONS = {"to-client": Direction.TO_CLIENT, "to-radio": Direction.TO_RADIO}

T = TypeVar("T")
D = TypeVar("D")


def load_scenario(path: str | FilePath) -> Scenario:
    """The scenario of a file, named after it. ScenarioError if it cannot be read."""
    file = FilePath(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ScenarioError(f"cannot read scenario {str(path)!r}: {reason}") from error
    return parse_scenario(text, file.stem, file=str(path))


def parse_scenario(text: str, name: str, *, file: str | None = None) -> Scenario:
    """The scenario of a text. ScenarioError tells `file` (or the name) and the line."""
    where = name if file is None else file
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, message = line_of_syntax_error(error, text)
        raise ScenarioError(f"{where}:{line}: {message}") from error
    try:
        return replace(_scenario(Table(values), name), file=file or "")
    except ScenarioError as error:
        line = line_of(key_lines(text), error.path)
        raise ScenarioError(f"{where}:{line}: {error}", error.path) from error


def _scenario(table: Table, name: str) -> Scenario:
    table.allow("a scenario", _KEYS)
    credentials = table.table("credentials")
    credentials.allow("credentials", ("username", "password"))
    knobs = table.table("knobs")
    default = _Defaults
    return Scenario(
        name=name,
        title=table.text("title"),
        description=table.text("description").strip(),
        task=table.text("task").strip(),
        source=table.text("source"),
        model=table.text("model", default.model).upper(),
        dialect=table.text("dialect"),
        knobs={knob: _scalar(knobs, knob) for knob in knobs.values},
        network=table.text("network"),
        rules=table.texts("rules"),
        audio=table.text("audio", default.audio),
        username=credentials.text("username", "icom"),
        password=credentials.text("password", "icom"),
        seed=table.whole("seed", 1),
        duration=table.number("duration", default.duration),
        grace=table.number("grace", GRACE_S),
        long=table.flag("long"),
        steps=tuple(map(_step, table.tables("steps"))),
        expect=tuple(map(_expectation, table.tables("expect"))),
    )


class _Defaults:
    model = "IC-7610"
    audio = "tone:1000"
    duration = 30.0


def _step(table: Table) -> Step:
    if "do" not in table:
        raise ScenarioError("a step needs do, the name of an action", table.path)
    arguments = {
        key: value for key, value in table.values.items() if key not in _OF_STEP
    }
    after = _moment(table, "after", flat=True) if "after" in table else None
    if after is None:
        for key in ("delay", "match", "times", "repeat"):
            if key in table:
                raise ScenarioError(f"{key} goes with after", table.at(key))
    return Step(
        action=table.text("do"),
        arguments=arguments,
        at=table.seconds("at"),
        after=after,
        repeat=table.whole("repeat", 1),
        name=table.text("name"),
    )


def _moment(table: Table, key: str, *, flat: bool = False) -> Moment:
    """An event, or a table that says more; a step may say it beside `after`."""
    if isinstance(table.values[key], str):
        beside = table if flat else Table({}, table.path)
        sight = EventSight(table.text(key), _match(beside))
        return Moment(sight, beside.whole("times", 1), beside.number("delay", 0.0))
    if flat:
        for other in ("delay", "match", "times"):
            if other in table:
                message = f"{other} stands inside the table that after is"
                raise ScenarioError(message, table.at(other))
    inner = table.table(key)
    inner.allow(key, _OF_MOMENT)
    return Moment(_sight(inner), inner.whole("times", 1), inner.number("delay", 0.0))


def _sight(table: Table) -> Sight:
    _one_of(table, _SIGHTS)
    if "datagram" not in table:
        for key in ("stream", "direction"):
            if key in table:
                raise ScenarioError(f"{key} goes with datagram", table.at(key))
    if "event" in table:
        return EventSight(table.text("event"), _match(table))
    if "civ" in table:
        return CivSight(_civ(table))
    return DatagramSight(
        table.texts("datagram"),
        _match(table),
        _word(table, "stream", _STREAMS, None),
        _word(table, "direction", _DIRECTIONS, Direction.TO_RADIO),
    )


def _expectation(table: Table) -> Expectation:
    subject = _one_of(table, (*_SIGHTS, *_AT_END))
    why = table.text("why")
    match subject:
        case "counter":
            table.allow("an expectation", ("counter", "why", *_BOUNDS))
            wanted = _wanted(table)
            if not isinstance(wanted, Bounds):
                raise table.wrong("is", "a number")
            return Counter(path=table.text("counter"), bounds=wanted, why=why)
        case "tx":
            table.allow("an expectation", ("tx", "why", *_BOUNDS))
            return TxField(name=table.text("tx"), wanted=_wanted(table), why=why)
        case "rig":
            table.allow("an expectation", ("rig", "why", *_BOUNDS))
            return RigState(name=table.text("rig"), wanted=_wanted(table), why=why)
        case "closed":
            table.allow("an expectation", ("closed", "why"))
            if table.text("closed") != "cleanly":
                raise table.wrong("closed", "'cleanly'")
            return ClosedCleanly(why=why)
        case _:
            return _seen(table, why)


def _seen(table: Table, why: str) -> Seen:
    table.allow(
        "an expectation",
        (
            *(*_SIGHTS, "stream", "direction", "match", "never", "min", "max", "per"),
            *("within", "after", "until", "why"),
        ),
    )
    never = table.flag("never")
    for key in ("min", "max", "per"):
        if never and key in table:
            raise ScenarioError(f"never and {key} do not go together", table.at(key))
    counted = never or "max" in table
    return Seen(
        sight=_sight(table),
        window=Window(
            after=_moment(table, "after") if "after" in table else None,
            until=_moment(table, "until") if "until" in table else None,
            within=table.seconds("within"),
        ),
        min=table.whole("min", 0 if counted else 1),
        max=0 if never else table.number("max", inf),
        per=table.seconds("per"),
        why=why,
    )


def _one_of(table: Table, keys: tuple[str, ...]) -> str:
    found = [key for key in keys if key in table]
    if len(found) != 1:
        given = " and ".join(found) or ", ".join(table.values) or "nothing"
        raise ScenarioError(
            f"exactly one of {', '.join(keys)} must be given, not {given}", table.path
        )
    return found[0]


def _match(table: Table) -> Match:
    inner = table.table("match")
    match: dict[str, Scalar | Bounds] = {}
    for key, value in inner.values.items():
        if isinstance(value, dict):
            bounds = inner.table(key)
            bounds.allow("bounds", ("min", "max"))
            match[key] = _between(bounds)
        else:
            match[key] = _scalar(inner, key)
    return match


def _wanted(table: Table) -> Bounds | Scalar:
    """`is`, or `min` and `max`."""
    if "is" not in table:
        if "min" not in table and "max" not in table:
            raise ScenarioError("one of is, min, max must be given", table.path)
        return _between(table)
    for key in ("min", "max"):
        if key in table:
            raise ScenarioError(f"is and {key} do not go together", table.at(key))
    value = _scalar(table, "is")
    if isinstance(value, bool | str):
        return value
    return Bounds(value, value)


def _between(table: Table) -> Bounds:
    return Bounds(table.number("min", -inf), table.number("max", inf))


def _scalar(table: Table, key: str) -> Scalar:
    value = table.values[key]
    if not isinstance(value, str | int | float | bool):
        raise table.wrong(key, "a text, a number, true or false")
    return table.number(key, 0.0) if isinstance(value, float) else value


def _word(table: Table, key: str, words: Mapping[str, T], default: D) -> T | D:
    if key not in table:
        return default
    given = table.text(key)
    if given not in words:
        raise ScenarioError(not_among(key, given, words), table.at(key))
    return words[given]


def _civ(table: Table) -> bytes:
    try:
        return bytes.fromhex(table.text("civ"))
    except ValueError as error:
        raise table.wrong(
            "civ", "command and data in hexadecimal: '1C 00 01'"
        ) from error
