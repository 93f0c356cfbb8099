"""What `icom-sim net` and `icom-sim ctl` can ask of a proxy.

Names and arguments are those of `icom_sim.actions`, as for a radio.
"""

from collections.abc import Mapping
from typing import Any, Final

from icom_sim.actions import ActionError, check_action
from icom_sim.captures.pcap_writer import CaptureWriteError
from icom_sim.network import ConditionError, Network
from icom_sim.network.rule_text import parse_rule
from icom_sim.proxy.recording import Recording

_RULES: Final = ("net-add", "drop-next", "blackout", "rebind")
ORDERS: Final = (
    *_RULES,
    *("net-remove", "net-clear", "net-preset", "net-list", "record", "status"),
)


def perform(
    network: Network,
    recording: Recording | None,
    order: str,
    arguments: Mapping[str, object],
    now: float,
) -> object:
    """Do it; the result can be written as JSON. Raises ActionError."""
    if order not in ORDERS:
        raise ActionError(f"a proxy has no {order!r}: there are {', '.join(ORDERS)}")
    try:
        if order == "record":
            _record(recording, arguments)
            return None
        given = check_action(order, arguments)
        if order in _RULES:
            return network.add(parse_rule(_rule(order, given)), now)
        return _other(network, recording, order, given, now)
    except ConditionError as error:
        raise ActionError(str(error)) from error


def _record(recording: Recording | None, arguments: Mapping[str, object]) -> None:
    """Begin now, whatever it waits for."""
    if arguments:
        raise ActionError(f"'record' takes no argument, not {', '.join(arguments)}")
    if recording is None:
        raise ActionError("there is nothing to record to: start it with --record FILE")
    try:
        recording.begin()
    except CaptureWriteError as error:
        raise ActionError(str(error)) from error


def _rule(order: str, given: Mapping[str, Any]) -> str:
    match order:
        case "net-add":
            return str(given["rule"])
        case "blackout":
            return f"blackout:{given['seconds']:g}"
        case "drop-next":
            limits = [each for each in (given["direction"], given["stream"]) if each]
            where = f"@{'/'.join(limits)}" if limits else ""
            return f"drop-next:{given['count']}{where}"
        case _:
            return order


def _other(
    network: Network,
    recording: Recording | None,
    order: str,
    given: Mapping[str, Any],
    now: float,
) -> object:
    match order:
        case "net-remove":
            network.remove(given["id"], now)
        case "net-clear":
            network.clear(now)
        case "net-preset":
            return network.preset(given["name"], now)
        case "net-list":
            return network.rules()
        case _:
            return {
                "network": network.summary(),
                "recorded": 0 if recording is None else recording.recorded,
                "waits": recording is not None and recording.waits,
            }
    return None
