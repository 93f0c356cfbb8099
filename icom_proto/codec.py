"""Packets as classes: the base classes, and the decorators that compile a declaration.

A packet is a frozen, slotted dataclass whose fields are `Annotated` with a kind.
`codegen` makes one decoder and one encoder for the class, each when it is first called.
Decoding raises `DecodeError` and nothing else; encoding a value that does not fit its
field raises `LocalProtocolError`.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar, Final, Self, TypeVar

from icom_proto import codegen
from icom_proto.codegen import FieldLayout
from icom_proto.codes import PacketType
from icom_proto.quick_dataclass import deferred

HEADER_SIZE: Final = 0x10


class Record:
    """Fields of fixed size that may stand anywhere: the header, a radio, a range."""

    __slots__ = ()

    @classmethod
    def decode(cls, data: bytes, offset: int = 0) -> Self:
        """Read one record at `offset`; what comes after it is not looked at."""
        raise NotImplementedError(f"{cls.__name__} is not declared with @record")

    def encode(self) -> bytes:
        raise NotImplementedError(f"{type(self).__name__}: not declared with @record")


class Body:
    """What follows the header in a datagram."""

    __slots__ = ()
    TYPE: ClassVar[PacketType]

    @classmethod
    def decode(cls, datagram: bytes) -> Self:
        """Read the body of a whole datagram, header included; the length must fit."""
        raise NotImplementedError(f"{cls.__name__} is not declared with @packet")

    def encode(self) -> bytes:
        """The bytes after the header; the header is the link's."""
        raise NotImplementedError(f"{type(self).__name__}: not declared with @packet")


B = TypeVar("B", bound=Body)
R = TypeVar("R", bound=Record)


def packet(*, size: int | None) -> Callable[[type[B]], type[B]]:
    """Make a body class decode and encode. `size`: as captured, None if it varies."""

    def decorate(cls: type[B]) -> type[B]:
        _check_size(cls, size)
        _install(cls, partial(codegen.body_decoder, start=HEADER_SIZE))
        return cls

    return decorate


def record(*, size: int) -> Callable[[type[R]], type[R]]:
    """Make a record class of this size decode and encode."""

    def decorate(cls: type[R]) -> type[R]:
        _check_size(cls, size)
        _install(cls, codegen.record_decoder)
        return cls

    return decorate


def _check_size(cls: type, size: int | None) -> None:
    _, tail = codegen.split(cls)
    actual = codegen.fixed_size(cls) if tail is None else None
    assert actual == size, f"{cls.__name__}: fields add up to {actual}, not {size}"


def _install(cls: type, decoder: Callable[[type], Callable[..., object]]) -> None:
    methods = {
        "decode": staticmethod(deferred(cls, "decode", decoder)),
        "encode": deferred(cls, "encode", codegen.encoder),
    }
    for name, method in methods.items():
        setattr(cls, name, method)


def layout(cls: type) -> list[FieldLayout]:
    """The fields in wire order; offsets of a body count from the datagram's start."""
    start = HEADER_SIZE if issubclass(cls, Body) else 0
    return codegen.layout_from(cls, start)


def offset_of(cls: type[Body | Record], name: str) -> int:
    """Where a field begins."""
    return next(field.offset for field in layout(cls) if field.name == name)


def size_of(cls: type[Body | Record]) -> int:
    """Bytes of the shortest datagram with this body, or of a record."""
    start = HEADER_SIZE if issubclass(cls, Body) else 0
    return start + codegen.fixed_size(cls)


def payload_size_of(cls: type[Body]) -> int:
    """What the shortest control packet with this body says of its size (2.9)."""
    return codegen.fixed_size(cls)


def packer(cls: type[Body | Record]) -> Callable[..., bytes]:
    """A function from the values of all fields, in their order, to the encoded bytes.

    For what is sent hundreds of times a second, headers and audio: no instance is made.
    """
    return codegen.packing_function(cls)


def glance_struct(
    first: type[Body | Record], *others: type[Body | Record]
) -> codegen.Struct:
    """The fixed integers of several classes in a row, read with one call.

    As `head_struct`, for where even two calls cost too much, or where both orders of
    bytes occur. All are read with the lowest byte first: integers in the other order
    come, and are packed, with bytes swapped.
    """
    formats = [codegen.integer_format(cls) for cls in (first, *others)]
    return codegen.Struct("<" + "".join(formats))


def numbers_struct(end: int, numbers: Sequence[int], *payloads: int) -> codegen.Struct:
    """Of datagrams in a row in which nothing changes but some numbers and the payload.

    Each has a head up to `end` with numbers of 16 bits, lowest byte first, at these
    offsets, and bytes between them, which are packed as they are; then so many bytes of
    payload, cut if there are more.
    """
    starts = [0, *(at + 2 for at in numbers)]
    gaps = [f"{to - at}s" for at, to in zip(starts, [*numbers, end], strict=True)]
    head = "H".join(gaps)
    return codegen.Struct("<" + "".join(f"{head}{size}s" for size in payloads))


def head_struct(cls: type[Body | Record]) -> codegen.Struct:
    """The struct of a class's fixed fields, for the few places where speed decides.

    Every datagram has a header and most have an audio head: no instance and no enum
    members are made of them. Only for integers in one byte order. The caller has
    checked the size, and reads a body at `HEADER_SIZE`.
    """
    return codegen.integer_struct(cls)
