"""Functions: 16 (spec CIV.md 3.6, and the couplings of 7.3)."""

from collections.abc import Callable

from icom_sim.rig import receiver as receivers
from icom_sim.rig import tones
from icom_sim.rig.answers import Ack, Answer, Handler, Request, acknowledge
from icom_sim.rig.receiver import PREAMP, Receiver
from icom_sim.rig.state import (
    SATELLITE,
    SIMPLEX,
    SUB_BAND,
    TONE_TYPE,
    TX_INHIBIT,
    RigState,
)

_DIGI_SEL = 0x4E
_EXCLUDES = {PREAMP: _DIGI_SEL, _DIGI_SEL: PREAMP}


def _function(state: RigState, request: Request) -> Answer:
    sub, data = request.data[:1], request.data[1:]
    if not sub or sub[0] not in state.model.functions:
        return Ack.NG
    receiver = state.receiver(request.receiver)
    if not data:
        return sub + bytes((_read(state, receiver, sub[0]),))
    if len(data) != 1 or data[0] not in _allowed(state, receiver, sub[0]):
        return Ack.NG
    return acknowledge(_write(state, receiver, sub[0], data[0], request.now))


def _read(state: RigState, receiver: Receiver, sub: int) -> int:
    kind = receiver.vfo.tones.kind
    if sub in tones.KINDS:
        return kind == tones.KINDS[sub]
    if sub == TONE_TYPE:
        return kind
    return _registers(state, receiver, sub)[sub]


def _allowed(state: RigState, receiver: Receiver, sub: int) -> tuple[int, ...]:
    limit = state.model.second_preamp_max_hz
    if sub == PREAMP and limit is not None and receiver.vfo.frequency_hz > limit:
        return (0, 1)
    return state.model.functions[sub]


def _write(
    state: RigState, receiver: Receiver, sub: int, value: int, now: float
) -> bool:
    own = receiver.vfo.tones
    if sub in tones.KINDS:
        if value:
            own.kind = tones.KINDS[sub]
        elif own.kind == tones.KINDS[sub]:
            own.kind = tones.OFF
        return True
    if sub == TONE_TYPE:
        own.kind = value
        return True
    if sub in _SWITCHED:
        return _SWITCHED[sub](state, value, now)
    registers = _registers(state, receiver, sub)
    registers[sub] = value
    if value and sub in _EXCLUDES:
        registers[_EXCLUDES[sub]] = 0
    return True


def _registers(state: RigState, receiver: Receiver, sub: int) -> dict[int, int]:
    return receiver.functions if sub in receivers.FUNCTIONS else state.functions


def _switch_sub_band(state: RigState, on: int, _now: float) -> bool:
    """guess: what is off is not selected; a satellite needs both bands."""
    if state.transmitting or (state.in_satellite_mode and not on):
        return False
    state.functions[SUB_BAND] = on
    if not on:
        state.selected_receiver = 0
    return True


def _switch_satellite_mode(state: RigState, on: int, _now: float) -> bool:
    """It takes the place of split and duplex (3.2)."""
    if state.transmitting:
        return False
    state.functions[SATELLITE] = on
    if on:
        state.functions[SUB_BAND] = 1
        state.offsets.split, state.offsets.duplex = False, SIMPLEX
    return True


def _inhibit_transmitting(state: RigState, on: int, now: float) -> bool:
    """guess: it also ends what is on the air."""
    state.functions[TX_INHIBIT] = on
    if on:
        state.transmitter.stop(now)
    return True


_SWITCHED: dict[int, Callable[[RigState, int, float], bool]] = {
    SUB_BAND: _switch_sub_band,
    SATELLITE: _switch_satellite_mode,
    TX_INHIBIT: _inhibit_transmitting,
}

HANDLERS: dict[bytes, Handler] = {b"\x16": _function}
