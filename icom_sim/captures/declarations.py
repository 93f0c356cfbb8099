"""Every packet as plain facts: how to tell it, and where its fields stand.

Made from the declarations in `icom_proto.packets`, for what cannot run them: the
Wireshark dissector, the scapy layers and the table in docs/packets.md. Names, widths,
byte orders and code points come from there. Stated here is what the core has as code:
which packet a datagram is (`datagrams.py`; PROTOCOL.md 2.1), who sends it, and which
fields follow from the rest of the packet.
"""

import inspect
import re
from dataclasses import dataclass
from enum import Enum
from typing import get_origin

from icom_proto import codes, packets
from icom_proto.codec import Body, Record, layout, offset_of, size_of
from icom_proto.codegen import FieldLayout
from icom_proto.codes import (
    CivKind,
    OpenIntEnum,
    PacketType,
    Reply,
    Request,
    Role,
    Stream,
)
from icom_proto.fields import Array, Kind, Raw, Rest, Text, Uint

UNKNOWN = "unknown"


class Shape(Enum):
    """What a field holds."""

    NUMBER = "number"
    BYTES = "bytes"
    TEXT = "text"
    RECORDS = "records"
    REST = "rest"


class Derived(Enum):
    """What a field must be, given the rest of the datagram."""

    DATAGRAM_SIZE = "size of the datagram"
    BODY_SIZE = "size of the datagram less the header"
    REST_SIZE = "bytes that follow the fields of fixed size"
    RECORD_COUNT = "number of records that follow"


class Length(Enum):
    """What the length in the header may be: `datagrams.decode_datagram` says why."""

    TRUE = "the size of the datagram"
    TRUE_OR_ZERO = "the size of the datagram, or 0"
    ANY = "anything"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `offset` counts from the datagram's start, or from the record's."""

    name: str
    owner: str  # "header", "control", or the kind of packet or record it belongs to
    offset: int
    width: int | None  # None: up to the end of the datagram
    shape: Shape
    little: bool
    enum: type[OpenIntEnum] | None
    derived: Derived | None
    record: "RecordFacts | None"
    words: dict[bytes, str]
    meaning: str
    is_secret: bool
    is_hex: bool


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """A group of fields that may stand several times."""

    cls: type[Record]
    name: str
    size: int
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A byte of the datagram that tells kinds of one size apart."""

    offset: int
    value: int


@dataclass(frozen=True, slots=True)
class Packet:
    """One kind of packet: the first in `PACKETS` that fits is what a datagram is.

    `size` is the smallest datagram; longer ones grow in steps of `step` bytes, and 0
    means none. Of `marks` one must be there, if any are listed.
    """

    body: type[Body]
    kind: str
    title: str
    type: PacketType
    streams: tuple[Stream, ...]
    sender: Role | None  # None: either, or told by `Reply`
    size: int
    step: int
    marks: tuple[Mark, ...]
    length: Length
    fields: tuple[Field, ...]  # without those of the header

    @property
    def fixed_size(self) -> int:
        """Bytes of header and fields of fixed size."""
        return size_of(self.body)


_SHAPES: dict[type[Kind], Shape] = {
    Uint: Shape.NUMBER,
    Raw: Shape.BYTES,
    Text: Shape.TEXT,
    Array: Shape.RECORDS,
    Rest: Shape.REST,
}

# The default ports of a radio (PROTOCOL.md 1.1).
PORTS = {50001: Stream.CONTROL, 50002: Stream.CIV, 50003: Stream.AUDIO}

# Obfuscated with a table that everybody has (PROTOCOL.md 3): whoever shows a packet
# shows these as the bytes they are.
_SECRETS = {"username", "password"}
# Bit sets, ids and addresses, which people write in hexadecimal.
_HEX = set(
    """
    sender_id receiver_id rx_rates tx_rates civ_address action ident
    """.split()  # noqa: SIM905  a list of words
)
_DERIVED = {
    ("header", "length"): Derived.DATAGRAM_SIZE,
    ("control", "payload_size"): Derived.BODY_SIZE,
    ("capabilities", "radio_count"): Derived.RECORD_COUNT,
    ("civ-data", "data_length"): Derived.REST_SIZE,
    ("audio-data", "data_length"): Derived.REST_SIZE,
}
_WORDS = {
    ("login-response", "error"): {
        codes.LOGIN_OK: "ok",
        codes.LOGIN_BAD_CREDENTIALS: "wrong user name or password",
    },
    ("token", "response"): {codes.TOKEN_OK: "ok", codes.TOKEN_REJECTED: "rejected"},
    ("status", "error"): {
        codes.STATUS_OK: "ok",
        codes.STATUS_REFUSED: "refused",
        codes.STATUS_BUSY: "busy",
    },
}


def kind_of(cls: type[Body | Record]) -> str:
    """The name of a packet in lower case with dashes: `login-response`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


def _owner_of(cls: type[Body | Record], name: str) -> str:
    owner = next(
        each for each in cls.__mro__[::-1] if name in inspect.get_annotations(each)
    )
    return {"ControlBody": "control"}.get(owner.__name__, kind_of(owner))


def _field(cls: type[Body | Record], found: FieldLayout) -> Field:
    owner = _owner_of(cls, found.name)
    kind, record = found.kind, None
    if isinstance(kind, Array):
        assert issubclass(kind.record, Record)
        record = record_facts(kind.record)
    # The type of an array is an alias, which Python 3.13 takes for no class.
    is_alias = get_origin(found.type) is not None
    enum = None
    if not is_alias and issubclass(found.type, OpenIntEnum):
        enum = found.type
    return Field(
        name=found.name,
        owner=owner,
        offset=found.offset,
        width=None if isinstance(kind, Array | Rest) else kind.width,
        shape=_SHAPES[type(kind)],
        little=isinstance(kind, Uint) and kind.order == "little",
        enum=enum,
        derived=_DERIVED.get((owner, found.name)),
        record=record,
        words=_WORDS.get((owner, found.name), {}),
        meaning=found.meaning,
        is_secret=found.name in _SECRETS,
        is_hex=enum is not None or found.name in _HEX,
    )


def _fields(cls: type[Body | Record]) -> tuple[Field, ...]:
    return tuple(_field(cls, found) for found in layout(cls))


def record_facts(cls: type[Record]) -> RecordFacts:
    return RecordFacts(cls, kind_of(cls), size_of(cls), _fields(cls))


HEADER = record_facts(packets.Header)


def _packet(
    body: type[Body],
    *,
    streams: tuple[Stream, ...] = tuple(Stream),
    sender: Role | None = None,
    marks: tuple[Mark, ...] = (),
    length: Length = Length.TRUE,
    records_min: int = 0,
) -> Packet:
    fields = _fields(body)
    size, step = size_of(body), 0
    if fields and fields[-1].shape is Shape.REST:
        step = 1
    elif fields and (record := fields[-1].record) is not None:
        step = record.size
        size += records_min * step
    return Packet(
        body=body,
        kind=kind_of(body),
        title=(body.__doc__ or "").partition("\n")[0],
        type=body.TYPE,
        streams=streams,
        sender=sender,
        size=size,
        step=step,
        marks=marks,
        length=length,
        fields=fields,
    )


def _control(
    body: type[Body],
    sender: Role | None,
    request: Request | None = None,
    records_min: int = 0,
) -> Packet:
    """A packet of the control stream: known by its size, two also by their request."""
    marks: tuple[Mark, ...] = ()
    if request is not None:
        marks = (Mark(offset_of(body, "request"), request),)
    return _packet(
        body,
        streams=(Stream.CONTROL,),
        sender=sender,
        marks=marks,
        records_min=records_min,
    )


_CIV_KIND_AT = offset_of(packets.CivData, "kind")

PACKETS: tuple[Packet, ...] = (
    _packet(packets.AreYouThere, sender=Role.CLIENT),
    _packet(packets.IAmHere, sender=Role.RADIO),
    _packet(packets.Ready),
    _packet(packets.Disconnect),
    _packet(packets.Idle),
    _packet(packets.Ping, length=Length.TRUE_OR_ZERO),
    _packet(packets.RetransmitOne),
    _packet(packets.RetransmitMany, length=Length.ANY, records_min=1),
    _control(packets.Login, Role.CLIENT),
    _control(packets.LoginResponse, Role.RADIO),
    _control(packets.Token, None),
    _control(packets.Capabilities, Role.RADIO, records_min=1),
    _control(packets.ConnInfo, Role.RADIO, Request.LOGIN),
    _control(packets.StreamRequest, Role.CLIENT, Request.STREAMS),
    _control(packets.Status, Role.RADIO),
    _packet(
        packets.CivData,
        streams=(Stream.CIV,),
        marks=(Mark(_CIV_KIND_AT, CivKind.DATA),),
    ),
    _packet(packets.AudioData, streams=(Stream.AUDIO,)),
    _packet(
        packets.CivOpenClose,
        streams=(Stream.CIV, Stream.AUDIO),
        sender=Role.CLIENT,
        # Hamlib writes the kind one byte later, and radios accept it (2.17).
        marks=tuple(Mark(_CIV_KIND_AT + at, CivKind.OPEN_CLOSE) for at in (0, 1)),
    ),
)
# Which side sent a token packet (2.9).
SENDER_BY_REPLY = {Reply.REQUEST: Role.CLIENT, Reply.ANSWER: Role.RADIO}


def enums() -> tuple[type[OpenIntEnum], ...]:
    """The enums that fields are made of, each once."""
    everything = [field for packet in PACKETS for field in packet.fields]
    found = [field.enum for field in (*HEADER.fields, *everything)]
    return tuple(dict.fromkeys(enum for enum in found if enum is not None))
