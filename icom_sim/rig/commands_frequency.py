"""Frequencies and the edges of bands: 02, 03, 05, 25, 1E (spec CIV.md 3.1, 3.3)."""

from icom_proto.civ_values import decode_frequency, encode_bcd, encode_frequency
from icom_proto.errors import DecodeError
from icom_sim.rig.answers import (
    Ack,
    Answer,
    Handler,
    Request,
    acknowledge,
    decode_bcd_byte,
    reader,
)
from icom_sim.rig.models import Band
from icom_sim.rig.receiver import VfoRecord
from icom_sim.rig.state import RigState

_SEPARATOR = b"\x2d"
# The six-byte form exists on the IC-905 only, which is not in the catalogue.
_FREQUENCY_SIZE = 5


def _band_edges(state: RigState) -> bytes:
    return _edges(state.model.band_at(state.vfo.frequency_hz))


def _frequency(state: RigState) -> bytes:
    return encode_frequency(state.vfo.frequency_hz)


def _write(state: RigState, request: Request) -> Answer:
    return _tune(state, state.vfo, request.data)


def _selected_or_not(state: RigState, request: Request) -> Answer:
    which, data = request.data[:1], request.data[1:]
    vfo = state.vfo_at(which[0]) if which else None
    if vfo is None:
        return Ack.NG
    return (
        _tune(state, vfo, data) if data else which + encode_frequency(vfo.frequency_hz)
    )


def _tune(state: RigState, vfo: VfoRecord, data: bytes) -> Answer:
    if len(data) != _FREQUENCY_SIZE:
        raise DecodeError(f"this radio's frequencies have {_FREQUENCY_SIZE} bytes")
    return acknowledge(state.tune(vfo, decode_frequency(data)))


def _count_transmit_bands(state: RigState) -> bytes:
    return encode_bcd(len(state.model.transmit), 1)


def _transmit_band(state: RigState, request: Request) -> Answer:
    number = decode_bcd_byte(request.data)
    if not 1 <= number <= len(state.model.transmit):
        return Ack.NG
    return request.data + _edges(state.model.transmit[number - 1])


def _count_user_bands(_state: RigState) -> bytes:
    """guess: none are defined. 1E 03, which would name one, is not modelled."""
    return encode_bcd(0, 1)


def _edges(band: Band) -> bytes:
    low, high = encode_frequency(band.low_hz), encode_frequency(band.high_hz)
    return low + _SEPARATOR + high


HANDLERS: dict[bytes, Handler] = {
    b"\x02": reader(_band_edges),
    b"\x03": reader(_frequency),
    b"\x05": _write,
    b"\x25": _selected_or_not,
    b"\x1e\x00": reader(_count_transmit_bands),
    b"\x1e\x01": _transmit_band,
    b"\x1e\x02": reader(_count_user_bands),
}
