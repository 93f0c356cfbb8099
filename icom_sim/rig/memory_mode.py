"""Between memory channels and what is displayed: 08 to 0B (spec CIV.md 3.2, 3.12).

A channel that is recalled is a copy: what is tuned then changes the copy, and the
channel stays as it was stored until 09. guess: an empty channel cannot be recalled,
and whoever clears the channel that is displayed gets the VFO back.
"""

from collections.abc import Callable

from icom_proto.civ_values import Mode, decode_bcd, decode_frequency, encode_bcd
from icom_sim.rig import memories, tones
from icom_sim.rig.memories import data_of, nibbles
from icom_sim.rig.memory_layout import Part, Side
from icom_sim.rig.models import Tuned
from icom_sim.rig.receiver import PREAMP, Receiver, VfoRecord
from icom_sim.rig.state import SIMPLEX, RigState

_DUPLEX_UNIT_HZ = 100
_DV_SQUELCH, _IP_PLUS = 0x5B, 0x65
_NO_CALL_SIGNS = b"CQCQCQ".ljust(24)
_NO_NAME = b" "


def bank_of(state: RigState) -> int:
    """The group that 08 A0 chose; on an IC-9700 the band that is selected."""
    layout = state.model.memory
    if layout.has_groups or not layout.bank_size:
        return state.memories.group
    return 1 + state.model.receive.index(state.model.band_at(state.vfo.frequency_hz))


def recall(state: RigState, channel: int) -> bool:
    """Display a channel. False if nothing is stored in it."""
    sides = state.memories.read(bank_of(state), channel)
    if sides is None:
        return False
    state.receiver(None).recalled = (_record(sides[0]), _record(sides[-1]))
    _take_over(state, sides[0])
    return True


def store(state: RigState) -> None:
    """What is displayed becomes the content of the chosen channel."""
    receiver = state.receiver(None)
    sides = [_side(state, receiver, receiver.vfo)]
    if state.model.memory.split_side:
        sides.append(_side(state, receiver, receiver.unselected or receiver.vfo))
    state.memories.store(bank_of(state), state.memories.channel, sides)


def copy_to_vfo(state: RigState) -> bool:
    """The chosen channel into the VFO, and in memory mode what is displayed."""
    receiver = state.receiver(None)
    if receiver.recalled is not None:
        receiver.set_vfo(receiver.vfo.copy())
        return True
    sides = state.memories.read(bank_of(state), state.memories.channel)
    if sides is None:
        return False
    receiver.set_vfo(_record(sides[0]))
    _take_over(state, sides[0])
    return True


def clear(state: RigState) -> bool:
    bank, channel = bank_of(state), state.memories.channel
    if state.receiver(None).recalled is not None and not state.leave_memory():
        return False
    state.memories.clear(bank, channel)
    return True


# ---- a channel, displayed ------------------------------------------------------------


def _record(side: Side) -> VfoRecord:
    mode, filter_number = side[Part.MODE][0], side[Part.FILTER][0]
    record = VfoRecord(
        Tuned(
            decode_frequency(side[Part.FREQUENCY]),
            Mode(mode),
            data_of(side),
            filter_number,
        )
    )
    own = record.tones
    own.kind = _tone_kind(side)
    if Part.REPEATER_TONE in side:
        own.repeater = decode_bcd(side[Part.REPEATER_TONE])
        own.squelch = decode_bcd(side[Part.SQUELCH_TONE])
    if Part.DTCS in side:
        own.dtcs, own.dv_code = side[Part.DTCS], decode_bcd(side[Part.DV_CODE])
    return record


def _tone_kind(side: Side) -> int:
    for part in (Part.DATA_AND_TONE, Part.DUPLEX_AND_TONE):
        if part in side:
            _, kind = nibbles(side[part])
            return kind
    return tones.OFF


def _take_over(state: RigState, side: Side) -> None:
    """What a channel stores beyond the VFO."""
    layout, offsets = state.model.memory, state.offsets
    if layout.split_side:
        offsets.split = memories.is_split(side)
    if Part.OFFSET in side:
        offsets.duplex = SIMPLEX + _duplex(side)
        offsets.duplex_hz = decode_bcd(side[Part.OFFSET][::-1]) * _DUPLEX_UNIT_HZ
    if Part.DV_SQUELCH in side:
        state.functions[_DV_SQUELCH], _ = nibbles(side[Part.DV_SQUELCH])
    if Part.ATTENUATOR in side:
        receiver = state.receiver(None)
        receiver.attenuator_db = decode_bcd(side[Part.ATTENUATOR])
        receiver.antenna = decode_bcd(side[Part.ANTENNA])
        receiver.functions[PREAMP] = side[Part.PREAMP][0]
        receiver.functions[_IP_PLUS] = side[Part.IP_PLUS][0]
        on, code, *_ = side[Part.TUNING_STEP]
        state.switches.tuning_step = decode_bcd(bytes((code,))) if on else 0


def _duplex(side: Side) -> int:
    if Part.DUPLEX in side:
        return side[Part.DUPLEX][0]
    high, _ = nibbles(side[Part.DUPLEX_AND_TONE])
    return high


# ---- what is displayed, as a channel -------------------------------------------------


def _side(state: RigState, receiver: Receiver, vfo: VfoRecord) -> Side:
    layout = state.model.memory
    fields = ((Part.SCAN, 1), *layout.block, *layout.tail)
    return {part: _WRITE[part](state, receiver, vfo, size) for part, size in fields}


_Write = Callable[[RigState, Receiver, VfoRecord, int], bytes]
_WRITE: dict[Part, _Write] = {
    Part.SCAN: lambda state, _r, _v, _n: memories.encode_scan(
        state.offsets.split and state.model.memory.split_side
    ),
    Part.FREQUENCY: lambda _s, _r, vfo, size: encode_bcd(vfo.frequency_hz, size)[::-1],
    Part.MODE: lambda _s, _r, vfo, _n: bytes((vfo.mode,)),
    Part.FILTER: lambda _s, _r, vfo, _n: bytes((vfo.filter_number,)),
    Part.DATA: lambda _s, _r, vfo, _n: bytes((vfo.data,)),
    Part.DATA_AND_TONE: lambda _s, _r, vfo, _n: memories.two_nibbles(
        vfo.data, vfo.tones.kind
    ),
    Part.DUPLEX: lambda state, _r, _v, _n: bytes((state.offsets.duplex - SIMPLEX,)),
    Part.DUPLEX_AND_TONE: lambda state, _r, vfo, _n: memories.two_nibbles(
        state.offsets.duplex - SIMPLEX, vfo.tones.kind
    ),
    Part.DV_SQUELCH: lambda state, _r, _v, _n: memories.two_nibbles(
        state.functions[_DV_SQUELCH], 0
    ),
    Part.REPEATER_TONE: lambda _s, _r, vfo, _n: tones.encode_tone(vfo.tones.repeater),
    Part.SQUELCH_TONE: lambda _s, _r, vfo, _n: tones.encode_tone(vfo.tones.squelch),
    Part.DTCS: lambda _s, _r, vfo, _n: vfo.tones.dtcs,
    Part.DV_CODE: lambda _s, _r, vfo, _n: encode_bcd(vfo.tones.dv_code, 1),
    Part.OFFSET: lambda state, _r, _v, size: encode_bcd(
        state.offsets.duplex_hz // _DUPLEX_UNIT_HZ, size
    )[::-1],
    Part.CALL_SIGNS: lambda _s, _r, _v, _n: _NO_CALL_SIGNS,
    Part.TUNING_STEP: lambda state, _r, _v, _n: (
        bytes((1,)) + encode_bcd(state.switches.tuning_step, 1) + bytes(2)
    ),
    Part.ATTENUATOR: lambda _s, receiver, _v, _n: encode_bcd(receiver.attenuator_db, 1),
    Part.PREAMP: lambda _s, receiver, _v, _n: bytes((receiver.functions[PREAMP],)),
    Part.ANTENNA: lambda _s, receiver, _v, _n: bytes((receiver.antenna,)),
    Part.IP_PLUS: lambda _s, receiver, _v, _n: bytes((receiver.functions[_IP_PLUS],)),
    Part.NAME: lambda _s, _r, _v, size: _NO_NAME * size,
    Part.MODE_SQUELCH: lambda _s, _r, _v, size: bytes(size),
}
