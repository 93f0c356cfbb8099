"""Meters: 15, 1A 08, 1A 09, 1A 0A (spec CIV.md 3.7)."""

from collections.abc import Callable

from icom_proto.civ_values import Mode, encode_bcd, encode_level
from icom_sim.rig import front_end, meters
from icom_sim.rig.answers import Ack, Answer, Handler, Request, decode_switch
from icom_sim.rig.models import VfoLayout
from icom_sim.rig.receiver import Receiver
from icom_sim.rig.state import RigState

_CENTRE = 128
_UNIT_DBM = b"\x02"
_SYNCHRONOUS = (Mode.S_AM_D, Mode.S_AM_L, Mode.S_AM_U)
# guess: a carrier of S3 is enough to lock to.
_LOCKS_FROM_RAW = 40


def _meter(state: RigState, request: Request) -> Answer:
    sub, data = request.data[:1], request.data[1:]
    if data or not sub or sub[0] not in state.model.meter_subs:
        return Ack.NG
    if sub[0] in _TRANSMIT:
        return sub + encode_level(_TRANSMIT[sub[0]](state, request.now))
    return sub + _RECEIVE[sub[0]](state, state.receiver(request.receiver))


def _squelch(state: RigState, receiver: Receiver) -> bytes:
    return bytes((receiver.squelch_open and not state.transmitting,))


def _s_meter(state: RigState, receiver: Receiver) -> bytes:
    return encode_level(0 if state.transmitting else receiver.s_meter_raw)


def _absolute(_state: RigState, receiver: Receiver) -> bytes:
    """Tenths of a dBm, their sign, the unit."""
    dbm = receiver.received_dbm
    return encode_bcd(abs(round(dbm * 10)), 2) + bytes((dbm < 0,)) + _UNIT_DBM


def _centre(_state: RigState, _receiver: Receiver) -> bytes:
    """Every signal here stands in the middle of its channel."""
    return encode_level(_CENTRE)


def _synchronized(_state: RigState, receiver: Receiver) -> bytes:
    locks = receiver.s_meter_raw >= _LOCKS_FROM_RAW
    return bytes((locks and receiver.vfo.mode in _SYNCHRONOUS,))


def _overflow(state: RigState, receiver: Receiver) -> bytes:
    return bytes((front_end.overflows(receiver) and not state.transmitting,))


_RECEIVE: dict[int, Callable[[RigState, Receiver], bytes]] = {
    0x01: _squelch,
    0x02: _s_meter,
    0x03: _absolute,
    0x04: _centre,
    0x05: _squelch,
    0x06: _synchronized,
    0x07: _overflow,
}
_TRANSMIT: dict[int, Callable[[RigState, float], int]] = {
    0x11: meters.po_raw,
    0x12: meters.swr_raw,
    0x13: meters.alc_raw,
    0x14: meters.comp_raw,
    0x15: meters.vd_raw,
    0x16: meters.id_raw,
}


def _supply(state: RigState, request: Request) -> Answer:
    """1A 08 of the IC-R8600: its Vd, outside the meters."""
    if request.data:
        return Ack.NG
    return encode_level(meters.vd_raw(state, request.now))


def _receiver_overflow(state: RigState, request: Request) -> Answer:
    """1A 0A of the IC-7610: 15 07 for one receiver."""
    if request.data:
        return Ack.NG
    return _overflow(state, state.receiver(request.receiver))


def _mute_or_overflow(state: RigState, request: Request) -> Answer:
    """1A 09: AF mute with two receivers, and on the IC-705 the overflow flag."""
    if state.model.layout is not VfoLayout.MAIN_SUB:
        return _receiver_overflow(state, request)
    receiver = state.receiver(request.receiver)
    if not request.data:
        return bytes((receiver.af_mute,))
    receiver.af_mute = decode_switch(request.data)
    return Ack.OK


HANDLERS: dict[bytes, Handler] = {
    b"\x15": _meter,
    b"\x1a\x08": _supply,
    b"\x1a\x09": _mute_or_overflow,
    b"\x1a\x0a": _receiver_overflow,
}
