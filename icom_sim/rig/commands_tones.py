"""Tones, DTCS and the DV code: 1B (spec CIV.md 2.6, 3.10)."""

from icom_proto.civ_values import decode_bcd, encode_bcd
from icom_sim.rig import tones
from icom_sim.rig.answers import Ack, Answer, Handler, Request, decode_bcd_byte
from icom_sim.rig.state import RigState
from icom_sim.rig.tones import Tones


def _tones(state: RigState, request: Request) -> Tones:
    return state.receiver(request.receiver).vfo.tones


def _repeater_tone(state: RigState, request: Request) -> Answer:
    own = _tones(state, request)
    if not request.data:
        return tones.encode_tone(own.repeater)
    tone = _decode_tone(request.data)
    if tone is None:
        return Ack.NG
    own.repeater = tone
    return Ack.OK


def _squelch_tone(state: RigState, request: Request) -> Answer:
    own = _tones(state, request)
    if not request.data:
        return tones.encode_tone(own.squelch)
    tone = _decode_tone(request.data)
    if tone is None:
        return Ack.NG
    own.squelch = tone
    return Ack.OK


def _decode_tone(data: bytes) -> int | None:
    """Some programs leave off the first byte, which is zero; radios send three."""
    tone = decode_bcd(data)
    return tone if len(data) in (2, 3) and tone in tones.CTCSS else None


def _dtcs(state: RigState, request: Request) -> Answer:
    own = _tones(state, request)
    if not request.data:
        return own.dtcs
    if not tones.is_dtcs(request.data):
        return Ack.NG
    own.dtcs = request.data
    return Ack.OK


def _dv_code(state: RigState, request: Request) -> Answer:
    own = _tones(state, request)
    if not request.data:
        return encode_bcd(own.dv_code, 1)
    own.dv_code = decode_bcd_byte(request.data)
    return Ack.OK


HANDLERS: dict[bytes, Handler] = {
    b"\x1b\x00": _repeater_tone,
    b"\x1b\x01": _squelch_tone,
    b"\x1b\x02": _dtcs,
    b"\x1b\x07": _dv_code,
}
