"""The menu settings behind 1A 05: a number per model, a form per setting (3.11).

Only those that clients are known to use exist; every other number is answered NG.
"""

from collections.abc import Callable, Mapping

from icom_proto.civ_values import decode_bcd, decode_level, encode_bcd, encode_level
from icom_proto.errors import DecodeError
from icom_sim.rig.menu_items import Item
from icom_sim.rig.models import RigModel

_MOD_INPUTS = (
    Item.MOD_INPUT_DATA_OFF,
    Item.MOD_INPUT_DATA_1,
    Item.MOD_INPUT_DATA_2,
    Item.MOD_INPUT_DATA_3,
)
_LEVELS = (
    Item.USB_MOD_LEVEL,
    Item.ACC_MOD_LEVEL,
    Item.LAN_MOD_LEVEL,
    Item.USB_AF_LEVEL,
    Item.NB_WIDTH,
    Item.REFERENCE_ADJUST,
)
# As radios leave the factory. guess: they are kept and move no port.
_PORTS = {
    Item.CONTROL_PORT: 50001,
    Item.SERIAL_PORT: 50002,
    Item.AUDIO_PORT: 50003,
}
LEVEL_HALF = 128

# The rig has no clock: it keeps what was last set. These were read from an IC-7300MK2.
_DATE, _TIME, _UTC = "20260903", "0259", "000000"


class Settings:
    """The values, as the bytes that stand behind the item number."""

    def __init__(self, model: RigModel) -> None:
        self._model = model
        self._items = {number: item for item, number in model.settings.items()}
        self._values = {item: self._factory(item) for item in model.settings}

    def read(self, number: int) -> bytes | None:
        """The value of an item, None if this model has no such item."""
        item = self._items.get(number)
        return None if item is None else self._values[item]

    def write(self, number: int, value: bytes) -> bool:
        """Raises DecodeError, or returns False, for what this item cannot be."""
        item = self._items.get(number)
        if item is None or not self._allows(item, value):
            return False
        self._values[item] = value
        return True

    @property
    def transceive(self) -> bool:
        return self._values[Item.TRANSCEIVE] != b"\x00"

    @property
    def lan_mod_level(self) -> int:
        return decode_level(self._values[Item.LAN_MOD_LEVEL])

    @property
    def stands_by(self) -> bool:
        """Whether the network stays when 18 00 switches the radio off (section 6)."""
        return self._values.get(Item.POWER_OFF_SETTING) != b"\x00"

    def modulates_from_lan(self, data: int) -> bool:
        """Whether audio from the network is what is transmitted in this DATA state."""
        return self._values[_MOD_INPUTS[data]] == self._lan_code

    @property
    def _lan_code(self) -> bytes:
        return bytes((self._model.mod_input_lan or 0,))

    def _factory(self, item: Item) -> bytes:
        if item in _LEVELS:
            return encode_level(LEVEL_HALF)
        fixed = {
            Item.TRANSCEIVE: b"\x01",
            # guess: a radio that was set up for digital modes over the network.
            Item.MOD_INPUT_DATA_1: self._lan_code,
            Item.DATE: bytes.fromhex(_DATE),
            Item.TIME: bytes.fromhex(_TIME),
            Item.UTC_OFFSET: bytes.fromhex(_UTC),
            Item.NB_DEPTH: b"\x07",
            Item.NETWORK_CONTROL: b"\x01",
            Item.POWER_OFF_SETTING: b"\x01",
            **{item: encode_bcd(port, 3) for item, port in _PORTS.items()},
        }
        return fixed.get(item, b"\x00")

    def _allows(self, item: Item, value: bytes) -> bool:
        if item in _MOD_INPUTS:
            return len(value) == 1 and value[0] in self._model.mod_inputs
        if item in _LEVELS:
            decode_level(value)
            return True
        check = _FORMS.get(item, _is_switch)
        return check(value)


def _is_switch(value: bytes) -> bool:
    return value in (b"\x00", b"\x01")


def _is_date(value: bytes) -> bool:
    *_, month, day = _pairs(value, 4)
    return 1 <= month <= 12 and 1 <= day <= 31


def _is_time(value: bytes) -> bool:
    hour, minute = _pairs(value, 2)
    return hour < 24 and minute < 60


def _is_utc_offset(value: bytes) -> bool:
    hours, minutes, sign = _pairs(value, 3)
    return hours <= 14 and minutes < 60 and sign <= 1


def _pairs(value: bytes, size: int) -> list[int]:
    """Two digits each."""
    if len(value) != size:
        raise DecodeError(f"expected {size} bytes, got {len(value)}")
    return [decode_bcd(value[at : at + 1]) for at in range(size)]


def _is_port(value: bytes) -> bool:
    return len(value) == 3 and 1 <= decode_bcd(value) <= 65535


def _is_up_to(highest: int) -> Callable[[bytes], bool]:
    return lambda value: len(value) == 1 and decode_bcd(value) <= highest


def _is_two_edges(value: bytes) -> bool:
    """guess: a code of 0 to 3 for the lower edge, and one for the higher."""
    return len(value) == 1 and set(value.hex()) <= set("0123")


# guess: all but those of dates and ports, which were seen.
_FORMS: Mapping[Item, Callable[[bytes], bool]] = {
    Item.SCOPE_AVERAGING: _is_up_to(3),
    Item.TX_BANDWIDTH_WIDE: _is_two_edges,
    Item.TX_BANDWIDTH_MID: _is_two_edges,
    Item.TX_BANDWIDTH_NARROW: _is_two_edges,
    Item.TX_BANDWIDTH_DATA: _is_two_edges,
    Item.NB_DEPTH: _is_up_to(9),
    Item.VOX_DELAY: _is_up_to(20),
    Item.METER_TYPE: _is_up_to(2),
    Item.CONTROL_PORT: _is_port,
    Item.SERIAL_PORT: _is_port,
    Item.AUDIO_PORT: _is_port,
    Item.DATE: _is_date,
    Item.TIME: _is_time,
    Item.UTC_OFFSET: _is_utc_offset,
}
