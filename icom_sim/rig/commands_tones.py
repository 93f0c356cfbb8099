"""Tones, DTCS and the DV code: 1B (spec CIV.md 2.6, 3.10)."""

from icom_proto.civ_values import decode_bcd, encode_bcd
from icom_sim.rig.answers import Ack, Answer, Handler, Request
from icom_sim.rig.state import RigState

# In tenths of a hertz.
_CTCSS = (
    *(670, 693, 719, 744, 770, 797, 825, 854, 885, 915, 948, 974, 1000, 1035, 1072),
    *(1109, 1148, 1188, 1230, 1273, 1318, 1365, 1413, 1462, 1514, 1567, 1598, 1622),
    *(1655, 1679, 1713, 1738, 1773, 1799, 1835, 1862, 1899, 1928, 1966, 1995, 2035),
    *(2065, 2107, 2181, 2257, 2291, 2336, 2418, 2503, 2541),
)
_REPEATER, _SQUELCH, _DTCS, _DV_CODE = range(4)
_TONE_FACTORY = encode_bcd(885, 3)
_DTCS_FACTORY = bytes.fromhex("00 00 23")


def _repeater_tone(state: RigState, request: Request) -> Answer:
    return _tone(state, request, _REPEATER)


def _squelch_tone(state: RigState, request: Request) -> Answer:
    return _tone(state, request, _SQUELCH)


def _tone(state: RigState, request: Request, which: int) -> Answer:
    """Some programs leave off the first byte, which is zero; radios send three."""
    tones = state.receiver(request.receiver).tones
    if not request.data:
        return tones.get(which, _TONE_FACTORY)
    tone = decode_bcd(request.data)
    if len(request.data) not in (2, 3) or tone not in _CTCSS:
        return Ack.NG
    tones[which] = encode_bcd(tone, 3)
    return Ack.OK


def _dtcs(state: RigState, request: Request) -> Answer:
    """A polarity per direction, and a code of three octal digits."""
    tones = state.receiver(request.receiver).tones
    if not request.data:
        return tones.get(_DTCS, _DTCS_FACTORY)
    digits = f"{decode_bcd(request.data):06d}"
    polarity, code = digits[:2], digits[2:]
    if len(request.data) != 3 or set(polarity) - set("01") or not _is_octal(code):
        return Ack.NG
    tones[_DTCS] = request.data
    return Ack.OK


def _is_octal(code: str) -> bool:
    return code[0] == "0" and not set(code) & set("89")


def _dv_code(state: RigState, request: Request) -> Answer:
    tones = state.receiver(request.receiver).tones
    if not request.data:
        return tones.get(_DV_CODE, b"\x00")
    decode_bcd(request.data)
    if len(request.data) != 1:
        return Ack.NG
    tones[_DV_CODE] = request.data
    return Ack.OK


HANDLERS: dict[bytes, Handler] = {
    b"\x1b\x00": _repeater_tone,
    b"\x1b\x01": _squelch_tone,
    b"\x1b\x02": _dtcs,
    b"\x1b\x07": _dv_code,
}
