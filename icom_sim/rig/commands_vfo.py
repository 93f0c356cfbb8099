"""VFOs, split and duplex: 07, 0C, 0D, 0F (spec CIV.md 3.2)."""

from collections.abc import Callable
from copy import deepcopy

from icom_proto.civ_values import decode_bcd, encode_bcd
from icom_sim.rig import state as states
from icom_sim.rig.answers import (
    Ack,
    Answer,
    Handler,
    Request,
    acknowledge,
    decode_switch,
    reader,
)
from icom_sim.rig.models import VfoLayout
from icom_sim.rig.state import RigState

_DUPLEX_UNIT_HZ = 100
_READ_DUPLEX = b"\x0c"
_AB = (VfoLayout.AB, VfoLayout.AB_IN_MAIN_AND_SUB)
_TWO_BANDS = (VfoLayout.MAIN_SUB, VfoLayout.AB_IN_MAIN_AND_SUB)
_DUAL = (VfoLayout.MAIN_SUB,)
_ALL_BUT_SINGLE = (*_AB, *_DUAL)


def _vfo(state: RigState, request: Request) -> Answer:
    """07 and a sub-command; bare it leaves memory mode, where this radio never is."""
    sub, data = request.data[:1], request.data[1:]
    if not sub:
        return Ack.OK
    layouts, press = _KEYS.get(sub, ((), None))
    if press is not None and state.model.layout in layouts:
        return acknowledge(not data and not state.transmitting and press(state))
    layouts, register = _REGISTERS.get(sub, ((), None))
    if register is not None and state.model.layout in layouts:
        value = register(state, data)
        return sub + value if isinstance(value, bytes) else value
    return Ack.NG


def _equalise_ab(state: RigState) -> bool:
    receiver = state.receiver(None)
    receiver.vfos[receiver.selected ^ 1] = deepcopy(receiver.vfo)
    return True


def _equalise_main_sub(state: RigState) -> bool:
    main, sub = state.receivers
    sub.vfos = deepcopy(main.vfos)
    return True


def _set_dual_watch(state: RigState, on: bool) -> bool:
    state.switches.dual_watch = on
    return True


def _select_receiver(state: RigState, sub: bool) -> bool:
    state.selected_receiver = int(sub)
    return True


def _dual_watch(state: RigState, data: bytes) -> Answer:
    if not data:
        return bytes((state.switches.dual_watch,))
    return acknowledge(_set_dual_watch(state, decode_switch(data)))


def _selected_receiver(state: RigState, data: bytes) -> Answer:
    if not data:
        return bytes((state.selected_receiver,))
    sub = decode_switch(data)
    return acknowledge(not state.transmitting and _select_receiver(state, sub))


# What acts and has no data; none of it while transmitting (7.4).
_KEYS: dict[bytes, tuple[tuple[VfoLayout, ...], Callable[[RigState], bool]]] = {
    b"\x00": (_AB, lambda state: state.select_vfo(0)),
    b"\x01": (_AB, lambda state: state.select_vfo(1)),
    b"\xa0": (_AB, _equalise_ab),
    b"\xb0": (_ALL_BUT_SINGLE, RigState.exchange),
    b"\xb1": (_DUAL, _equalise_main_sub),
    b"\xc0": (_DUAL, lambda state: _set_dual_watch(state, False)),
    b"\xc1": (_DUAL, lambda state: _set_dual_watch(state, True)),
    b"\xd0": (_TWO_BANDS, lambda state: _select_receiver(state, False)),
    b"\xd1": (_TWO_BANDS, lambda state: _select_receiver(state, True)),
}
_REGISTERS: dict[
    bytes, tuple[tuple[VfoLayout, ...], Callable[[RigState, bytes], Answer]]
] = {
    b"\xc2": (_DUAL, _dual_watch),
    b"\xd2": (_TWO_BANDS, _selected_receiver),
}


def _split(state: RigState, request: Request) -> Answer:
    """One byte for two things: split off and on, and which way a repeater listens."""
    offsets = state.offsets
    if not request.data:
        duplex = 0 if offsets.duplex == states.SIMPLEX else offsets.duplex
        return bytes((1 if offsets.split else duplex,))
    if state.transmitting:
        return Ack.NG
    match list(request.data):
        case [0 | 1 as on] if not (on and state.model.layout is VfoLayout.SINGLE):
            offsets.split = bool(on)
        case [states.SIMPLEX | states.DUPLEX_DOWN | states.DUPLEX_UP as code] if (
            state.model.has(_READ_DUPLEX)
        ):
            offsets.split, offsets.duplex = False, code
        case _:
            return Ack.NG
    return Ack.OK


def _duplex_offset(state: RigState) -> bytes:
    units = state.offsets.duplex_hz // _DUPLEX_UNIT_HZ
    return encode_bcd(units, state.model.duplex_offset_size)[::-1]


def _set_duplex_offset(state: RigState, request: Request) -> Answer:
    if len(request.data) != state.model.duplex_offset_size or state.transmitting:
        return Ack.NG
    state.offsets.duplex_hz = decode_bcd(request.data[::-1]) * _DUPLEX_UNIT_HZ
    return Ack.OK


HANDLERS: dict[bytes, Handler] = {
    b"\x07": _vfo,
    b"\x0c": reader(_duplex_offset),
    b"\x0d": _set_duplex_offset,
    b"\x0f": _split,
}
