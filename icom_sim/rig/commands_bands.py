"""Bands: edges and the stacking register: 02, 1E, 1A 01 (CIV.md 3.1, 3.3, 3.11)."""

from icom_proto.civ_values import (
    Mode,
    decode_bcd,
    encode_bcd,
    encode_frequency,
)
from icom_proto.errors import DecodeError
from icom_sim.rig import memories, tones
from icom_sim.rig.answers import (
    Ack,
    Answer,
    Handler,
    Request,
    acknowledge,
    decode_bcd_byte,
    decode_own_frequency,
    reader,
)
from icom_sim.rig.band_registers import USER_EDGES_MAX, Stacked
from icom_sim.rig.models import Band, RigModel
from icom_sim.rig.state import RigState
from icom_sim.rig.tones import Tones

_SEPARATOR = b"\x2d"
_UNSET = b"\xff"
# Behind the frequency of a register: mode, filter, DATA and tone, two tones.
_REGISTER_REST_SIZE = 9
_TONE_SIZE = 3


def encode_edges(band: Band) -> bytes:
    low, high = encode_frequency(band.low_hz), encode_frequency(band.high_hz)
    return low + _SEPARATOR + high


def _decode_edges(model: RigModel, data: bytes) -> Band:
    """Both have the same size: nothing spans the ends of the 10 GHz band."""
    size = len(data) // 2
    low, separator, high = data[:size], data[size : size + 1], data[size + 1 :]
    if separator != _SEPARATOR:
        raise DecodeError("the edges of a band are separated by 2D")
    return Band(decode_own_frequency(model, low), decode_own_frequency(model, high))


def _band_edges(state: RigState) -> bytes:
    return encode_edges(state.model.band_at(state.vfo.frequency_hz))


def _count_transmit_bands(state: RigState) -> bytes:
    return encode_bcd(len(state.model.transmit), 1)


def _transmit_band(state: RigState, request: Request) -> Answer:
    number = decode_bcd_byte(request.data)
    if not 1 <= number <= len(state.model.transmit):
        return Ack.NG
    return request.data + encode_edges(state.model.transmit[number - 1])


def _count_user_edges(state: RigState) -> bytes:
    return encode_bcd(len(state.bands.user_edges), 1)


def _user_edges(state: RigState, request: Request) -> Answer:
    """1E 03: inside a band in which the radio may transmit anyway (guess)."""
    number, value = decode_bcd_byte(request.data[:1]), request.data[1:]
    edges = state.bands.user_edges
    if not 1 <= number <= USER_EDGES_MAX:
        return Ack.NG
    if not value:
        present = edges.get(number)
        return request.data + (_UNSET if present is None else encode_edges(present))
    if value == _UNSET:
        edges.pop(number, None)
        return Ack.OK
    band = _decode_edges(state.model, value)
    whole = state.model.transmit_band_of(band.low_hz)
    if whole is None or not whole.holds(band.high_hz) or band.low_hz >= band.high_hz:
        return Ack.NG
    edges[number] = band
    return Ack.OK


def _stack(state: RigState, request: Request) -> Answer:
    """1A 01: band, register, and what it holds."""
    band, register = request.data[:1], request.data[1:2]
    value = request.data[2:]
    where = (decode_bcd_byte(band), decode_bcd_byte(register))
    if value:
        return acknowledge(
            state.bands.write(*where, _decode_stacked(state.model, value))
        )
    stacked = state.bands.read(*where)
    return Ack.NG if stacked is None else request.data + _encode_stacked(stacked)


def _encode_stacked(stacked: Stacked) -> bytes:
    own = stacked.tones
    return (
        encode_frequency(stacked.frequency_hz)
        + bytes((stacked.mode, stacked.filter_number))
        + memories.two_nibbles(stacked.data, own.kind)
        + tones.encode_tone(own.repeater)
        + tones.encode_tone(own.squelch)
    )


def _decode_stacked(model: RigModel, value: bytes) -> Stacked:
    size = max(0, len(value) - _REGISTER_REST_SIZE)
    frequency, rest = decode_own_frequency(model, value[:size]), value[size:]
    mode, filter_number, _ = rest[:_TONE_SIZE]
    data, kind = memories.nibbles(rest[2:])
    repeater = decode_bcd(rest[_TONE_SIZE:-_TONE_SIZE])
    squelch = decode_bcd(rest[-_TONE_SIZE:])
    if kind > tones.TSQL or not {repeater, squelch} <= set(tones.CTCSS):
        raise DecodeError("there is no such tone")
    return Stacked(
        frequency,
        Mode(mode),
        filter_number,
        data,
        Tones(kind, repeater, squelch),
    )


HANDLERS: dict[bytes, Handler] = {
    b"\x02": reader(_band_edges),
    b"\x1a\x01": _stack,
    b"\x1e\x00": reader(_count_transmit_bands),
    b"\x1e\x01": _transmit_band,
    b"\x1e\x02": reader(_count_user_edges),
    b"\x1e\x03": _user_edges,
}
