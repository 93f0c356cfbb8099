"""The radio as a device: identity, power, menu settings, tuning step, position.

Commands 10, 13, 18, 19 00, 1A 05, 23 (spec CIV.md 3.2, 3.9 to 3.11, 6).
"""

from icom_proto.civ_values import decode_bcd, encode_bcd
from icom_sim.rig.answers import (
    Ack,
    Answer,
    Handler,
    Request,
    acknowledge,
    decode_bcd_byte,
    reader,
)
from icom_sim.rig.state import RigState

_ITEM_SIZE = 2
_GPS_SOURCES = range(4)


def _identity(state: RigState) -> bytes:
    """The factory address, whatever address the radio listens to (1.2)."""
    return bytes((state.model.civ_address,))


def _power(state: RigState, request: Request) -> Answer:
    match list(request.data):
        case []:
            return b"\x01"
        case [0]:
            state.close(request.now, network_stays=state.settings.stands_by)
        case [1]:
            pass
        case _:
            return Ack.NG
    return Ack.OK


def _setting(state: RigState, request: Request) -> Answer:
    number, value = request.data[:_ITEM_SIZE], request.data[_ITEM_SIZE:]
    if len(number) < _ITEM_SIZE:
        return Ack.NG
    item = decode_bcd(number)
    if value:
        return acknowledge(state.settings.write(item, value))
    present = state.settings.read(item)
    return Ack.NG if present is None else number + present


def _speech(_state: RigState, request: Request) -> Answer:
    """The radio talks to its owner, whom a simulator does not have."""
    return acknowledge(request.data in (b"\x00", b"\x01", b"\x02"))


def _tuning_step(state: RigState, request: Request) -> Answer:
    if not request.data:
        return encode_bcd(state.switches.tuning_step, 1)
    code = decode_bcd_byte(request.data)
    possible = code <= state.model.tuning_step_max
    if possible:
        state.switches.tuning_step = code
    return acknowledge(possible)


def _position(_state: RigState) -> bytes:
    """guess: FF, as everywhere for "nothing there". A simulator sees no satellites."""
    return b"\xff"


def _gps_source(state: RigState, request: Request) -> Answer:
    """guess: off, the receiver of the radio, another one, or entered by hand."""
    if not request.data:
        return bytes((state.switches.gps_source,))
    source = decode_bcd_byte(request.data)
    possible = source in _GPS_SOURCES
    if possible:
        state.switches.gps_source = source
    return acknowledge(possible)


HANDLERS: dict[bytes, Handler] = {
    b"\x10": _tuning_step,
    b"\x13": _speech,
    b"\x18": _power,
    b"\x19\x00": reader(_identity),
    b"\x1a\x05": _setting,
    b"\x23\x00": reader(_position),
    b"\x23\x01": _gps_source,
}
