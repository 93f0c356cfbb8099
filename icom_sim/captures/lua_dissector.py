"""Makes the Wireshark dissector: an engine in Lua, and tables of facts for it.

The facts come from `declarations`, from the constants of CI-V frames and from the
command table of the fake rig. `icom_lan.lua` beside this file is the result, for people
who copy a file; a test keeps it current.
"""

from collections.abc import Mapping
from pathlib import Path

from icom_proto import civ_frames
from icom_proto.civ_values import Mode
from icom_proto.codes import Role, Stream
from icom_sim.captures.declarations import (
    HEADER,
    PACKETS,
    PORTS,
    SENDER_BY_REPLY,
    Derived,
    Field,
    Length,
    Packet,
    enums,
)
from icom_sim.rig.command_facts import COMMAND_FACTS, NOT_MODELLED

HERE = Path(__file__).parent
ENGINE = HERE / "dissector_engine.lua"
SHIPPED = HERE / "icom_lan.lua"
_FACTS_GO_HERE = "--@FACTS@\n"

# What the sub-commands of a command have in common, and answers. CIV.md 1.3, 3.
_COMMANDS = {
    0x14: "levels",
    0x15: "meters",
    0x16: "functions",
    0x19: "model",
    0x1A: "settings and memories",
    0x1B: "tones",
    0x1C: "transmitter",
    0x1E: "transmit bands",
    0x20: "D-STAR messages",
    0x21: "RIT and delta-TX",
    0x22: "D-STAR data",
    0x23: "position",
    0x24: "settings of transmit data",
    0x27: "scope",
    0x28: "voice memory",
    civ_frames.OK[0]: "OK",
    civ_frames.NG[0]: "NG",
}
_SCOPE_DATA = {b"\x27\x00": "scope waveform"}
_DERIVED = {
    Derived.DATAGRAM_SIZE: "datagram",
    Derived.BODY_SIZE: "body",
    Derived.REST_SIZE: "rest",
    Derived.RECORD_COUNT: "records",
}
_LENGTHS = {
    Length.TRUE: "true",
    Length.TRUE_OR_ZERO: "true or zero",
    Length.ANY: "any",
}


def source() -> str:
    """The whole dissector, as Wireshark loads it."""
    before, after = ENGINE.read_text("utf-8").split(_FACTS_GO_HERE)
    return before + facts() + after


def facts() -> str:
    """The tables that the engine works from."""
    values = {
        "ENUMS": {
            enum.__name__: {member.value: member.name for member in enum}
            for enum in enums()
        },
        "HEADER": {
            "size": HEADER.size,
            "fields": [_field(field) for field in HEADER.fields],
        },
        "PACKETS": [_packet(packet) for packet in PACKETS],
        "PORTS": {port: stream_name(stream) for port, stream in PORTS.items()},
        "SENDER_BY_REPLY": {
            reply.value: role.value for reply, role in SENDER_BY_REPLY.items()
        },
        "CIV_BODY_MAX": civ_frames.BODY_MAX,
        "CIV_PARTIAL_HOLD_S": civ_frames.PARTIAL_HOLD_S,
        "CIV_MODES": {mode.value: mode.name for mode in Mode},
        "CIV_NAMES": {code.hex(): name for code, name in civ_names().items()},
        "CIV_COMMANDS": _civ_commands(),
    }
    return (
        "".join(
            f"local {name} = {lua(value)}\n\n" for name, value in values.items()
        ).rstrip("\n")
        + "\n"
    )


def civ_names() -> dict[bytes, str]:
    """Commands in words, by their code with its sub-command."""
    names = {code: fact.text for code, fact in COMMAND_FACTS.items()}
    others: dict[bytes, list[str]] = {}
    for each in NOT_MODELLED:
        if each.code not in names:
            others.setdefault(each.code, []).append(each.text)
    return (
        names
        | {code: ", or ".join(texts) for code, texts in others.items()}
        | (_SCOPE_DATA)
    )


def stream_name(stream: Stream) -> str:
    return stream.name.lower()


def _civ_commands() -> dict[int, str]:
    single = {code[0]: name for code, name in civ_names().items() if len(code) == 1}
    return dict(sorted((_COMMANDS | single).items()))


def abbreviation(field: Field) -> str:
    """What stands behind `icom.` in a filter."""
    owner = "" if field.owner == "header" else field.owner.replace("-", "_") + "."
    return owner + field.name


def title(name: str) -> str:
    words = name.replace("_", " ").replace("-", " ")
    return words[0].upper() + words[1:]


def _field(field: Field) -> dict[str, object]:
    told: dict[str, object] = {
        "name": field.name,
        "abbr": abbreviation(field),
        "title": title(field.name),
        "offset": field.offset,
        "width": field.width,
        "shape": field.shape.value,
        "meaning": field.meaning or None,
        "little": field.little or None,
        "hex": field.is_hex or None,
        "secret": field.is_secret or None,
        "enum": field.enum and field.enum.__name__,
        "derived": field.derived and _DERIVED[field.derived],
        "words": {word.hex(): text for word, text in field.words.items()} or None,
    }
    if field.record is not None:
        told["title"] = title(field.record.name)
        told["size"] = field.record.size
        told["fields"] = [_field(each) for each in field.record.fields]
    return {name: value for name, value in told.items() if value is not None}


def _packet(packet: Packet) -> dict[str, object]:
    by_reply = any(field.name == "reply" for field in packet.fields)
    control = packet.streams == (Stream.CONTROL,)
    sender: Role | None = packet.sender
    told: dict[str, object] = {
        "kind": packet.kind,
        "title": title(packet.kind),
        "type": packet.type.value,
        "streams": {stream_name(stream): True for stream in packet.streams},
        "everywhere": (len(packet.streams) == len(Stream)) or None,
        "only": stream_name(packet.streams[0]) if len(packet.streams) == 1 else None,
        "sender": sender.value if sender else "reply" if by_reply and control else None,
        "size": packet.size,
        "step": packet.step,
        "fixed": packet.fixed_size,
        "marks": [
            {"offset": mark.offset, "value": mark.value} for mark in packet.marks
        ],
        "length": _LENGTHS[packet.length],
        "fields": [_field(field) for field in packet.fields],
    }
    return {name: value for name, value in told.items() if value is not None}


# ---- Lua -----------------------------------------------------------------------------


def lua(value: object, indent: str = "") -> str:
    """A value as Lua writes it: tables of tables on lines of their own."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value + 0)  # + 0: members of enums are numbers
        case str():
            return _quoted(value)
        case Mapping():
            items = [f"{_key(key)} = " for key in value]
            return _table(items, list(value.values()), indent)
        case list():
            return _table([""] * len(value), value, indent)
        case _:
            raise TypeError(f"no Lua for {value!r}")


def _table(keys: list[str], values: list[object], indent: str) -> str:
    deeper = indent + "  "
    parts = [key + lua(each, deeper) for key, each in zip(keys, values, strict=True)]
    flat = "{ " + ", ".join(parts) + " }" if parts else "{}"
    if len(indent) + len(flat) <= 88 and "\n" not in flat:
        return flat
    return "{\n" + "".join(f"{deeper}{part},\n" for part in parts) + indent + "}"


def _key(key: object) -> str:
    if isinstance(key, str) and key.isidentifier():
        return key
    return f"[{lua(key)}]"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
