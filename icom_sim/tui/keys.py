"""What each key does to the radio, as actions of `icom_sim.actions`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from icom_sim.status import Status
from icom_sim.tui import readings
from icom_sim.tui.network_knobs import (
    DELAY,
    JITTER,
    LOSS,
    NetworkKnob,
    rule_of_knob,
    turned,
    value_of_knob,
)

STEPS_HZ: Final = (1, 10, 100, 1000, 5000, 10_000, 100_000, 1_000_000)
BLACKOUT_S, REBOOT_S, DROPPED = 3, 3, 3
NO_NETWORK: Final = "none"
_DBM_MIN, _DBM_MAX = -140.0, 20.0
_FILTERS: Final = 3


@dataclass(frozen=True, slots=True)
class Order:
    """An action, and what to say when it is done."""

    action: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    said: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """What a key press depends on."""

    status: Status
    step_hz: int
    holds_ptt: bool


Meaning: TypeAlias = Callable[[Panel], Sequence[Order]]


def dial(panel: Panel, steps: int) -> list[Order]:
    receiver = readings.selected_of(panel.status["rig"])
    hz = max(0, receiver["frequency_hz"] + steps * panel.step_hz)
    return [Order("dial", {"hz": hz})]


def next_mode(panel: Panel, by: int) -> list[Order]:
    """The radio's modes here, around and around; the filter stays."""
    receiver = readings.selected_of(panel.status["rig"])
    model = readings.model_of(panel.status)
    modes = [mode.name for mode in model.modes_at(receiver["frequency_hz"])]
    name = receiver["mode"]
    at = modes.index(name) + by if name in modes else 0
    return [_mode(modes[at % len(modes)], receiver["filter"])]


def next_filter(panel: Panel) -> list[Order]:
    receiver = readings.selected_of(panel.status["rig"])
    return [_mode(receiver["mode"], receiver["filter"] % _FILTERS + 1)]


def _mode(name: str, filter_number: int) -> Order:
    mode = name.replace("_", "-").lower()
    return Order("mode", {"mode": mode, "filter": filter_number})


def press_ptt(panel: Panel) -> list[Order]:
    """A terminal tells no release of a key: the second press is it."""
    if panel.holds_ptt:
        return [Order("ptt", {"on": False}, "PTT released")]
    return [Order("ptt", {"on": True}, "PTT held at the panel: space releases it")]


def turn_signal(panel: Panel, s_units: int) -> list[Order]:
    receiver = readings.selected_of(panel.status["rig"])
    model = readings.model_of(panel.status)
    db = readings.db_over_s9(model, receiver)
    step = readings.DB_EACH_S
    s9 = readings.signal_dbm(model, receiver) - db
    dbm = s9 + (round(db / step) + s_units) * step
    dbm = min(_DBM_MAX, max(_DBM_MIN, dbm))
    return [Order("signal", {"dbm": dbm}, f"signal {dbm:.0f} dBm")]


def press_power(panel: Panel) -> list[Order]:
    if panel.status["rig"]["power"] == "on":
        return [Order("standby", {}, "standby: the network side stays up")]
    return [Order("wake", {}, "the power key: it takes some seconds")]


def turn_network(panel: Panel, knob: NetworkKnob, *, up: bool) -> list[Order]:
    """A new rule in place of the one that is there."""
    before = rule_of_knob(panel.status, knob)
    now = turned(value_of_knob(panel.status, knob), knob, up=up)
    if before is not None and before[1] == now:
        return []
    orders = []
    if before is not None:
        orders.append(Order("net-remove", {"id": before[0]}))
    if now:
        orders.append(Order("net-add", {"rule": f"{knob.rule}:{now:g}"}))
    return orders


def choose_network(name: str) -> Order:
    if name == NO_NETWORK:
        return Order("net-clear", {}, "no rules")
    return Order("net-preset", {"name": name}, f"network {name}")


def choose_audio(source: str) -> Order:
    return Order("audio", {"source": source}, f"the radio hears {source}")


def choose_dialect(name: str) -> Order:
    return Order("dialect", {"name": name}, f"it behaves as {name} from now on")


_NEXT_AUDIO: Final = {"count": DROPPED, "stream": "audio", "direction": "to-client"}

MEANINGS: Final[Mapping[str, Meaning]] = {
    "up": lambda panel: dial(panel, 1),
    "down": lambda panel: dial(panel, -1),
    "m": lambda panel: next_mode(panel, 1),
    "M": lambda panel: next_mode(panel, -1),
    "f": next_filter,
    "space": press_ptt,
    "+": lambda panel: turn_signal(panel, 1),
    "-": lambda panel: turn_signal(panel, -1),
    "s": press_power,
    "l": lambda panel: turn_network(panel, LOSS, up=True),
    "L": lambda panel: turn_network(panel, LOSS, up=False),
    "d": lambda panel: turn_network(panel, DELAY, up=True),
    "D": lambda panel: turn_network(panel, DELAY, up=False),
    "j": lambda panel: turn_network(panel, JITTER, up=True),
    "J": lambda panel: turn_network(panel, JITTER, up=False),
    "c": lambda _: [Order("net-clear", {}, "no rules")],
    "b": lambda _: [
        Order("blackout", {"seconds": BLACKOUT_S}, f"blackout for {BLACKOUT_S} s")
    ],
    "x": lambda _: [
        Order("drop-next", _NEXT_AUDIO, f"the next {DROPPED} audio datagrams are lost")
    ],
    "K": lambda _: [Order("disconnect", {}, "the streams are taken from the owner")],
    "R": lambda _: [
        Order("reboot", {"seconds": REBOOT_S}, f"reboot: silent for {REBOOT_S} s")
    ],
}

# Keys as the help shows them, and what they do; several keys with blanks between.
HELP: Final[Sequence[tuple[str, Sequence[tuple[str, str]]]]] = (
    (
        "Front panel",
        (
            ("up down", "dial, one step"),
            ("left right", "its step, 1 Hz to 1 MHz"),
            ("m M", "next mode, mode before"),
            ("f", "next filter"),
            ("space", "PTT, until pressed again"),
            ("+ -", "signal, one S-unit"),
            ("a", "what it hears ..."),
            ("s", "standby, and on again"),
        ),
    ),
    (
        "Network",
        (
            ("l L", "more loss, less loss"),
            ("d D", "more delay, less delay"),
            ("j J", "more jitter, less jitter"),
            ("n", "a network with a name ..."),
            ("c", "take all rules away"),
            ("b", f"blackout for {BLACKOUT_S} s"),
            ("x", f"lose {DROPPED} audio datagrams"),
        ),
    ),
    (
        "Session",
        (
            ("K", "disconnect the owner"),
            ("R", f"reboot: silent for {REBOOT_S} s"),
            ("t", "behave as another ..."),
        ),
    ),
    (
        "View",
        (
            ("pageup pagedown", "older and newer events"),
            ("e", "CI-V frames too, or not"),
            ("?", "this page"),
            ("q ctrl+c", "quit: the radio ends"),
        ),
    ),
)
