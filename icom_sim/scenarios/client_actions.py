"""What can be done to the client program: the actions that no radio has."""

from collections.abc import Mapping
from typing import Final

from icom_sim.actions import ACTIONS as RADIO_ACTIONS
from icom_sim.actions import ActionError, check_action
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
        check_action(name, arguments)
    else:
        raise ActionError(not_among("action", name, [*RADIO_ACTIONS, *CLIENT_ACTIONS]))


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
