"""What steps can do: to the radio, and to the client program, which no radio can.

Words that an action only reads when it is done (knobs, dialects, rules) are read here
beforehand: a scenario must not begin to run with a step that cannot be.
"""

from collections.abc import Mapping
from typing import Any, Final

from icom_sim.actions import ACTIONS as RADIO_ACTIONS
from icom_sim.actions import ActionError, check_action
from icom_sim.audio_source import AudioSourceError, check_source
from icom_sim.dialects.dialect import knob_named
from icom_sim.dialects.knobs import DialectError
from icom_sim.dialects.presets import dialect_named
from icom_sim.network import ConditionError
from icom_sim.network.presets import preset_rules
from icom_sim.network.rule_text import parse_rule
from icom_sim.scenarios.vocabulary import not_among

START: Final = "client-start"
STOP: Final = "client-stop"
KILL: Final = "client-kill"
CLIENT_ACTIONS: Final = {
    START: "start the client once more, as a new process",
    STOP: "tell a client to end (SIGTERM), number=1 the first one",
    KILL: "end a client without a word (SIGKILL), number=1 the first one",
}
CLIENTS_MAX: Final = 16


def check_any_action(name: str, arguments: Mapping[str, object]) -> None:
    """Raises ActionError for what neither a radio nor a client program takes."""
    if name in CLIENT_ACTIONS:
        client_number(name, arguments)
    elif name in RADIO_ACTIONS:
        _check_words(name, check_action(name, arguments))
    else:
        raise ActionError(not_among("action", name, [*RADIO_ACTIONS, *CLIENT_ACTIONS]))


def _check_words(name: str, given: Mapping[str, Any]) -> None:
    try:
        match name:
            case "set":
                knob_named(given["knob"]).parse(given["value"])
            case "dialect":
                dialect_named(given["name"])
            case "net-add":
                parse_rule(given["rule"])
            case "net-preset":
                preset_rules(given["name"])
            case "audio":
                check_source(given["source"])
            case _:
                pass
    except (DialectError, ConditionError, AudioSourceError) as error:
        raise ActionError(str(error)) from error


def client_number(name: str, arguments: Mapping[str, object]) -> int:
    """Which client an action means; the first one unless it says so."""
    allowed = () if name == START else ("number",)
    for given in arguments:
        if given not in allowed:
            takes = ", ".join(allowed) or "none"
            raise ActionError(
                f"action {name!r} has no argument {given!r}: it takes {takes}"
            )
    number = arguments.get("number", 1)
    if not isinstance(number, int) or not 1 <= number <= CLIENTS_MAX:
        raise ActionError(
            f"'number' of action {name!r} must be 1 to {CLIENTS_MAX}, not {number!r}"
        )
    return number
