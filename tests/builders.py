"""Hypothesis strategies made from the packet declarations: any packet, any datagram."""

from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from icom_proto import packets
from icom_proto.codec import Body, Record, layout
from icom_proto.codegen import FieldLayout
from icom_proto.codes import OpenIntEnum
from icom_proto.fields import Array, Raw, Rest, Text, Uint

Packet = TypeVar("Packet", bound=Body | Record)

# Longer than any datagram needs to be, short enough to draw thousands.
REST_MAX = 80
RECORDS_MAX = 4

BODIES: list[type[Body]] = [
    each
    for each in vars(packets).values()
    if isinstance(each, type) and issubclass(each, Body) and "decode" in vars(each)
    if each is not Body
]
RECORDS: list[type[Record]] = [
    each
    for each in vars(packets).values()
    if isinstance(each, type) and issubclass(each, Record) and each is not Record
]


def from_packet(cls: type[Packet]) -> SearchStrategy[Packet]:
    """Any packet of this class whose fields fit, with codes known and unknown."""
    fields = layout(cls)
    counts = {f.kind.count: f.name for f in fields if isinstance(f.kind, Array)}
    drawn = {f.name: from_field(f) for f in fields if f.name not in counts}

    def build(values: dict[str, object]) -> Packet:
        for count, name in counts.items():
            records = values[name]
            assert isinstance(records, tuple)
            if count is not None:
                values[count] = len(records)
        return cls(**values)

    return st.fixed_dictionaries(drawn).map(build)


def from_field(field: FieldLayout) -> SearchStrategy[object]:
    """Any value that the field can carry."""
    match field.kind:
        case Uint(width):
            numbers = st.integers(0, (1 << 8 * width) - 1)
            if issubclass(field.type, OpenIntEnum):
                return st.sampled_from(list(field.type)) | numbers.map(field.type)
            return numbers
        case Raw(width):
            return st.binary(min_size=width, max_size=width)
        case Text(width):
            return st.binary(max_size=width).map(lambda text: text.rstrip(b"\0"))
        case Rest():
            return st.binary(max_size=REST_MAX)
        case Array(record):
            assert issubclass(record, Record)
            return st.lists(from_packet(record), max_size=RECORDS_MAX).map(tuple)


def hostile_datagrams() -> SearchStrategy[bytes]:
    """Bytes that get past the first checks more often than chance would let them.

    A header with a type that exists and a true length, then a body of some packet,
    which may be cut, extended or damaged.
    """
    bodies = st.one_of([from_packet(cls) for cls in BODIES]).map(
        lambda body: body.encode()
    )
    changed = st.tuples(bodies, st.binary(max_size=8), st.integers(0, 160)).map(
        lambda parts: (parts[0] + parts[1])[: parts[2]]
    )
    return st.builds(_with_header, from_packet(packets.Header), bodies | changed)


def _with_header(header: packets.Header, body: bytes) -> bytes:
    """Three lengths of four are true: else the later checks would see nothing."""
    raw = header.encode()
    if header.seq % 4:
        raw = (len(raw) + len(body)).to_bytes(4, "little") + raw[4:]
    return raw + body
