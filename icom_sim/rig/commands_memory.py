"""Memory channels: 08 to 0B, 1A 00 (spec CIV.md 3.2, 3.12).

None of it while transmitting, but for reading: it would change what is sent (7.4).
"""

from icom_proto.civ_values import decode_bcd
from icom_proto.errors import DecodeError
from icom_sim.rig import memories, memory_mode
from icom_sim.rig.answers import Ack, Answer, Handler, Request, acknowledge
from icom_sim.rig.memories import EMPTY
from icom_sim.rig.state import RigState

_GROUP = b"\xa0"
_NUMBER_SIZE = 2


def _choose(state: RigState, request: Request) -> Answer:
    """08: bare it displays the channel; with a number it chooses another one."""
    data = request.data
    if state.transmitting:
        return Ack.NG
    if not data:
        return acknowledge(memory_mode.recall(state, state.memories.channel))
    if data[:1] == _GROUP:
        return acknowledge(_choose_group(state, _decode_number(data[1:])))
    return acknowledge(_choose_channel(state, _decode_number(data)))


def _choose_group(state: RigState, group: int) -> bool:
    own = state.memories
    if not own.layout.has_groups or not own.exists(group, own.channel):
        return False
    previous, own.group = own.group, group
    if _displays(state) and not memory_mode.recall(state, own.channel):
        own.group = previous
        return False
    return True


def _choose_channel(state: RigState, channel: int) -> bool:
    own = state.memories
    if not own.exists(memory_mode.bank_of(state), channel):
        return False
    if _displays(state) and not memory_mode.recall(state, channel):
        return False
    own.channel = channel
    return True


def _displays(state: RigState) -> bool:
    return state.receiver(None).recalled is not None


def _decode_number(data: bytes) -> int:
    if len(data) != _NUMBER_SIZE:
        raise DecodeError("channels and groups have two bytes")
    return decode_bcd(data)


def _write(state: RigState, request: Request) -> Answer:
    if request.data or state.transmitting:
        return Ack.NG
    memory_mode.store(state)
    return Ack.OK


def _to_vfo(state: RigState, request: Request) -> Answer:
    possible = not request.data and not state.transmitting
    return acknowledge(possible and memory_mode.copy_to_vfo(state))


def _clear(state: RigState, request: Request) -> Answer:
    possible = not request.data and not state.transmitting
    return acknowledge(possible and memory_mode.clear(state))


def _contents(state: RigState, request: Request) -> Answer:
    """1A 00: a channel as the bytes of its layout; FF is an empty one."""
    where, data = state.memories.decode_address(request.data)
    if not data:
        sides = state.memories.read(*where)
        stored = EMPTY if sides is None else state.model.memory.join(sides)
        return request.data + stored
    if data == EMPTY:
        state.memories.clear(*where)
        return Ack.OK
    sides = state.model.memory.split(data)
    possible = memories.is_possible(state.model, where[0], sides)
    if possible:
        state.memories.store(*where, sides)
    return acknowledge(possible)


HANDLERS: dict[bytes, Handler] = {
    b"\x08": _choose,
    b"\x09": _write,
    b"\x0a": _to_vfo,
    b"\x0b": _clear,
    b"\x1a\x00": _contents,
}
