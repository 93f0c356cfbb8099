"""A CI-V frame in words: who to whom, which command, and what its values mean.

What commands are called stands in `rig.command_facts`, meters and addresses in the
catalogue of models. A value that is not understood is shown as its bytes: a line about
a strange frame is what somebody looks for.
"""

from collections.abc import Callable
from functools import cache, lru_cache

from icom_proto.civ_commands import (
    RECEIVER_PREFIX,
    answer_prefix,
    decode_frequency_answer,
    decode_mode_answer,
    is_read,
)
from icom_proto.civ_frames import BROADCAST, NG, OK, frame_body, frame_source, frame_to
from icom_proto.civ_values import decode_bcd, decode_frequency, decode_level, decode_rit
from icom_proto.errors import DecodeError
from icom_sim.network.verdicts import Direction
from icom_sim.rig import meters
from icom_sim.rig.catalogue import MODELS
from icom_sim.rig.command_facts import COMMAND_FACTS, ITEM_FACTS, NOT_MODELLED
from icom_sim.rig.curves import value_of
from icom_sim.rig.models import Curve, RigModel
from icom_sim.rig.scope_settings import ScopeMode

# Programs and radios repeat few frames, but for sweeps and frequencies while tuning.
_FRAMES_CACHED = 4096
_CONTROLLERS = range(0xE0, 0xF0)
_SHOWN_BYTES = 24

_Value = Callable[[bytes], str]


@lru_cache(_FRAMES_CACHED)
def civ_words(frame: bytes, direction: Direction) -> str:
    """A whole frame as one line: `E0>94 read S-meter`, `94>E0 S-meter: S9+10 dB`."""
    from_controller = frame_source(frame) in _CONTROLLERS
    text = _command(frame, asks=from_controller)
    if from_controller and direction is Direction.TO_CLIENT:
        text += " (echo)"
    if frame_to(frame) == BROADCAST:
        text += " (to all)"
    return f"{frame_source(frame):02X}>{frame_to(frame):02X} {text}"


@lru_cache(_FRAMES_CACHED)
def civ_command(frame: bytes) -> str:
    """Command and selector in hexadecimal, the receiver in front left out: `1502`."""
    prefix = answer_prefix(frame)
    if prefix[:1] == bytes((RECEIVER_PREFIX,)) and len(prefix) > 2:
        prefix = prefix[2:]
    return prefix.hex().upper()


def _command(frame: bytes, *, asks: bool) -> str:
    body = frame_body(frame)
    if body == OK:
        return "OK"
    if body == NG:
        return "NG"
    which = ""
    if body[0] == RECEIVER_PREFIX and len(body) > 2:
        which = {0: "MAIN ", 1: "SUB "}.get(body[1], f"receiver {body[1]:02X} ")
    code, name = _named(frame)
    inner = body[2:] if which else body
    data = inner[len(code) :]
    if code in _OF_A_VFO and data:
        name = f"{name} of {_vfo(data[0])}"
    if asks and is_read(frame):
        return f"{which}read {name}{_selector(code, data)}"
    value = _value(frame, code, data)
    verb = "set " if asks and value and not name.startswith("set ") else ""
    return f"{which}{verb}{name}{': ' if value else ''}{value}"


def _selector(code: bytes, data: bytes) -> str:
    if code in _OF_A_VFO:
        return ""
    return f" {data.hex()}" if code == b"\x1a\x05" else _bytes_shown(data)


def _named(frame: bytes) -> tuple[bytes, str]:
    """The code of the command, and what it is called."""
    body = frame_body(frame)
    if body[0] == RECEIVER_PREFIX and len(body) > 2:
        body = body[2:]
    for size in (2, 1):
        code = body[:size]
        if code in _NAMES:
            return code, _NAMES[code]
    return body[:1], f"command {body[:1].hex().upper()}"


# Shorter than the facts have them, for a line of which the rest is values.
_SHORT = {
    **dict.fromkeys((b"\x00", b"\x03", b"\x05", b"\x25"), "frequency"),
    **dict.fromkeys((b"\x01", b"\x04", b"\x06", b"\x26"), "mode"),
    b"\x0f": "split",
    b"\x17": "CW text",
    b"\x18": "power",
    b"\x1a\x05": "menu setting",
    b"\x1c\x00": "PTT",
    b"\x27\x00": "scope sweep",
}
_OF_A_VFO = (b"\x25", b"\x26")
_NAMES = {
    **{each.code: each.text for each in NOT_MODELLED},
    **{code: fact.text for code, fact in COMMAND_FACTS.items()},
    **_SHORT,
}


@cache
def _model(address: int) -> RigModel | None:
    """Which model has this address from the factory; of several the first."""
    return next(
        (model for model in MODELS.values() if model.civ_address == address), None
    )


def _model_of(frame: bytes) -> RigModel | None:
    source = frame_source(frame)
    return _model(frame_to(frame) if source in _CONTROLLERS else source)


def _value(frame: bytes, code: bytes, data: bytes) -> str:
    """What stands behind the command; its bytes where that is not understood."""
    if not data:
        return ""
    try:
        if code in _VALUES:
            return _VALUES[code](frame)
        if code[:1] == b"\x14":
            raw = decode_level(data)
            return f"{raw} ({raw / 255:.0%})"
        if code[:1] == b"\x15":
            return _meter(code, data, _model_of(frame))
        if code == b"\x1a\x05":
            return _menu_item(data, _model_of(frame))
        if code in _DATA_VALUES:
            return _DATA_VALUES[code](data)
    except (DecodeError, IndexError):
        pass
    return _bytes_shown(data).strip()


def _bytes_shown(data: bytes) -> str:
    if not data:
        return ""
    more = f" ... {len(data)} bytes" if len(data) > _SHOWN_BYTES else ""
    return f" {data[:_SHOWN_BYTES].hex(' ').upper()}{more}"


# ---- values --------------------------------------------------------------------------


def _hz(hz: int) -> str:
    return f"{hz / 1e6:.6f} MHz"


def _frequency(frame: bytes) -> str:
    return _hz(decode_frequency_answer(frame))


def _mode(frame: bytes) -> str:
    report = decode_mode_answer(frame)
    parts = [report.mode.name.replace("_", "-")]
    if report.data:
        parts.append(f"DATA{report.data}")
    if report.filter_number is not None:
        parts.append(f"FIL{report.filter_number}")
    return " ".join(parts)


def _mode_byte(data: bytes) -> str:
    return _mode(b"\xfe\xfe\x00\x00\x01" + data + b"\xfd")


def _vfo(number: int) -> str:
    return {0: "selected VFO", 1: "unselected VFO"}.get(number, f"VFO {number:02X}")


def _edges(data: bytes) -> str:
    low, _, high = data.partition(b"\x2d")
    return f"{_hz(decode_frequency(low))} to {_hz(decode_frequency(high))}"


def _meter(code: bytes, data: bytes, model: RigModel | None) -> str:
    if len(data) == 1:
        return _switch(data)
    raw = decode_level(data)
    curve, shown = _METERS.get(code[1], (None, ""))
    if isinstance(curve, str) and model is not None:
        curve = getattr(model.meters, curve)
    if not curve or isinstance(curve, str):
        return f"{raw} ({raw / 255:.0%})"
    value = value_of(curve, raw)
    return f"{raw} ({_s_units(value) if code[1] == _S_METER else shown.format(value)})"


_S_METER = 0x02
# Calibration, or the name of that of the model, by sub-command of 15.
_METERS: dict[int, tuple[Curve | str, str]] = {
    _S_METER: ("s_meter_db", ""),
    0x11: (meters.PO_PERCENT, "{:.0f} % of full power"),
    0x12: (meters.SWR, "{:.1f}"),
    0x14: ("comp_db", "{:.1f} dB"),
    0x15: ("vd_volts", "{:.2f} V"),
    0x16: ("id_amps", "{:.1f} A"),
}


def _s_units(db: float) -> str:
    """Six dB each below S9, then dB above it."""
    if db >= 0.5:
        return f"S9+{db:.0f} dB"
    return f"S{max(0, round(9 + db / 6))}"


def _menu_item(data: bytes, model: RigModel | None) -> str:
    number, value = decode_bcd(data[:2]), data[2:]
    items = model.settings.items() if model is not None else ()
    name = next((ITEM_FACTS[item].text for item, each in items if each == number), "")
    label = f"{number:04d}{' ' if name else ''}{name}"
    return f"{label}{' =' if value else ''}{_bytes_shown(value)}"


def _switch(data: bytes) -> str:
    return {b"\x00": "off", b"\x01": "on"}.get(data, _bytes_shown(data).strip())


def _ptt(data: bytes) -> str:
    words = {b"\x00": "receive", b"\x01": "transmit"}
    return words.get(data, _bytes_shown(data).strip())


def _tone(data: bytes) -> str:
    return f"{decode_bcd(data) / 10:.1f} Hz"


def _morse(data: bytes) -> str:
    return "stop" if data == b"\xff" else repr(data.decode("ascii", "replace"))


def _identity(data: bytes) -> str:
    model = _model(data[0])
    return f"{data[0]:02X}" + (f" ({model.name})" if model is not None else "")


def _sweep(data: bytes) -> str:
    """One division of a sweep (5.2): a serial port gets several, a network one."""
    scope = {0: "MAIN", 1: "SUB"}.get(data[0], f"{data[0]:02X}")
    division, divisions = decode_bcd(data[1:2]), decode_bcd(data[2:3])
    place = f"{scope} {division}/{divisions}"
    if division != 1:
        return f"{place}, {len(data) - 3} points"
    size = 5
    mode, first, second = data[3], data[4 : 4 + size], data[4 + size : 4 + 2 * size]
    after = data[4 + 2 * size :]
    low, high = decode_frequency(first), decode_frequency(second)
    edges = f"{_hz(low)} to {_hz(high)}"
    if mode == ScopeMode.CENTER:
        edges = f"{_hz(low)} +/-{high / 1000:g} kHz"
    points = f"{len(after) - 1} points" if after[0] == 0 else "out of range"
    return f"{place}, {edges}, {points}"


# By the frame: what its address or selector decides is the core's knowledge.
_VALUES: dict[bytes, _Value] = {
    **dict.fromkeys((b"\x00", b"\x03", b"\x05", b"\x25", b"\x1c\x03"), _frequency),
    **dict.fromkeys((b"\x01", b"\x04", b"\x26"), _mode),
}
# By the data behind the command alone.
_DATA_VALUES: dict[bytes, _Value] = {
    b"\x02": _edges,
    b"\x06": _mode_byte,
    b"\x0f": _switch,
    b"\x17": _morse,
    b"\x18": _switch,
    b"\x19\x00": _identity,
    b"\x1b\x00": _tone,
    b"\x1b\x01": _tone,
    b"\x1c\x00": _ptt,
    b"\x21\x00": lambda data: f"{decode_rit(data):+d} Hz",
    b"\x21\x01": _switch,
    b"\x21\x02": _switch,
    b"\x27\x00": _sweep,
    b"\x27\x10": _switch,
    b"\x27\x11": _switch,
}
