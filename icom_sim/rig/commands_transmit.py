"""Transmitting and what belongs to it: 17, 1C, 21, 28 (spec CIV.md 3.9, 3.10, 7.4)."""

from icom_proto.civ_values import decode_rit, encode_frequency, encode_rit
from icom_sim.rig import keyer, modes
from icom_sim.rig.answers import Ack, Answer, Handler, Request, decode_switch, reader
from icom_sim.rig.state import RigState

_STOP_CW = b"\xff"
_KEY_SPEED, _BREAK_IN_DELAY, _BREAK_IN = 0x0C, 0x0F, 0x47
_SEMI = 1
_VOICE_MEMORIES = range(1, 9)
# guess: a recording is as long as a call of CQ.
_VOICE_S = 10.0


def _cw(state: RigState, request: Request) -> Answer:
    if request.data == _STOP_CW:
        state.transmitter.stop_cw(request.now)
        return Ack.OK
    if not keyer.is_sendable(request.data) or not state.cw.has_room(request.data):
        return Ack.NG
    on_air = (
        state.transmit_vfo.mode in modes.CW_MODES
        and state.functions[_BREAK_IN] > 0
        and state.may_transmit
    )
    speed = state.levels[_KEY_SPEED]
    hang_s = 0.0
    if state.functions[_BREAK_IN] == _SEMI:
        hang_s = keyer.break_in_delay_s(state.levels[_BREAK_IN_DELAY], speed)
    ends_at = state.cw.add(request.data, speed, request.now)
    state.transmitter.send_cw(ends_at, on_air, request.now, hang_s)
    return Ack.OK


def _ptt(state: RigState, request: Request) -> Answer:
    match list(request.data):
        case []:
            return bytes((state.transmitting,))
        case [0]:
            state.transmitter.release_ptt(request.now)
        case [1] if state.may_transmit:
            state.transmitter.press_ptt(request.now)
        case _:
            return Ack.NG  # also outside the bands: 7.4 recommends it
    return Ack.OK


def _tuner(state: RigState, request: Request) -> Answer:
    transmitter = state.transmitter
    match list(request.data):
        case []:
            return bytes((2 if transmitter.tuning else transmitter.tuner_on,))
        case [0 | 1 as on]:
            transmitter.set_tuner(bool(on), request.now)
        case [2] if state.may_transmit:
            transmitter.start_tuning(request.now)
        case _:
            return Ack.NG
    return Ack.OK


def _monitor(state: RigState, request: Request) -> Answer:
    """XFC, which lets the transmit frequency be heard. It has no effect here."""
    if not request.data:
        return bytes((state.switches.monitor_transmit_frequency,))
    state.switches.monitor_transmit_frequency = decode_switch(request.data)
    return Ack.OK


def _transmit_frequency(state: RigState) -> bytes:
    return encode_frequency(state.transmit_frequency_hz)


def _antenna_output(state: RigState, request: Request) -> Answer:
    if not request.data:
        return bytes((state.switches.civ_to_antenna,))
    state.switches.civ_to_antenna = decode_switch(request.data)
    return Ack.OK


def _rit_offset(state: RigState, request: Request) -> Answer:
    if not request.data:
        return encode_rit(state.offsets.rit_hz)
    state.offsets.rit_hz = decode_rit(request.data)
    return Ack.OK


def _rit_switch(state: RigState, request: Request) -> Answer:
    if not request.data:
        return bytes((state.offsets.rit_on,))
    state.offsets.rit_on = decode_switch(request.data)
    return Ack.OK


def _delta_tx_switch(state: RigState, request: Request) -> Answer:
    if not request.data:
        return bytes((state.offsets.delta_tx_on,))
    state.offsets.delta_tx_on = decode_switch(request.data)
    return Ack.OK


def _voice_memory(state: RigState, request: Request) -> Answer:
    match list(request.data):
        case [0]:
            state.transmitter.stop_voice(request.now)
        case [number] if number in _VOICE_MEMORIES and state.may_transmit:
            state.transmitter.play_voice(_VOICE_S, request.now)
        case _:
            return Ack.NG
    return Ack.OK


HANDLERS: dict[bytes, Handler] = {
    b"\x17": _cw,
    b"\x1c\x00": _ptt,
    b"\x1c\x01": _tuner,
    b"\x1c\x02": _monitor,
    b"\x1c\x03": reader(_transmit_frequency),
    b"\x1c\x04": _antenna_output,
    b"\x21\x00": _rit_offset,
    b"\x21\x01": _rit_switch,
    b"\x21\x02": _delta_tx_switch,
    b"\x28\x00": _voice_memory,
}
