"""Writes what is made of the packet declarations; `--check` only compares.

The table of packets, docs/packets.md, and the Wireshark dissector that is shipped,
icom_sim/captures/icom_lan.lua. `tests/sim/test_dissector.py` runs the check.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from icom_proto.codes import OpenIntEnum, Stream
from icom_sim.captures import lua_dissector
from icom_sim.captures.declarations import (
    HEADER,
    PACKETS,
    SENDER_BY_REPLY,
    Field,
    Length,
    Packet,
    RecordFacts,
    Shape,
    enums,
)

PAGE = Path(__file__).resolve().parents[1] / "docs" / "packets.md"
HEAD = """\
# Packets

Made by `python tools/packet_files.py` from `icom_proto/packets.py`; do not edit. Every
datagram is a header of 16 bytes and one body. Offsets count from the first byte of the
UDP payload, in a record from its own first byte; *le* and *be* tell the order of the
bytes of a number. A packet is the first of these that fits type, stream, size and mark;
a datagram that fits none is no packet. Numbers such as 2.9 are sections of the
specification. "Filter" is the name in Wireshark, with the
dissector that `icom-sim dissector` prints ([wireshark.md](wireshark.md)).
"""
TABLE = "| at | bytes | field | | filter | meaning |\n|---|---|---|---|---|---|"
SHAPES = {
    Shape.BYTES: "bytes",
    Shape.TEXT: "text, NULs behind it",
    Shape.REST: "bytes to the end",
    Shape.RECORDS: "records to the end",
}


def page() -> str:
    parts = [HEAD, "## Header\n", table(HEADER.fields)]
    records: dict[str, RecordFacts] = {}
    for packet in PACKETS:
        parts += [f"## {packet.kind}\n", f"{packet.title}\n", how_to_tell(packet)]
        if packet.fields:
            parts.append(table(packet.fields))
        for field in packet.fields:
            if field.record is not None:
                records[field.record.name] = field.record
    for record in records.values():
        title = f"## Record: {record.name}\n"
        parts += [title, f"{record.size} bytes.\n", table(record.fields)]
    parts.append("## Code points\n")
    parts += [code_points(enum) for enum in enums()]
    return "\n".join(parts).rstrip("\n") + "\n"


def how_to_tell(packet: Packet) -> str:
    told = [f"Type {packet.type.value:#04x} ({packet.type.name})"]
    if len(packet.streams) < len(Stream):
        names = " or ".join(lua_dissector.stream_name(each) for each in packet.streams)
        told.append(f"stream {names}")
    size = f"{packet.size:#x} bytes"
    if packet.step:
        size += " or more" if packet.step == 1 else f" or {packet.step} more, and so on"
    told.append(size)
    if packet.marks:
        marks = [f"{mark.value:#04x} at {mark.offset:#x}" for mark in packet.marks]
        told.append(" or ".join(marks))
    if packet.sender is not None:
        told.append(f"from the {packet.sender.value}")
    elif packet.kind == "token":
        sides = [
            f"{reply.name} from the {role.value}"
            for reply, role in SENDER_BY_REPLY.items()
        ]
        told.append(" and ".join(sides))
    if packet.length is not Length.TRUE:
        told.append(f"length in the header: {packet.length.value}")
    return "; ".join(told) + ".\n"


def table(fields: tuple[Field, ...]) -> str:
    return "\n".join([TABLE, *map(row, fields)]) + "\n"


def row(field: Field) -> str:
    width = "" if field.width is None else str(field.width)
    filters = f"`icom.{lua_dissector.abbreviation(field)}`"
    if field.record is not None:
        filters = ""
    cells = [
        *(f"{field.offset:#04x}", width, f"`{field.name}`", shape_of(field)),
        *(filters, meaning_of(field)),
    ]
    return "| " + " | ".join(cells) + " |"


def shape_of(field: Field) -> str:
    if field.enum is not None:
        return field.enum.__name__
    if field.shape is Shape.NUMBER:
        return "number" if field.width == 1 else "le" if field.little else "be"
    if field.record is not None:
        return f"{field.record.name} records"
    return "bytes" if field.is_secret else SHAPES[field.shape]


def meaning_of(field: Field) -> str:
    told = [field.meaning] if field.meaning else []
    if field.derived is not None and not told:
        told.append(field.derived.value)
    told += [f"`{word.hex()}` {text}" for word, text in field.words.items()]
    return "; ".join(told)


def code_points(enum: type[OpenIntEnum]) -> str:
    points = [f"{member.value:#04x} {member.name}" for member in enum]
    return f"**{enum.__name__}**: {', '.join(points)}.\n"


def wanted() -> Iterator[tuple[Path, str]]:
    yield PAGE, page()
    yield lua_dissector.SHIPPED, lua_dissector.source()


def main() -> int:
    stale = [
        path
        for path, text in wanted()
        if not path.exists() or path.read_text("utf-8") != text
    ]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.name} is stale: run python tools/packet_files.py")
        return 1 if stale else 0
    for path, text in wanted():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
