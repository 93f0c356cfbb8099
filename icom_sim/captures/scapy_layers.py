"""The protocol as scapy layers, made from the packet declarations.

    from scapy.layers.inet import IP, UDP
    from icom_sim.captures.scapy_layers import BODIES, IcomCiv, dissect

    dissect(data, Stream.CONTROL).show()
    IcomCiv(sender_id=1, receiver_id=2) / BODIES["civ-data"](data=bytes.fromhex("..."))

Importing this teaches scapy the default ports 50001 to 50003; datagrams of other ports
go through `dissect`. Lengths and counts that are left out are filled in. What is no
packet of the protocol stays `Raw` behind the header, or altogether: no bytes get lost
and nothing raises. scapy is GPL-2.0-only: no module of this project imports this one.
"""

from contextlib import suppress
from dataclasses import fields
from typing import ClassVar, cast

from scapy.base_classes import Packet_metaclass
from scapy.fields import (
    AnyField,
    EnumField,
    PacketListField,
    StrFixedLenField,
    XStrField,
    XStrFixedLenField,
)
from scapy.fields import Field as ScapyField
from scapy.layers.inet import UDP
from scapy.packet import Packet as ScapyPacket
from scapy.packet import Raw, bind_bottom_up, bind_layers, bind_top_down

from icom_proto.codec import HEADER_SIZE
from icom_proto.codes import Stream
from icom_proto.datagrams import decode_datagram
from icom_proto.errors import DecodeError
from icom_sim.captures.declarations import (
    HEADER,
    PACKETS,
    PORTS,
    Derived,
    Field,
    RecordFacts,
    Shape,
    kind_of,
)

_FORMATS = {1: "B", 2: "H", 4: "I"}


def dissect(data: bytes, stream: Stream) -> ScapyPacket:
    """A datagram of a stream, whatever its ports, as a scapy packet."""
    return HEADERS[stream](data) if data else Raw()


# ---- fields --------------------------------------------------------------------------


class _Number(ScapyField[int | None, int]):
    """An integer that may follow from the rest of the packet: None stands for that."""

    __slots__ = ("facts", "fixed", "tail")  # scapy makes slots of none otherwise

    def __init__(self, facts: Field, all_facts: tuple[Field, ...], number: int) -> None:
        self.facts = facts
        self.tail = next((each.name for each in all_facts if each.width is None), None)
        self.fixed = sum(each.width or 0 for each in all_facts)
        default = None if facts.derived else number
        super().__init__(facts.name, default, _format(facts))

    def i2m(self, pkt: ScapyPacket | None, x: int | None) -> int:
        return self._following(pkt) if x is None else x

    def i2repr(self, pkt: ScapyPacket | None, x: int | None) -> str:
        number = self.i2m(pkt, x)
        return hex(number) if self.facts.is_hex else str(number)

    def _following(self, pkt: ScapyPacket | None) -> int:
        """What a field that was left out has to be."""
        if self.facts.derived is None or pkt is None:
            return 0
        if self.facts.derived is Derived.DATAGRAM_SIZE:
            return HEADER_SIZE + len(pkt.payload)
        size = count = 0
        if self.tail is not None:
            field, value = pkt.getfield_and_val(self.tail)
            size, count = field.i2len(pkt, value), field.i2count(pkt, value)
        if self.facts.derived is Derived.RECORD_COUNT:
            return count
        if self.facts.derived is Derived.BODY_SIZE:
            size += self.fixed
        return size


def _format(facts: Field) -> str:
    assert facts.width is not None
    return ("<" if facts.little else ">") + _FORMATS[facts.width]


def _scapy_field(
    facts: Field, all_facts: tuple[Field, ...], default: object
) -> AnyField:
    if facts.shape is Shape.NUMBER:
        number = default if isinstance(default, int) else 0
        if facts.enum is None:
            return _Number(facts, all_facts, number)
        names = {member.value: member.name for member in facts.enum}
        return EnumField(facts.name, int(number), names, _format(facts))
    content = default if isinstance(default, bytes) else b""
    match facts.shape:
        case Shape.TEXT if not facts.is_secret:
            return StrFixedLenField(facts.name, content, length=facts.width)
        case Shape.RECORDS:
            assert facts.record is not None
            return PacketListField(facts.name, [], _record_layer(facts.record))
        case Shape.REST:
            return XStrField(facts.name, content)
        case _:
            return XStrFixedLenField(facts.name, content, length=facts.width)


def _fields(cls: type, facts: tuple[Field, ...]) -> list[AnyField]:
    """The same fields for scapy, with the defaults of the declaration."""
    stated = {field.name: field.default for field in fields(cls)}
    return [_scapy_field(each, facts, stated[each.name]) for each in facts]


# ---- layers --------------------------------------------------------------------------


def _layer(
    name: str, fields_desc: list[AnyField], extras: dict[str, object]
) -> type[ScapyPacket]:
    content = {"name": name, "fields_desc": fields_desc, "__module__": __name__}
    return Packet_metaclass(name, (ScapyPacket,), content | extras)


def _nothing_follows(_layer: object, data: bytes) -> tuple[bytes, bytes]:
    """A record is part of a list: what comes behind it belongs to the next one."""
    return b"", data


def _record_layer(facts: RecordFacts) -> type[ScapyPacket]:
    name = f"Icom{facts.cls.__name__}"
    extras: dict[str, object] = {"extract_padding": _nothing_follows}
    return _layer(name, _fields(facts.cls, facts.fields), extras)


BODIES: dict[str, type[ScapyPacket]] = {
    packet.kind: _layer(
        f"Icom{packet.body.__name__}", _fields(packet.body, packet.fields), {}
    )
    for packet in PACKETS
}
RECORDS: dict[str, type[ScapyPacket]] = {
    record.name: cast(type[ScapyPacket], field.cls)
    for packet in PACKETS
    for facts in packet.fields
    if (record := facts.record) is not None
    for field in BODIES[packet.kind].fields_desc
    if isinstance(field, PacketListField) and field.name == facts.name
}


class IcomHeader(ScapyPacket):
    """The 16 bytes in front of everything; each stream has a class of its own."""

    name: str | None = "Icom"
    fields_desc: ClassVar = _fields(HEADER.cls, HEADER.fields)
    stream: ClassVar = Stream.CONTROL

    def do_dissect_payload(self, s: bytes) -> None:
        """The body that the datagram has; one without fields is shown too."""
        layer: type[ScapyPacket] = Raw
        with suppress(DecodeError):
            _, body = decode_datagram(self.stream, bytes(self.original))
            layer = BODIES[kind_of(type(body))]
        if s or layer is not Raw:
            self.add_payload(layer(s, _internal=1, _underlayer=self))


def _class_for(
    cls: type[ScapyPacket], /, _pkt: bytes = b"", *_: object, **__: object
) -> type[ScapyPacket]:
    """Fewer bytes than a header are no header."""
    return Raw if 0 < len(_pkt) < HEADER_SIZE else cls


def _header_layer(stream: Stream) -> type[IcomHeader]:
    name = f"Icom{stream.name.capitalize()}"
    # scapy looks for the hook in the class itself and not in its bases.
    content = {
        "name": name,
        "stream": stream,
        "dispatch_hook": classmethod(_class_for),
        "__module__": __name__,
    }
    return cast(type[IcomHeader], Packet_metaclass(name, (IcomHeader,), content))


HEADERS: dict[Stream, type[IcomHeader]] = {
    stream: _header_layer(stream) for stream in Stream
}
IcomControl = HEADERS[Stream.CONTROL]
IcomCiv = HEADERS[Stream.CIV]
IcomAudio = HEADERS[Stream.AUDIO]


def _teach_scapy() -> None:
    for packet in PACKETS:
        for stream in packet.streams:
            body = BODIES[packet.kind]
            bind_layers(HEADERS[stream], body, type=packet.type.value)
    for port, stream in PORTS.items():
        bind_bottom_up(UDP, HEADERS[stream], sport=port)
        bind_bottom_up(UDP, HEADERS[stream], dport=port)
        bind_top_down(UDP, HEADERS[stream], dport=port)


_teach_scapy()
