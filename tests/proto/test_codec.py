"""The codec itself, on packets declared here: orders, sizes, padding, errors."""

from dataclasses import dataclass, replace
from typing import Annotated

import pytest

from icom_proto.codec import (
    Body,
    Record,
    glance_struct,
    head_struct,
    layout,
    offset_of,
    packer,
    packet,
    record,
    size_of,
)
from icom_proto.codes import OpenIntEnum
from icom_proto.errors import DecodeError, LocalProtocolError, ProtocolError
from icom_proto.fields import (
    U8,
    U16BE,
    U16LE,
    U32BE,
    U32LE,
    Array,
    Kind,
    Raw,
    Rest,
    Text,
    Uint,
)

HEADER = bytes(0x10)


class Colour(OpenIntEnum):
    RED = 0x0102


@record(size=20)
@dataclass(frozen=True, slots=True, kw_only=True)
class MostlyBig(Record):
    """Every width in both orders; the struct is big-endian."""

    a: U8
    b: U16BE
    c: U16LE
    d: U32BE
    e: U32LE
    colour: Annotated[Colour, Uint(2, "little"), "of no use"] = Colour.RED
    f: U32BE = 7
    g: U8 = 0


@record(size=12)
@dataclass(frozen=True, slots=True, kw_only=True)
class MostlyLittle(Record):
    """The struct is little-endian."""

    a: U16LE
    b: U32LE
    c: U16BE
    d: U32BE


@packet(size=None)
@dataclass(frozen=True, slots=True, kw_only=True)
class Letter(Body):
    """One field of each other kind."""

    stamp: Annotated[bytes, Raw(3), "kept as it is"]
    name: Annotated[bytes, Text(4)]
    count: U8
    lines: Annotated[tuple[MostlyLittle, ...], Array(MostlyLittle, count="count")]


@packet(size=None)
@dataclass(frozen=True, slots=True, kw_only=True)
class Tail(Body):
    data: Annotated[bytes, Rest()]


@packet(size=0)
@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing(Body):
    """No fields."""


BIG = MostlyBig(
    a=0x11, b=0x2233, c=0x4455, d=0x66778899, e=0xAABBCCDD, colour=Colour(0x5678)
)
BIG_BYTES = bytes.fromhex("11 2233 5544 66778899 ddccbbaa 7856 00000007 00")
LITTLE = MostlyLittle(a=0x1122, b=0x33445566, c=0x7788, d=0x99AABBCC)
LITTLE_BYTES = bytes.fromhex("2211 66554433 7788 99aabbcc")
LETTER = Letter(stamp=b"\0x\0", name=b"ab", count=1, lines=(LITTLE,))
LETTER_BYTES = b"\0x\0ab\0\0\x01" + LITTLE_BYTES


def test_integers_keep_their_own_order_in_a_packet_of_both() -> None:
    assert BIG.encode() == BIG_BYTES
    assert LITTLE.encode() == LITTLE_BYTES
    assert MostlyBig.decode(BIG_BYTES) == BIG
    assert MostlyLittle.decode(LITTLE_BYTES) == LITTLE


def test_a_decoded_packet_is_frozen_like_a_built_one() -> None:
    decoded = MostlyBig.decode(BIG_BYTES)
    assert type(decoded) is MostlyBig
    with pytest.raises(AttributeError):
        decoded.a = 1  # type: ignore[misc]
    assert (hash(decoded), repr(decoded)) == (hash(BIG), repr(BIG))


def test_text_is_padded_and_the_padding_dropped() -> None:
    assert LETTER.encode() == LETTER_BYTES
    assert Letter.decode(HEADER + LETTER_BYTES) == LETTER


def test_nul_inside_text_stays() -> None:
    letter = replace(LETTER, name=b"a\0b")
    assert Letter.decode(HEADER + letter.encode()) == letter


def test_a_packet_without_fields_is_one_object() -> None:
    assert Nothing.decode(HEADER) is Nothing.decode(HEADER)
    assert Nothing().encode() == b""


def test_rest_takes_all_and_may_be_empty() -> None:
    assert Tail.decode(HEADER + b"abc") == Tail(data=b"abc")
    assert Tail.decode(HEADER) == Tail(data=b"")
    assert Tail(data=b"abc").encode() == b"abc"


@pytest.mark.parametrize(
    "body",
    [
        LETTER_BYTES[:7],
        LETTER_BYTES[:-1],
        LETTER_BYTES + b"\0",
        LETTER_BYTES + LITTLE_BYTES,
        LETTER_BYTES[:7] + b"\0" + LITTLE_BYTES,
    ],
    ids=["no count", "record cut", "byte too many", "one uncounted", "count 0"],
)
def test_a_length_that_does_not_fit_is_a_decode_error(body: bytes) -> None:
    with pytest.raises(DecodeError, match="Letter"):
        Letter.decode(HEADER + body)


def test_a_record_cut_short_is_a_decode_error() -> None:
    with pytest.raises(DecodeError, match="MostlyBig: 0x13 bytes do not fit"):
        MostlyBig.decode(BIG_BYTES[:-1])
    with pytest.raises(DecodeError):
        MostlyBig.decode(BIG_BYTES, 1)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (replace(BIG, a=256), "a"),
        (replace(BIG, b=-1), "b"),
        (replace(BIG, b=0x10000), "b"),
        (replace(BIG, c=0x10000), "c"),
        (replace(BIG, c=-1), "c"),
        (replace(BIG, d=1 << 32), "d"),
        (replace(BIG, e=1 << 32), "e"),
        (replace(BIG, e=-1), "e"),
        (replace(LITTLE, c=0x10000), "c"),
        (replace(LITTLE, d=-1), "d"),
        (replace(LETTER, stamp=b"12"), "stamp"),
        (replace(LETTER, stamp=b"1234"), "stamp"),
        (replace(LETTER, name=b"12345"), "name"),
    ],
)
def test_a_value_that_does_not_fit_is_named_by_its_field(
    value: Body | Record, field: str
) -> None:
    with pytest.raises(LocalProtocolError, match=f"\\.{field} does not fit"):
        value.encode()


def test_a_count_that_is_not_that_of_the_records_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="count and records disagree"):
        replace(LETTER, count=2).encode()


def test_an_error_shows_no_value() -> None:
    with pytest.raises(LocalProtocolError) as refused:
        replace(LETTER, name=b"secret").encode()
    assert "secret" not in str(refused.value)
    assert isinstance(refused.value, ProtocolError)


def test_a_packer_makes_the_bytes_that_encode_makes() -> None:
    assert packer(MostlyLittle)(0x1122, 0x33445566, 0x7788, 0x99AABBCC) == LITTLE_BYTES
    assert packer(Letter)(b"\0x\0", b"ab", 1, (LITTLE,)) == LETTER_BYTES
    assert packer(Tail)(b"abc") == b"abc"


def test_a_packer_refuses_what_encode_refuses() -> None:
    with pytest.raises(LocalProtocolError, match="MostlyLittle\\.b does not fit"):
        packer(MostlyLittle)(0, 1 << 32, 0, 0)


def test_the_struct_of_plain_integers_is_there_for_speed() -> None:
    @packet(size=None)
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Plain(Body):
        a: U8
        b: U16BE
        rest: Annotated[bytes, Rest()]

    assert head_struct(Plain).pack(1, 2) == b"\x01\x00\x02"
    assert head_struct(Plain).unpack_from(HEADER + b"\x01\x00\x02", 0x10) == (1, 2)
    for mixed in (MostlyBig, Letter):
        with pytest.raises(AssertionError, match="not all integers in one byte order"):
            head_struct(mixed)


def test_a_glance_reads_several_classes_lowest_byte_first() -> None:
    @record(size=2)
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Front(Record):
        a: U16LE

    @packet(size=3)
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Back(Body):
        b: U8
        c: U16BE

    read = glance_struct(Front, Back).unpack_from(b"\x01\x02\x03\x04\x05")
    assert read == (0x0201, 0x03, 0x0504)


def test_a_code_below_zero_is_a_value_error() -> None:
    assert Colour(3).name == "Colour_0x03"
    with pytest.raises(ValueError, match="-1"):
        Colour(-1)


def test_a_layout_tells_offset_name_kind_and_meaning() -> None:
    described = [
        (field.offset, field.name, field.kind, field.meaning)
        for field in layout(Letter)
    ]
    kinds: list[tuple[int, str, Kind, str]] = [
        (0x10, "stamp", Raw(3), "kept as it is"),
        (0x13, "name", Text(4), ""),
        (0x17, "count", Uint(1, "big"), ""),
        (0x18, "lines", Array(MostlyLittle, "count"), ""),
    ]
    assert described == kinds
    assert layout(MostlyBig)[5].type is Colour
    assert (offset_of(MostlyBig, "d"), size_of(MostlyBig)) == (5, 20)
    assert (offset_of(Letter, "name"), size_of(Letter)) == (0x13, 0x18)


def test_a_size_that_is_not_the_sum_of_the_fields_fails_at_import() -> None:
    with pytest.raises(AssertionError, match="Two: fields add up to 2, not 3"):

        @record(size=3)
        @dataclass(frozen=True, slots=True)
        class Two(Record):
            a: U16LE

    with pytest.raises(AssertionError, match="Open: fields add up to None, not 0"):

        @packet(size=0)
        @dataclass(frozen=True, slots=True)
        class Open(Body):
            rest: Annotated[bytes, Rest()]


def test_a_field_of_open_size_must_be_the_last() -> None:
    @packet(size=1)
    @dataclass(frozen=True, slots=True)
    class Wrong(Body):
        rest: Annotated[bytes, Rest()]
        after: U8

    with pytest.raises(TypeError, match=r"rest: Rest\(\) must be the last field"):
        Wrong.decode(HEADER + b"\0")


def test_a_class_without_the_decorator_says_so() -> None:
    class Bare(Body):
        __slots__ = ()

    class Naked(Record):
        __slots__ = ()

    with pytest.raises(NotImplementedError, match="Bare is not declared with @packet"):
        Bare.decode(HEADER)
    with pytest.raises(NotImplementedError, match="Bare: not declared with @packet"):
        Bare().encode()
    with pytest.raises(NotImplementedError, match="Naked is not declared with @rec"):
        Naked.decode(b"")
    with pytest.raises(NotImplementedError, match="Naked: not declared with @record"):
        Naked().encode()


def test_a_decoder_fetched_before_it_was_made_goes_on_working() -> None:
    @record(size=1)
    @dataclass(frozen=True, slots=True)
    class Late(Record):
        a: U8

    decode = Late.decode
    assert Late.decode(b"\x01") == Late(1)
    assert decode(b"\x02") == Late(2)
    assert decode(b"\x03\x04", 1) == Late(4)
    with pytest.raises(DecodeError):
        decode(b"")
