"""Expectations about the end: counters, the TX verdict, the rig, a clean goodbye."""

from collections.abc import Mapping
from typing import assert_never

from icom_sim.scenarios.model import (
    Bounds,
    ClosedCleanly,
    Counter,
    RigState,
    Scalar,
    TxField,
)
from icom_sim.scenarios.sessions import OpenSessions
from icom_sim.scenarios.verdict import Outcome

# Where the summary of a radio keeps the TX verdict.
TX_KEY = "tx"


def judge_end(
    wanted: Counter | TxField | RigState | ClosedCleanly,
    summary: Mapping[str, object],
    rig: Mapping[str, object],
    sessions: OpenSessions,
    t: float,
) -> Outcome:
    """One expectation, when all is over."""
    match wanted:
        case Counter(path=path, bounds=bounds):
            value = _figure(summary, path)
            outcome = Outcome(f"{path} {bounds}", bounds.hold(value), f"{value:g}", t)
        case TxField(name=name, wanted=value):
            tx = summary.get(TX_KEY)
            told = tx.get(name) if isinstance(tx, Mapping) else None
            outcome = _compare(f"TX {name}", value, told, t)
        case RigState(name=name, wanted=value):
            outcome = _compare(f"rig {name}", value, rig.get(name), t)
        case ClosedCleanly():
            fault = sessions.fault
            outcome = Outcome(
                "closed cleanly", fault is None, fault or "token given back", t
            )
        case _:
            assert_never(wanted)
    if outcome.passed or not wanted.why:
        return outcome
    return Outcome(outcome.expected, False, f"{outcome.told} ({wanted.why})", t)


def _figure(summary: Mapping[str, object], path: str) -> float:
    """A figure by its path; what was never counted is 0."""
    value: object = summary
    for name in path.split("."):
        value = value.get(name, 0) if isinstance(value, Mapping) else 0
    return value if isinstance(value, int | float) else 0


def _compare(what: str, wanted: Bounds | Scalar, told: object, t: float) -> Outcome:
    if isinstance(wanted, Bounds):
        number = isinstance(told, int | float) and not isinstance(told, bool)
        passed = number and wanted.hold(float(str(told)))
        return Outcome(f"{what} {wanted}", passed, _word(told), t)
    return Outcome(f"{what} {_word(wanted)}", told == wanted, _word(told), t)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "not known" if value is None else str(value)
