"""What shapes reception: 11, 12, 14, 1A 07 (spec CIV.md 3.4, 3.5)."""

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
from icom_sim.rig.state import RigState

_RX_ANTENNA, _IP_PLUS = 0x53, 0x65


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
    b"\x1a\x07": _ip_plus,
}
