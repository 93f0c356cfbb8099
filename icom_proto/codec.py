"""Packets as classes: the base classes, and the decorators that compile a declaration.

A packet is a frozen, slotted dataclass whose fields are `Annotated` with a kind. The
layout is walked once, at import, when `codegen` writes one decoder and one encoder for
the class. Decoding raises `DecodeError` and nothing else; encoding a value that does
not fit its field raises `LocalProtocolError`.
"""

from collections.abc import Callable
from typing import ClassVar, ParamSpec, Self, TypeVar

from icom_proto import codegen
from icom_proto.codegen import FieldLayout
from icom_proto.codes import PacketType

HEADER_SIZE = 0x10

P = ParamSpec("P")
T = TypeVar("T")


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
    """Compile a body class. `size` is that seen in captures; None if it varies."""

    def decorate(cls: type[B]) -> type[B]:
        actual = None if codegen.has_tail(cls) else codegen.fixed_size(cls)
        assert actual == size, f"{cls.__name__}: fields add up to {actual}, not {size}"
        _compile(cls, codegen.body_decoder(cls, HEADER_SIZE))
        return cls

    return decorate


def record(*, size: int) -> Callable[[type[R]], type[R]]:
    """Compile a record class of this size."""

    def decorate(cls: type[R]) -> type[R]:
        actual = codegen.fixed_size(cls)
        assert actual == size, f"{cls.__name__}: fields add up to {actual}, not {size}"
        _compile(cls, codegen.record_decoder(cls))
        return cls

    return decorate


def layout(cls: type[Body | Record]) -> list[FieldLayout]:
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


def packer(cls: type[Body | Record]) -> Callable[..., bytes]:
    """A function from the values of all fields, in their order, to the encoded bytes.

    For what is sent hundreds of times a second, headers and audio: no instance is made.
    """
    functions: dict[str, Callable[..., bytes]] = {}
    source = "\n".join(codegen.packing_function(cls))
    exec(source, codegen.codec_names(cls), functions)
    return functions["pack"]


def unpacker(cls: type[Record]) -> Callable[[bytes], tuple[int, ...]]:
    """A function from bytes to the plain values of a record's fields, in their order.

    For the header, which every datagram has: no instance and no enum members are made.
    Only for records of integers in one byte order. The caller has checked the size.
    """
    return codegen.integer_struct(cls).unpack_from


def fast_constructor(cls: Callable[P, T]) -> Callable[P, T]:
    """A function that does what calling a frozen, slotted dataclass does, sooner.

    Same arguments, equal instance, about half the time: `codegen.draft_of` tells how.
    """
    assert isinstance(cls, type)
    functions: dict[str, Callable[P, T]] = {}
    source = "\n".join(codegen.construction_function(cls))
    exec(source, codegen.construction_names(cls), functions)
    return functions["make"]


def _compile(cls: type, decoder: list[str]) -> None:
    functions: dict[str, object] = {}
    source = "\n".join([*decoder, *codegen.encoder(cls)])
    exec(source, codegen.codec_names(cls), functions)
    for name, function in functions.items():
        setattr(cls, name, function)
