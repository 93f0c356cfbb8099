"""Mode, DATA, filter, AGC: 01, 04, 06, 26, 1A 03, 1A 04, 1A 06 (spec CIV.md 3.1)."""

from icom_proto.civ_values import Mode, encode_bcd
from icom_sim.rig import modes
from icom_sim.rig.answers import (
    Ack,
    Answer,
    Handler,
    Request,
    acknowledge,
    decode_bcd_byte,
    reader,
    unanswered,
)
from icom_sim.rig.receiver import VfoRecord
from icom_sim.rig.state import RigState

_AGC_CONSTANT_MAX = 13


def _mode(state: RigState) -> bytes:
    return bytes((state.vfo.mode, state.vfo.filter_number))


def _write(state: RigState, request: Request) -> Answer:
    match list(request.data):
        case [mode]:
            filter_number = None
        case [mode, filter_number] if filter_number in modes.FILTER_NUMBERS:
            pass
        case _:
            return Ack.NG
    if not state.may_set_mode(state.vfo, Mode(mode)):
        return Ack.NG
    state.vfo.press_mode(Mode(mode), filter_number)
    return Ack.OK


def _selected_or_not(state: RigState, request: Request) -> Answer:
    which, data = request.data[:1], request.data[1:]
    vfo = state.vfo_at(which[0]) if which else None
    if vfo is None:
        return Ack.NG
    if not data:
        return which + bytes((vfo.mode, vfo.data, vfo.filter_number))
    mode = Mode(data[0])
    return _set(state, vfo, mode, data[1:] or b"\x00")


def _set(state: RigState, vfo: VfoRecord, mode: Mode, rest: bytes) -> Answer:
    """`rest` is DATA and perhaps a filter; without one it is the mode's default."""
    data, *filters = rest
    filter_number = filters[0] if filters else modes.default_filter(mode)
    possible = (
        len(filters) <= 1
        and filter_number in modes.FILTER_NUMBERS
        and _is_data_possible(state, mode, data)
        and state.may_set_mode(vfo, mode)
    )
    if possible:
        vfo.set_mode(mode, data, filter_number)
    return acknowledge(possible)


def _data_mode(state: RigState, request: Request) -> Answer:
    """1A 06: DATA and filter; "off" carries no filter and leaves it (3.1)."""
    vfo = state.vfo
    match list(request.data):
        case []:
            return bytes((vfo.data, vfo.filter_number)) if vfo.data else bytes(2)
        case [0, 0]:
            return _set(state, vfo, vfo.mode, bytes((0, vfo.filter_number)))
        case [data, filter_number] if modes.allows_data(vfo.mode):
            return _set(state, vfo, vfo.mode, bytes((data, filter_number)))
        case _:
            return Ack.NG


def _width(state: RigState, request: Request) -> Answer:
    vfo = state.receiver(request.receiver).vfo
    if not request.data:
        index = vfo.width_index
        return Ack.NG if index is None else encode_bcd(index, 1)
    return acknowledge(vfo.set_width_index(decode_bcd_byte(request.data)))


def _agc_constant(state: RigState, request: Request) -> Answer:
    receiver = state.receiver(request.receiver)
    if not request.data:
        code = receiver.agc_constant
        return Ack.NG if code is None else encode_bcd(code, 1)
    code = decode_bcd_byte(request.data)
    return acknowledge(code <= _AGC_CONSTANT_MAX and receiver.set_agc_constant(code))


def _is_data_possible(state: RigState, mode: Mode, data: int) -> bool:
    return data <= state.model.data_modes and (data == 0 or modes.allows_data(mode))


HANDLERS: dict[bytes, Handler] = {
    b"\x01": unanswered(_write),  # guess: as 00
    b"\x04": reader(_mode),
    b"\x06": _write,
    b"\x26": _selected_or_not,
    b"\x1a\x03": _width,
    b"\x1a\x04": _agc_constant,
    b"\x1a\x06": _data_mode,
}
