"""Makes decoders and encoders from the fields of a packet class: source, then code.

All fields of fixed size become one `struct.Struct`, and a decoder stores its values in
a new instance one by one. Generated names begin with an underscore or `v_`, so that
they cannot meet the name of a field.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from struct import Struct as Struct
from struct import error
from typing import get_args

from icom_proto.codes import OpenIntEnum
from icom_proto.errors import DecodeError, LocalProtocolError
from icom_proto.fields import Array, Kind, Raw, Rest, Text, Uint
from icom_proto.quick_dataclass import compiled, dataclass, draft_of

StructError = error  # readers of capture files meet it too


@dataclass(frozen=True, slots=True)
class FieldLayout:
    """One field. `offset` counts from the start of the datagram, or of the record."""

    offset: int
    name: str
    kind: Kind
    type: type
    meaning: str


def layout_from(cls: type, offset: int) -> list[FieldLayout]:
    """The fields of a packet class in wire order, the first of them at `offset`."""
    found = []
    for field in fields(cls):
        python_type, kind, *meaning = get_args(field.type)
        found.append(
            FieldLayout(offset, field.name, kind, python_type, "".join(meaning))
        )
        offset += _width(kind)
    return found


# Asked for with each packet that is made. Not `functools.cache`: to a type checker a
# class of our declarations is not hashable.
_fixed_sizes: dict[type, int] = {}


def fixed_size(cls: type) -> int:
    """Bytes taken by all fields but one of open size."""
    size = _fixed_sizes.get(cls)
    if size is None:
        size = sum(_width(field.kind) for field in layout_from(cls, 0))
        _fixed_sizes[cls] = size
    return size


def _width(kind: Kind) -> int:
    return 0 if isinstance(kind, Array | Rest) else kind.width


def split(cls: type) -> tuple[list[FieldLayout], FieldLayout | None]:
    """The fields of fixed size, and the one of open size at the end, if any."""
    fixed = layout_from(cls, 0)
    if fixed and isinstance(fixed[-1].kind, Array | Rest):
        return fixed[:-1], fixed[-1]
    return fixed, None


# ---- one field -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Code:
    """How one field of fixed size is read and written."""

    format: str  # its part of the struct format
    unpacked: tuple[str, ...]  # names given to the unpacked values
    decoded: str  # expression of those names: the value of the field
    packed: tuple[str, ...]  # expressions of the field's name: the values to pack
    check: str = ""  # expression that must hold before packing


_FORMATS = {1: "B", 2: "H", 4: "I"}


def _code(field: FieldLayout, order: str) -> _Code:
    name, value = field.name, f"v_{field.name}"
    match field.kind:
        case Uint(width, own) if width == 1 or own == order:
            code = _Code(_FORMATS[width], (value,), value, (name,))
        case Uint(2, own):
            # Against the order of the struct: as two bytes, which is no slower than
            # int.from_bytes and keeps the range check of "B".
            pair = (f"{value}_low", f"{value}_high")
            halves = (f"{name} & 0xFF", f"{name} >> 8")
            decoded = f"{pair[0]} | {pair[1]} << 8"
            if own == "big":
                pair, halves = pair[::-1], halves[::-1]
            code = _Code("BB", pair, decoded, halves)
        case Uint(width, own):
            decoded = f"_from_bytes({value}, {own!r})"
            packed = (f"{name}.to_bytes({width}, {own!r})",)
            code = _Code(f"{width}s", (value,), decoded, packed)
        case Raw(width):
            check = f"len({name}) == {width}"
            code = _Code(f"{width}s", (value,), value, (name,), check)
        case Text(width):
            check = f"len({name}) <= {width}"
            decoded = f'{value}.rstrip(b"\\0")'
            code = _Code(f"{width}s", (value,), decoded, (name,), check)
        case _:
            raise TypeError(f"{name}: {field.kind} must be the last field")
    if issubclass(field.type, OpenIntEnum):
        code = replace(code, decoded=f"_codes_{name}[{code.decoded}]")
    return code


def _byte_order(fixed: list[FieldLayout]) -> str:
    """The order of most of the wider integers; others are converted one by one."""
    kinds = [field.kind for field in fixed]
    wide = [kind.order for kind in kinds if isinstance(kind, Uint) and kind.width > 1]
    return "big" if wide.count("big") > wide.count("little") else "little"


def _codes(fixed: list[FieldLayout]) -> list[_Code]:
    order = _byte_order(fixed)
    return [_code(field, order) for field in fixed]


# ---- a class -------------------------------------------------------------------------


def body_decoder(cls: type, start: int) -> Callable[..., object]:
    """`decode(datagram)` of a body that begins at `start`."""
    fixed, tail = split(cls)
    end = start + fixed_size(cls)
    fits, stores = _tail_reader(tail, end)
    lines = ["@staticmethod", "def decode(datagram):"]
    lines += [f" if not ({fits}):", "  raise _wrong_length(_cls, datagram)"]
    if fixed or tail is not None:
        lines += [*_reader(fixed, "datagram", str(start)), *stores]
        lines += [" self.__class__ = _cls", " return self"]
        return compiled("decode", lines, _decoder_names(cls))
    names = {"_cls": cls, "_only": cls(), "_wrong_length": _wrong_length}
    return compiled("decode", [*lines, " return _only"], names)


def _tail_reader(tail: FieldLayout | None, end: int) -> tuple[str, list[str]]:
    """What the length must be, and the lines that read from `end` to the end."""
    if tail is None:
        return f"len(datagram) == {end}", []
    if not isinstance(tail.kind, Array):
        return f"len(datagram) >= {end}", [f" self.{tail.name} = datagram[{end}:]"]
    step = fixed_size(tail.kind.record)
    items = f"_item.decode(datagram, v) for v in range({end}, len(datagram), {step})"
    stores = [f" self.{tail.name} = tuple([{items}])"]
    if tail.kind.count is not None:
        stores.append(f" if len(self.{tail.name}) != self.{tail.kind.count}:")
        stores.append("  raise _wrong_length(_cls, datagram)")
    return f"len(datagram) >= {end} and not (len(datagram) - {end}) % {step}", stores


def record_decoder(cls: type) -> Callable[..., object]:
    """`decode(data, offset=0)`."""
    fixed, _ = split(cls)
    lines = [
        "@staticmethod",
        "def decode(data, offset=0):",
        f" if len(data) < offset + {fixed_size(cls)}:",
        "  raise _wrong_length(_cls, data)",
        *_reader(fixed, "data", "offset"),
        " self.__class__ = _cls",
        " return self",
    ]
    return compiled("decode", lines, _decoder_names(cls))


def _reader(fixed: list[FieldLayout], data: str, offset: str) -> list[str]:
    targets, stores = [], []
    for field, code in zip(fixed, _codes(fixed), strict=True):
        if code.unpacked == (code.decoded,):
            targets.append(f"self.{field.name}")
        else:
            targets += code.unpacked
            stores.append(f" self.{field.name} = {code.decoded}")
    unpack = [f" {', '.join(targets)}, = _unpack_from({data}, {offset})"]
    return [" self = _draft()", *(unpack if fixed else []), *stores]


def encoder(cls: type) -> Callable[..., object]:
    """The method `encode()`."""
    loads = [f" {field.name} = self.{field.name}" for field in fields(cls)]
    lines = ["def encode(self):", *loads, *_writer(cls)]
    return compiled("encode", lines, _encoder_names(cls))


def packing_function(cls: type) -> Callable[..., bytes]:
    """`pack(value, value, ...)`, for all fields in their order."""
    names = ", ".join(field.name for field in fields(cls))
    lines = [f"def pack({names}):", *_writer(cls)]
    return compiled("pack", lines, _encoder_names(cls))


def _writer(cls: type) -> list[str]:
    """Lines that return the bytes, given each field in a variable of its name."""
    fixed, tail = split(cls)
    codes = _codes(fixed)
    checks = [code.check for code in codes if code.check]
    parts = [f"_pack({', '.join(value for code in codes for value in code.packed)})"]
    if tail is not None and isinstance(tail.kind, Array):
        parts.append(f'b"".join([item.encode() for item in {tail.name}])')
        if tail.kind.count is not None:
            checks.append(f"len({tail.name}) == {tail.kind.count}")
    elif tail is not None:
        parts.append(tail.name)
    guard = [f" if not ({' and '.join(checks)}):", "  raise _misfit(_cls, locals())"]
    return [
        *(guard if checks else []),
        " try:",
        f"  return {' + '.join(parts if fixed else parts[-1:])}",
        " except (_StructError, OverflowError):",
        "  raise _misfit(_cls, locals()) from None",
    ]


# ---- what generated code refers to ---------------------------------------------------


class _Codes(dict[int, OpenIntEnum]):
    """Members by value. Calling the enum class would cost five times as much."""

    def __init__(self, enum: type[OpenIntEnum]) -> None:
        super().__init__((member.value, member) for member in enum)
        self._enum = enum

    def __missing__(self, value: int) -> OpenIntEnum:
        return self._enum(value)  # not stored: a hostile peer must not make it grow


def integer_struct(cls: type) -> Struct:
    """The struct of the fixed fields, where all are integers in one byte order."""
    fixed, _ = split(cls)
    kinds = [field.kind for field in fixed]
    integers = [kind for kind in kinds if isinstance(kind, Uint)]
    orders = {kind.order for kind in integers if kind.width > 1}
    plain = len(integers) == len(kinds) and len(orders) <= 1
    assert plain, f"{cls.__name__} is not all integers in one byte order"
    return _struct(fixed)


def integer_format(cls: type) -> str:
    """The struct format of the fixed fields, all integers, without a byte order."""
    kinds = [field.kind for field in split(cls)[0]]
    widths = [kind.width for kind in kinds if isinstance(kind, Uint)]
    assert len(widths) == len(kinds), f"{cls.__name__} is not all integers"
    return "".join(_FORMATS[width] for width in widths)


def _struct(fixed: list[FieldLayout]) -> Struct:
    prefix = ">" if _byte_order(fixed) == "big" else "<"
    return Struct(prefix + "".join(code.format for code in _codes(fixed)))


def _decoder_names(cls: type) -> dict[str, object]:
    fixed, tail = split(cls)
    names: dict[str, object] = {
        "_cls": cls,
        "_draft": draft_of(cls),
        "_from_bytes": int.from_bytes,
        "_unpack_from": _struct(fixed).unpack_from,
        "_wrong_length": _wrong_length,
    }
    if tail is not None and isinstance(tail.kind, Array):
        names["_item"] = tail.kind.record
    for field in fixed:
        if issubclass(field.type, OpenIntEnum):
            names[f"_codes_{field.name}"] = _Codes(field.type)
    return names


def _encoder_names(cls: type) -> dict[str, object]:
    fixed, _ = split(cls)
    return {
        "_cls": cls,
        "_misfit": _misfit,
        "_pack": _struct(fixed).pack,
        "_StructError": StructError,
    }


def _wrong_length(cls: type, data: bytes) -> DecodeError:
    return DecodeError(f"{cls.__name__}: {len(data):#x} bytes do not fit the layout")


def _misfit(cls: type, values: Mapping[str, object]) -> LocalProtocolError:
    """Says which field cannot be encoded, and not its value: it may be a secret."""
    for field in layout_from(cls, 0):
        if not _fits(field.kind, values[field.name]):
            return LocalProtocolError(
                f"{cls.__name__}.{field.name} does not fit {field.kind}"
            )
    return LocalProtocolError(f"{cls.__name__}: count and records disagree")


def _fits(kind: Kind, value: object) -> bool:
    match kind:
        case Uint(width):
            return isinstance(value, int) and 0 <= value < 1 << 8 * width
        case Raw(width):
            return isinstance(value, bytes) and len(value) == width
        case Text(width):
            return isinstance(value, bytes) and len(value) <= width
        case _:
            return True
