"""The short way to a JSON line for the few kinds that make up nearly all of a capture.

Stream, size, length, type and one byte of a datagram decide which packet it is, for
packets of plain numbers. Once such a datagram was decoded (`json_lines`), those like
it are written from the numbers alone: no packet is made, and the declaration of the
packet is one f-string. Measured on 3.11: a fifth of the time.
"""

from collections.abc import Callable

from icom_proto.codec import Body, head_struct
from icom_proto.codes import Stream
from icom_proto.packets import (
    AreYouThere,
    AudioData,
    Disconnect,
    Header,
    IAmHere,
    Idle,
    Ping,
    Ready,
    RetransmitOne,
)
from icom_proto.quick_dataclass import compiled
from icom_sim.captures.declarations import HEADER, PACKETS, Field, Shape
from icom_sim.captures.decode import KIND_OF, Decoded
from icom_sim.captures.follow import Placed
from icom_sim.captures.json_lines import PLACES
from icom_sim.captures.shapes import HEADER_SIZE

_QUICK: tuple[type[Body], ...] = (
    *(AreYouThere, AudioData, Disconnect, IAmHere, Idle, Ping, Ready, RetransmitOne),
)
# Kinds, streams, lengths of audio: few. A hostile capture makes no more than this.
_SIGNS_MAX = 4096
# Length and type; and the first byte of the body, by which CI-V packets differ.
_START, _FIRST = slice(0, 6), slice(HEADER_SIZE, HEADER_SIZE + 1)

_Sign = tuple[Stream, int, bytes, bytes]


class QuickLines:
    """`line` gives None for what it has not learned, or cannot write."""

    def __init__(self) -> None:
        self._writers: dict[_Sign, Callable[[bytes], str]] = {}
        self._made: dict[type[Body], Callable[[bytes], str]] = {}

    def line(self, placed: Placed) -> str | None:
        datagram, stream = placed.datagram, placed.stream
        data = datagram.data
        write = self._writers.get((stream, len(data), data[_START], data[_FIRST]))
        if write is None or datagram.cut:
            return None
        return (
            f'{{"number":{datagram.number},"t":{datagram.t:.6f},"session":'
            f"{placed.session},{PLACES[stream, placed.direction]}{write(data)}"
        )

    def learn(self, decoded: Decoded) -> None:
        kind = type(decoded.body)
        if kind not in _QUICK:
            return
        if len(self._writers) >= _SIGNS_MAX:
            self._writers.clear()
        data = decoded.placed.datagram.data
        sign = (decoded.placed.stream, len(data), data[_START], data[_FIRST])
        if kind not in self._made:
            self._made[kind] = _writer(kind)
        self._writers[sign] = self._made[kind]


def _writer(body: type[Body]) -> Callable[[bytes], str]:
    """From the kind to the end of the line, for a datagram of this packet."""
    fields = next(packet.fields for packet in PACKETS if packet.body is body)
    numbers = [field for field in fields if field.shape is Shape.NUMBER]
    header = ",".join(_item(field, "h", body) for field in HEADER.fields)
    items = ",".join(_item(field, "b", body) for field in numbers)
    text = (
        f',"kind":"{KIND_OF[body]}","length":{{len(data)}},'
        f'"header":{{{{{header}}}}},"fields":{{{{{items}}}}}}}}}\\n'
    )
    lines = [
        "def write(data):",
        f" {''.join(f'h_{each.name}, ' for each in HEADER.fields)}= _header(data)",
        *([f" {_targets(numbers)}= _body(data, {HEADER_SIZE})"] if numbers else []),
        f" return f'{text}'",
    ]
    names: dict[str, object] = {"_header": head_struct(Header).unpack_from}
    if numbers:
        names["_body"] = head_struct(body).unpack_from
    return compiled("write", lines, names)


def _targets(fields: list[Field]) -> str:
    return "".join(f"b_{field.name}, " for field in fields)


def _item(field: Field, owner: str, body: type[Body]) -> str:
    item = f'"{field.name}":{{{owner}_{field.name}}}'
    if field.enum is None:
        return item
    assert owner == "h", "the only code of a quick packet is the type in its header"
    return f'{item},"{field.name}_name":"{body.TYPE.name}"'
