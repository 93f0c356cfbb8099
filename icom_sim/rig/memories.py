"""Memory channels: where they are, what they hold, what may be written into them.

A channel holds the fields of its model's layout as bytes, so that it reads back as it
was written (spec CIV.md 3.12). Everything is looked at before it is stored.
"""

from collections.abc import Callable, Sequence

from icom_proto.civ_values import Mode, decode_bcd, decode_frequency
from icom_proto.errors import DecodeError
from icom_sim.rig import modes, tones
from icom_sim.rig.memory_layout import MemoryLayout, Part, Side
from icom_sim.rig.models import RigModel

EMPTY = b"\xff"
_NIBBLE = 16
_CHANNEL_SIZE = 2
_SCAN_MARKS = 3
_SIMPLEX_OR_DUPLEX = 2


class Memories:
    """All channels of a radio, and the one that is chosen."""

    def __init__(self, layout: MemoryLayout) -> None:
        self.layout = layout
        self.group = layout.banks.start
        self.channel = layout.channels.start
        self._contents: dict[tuple[int, int], list[Side]] = {}

    def exists(self, bank: int, channel: int) -> bool:
        return bank in self.layout.banks and channel in self.layout.channels

    def read(self, bank: int, channel: int) -> list[Side] | None:
        """None where nothing is stored."""
        return self._contents.get((bank, channel))

    def store(self, bank: int, channel: int, sides: list[Side]) -> None:
        self._contents[bank, channel] = sides

    def clear(self, bank: int, channel: int) -> None:
        self._contents.pop((bank, channel), None)

    def decode_address(self, data: bytes) -> tuple[tuple[int, int], bytes]:
        """Bank and channel, and the bytes behind them. DecodeError if they are not."""
        size = self.layout.bank_size
        bank, rest = data[:size], data[size:]
        channel, rest = rest[:_CHANNEL_SIZE], rest[_CHANNEL_SIZE:]
        if len(channel) != _CHANNEL_SIZE:
            raise DecodeError(f"a channel number has {size + _CHANNEL_SIZE} bytes")
        where = (decode_bcd(bank) if bank else 0, decode_bcd(channel))
        if not self.exists(*where):
            raise DecodeError(f"there is no channel {where}")
        return where, rest


def encode_scan(split: bool) -> bytes:
    """The scan mark is off; split stands in front of it."""
    return two_nibbles(split, 0)


def is_split(side: Side) -> bool:
    high, _ = nibbles(side[Part.SCAN])
    return high == 1


def nibbles(data: bytes) -> tuple[int, int]:
    return divmod(data[0], _NIBBLE)


def two_nibbles(high: int, low: int) -> bytes:
    return bytes((high * _NIBBLE + low,))


def is_possible(model: RigModel, bank: int, sides: Sequence[Side]) -> bool:
    """Whether a channel may hold this. DecodeError for what is not even a number."""
    fits = all(
        _CHECKS[part](model, data) for side in sides for part, data in side.items()
    )
    return fits and all(_is_tuned(model, bank, side) for side in sides)


def _is_tuned(model: RigModel, bank: int, side: Side) -> bool:
    """The fields that must fit each other: frequency, mode, DATA, and the bank."""
    hz, mode = decode_frequency(side[Part.FREQUENCY]), Mode(side[Part.MODE][0])
    if not model.covers(hz) or mode not in model.modes_at(hz):
        return False
    data = data_of(side)
    if data > model.data_modes or (data and not modes.allows_data(mode)):
        return False
    if model.memory.has_groups or not model.memory.bank_size:
        return True
    return model.receive[bank - 1].holds(hz)


def data_of(side: Side) -> int:
    if Part.DATA in side:
        return side[Part.DATA][0]
    high, _ = nibbles(side.get(Part.DATA_AND_TONE, b"\x00"))
    return high


def _has_scan_mark(model: RigModel, data: bytes) -> bool:
    """Split or nothing and a mark; on the IC-R8600 skip, and ten groups of marks."""
    high, low = nibbles(data)
    if not model.transmit:
        return high <= _SIMPLEX_OR_DUPLEX and low <= 9
    return high <= model.memory.split_side and low <= _SCAN_MARKS


def _is_frequency(_model: RigModel, data: bytes) -> bool:
    return decode_frequency(data) >= 0


def _is_any(_model: RigModel, _data: bytes) -> bool:
    """What other fields or nothing here can judge."""
    return True


def _is_filter(_model: RigModel, data: bytes) -> bool:
    return data[0] in modes.FILTER_NUMBERS


def _is_data_and_tone(_model: RigModel, data: bytes) -> bool:
    _, tone = nibbles(data)
    return tone <= tones.TSQL


def _is_duplex_and_tone(_model: RigModel, data: bytes) -> bool:
    duplex, tone = nibbles(data)
    return duplex <= _SIMPLEX_OR_DUPLEX and tone <= 9


def _is_duplex(_model: RigModel, data: bytes) -> bool:
    return data[0] <= _SIMPLEX_OR_DUPLEX


def _is_dv_squelch(_model: RigModel, data: bytes) -> bool:
    high, low = nibbles(data)
    return high <= _SIMPLEX_OR_DUPLEX and low == 0


def _is_tone(_model: RigModel, data: bytes) -> bool:
    return decode_bcd(data) in tones.CTCSS


def _is_dtcs(_model: RigModel, data: bytes) -> bool:
    return tones.is_dtcs(data)


def _is_number(_model: RigModel, data: bytes) -> bool:
    return decode_bcd(data) >= 0


def _is_step(model: RigModel, data: bytes) -> bool:
    """On or off, the code of 10, and the programmable step."""
    switch, code = data[:1], data[1:2]
    return (
        switch in (b"\x00", b"\x01")
        and decode_bcd(code) <= model.tuning_step_max
        and decode_bcd(data) >= 0
    )


def _is_attenuator(model: RigModel, data: bytes) -> bool:
    return decode_bcd(data) in model.attenuators_db


def _is_antenna(model: RigModel, data: bytes) -> bool:
    return decode_bcd(data) in model.antennas


def _is_switch(_model: RigModel, data: bytes) -> bool:
    return data in (b"\x00", b"\x01")


def _is_text(_model: RigModel, data: bytes) -> bool:
    return data.isascii() and data.decode("ascii").isprintable()


_CHECKS: dict[Part, Callable[[RigModel, bytes], bool]] = {
    Part.SCAN: _has_scan_mark,
    Part.FREQUENCY: _is_frequency,
    Part.MODE: _is_any,
    Part.FILTER: _is_filter,
    Part.DATA: _is_any,
    Part.DATA_AND_TONE: _is_data_and_tone,
    Part.DUPLEX: _is_duplex,
    Part.DUPLEX_AND_TONE: _is_duplex_and_tone,
    Part.DV_SQUELCH: _is_dv_squelch,
    Part.REPEATER_TONE: _is_tone,
    Part.SQUELCH_TONE: _is_tone,
    Part.DTCS: _is_dtcs,
    Part.DV_CODE: _is_number,
    Part.OFFSET: _is_number,
    Part.CALL_SIGNS: _is_text,
    Part.TUNING_STEP: _is_step,
    Part.ATTENUATOR: _is_attenuator,
    Part.PREAMP: _is_switch,
    Part.ANTENNA: _is_antenna,
    Part.IP_PLUS: _is_switch,
    Part.NAME: _is_text,
    Part.MODE_SQUELCH: _is_any,
}
