"""What shapes reception: 11, 12, 14, 16, 1A 07 (spec CIV.md 3.4 to 3.6)."""

from icom_proto.civ_values import decode_level, encode_bcd, encode_level
from icom_sim.rig import receiver as receivers
from icom_sim.rig.answers import (
    Ack,
    Answer,
    Handler,
    Request,
    acknowledge,
    decode_bcd_byte,
    decode_switch,
)
from icom_sim.rig.receiver import Receiver
from icom_sim.rig.state import RigState

_PREAMP, _DIGI_SEL, _RX_ANTENNA, _IP_PLUS = 0x02, 0x4E, 0x53, 0x65
_EXCLUDES = {_PREAMP: _DIGI_SEL, _DIGI_SEL: _PREAMP}


def _attenuator(state: RigState, request: Request) -> Answer:
    receiver = state.receiver(request.receiver)
    if not request.data:
        return encode_bcd(receiver.attenuator_db, 1)
    db = decode_bcd_byte(request.data)
    possible = db in state.model.attenuators_db
    if possible:
        receiver.attenuator_db = db
    return acknowledge(possible)


def _antenna(state: RigState, request: Request) -> Answer:
    """Bare it reads, but only where there is something to choose: trap 6."""
    receiver, model = state.receiver(request.receiver), state.model
    match list(request.data):
        case [] if len(model.antennas) > 1:
            rx = (receiver.functions[_RX_ANTENNA],) if model.rx_antenna else ()
            return bytes((receiver.antenna, *rx))
        case [antenna] if antenna in model.antennas:
            receiver.antenna = antenna
        case [antenna, 0 | 1 as rx] if antenna in model.antennas and model.rx_antenna:
            receiver.antenna, receiver.functions[_RX_ANTENNA] = antenna, rx
        case _:
            return Ack.NG
    return Ack.OK


def _level(state: RigState, request: Request) -> Answer:
    sub, data = request.data[:1], request.data[1:]
    if not sub or sub[0] not in state.model.levels:
        return Ack.NG
    own = sub[0] in receivers.LEVELS
    levels = state.receiver(request.receiver).levels if own else state.levels
    if not data:
        return sub + encode_level(levels[sub[0]])
    levels[sub[0]] = decode_level(data)
    return Ack.OK


def _function(state: RigState, request: Request) -> Answer:
    sub, data = request.data[:1], request.data[1:]
    if not sub or sub[0] not in state.model.functions:
        return Ack.NG
    receiver = state.receiver(request.receiver)
    own = sub[0] in receivers.FUNCTIONS
    registers = receiver.functions if own else state.functions
    if not data:
        return sub + bytes((registers[sub[0]],))
    if len(data) != 1 or data[0] not in _allowed(state, receiver, sub[0]):
        return Ack.NG
    registers[sub[0]] = data[0]
    if data[0] and sub[0] in _EXCLUDES:
        registers[_EXCLUDES[sub[0]]] = 0
    return Ack.OK


def _allowed(state: RigState, receiver: Receiver, sub: int) -> tuple[int, ...]:
    limit = state.model.second_preamp_max_hz
    if sub == _PREAMP and limit is not None and receiver.vfo.frequency_hz > limit:
        return (0, 1)
    return state.model.functions[sub]


def _ip_plus(state: RigState, request: Request) -> Answer:
    """1A 07 of the IC-R8600; the others have 16 65."""
    functions = state.receiver(request.receiver).functions
    if not request.data:
        return bytes((functions[_IP_PLUS],))
    functions[_IP_PLUS] = decode_switch(request.data)
    return Ack.OK


HANDLERS: dict[bytes, Handler] = {
    b"\x11": _attenuator,
    b"\x12": _antenna,
    b"\x14": _level,
    b"\x16": _function,
    b"\x1a\x07": _ip_plus,
}
