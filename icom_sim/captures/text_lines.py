"""One readable line a datagram: when, which stream, which way, what, and what matters.

    2.845101  1 control to-radio   login            seq=1 username="<hidden>" ...

Which fields of a packet matter to somebody who reads is the only thing said here;
names, value names and bases come from the declarations.
"""

import json

from icom_proto.packets import AudioData, CivData
from icom_sim.captures.civ_words import civ_words
from icom_sim.captures.declarations import HEADER, PACKETS, Field, Shape
from icom_sim.captures.decode import Decoded
from icom_sim.captures.json_lines import secret_text, text_json
from icom_sim.network.only import word_of

# In the order shown; those of the header among them.
_MATTER = {
    "are-you-there": "sender_id",
    "i-am-here": "sender_id",
    "ready": "seq sender_id",
    "idle": "seq",
    "ping": "seq reply time",
    "retransmit-one": "seq",
    "retransmit-many": "ranges",
    "login": "seq inner_seq token_request username password computer",
    "login-response": "seq inner_seq token error connection",
    "token": "seq reply request inner_seq token response",
    "capabilities": "seq inner_seq radios",
    "conn-info": "seq name busy computer ip_address",
    "stream-request": "seq inner_seq name username rx_enable tx_enable rx_codec "
    "tx_codec rx_rate_hz tx_rate_hz civ_port audio_port tx_buffer_ms",
    "status": "seq inner_seq error disconnected civ_port audio_port",
    "civ-open-close": "seq inner_seq action",
    "civ-data": "seq",
    "audio-data": "seq send_seq ident data_length",
    "radio-record": "name civ_address civ_baud rx_rates tx_rates",
    "seq-range": "first last",
}

_Shown = list[tuple[Field, bool]]  # is it one of the header?


class TextLines:
    """Decoded datagrams in, lines out; times count from `start`."""

    def __init__(
        self, start: float, *, secrets: bool = False, payload: bool = False
    ) -> None:
        self._start, self._secrets, self._payload = start, secrets, payload
        self._shown = {
            packet.kind: _named(packet.kind, HEADER.fields, packet.fields)
            for packet in PACKETS
        }

    def line(self, decoded: Decoded) -> str:
        placed = decoded.placed
        t = placed.datagram.t - self._start
        return (
            f"{t:11.6f} {placed.session:2} {word_of(placed.stream):7} "
            f"{word_of(placed.direction):9} {decoded.kind:15} "
            f"{self._details(decoded)}".rstrip()
            + "\n"
        )

    def _details(self, decoded: Decoded) -> str:
        body, data = decoded.body, decoded.placed.datagram.data
        if body is None:
            return f"{len(data)} bytes: {decoded.reason}"
        parts = []
        for field, of_header in self._shown[decoded.kind]:
            owner = decoded.header if of_header else body
            parts.append(f"{field.name}={self._value(field, owner)}")
        if decoded.frames:
            direction = decoded.placed.direction
            words = [civ_words(frame, direction) for frame in decoded.frames]
            parts.append(" | ".join(words))
        elif isinstance(body, CivData):
            parts.append(f"no whole frame: {body.data.hex(' ')}")
        elif isinstance(body, AudioData) and self._payload:
            parts.append(f"data={body.data.hex()}")
        return " ".join(parts)

    def _value(self, field: Field, owner: object) -> str:
        value = getattr(owner, field.name)
        if field.is_secret:
            return json.dumps(secret_text(value, shown=self._secrets))
        if field.enum is not None:
            return str(value.name).lower().replace("_", "-")
        if field.record is not None:
            shown = _named(field.record.name, (), field.record.fields)
            return f"[{', '.join(self._record(shown, each) for each in value)}]"
        if field.shape is Shape.TEXT:
            return text_json(value.partition(b"\0")[0])
        if isinstance(value, bytes):
            return field.words.get(value) or value.hex()
        return f"{value:#x}" if field.is_hex else str(value)

    def _record(self, shown: _Shown, record: object) -> str:
        values = (f"{field.name}={self._value(field, record)}" for field, _ in shown)
        return " ".join(values)


def _named(name: str, header: tuple[Field, ...], own: tuple[Field, ...]) -> _Shown:
    found = {field.name: (field, True) for field in header}
    found |= {field.name: (field, False) for field in own}
    return [found[each] for each in _MATTER.get(name, "").split()]
