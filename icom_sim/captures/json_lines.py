"""One JSON object a datagram, with every field by its declared name.

    {"number":7,"t":1700000000.250000,"session":1,"stream":"civ",
     "direction":"to-radio","kind":"civ-data","length":27,
     "header":{"length":27,...},"fields":{"kind":193,"kind_name":"DATA",...},
     "civ":[{"command":"03","words":"E0>98 read frequency"}]}

Numbers are numbers, bytes hexadecimal, and a value that has a name has it beside it
under `..._name`. For each kind a function of one f-string is made from the declaration:
a capture has millions of datagrams. User name and password are `<hidden>` unless asked
for, audio is told by its size.
"""

import json
from collections.abc import Callable
from functools import lru_cache, partial

from icom_proto.codec import Body
from icom_proto.codes import Stream
from icom_proto.credentials import reveal
from icom_proto.errors import DecodeError
from icom_proto.quick_dataclass import compiled
from icom_sim.captures.civ_words import civ_command, civ_words
from icom_sim.captures.declarations import HEADER, PACKETS, Field, Shape
from icom_sim.captures.decode import Decoded
from icom_sim.captures.follow import Direction
from icom_sim.network.only import word_of

HIDDEN = "<hidden>"
_FRAMES_CACHED = 4096

_FieldsWriter = Callable[[object], str]


class JsonLines:
    """Decoded datagrams in, lines out. `secrets`: in clear; `payload`: audio too."""

    def __init__(self, *, secrets: bool = False, payload: bool = False) -> None:
        self._secrets, self._payload = secrets, payload
        self._header = _writer(HEADER.fields, self._item)
        self._bodies: dict[type[Body], _FieldsWriter] = {}

    def line(self, decoded: Decoded) -> str:
        placed, header, body = decoded.placed, decoded.header, decoded.body
        datagram = placed.datagram
        rest = "" if header is None else f',"header":{self._header(header)}'
        if body is not None:
            write = self._bodies.get(type(body)) or self._body_writer(type(body))
            rest += f',"fields":{write(body)}'
            rest += frames_json(decoded.frames, placed.direction)
        else:
            rest += self._unknown(decoded)
        return (
            f'{{"number":{datagram.number},"t":{datagram.t:.6f},'
            f'"session":{placed.session},{PLACES[placed.stream, placed.direction]},'
            f'"kind":"{decoded.kind}","length":{len(datagram.data)}{rest}}}\n'
        )

    def _unknown(self, decoded: Decoded) -> str:
        """Of what is not understood the bytes may be those of a login."""
        datagram, stream = decoded.placed.datagram, decoded.placed.stream
        text = f',"reason":{json.dumps(decoded.reason)}'
        if self._payload and (self._secrets or stream is not Stream.CONTROL):
            text += f',"data":"{datagram.data.hex()}"'
        return text

    def _body_writer(self, body: type[Body]) -> _FieldsWriter:
        """Made when the first of its kind comes: compiling all takes longer than a
        short capture does."""
        packet = next(each for each in PACKETS if each.body is body)
        is_audio = Stream.AUDIO in packet.streams
        fields = [
            field
            for field in packet.fields
            if self._payload or not (is_audio and field.shape is Shape.REST)
        ]
        write = self._bodies[body] = _writer(fields, self._item)
        return write

    def _item(self, field: Field) -> tuple[str, dict[str, object]]:
        """The part of an f-string that writes a field of `b`, and what it calls."""
        name, value = field.name, f"b.{field.name}"
        if field.enum is not None:
            # `_name_` is what `name` looks up: three times as quick.
            return f'"{name}":{{{value}:d}},"{name}_name":"{{{value}._name_}}"', {}
        match field.shape:
            case Shape.NUMBER:
                return f'"{name}":{{{value}}}', {}
            case Shape.TEXT:
                write = self._secret if field.is_secret else self._text
                return f'"{name}":{{text_{name}({value})}}', {f"text_{name}": write}
            case Shape.RECORDS:
                assert field.record is not None, "records are what it holds"
                records = partial(_records, _writer(field.record.fields, self._item))
                return f'"{name}":{{each_{name}({value})}}', {f"each_{name}": records}
            case Shape.BYTES if field.words:
                words = {key: f',"{name}_name":"{w}"' for key, w in field.words.items()}
                code = f'"{name}":"{{{value}.hex()}}"{{word_{name}({value}, "")}}'
                return code, {f"word_{name}": words.get}
            case _:
                return f'"{name}":"{{{value}.hex()}}"', {}

    def _secret(self, obscured: bytes) -> str:
        return json.dumps(secret_text(obscured, shown=self._secrets))

    def _text(self, raw: bytes) -> str:
        """Behind the first NUL, wfserver leaves what its memory held before."""
        return text_json(raw if self._secrets else raw.partition(b"\0")[0])


def secret_text(obscured: bytes, *, shown: bool) -> str:
    """A user name or password for people: hidden, unless they asked for it."""
    if not shown:
        return HIDDEN
    try:
        return reveal(obscured)
    except DecodeError:
        return f"not a credential: {obscured.hex()}"


def text_json(raw: bytes) -> str:
    """A name from the wire; bytes that are no UTF-8 stay visible as \\x.."""
    return json.dumps(raw.decode("utf-8", "backslashreplace"))


def _writer(
    fields: list[Field] | tuple[Field, ...],
    item: Callable[[Field], tuple[str, dict[str, object]]],
) -> _FieldsWriter:
    """A function that writes these fields of a packet, or record, as an object."""
    parts: list[str] = []
    names: dict[str, object] = {}
    for field in fields:
        code, called = item(field)
        parts.append(code)
        names |= called
    body = ",".join(parts)
    lines = ["def write(b):", f" return f'{{{{{body}}}}}'"]
    return compiled("write", lines, names)


def _records(write: _FieldsWriter, records: tuple[object, ...]) -> str:
    return f"[{','.join(map(write, records))}]"


def frames_json(frames: tuple[bytes, ...], direction: Direction) -> str:
    """The member for the CI-V frames that end in a datagram, if there are any."""
    if not frames:
        return ""
    return f',"civ":[{",".join([_frame(frame, direction) for frame in frames])}]'


@lru_cache(_FRAMES_CACHED)
def _frame(frame: bytes, direction: Direction) -> str:
    words = json.dumps(civ_words(frame, direction))
    return f'{{"command":"{civ_command(frame)}","words":{words}}}'


PLACES = {
    (stream, direction): (
        f'"stream":"{word_of(stream)}","direction":"{word_of(direction)}"'
    )
    for stream in Stream
    for direction in Direction
}
