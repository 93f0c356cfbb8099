"""Requests and answers as lines, and what is said of mistakes."""

import json
from collections.abc import Mapping
from typing import Final

from icom_sim.actions import ActionError

# A request is a name and a few words; a longer line is none.
LINE_MAX: Final = 65_536
EVENTS: Final = "events"
_KEYS: Final = ("action", "arguments")


def read_request(line: bytes) -> tuple[str, Mapping[str, object]]:
    """The action and its arguments. Raises ActionError for everything else."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:  # a hundred thousand brackets
        reason = str(error) or "too deep"
        raise ActionError(f"a request is one line of JSON: {reason}") from error
    if not isinstance(request, dict):
        raise ActionError(
            'a request is an object such as {"action": "net-clear"}, not'
            f" {_kind(request)}"
        )
    for key in request:
        if key not in _KEYS:
            raise ActionError(f"a request has {' and '.join(_KEYS)}, not {key[:40]!r}")
    action, arguments = request.get("action"), request.get("arguments", {})
    if not isinstance(action, str):
        raise ActionError(f'"action" must be a string, not {_kind(action)}')
    if not isinstance(arguments, dict):
        raise ActionError(f'"arguments" must be an object, not {_kind(arguments)}')
    return action, arguments


def result_line(result: object) -> bytes:
    """What came of it."""
    return _line({"ok": True, "result": result})


def error_line(error: str) -> bytes:
    """Why nothing came of it, on one line."""
    return _line({"ok": False, "error": " ".join(error.split())})


def _line(answer: Mapping[str, object]) -> bytes:
    return json.dumps(answer, default=str).encode("ascii") + b"\n"


def _kind(value: object) -> str:
    """What it is in the words of JSON."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"
