"""The kinds of field a packet may have, and short names for the common ones.

A kind is the second argument of `Annotated`, an optional sentence about the meaning is
the third: `Annotated[bytes, Raw(4), "chosen by the radio"]`. Kinds are data. The codec,
the documents, the dissectors and the fuzz strategies each give them their own reading.
"""

from typing import Annotated, Literal

from icom_proto.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Uint:
    """An unsigned integer of 1, 2 or 4 bytes. The protocol mixes both orders."""

    width: int
    order: Literal["little", "big"]


@dataclass(frozen=True, slots=True)
class Raw:
    """Exactly `width` bytes, kept as they are: ids, tokens, words compared as bytes."""

    width: int


@dataclass(frozen=True, slots=True)
class Text:
    """Up to `width` bytes, padded with NULs on the wire and held without them.

    Only NULs at the end are dropped, so that padding brings every one of them back and
    what was decoded encodes to the same bytes; `datagrams.text_of` makes a string of
    it.
    """

    width: int


@dataclass(frozen=True, slots=True)
class Array:
    """Records up to the end of the datagram; `count` names the field with their number.

    Always the last field.
    """

    record: type[object]
    count: str | None


@dataclass(frozen=True, slots=True)
class Rest:
    """All bytes up to the end of the datagram. Always the last field."""


Kind = Uint | Raw | Text | Array | Rest

U8 = Annotated[int, Uint(1, "big")]
U16LE = Annotated[int, Uint(2, "little")]
U16BE = Annotated[int, Uint(2, "big")]
U32LE = Annotated[int, Uint(4, "little")]
U32BE = Annotated[int, Uint(4, "big")]
