"""Everything that can be done to a fake radio while it runs, by name.

Scenarios, the control socket, the pytest handle and the terminal view all go through
this one table, so that a word means the same in each of them. Values come as TOML and
JSON have them, or as the text of a command line.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from typing import Any, Final

from icom_proto.civ_values import Mode
from icom_proto.codes import Stream
from icom_sim.dialects.knobs import DialectError
from icom_sim.dialects.presets import dialect_named
from icom_sim.fake_radio import FakeRadio
from icom_sim.network.figures import DATAGRAMS_MAX
from icom_sim.network.rule_text import parse_rule
from icom_sim.rig.power import PowerState

# Longer than any session needs; what waits longer is as good as off.
SECONDS_MAX: Final = 86_400.0
COUNT_MAX: Final = 1_000_000
HZ_MAX: Final = 99_999_999_999  # what six bytes of a CI-V frequency hold
_STREAMS: Final = {stream.name.lower(): stream for stream in Stream}
_MODES: Final = {mode.name.replace("_", "-").lower(): mode for mode in Mode}
_SWITCHES: Final = {"on": True, "off": False, "true": True, "false": False}


class ActionError(ValueError):
    """An action that cannot be: one line with what was given and what is allowed."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of an action.

    `read` makes a value of what was given, or raises ValueError; `allowed` says in
    words what it takes.
    """

    name: str
    read: Callable[[object], Any]
    allowed: str
    default: object = None
    required: bool = True


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be done: its name, its arguments, and a line about it."""

    name: str
    parameters: tuple[Parameter, ...]
    text: str
    do: Callable[[FakeRadio, Mapping[str, Any], float], object]


def check_action(name: str, arguments: Mapping[str, object]) -> dict[str, Any]:
    """The arguments as `perform` uses them. Raises ActionError."""
    action = ACTIONS.get(name)
    if action is None:
        raise ActionError(f"unknown action {name!r}{_instead(name, ACTIONS)}")
    names = {parameter.name for parameter in action.parameters}
    for given in arguments:
        if given not in names:
            raise ActionError(
                f"action {name!r} has no argument {given!r}: it takes"
                f" {', '.join(sorted(names)) or 'none'}"
            )
    return {
        parameter.name: _value(action, parameter, arguments)
        for parameter in action.parameters
    }


def perform(
    radio: FakeRadio, name: str, arguments: Mapping[str, object], now: float
) -> object:
    """Do it. What it returns can be written as JSON. Raises ActionError."""
    checked = check_action(name, arguments)
    try:
        return ACTIONS[name].do(radio, checked, now)
    except ActionError:
        raise
    except (ValueError, DialectError) as error:
        raise ActionError(str(error)) from error


def _value(
    action: Action, parameter: Parameter, arguments: Mapping[str, object]
) -> object:
    if parameter.name not in arguments:
        if parameter.required:
            raise ActionError(
                f"action {action.name!r} needs {parameter.name!r}: {parameter.allowed}"
            )
        return parameter.default
    given = arguments[parameter.name]
    try:
        return parameter.read(given)
    except (ValueError, TypeError, OverflowError) as error:
        raise ActionError(
            f"{parameter.name!r} of action {action.name!r} must be"
            f" {parameter.allowed}, not {given!r}"
        ) from error


def _instead(name: str, allowed: Mapping[str, object]) -> str:
    close = get_close_matches(name, allowed, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    return f"{hint}: there are {', '.join(allowed)}"


# ---- kinds of argument ---------------------------------------------------------------


def _text(given: object) -> str:
    if isinstance(given, bool) or not isinstance(given, (str, int, float)):
        raise TypeError(given)
    return str(given)


def _knob_value(given: object) -> str:
    if isinstance(given, bool):
        return "on" if given else "off"
    return _text(given)


def _between(low: float, high: float) -> Callable[[object], float]:
    def read(given: object) -> float:
        if isinstance(given, bool) or not isinstance(given, (str, int, float)):
            raise TypeError(given)
        number = float(given)
        if not isfinite(number) or not low <= number <= high:
            raise ValueError(given)
        return number

    return read


def _whole(low: int, high: int) -> Callable[[object], int]:
    def read(given: object) -> int:
        if isinstance(given, bool) or not isinstance(given, (str, int)):
            raise TypeError(given)
        number = int(given)
        if not low <= number <= high:
            raise ValueError(given)
        return number

    return read


def _one_of(words: Mapping[str, Any]) -> Callable[[object], Any]:
    def read(given: object) -> object:
        if isinstance(given, bool):
            given = "on" if given else "off"
        if not isinstance(given, str) or given.lower() not in words:
            raise ValueError(given)
        return words[given.lower()]

    return read


def _seconds(name: str = "seconds", default: float | None = None) -> Parameter:
    return Parameter(
        name,
        _between(0, SECONDS_MAX),
        f"0 to {SECONDS_MAX:.0f} seconds",
        default,
        default is None,
    )


def _count(high: int = COUNT_MAX) -> Parameter:
    return Parameter("count", _whole(1, high), f"1 to {high}", 1, False)


_RULE = Parameter("rule", _text, "a rule such as 'loss:5@to-client/audio'")
_HZ = Parameter("hz", _whole(0, HZ_MAX), f"0 to {HZ_MAX} Hz")
_ON = Parameter("on", _one_of(_SWITCHES), "on or off")
_STREAM = Parameter("stream", _one_of(_STREAMS), " or ".join(_STREAMS))
_SOURCE = Parameter("source", _text, "a source such as 'tone:700' or 'noise'")
_DBM = Parameter("dbm", _between(-140, 20), "-140 to 20 dBm")
_DIRECTIONS: Final = {each: each for each in ("to-client", "to-radio")}
_STREAMS_GIVEN: Final = {each: each for each in _STREAMS}


# ---- what they do --------------------------------------------------------------------


def _drop_next(radio: FakeRadio, given: Mapping[str, Any], now: float) -> int:
    limits = [each for each in (given["direction"], given["stream"]) if each]
    rule = f"drop-next:{given['count']}" + ("@" + "/".join(limits) if limits else "")
    return radio.network.add(parse_rule(rule), now)


def _dial(radio: FakeRadio, given: Mapping[str, Any], now: float) -> None:
    if not radio.touch(lambda rig: rig.turn_dial(given["hz"]), now):
        raise ActionError(
            f"the dial does not turn to {given['hz']} Hz: locked, transmitting, off, or"
            " out of range"
        )


def _mode(radio: FakeRadio, given: Mapping[str, Any], now: float) -> None:
    mode, filter_number = given["mode"], given["filter"]
    if not radio.touch(lambda rig: rig.press_mode(mode, filter_number), now):
        raise ActionError(
            f"the radio does not change to {mode.name} with filter {filter_number}: it"
            " has none here, is off, or transmits"
        )


def _ptt(radio: FakeRadio, given: Mapping[str, Any], now: float) -> None:
    done = radio.touch(lambda rig: rig.front_panel_ptt(given["on"], now), now)
    if not done:
        raise ActionError("the radio does not transmit: off, out of band or inhibited")


def _set(radio: FakeRadio, given: Mapping[str, Any], now: float) -> None:
    radio.adopt(radio.dialect.with_knob(given["knob"], given["value"]), now)


def _reboot(radio: FakeRadio, given: Mapping[str, Any], now: float) -> None:
    if radio.rig.power_state is PowerState.OFF:
        raise ActionError("a radio that is off does not reboot: wake it")
    radio.touch(lambda rig: rig.release_ptt(now), now)
    radio.order(lambda core: core.reboot(now + given["seconds"], now), now)


def _wedge(radio: FakeRadio, given: Mapping[str, Any], now: float) -> None:
    until = now + given["seconds"]
    radio.order(lambda core: core.wedge(given["stream"], until, now), now)


def _disconnect(radio: FakeRadio, _: Mapping[str, Any], now: float) -> None:
    radio.order(lambda core: core.force_disconnect(now), now)


def _stall_civ(radio: FakeRadio, given: Mapping[str, Any], now: float) -> None:
    until = now + given["seconds"]
    radio.arrange(lambda station: station.stall_civ(until), now)


def _audio(radio: FakeRadio, given: Mapping[str, Any], now: float) -> None:
    radio.arrange(lambda station: station.hear(given["source"], now), now)


def _signal(radio: FakeRadio, given: Mapping[str, Any], now: float) -> None:
    radio.arrange(lambda station: station.receive_at(given["dbm"], now), now)


ACTIONS: Final = {
    action.name: action
    for action in (
        Action(
            "set",
            (
                Parameter("knob", _text, "a knob that `icom-sim dialects` lists"),
                Parameter("value", _knob_value, "one of the knob's values"),
            ),
            "turn a knob of the dialect",
            _set,
        ),
        Action(
            "dialect",
            (Parameter("name", _text, "a dialect that `icom-sim dialects` lists"),),
            "behave like another radio from now on",
            lambda radio, given, now: radio.adopt(dialect_named(given["name"]), now),
        ),
        Action(
            "net-add",
            (_RULE,),
            "put a rule on the network; its number",
            lambda radio, given, now: radio.network.add(parse_rule(given["rule"]), now),
        ),
        Action(
            "net-remove",
            (Parameter("id", _whole(1, COUNT_MAX), "the number of a rule"),),
            "take a rule off the network",
            lambda radio, given, now: radio.network.remove(given["id"], now),
        ),
        Action(
            "net-clear",
            (),
            "take all rules off the network",
            lambda radio, _, now: radio.network.clear(now),
        ),
        Action(
            "net-preset",
            (Parameter("name", _text, "a network that `icom-sim net rules` lists"),),
            "a named network instead of all rules; their numbers",
            lambda radio, given, now: radio.network.preset(given["name"], now),
        ),
        Action(
            "net-list",
            (),
            "the rules of the network, each with what it did",
            lambda radio, _, __: radio.network.rules(),
        ),
        Action(
            "drop-next",
            (
                _count(DATAGRAMS_MAX),
                Parameter(
                    "stream",
                    _one_of(_STREAMS_GIVEN),
                    " or ".join(_STREAMS),
                    None,
                    False,
                ),
                Parameter(
                    "direction",
                    _one_of(_DIRECTIONS),
                    " or ".join(_DIRECTIONS),
                    None,
                    False,
                ),
            ),
            "lose the next datagrams; the number of the rule",
            _drop_next,
        ),
        Action(
            "blackout",
            (_seconds(),),
            "lose everything for so long; the number of the rule",
            lambda radio, given, now: radio.network.add(
                parse_rule(f"blackout:{given['seconds']}"), now
            ),
        ),
        Action(
            "rebind",
            (),
            "the clients' source ports change, as behind a NAT that forgot them",
            lambda radio, _, now: radio.network.add(parse_rule("rebind"), now),
        ),
        Action(
            "disconnect",
            (),
            "take the streams from their owner and leave it logged in",
            _disconnect,
        ),
        Action(
            "reboot",
            (_seconds(default=1.0),),
            "forget everybody, and be silent for so long",
            _reboot,
        ),
        Action(
            "fail-login",
            (_count(),),
            "refuse the next logins, whatever their password",
            lambda radio, given, now: radio.order(
                lambda core: core.fail_next_logins(given["count"]), now
            ),
        ),
        Action(
            "refuse-streams",
            (_count(),),
            "refuse the next requests for CI-V and audio",
            lambda radio, given, now: radio.order(
                lambda core: core.refuse_next_streams(given["count"]), now
            ),
        ),
        Action(
            "wedge",
            (_STREAM, _seconds()),
            "hear and say nothing on a stream for so long",
            _wedge,
        ),
        Action(
            "stall-civ",
            (_seconds(),),
            "answer nothing by CI-V for so long",
            _stall_civ,
        ),
        Action(
            "standby",
            (),
            "switch off at the front panel; the network side stays up",
            lambda radio, _, now: radio.touch(lambda rig: rig.standby(now), now),
        ),
        Action(
            "power-off",
            (),
            "switch off, the network side too",
            lambda radio, _, now: radio.touch(lambda rig: rig.switch_off(now), now),
        ),
        Action(
            "wake",
            (),
            "switch on",
            lambda radio, _, now: radio.touch(lambda rig: rig.wake(now), now),
        ),
        Action("dial", (_HZ,), "turn the dial", _dial),
        Action(
            "mode",
            (
                Parameter("mode", _one_of(_MODES), " or ".join(_MODES)),
                Parameter("filter", _whole(1, 3), "1 to 3", 1, False),
            ),
            "press a mode key",
            _mode,
        ),
        Action("ptt", (_ON,), "press or release PTT at the radio", _ptt),
        Action("signal", (_DBM,), "how strong the received signal is", _signal),
        Action(
            "audio",
            (_SOURCE,),
            "what the radio hears from now on",
            _audio,
        ),
        Action(
            "status",
            (),
            "how the radio stands",
            lambda radio, _, now: radio.status(now),
        ),
    )
}
