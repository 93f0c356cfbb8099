"""One receiver: its VFOs and the knobs that belong to it rather than to the radio.

On radios with command 29 these are the knobs that the prefix reaches (spec CIV.md 1.9).
"""

from collections.abc import Sequence
from copy import deepcopy
from typing import Self

from icom_proto.civ_values import Mode
from icom_sim.rig import modes
from icom_sim.rig.curves import raw_of, s9_dbm, value_of
from icom_sim.rig.models import RigModel, Tuned
from icom_sim.rig.modes import ModeGroup
from icom_sim.rig.tones import Tones

LEVELS = tuple(bytes.fromhex("01 02 03 05 06 07 08 0D 12 13"))
FUNCTIONS = tuple(bytes.fromhex("02 12 22 32 40 41 48 4A 4C 4E 4F 53 55 56 65"))
AGC, PREAMP = 0x12, 0x02

# S9, so that a client sees a signal before anybody has set one.
_S_METER_RAW = 120
# Beyond these nothing changes on any meter.
_DBM_MIN, _DBM_MAX = -200.0, 100.0
# guess: FAST 0.3 s, MID 2.0 s and SLOW 6.0 s, in the codes of SSB (3.11).
_AGC_CONSTANTS = {1: 3, 2: 8, 3: 13}


class VfoRecord:
    """Frequency, mode, DATA, filter and tones of one VFO, and what each mode had."""

    def __init__(self, tuned: Tuned) -> None:
        self.frequency_hz = tuned.frequency_hz
        self.mode = tuned.mode
        self.data = tuned.data
        self.filter_number = tuned.filter_number
        self.tones = Tones()
        self._last_used = {tuned.mode: (tuned.data, tuned.filter_number)}
        self._widths: dict[tuple[ModeGroup, bool, int], int] = {}

    def set_mode(self, mode: Mode, data: int, filter_number: int) -> None:
        self.mode, self.data, self.filter_number = mode, data, filter_number
        self._last_used[mode] = (data, filter_number)

    def press_mode(self, mode: Mode, filter_number: int | None = None) -> None:
        """What the mode key does: filter and DATA last used in this mode return."""
        fresh = (0, modes.default_filter(mode))
        data, last_filter = self._last_used.get(mode, fresh)
        self.set_mode(mode, data, filter_number or last_filter)

    def copy(self) -> Self:
        return deepcopy(self)

    @property
    def width_index(self) -> int | None:
        """None in modes whose filters have no width to set."""
        group = modes.group_of(self.mode)
        if group is ModeGroup.FIXED:
            return None
        key = (group, self.data > 0, self.filter_number)
        return self._widths.get(key, modes.default_width_index(*key))

    def set_width_index(self, index: int) -> bool:
        group = modes.group_of(self.mode)
        possible = modes.is_width_index(group, index)
        if possible:
            self._widths[group, self.data > 0, self.filter_number] = index
        return possible


class Receiver:
    """VFOs, front end, and those registers of 14 and 16 that are the receiver's own."""

    def __init__(self, model: RigModel, power_on: Sequence[Tuned]) -> None:
        self.vfos = [VfoRecord(tuned) for tuned in power_on]
        self.selected = 0
        self._s_meter_db = model.meters.s_meter_db
        self._s_meter_raw: int | None = _S_METER_RAW
        self._received_dbm = 0.0
        self.attenuator_db = 0
        self.antenna = 0
        self.af_mute = False
        # In memory mode what is displayed, and its split side.
        self.recalled: tuple[VfoRecord, VfoRecord] | None = None
        self.levels = {sub: raw for sub, raw in model.levels.items() if sub in LEVELS}
        self.functions = {sub: model.function_defaults.get(sub, 0) for sub in FUNCTIONS}
        self._agc_constants: dict[tuple[ModeGroup, int], int] = {}

    @property
    def vfo(self) -> VfoRecord:
        """The selected one, or the memory channel that is displayed instead."""
        return self.vfos[self.selected] if self.recalled is None else self.recalled[0]

    @property
    def unselected(self) -> VfoRecord | None:
        """The other one, which transmits in split; None where there is only one."""
        if len(self.vfos) == 1:
            return None
        if self.recalled is not None:
            return self.recalled[1]
        return self.vfos[self.selected ^ 1]

    @property
    def records(self) -> list[VfoRecord]:
        """All that can be tuned now."""
        return [*self.vfos, *(self.recalled or ())]

    def set_vfo(self, record: VfoRecord) -> None:
        self.vfos[self.selected] = record

    @property
    def received_dbm(self) -> float:
        """The signal in the passband at the antenna, whatever the front end does."""
        if self._s_meter_raw is None:
            return self._received_dbm
        return self._s9_dbm + value_of(self._s_meter_db, self._s_meter_raw)

    @received_dbm.setter
    def received_dbm(self, dbm: float) -> None:
        # What is no number is no signal.
        audible = dbm if dbm > _DBM_MIN else _DBM_MIN
        self._received_dbm, self._s_meter_raw = min(audible, _DBM_MAX), None

    @property
    def s_meter_raw(self) -> int:
        """What the meter shows of it, unless it was set to a value."""
        if self._s_meter_raw is not None:
            return self._s_meter_raw
        return raw_of(self._s_meter_db, self._received_dbm - self._s9_dbm)

    @s_meter_raw.setter
    def s_meter_raw(self, raw: int) -> None:
        self._s_meter_raw = raw

    @property
    def _s9_dbm(self) -> float:
        return s9_dbm(self.vfo.frequency_hz)

    @property
    def squelch_open(self) -> bool:
        """guess: the squelch knob shares the scale of the S-meter."""
        return self.s_meter_raw >= self.levels[0x03]

    @property
    def agc_constant(self) -> int | None:
        """The time constant of the present AGC preset; None where it is fixed."""
        key = self._agc_key
        return None if key is None else self._agc_constants.get(key, self._factory(key))

    def set_agc_constant(self, code: int) -> bool:
        key = self._agc_key
        if key is not None:
            self._agc_constants[key] = code
        return key is not None

    @property
    def _agc_key(self) -> tuple[ModeGroup, int] | None:
        group, preset = modes.group_of(self.vfo.mode), self.functions[AGC]
        return None if group is ModeGroup.FIXED or not preset else (group, preset)

    @staticmethod
    def _factory(key: tuple[ModeGroup, int]) -> int:
        return _AGC_CONSTANTS[key[1]]
