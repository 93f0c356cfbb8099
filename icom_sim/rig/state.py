"""Every knob of the radio, typed, and the couplings between them (spec CIV.md 7.3).

`RigState` owns the receivers, the transmitter and the registers. Its methods change
several of them together, or refuse and change nothing.
"""

import random
from dataclasses import dataclass

from icom_proto.civ_values import Mode
from icom_sim.rig import passband, tones
from icom_sim.rig import receiver as receivers
from icom_sim.rig.band_registers import BandRegisters
from icom_sim.rig.keyer import CwText
from icom_sim.rig.memories import Memories
from icom_sim.rig.models import RigModel, VfoLayout
from icom_sim.rig.power import Power
from icom_sim.rig.receiver import Receiver, VfoRecord
from icom_sim.rig.scan import Scan
from icom_sim.rig.scope_settings import ScopeSettings
from icom_sim.rig.settings import Settings
from icom_sim.rig.transmitter import Transmitter

# The codes of command 0F that are not split off and on.
SIMPLEX, DUPLEX_DOWN, DUPLEX_UP = 0x10, 0x11, 0x12
# Heard only: neither broadcast FM nor what a receiver decodes can be sent (7.4).
_RECEIVE_ONLY_MODES = (Mode.WFM,)

SUB_BAND, SATELLITE, TX_INHIBIT = 0x59, 0x5A, 0x66
# Registers of 16 that stand with the tones of a VFO.
TONE_TYPE = 0x5D
_ELSEWHERE = (*receivers.FUNCTIONS, *tones.KINDS, TONE_TYPE)


@dataclass(slots=True)
class Offsets:
    """What makes the transmitter leave the dial: RIT's register, split and duplex.

    RIT and delta-TX share one offset and have a switch each (3.10).
    """

    rit_hz: int = 0
    rit_on: bool = False
    delta_tx_on: bool = False
    split: bool = False
    duplex: int = SIMPLEX
    duplex_hz: int = 0


@dataclass(slots=True)
class Switches:
    """Small settings without a coupling to anything."""

    tuning_step: int = 0
    dual_watch: bool = False
    monitor_transmit_frequency: bool = False
    civ_to_antenna: bool = False
    gps_source: int = 0
    # What 25 and 26 call 00 on a radio with MAIN and SUB: MAIN, or the selected one.
    first_is_selected: bool = False
    # The screen for D-STAR repeaters of an IC-705: VFO B is out of reach (3.1).
    dr_screen: bool = False


@dataclass(frozen=True, slots=True)
class Hearing:
    """What a receiver hears: where its dial is (with RIT), how, and how wide.

    `low_hz` and `high_hz` are the passband, from the dial frequency on: -250 and 250
    in CW with 500 Hz.
    """

    frequency_hz: int
    mode: Mode
    width_hz: int
    low_hz: int
    high_hz: int


class RigState:
    """The radio as its front panel and menus show it."""

    def __init__(self, model: RigModel, rng: random.Random) -> None:
        self.model = model
        self.receivers = [Receiver(model, vfos) for vfos in model.power_on]
        self.selected_receiver = 0
        self.offsets = Offsets()
        self.switches = Switches()
        self.levels = {
            sub: raw for sub, raw in model.levels.items() if sub not in receivers.LEVELS
        }
        self.functions = {
            sub: model.function_defaults.get(sub, 0)
            for sub in model.functions
            if sub not in _ELSEWHERE
        }
        self.settings = Settings(model)
        self.transmitter = Transmitter(rng)
        self.power = Power(model.wake_s, rng)
        self.scope = ScopeSettings(model)
        self.memories = Memories(model.memory)
        self.bands = BandRegisters(model)
        self.scan = Scan()
        self.cw = CwText()

    # questions

    def receiver(self, index: int | None) -> Receiver:
        """The one that prefix 29 named, or without a prefix the selected one."""
        return self.receivers[self.selected_receiver if index is None else index]

    @property
    def vfo(self) -> VfoRecord:
        """What 03 to 06, 1A 03 and 1A 06 act on."""
        return self.receiver(None).vfo

    def vfo_at(self, index: int) -> VfoRecord | None:
        """What the first byte of 25 and 26 names (section 10: 00 = MAIN on dual)."""
        if self.model.layout is VfoLayout.MAIN_SUB:
            if index >= len(self.receivers):
                return None
            moved = self.selected_receiver if self.switches.first_is_selected else 0
            return self.receivers[index ^ moved].vfo
        chosen = self.receiver(None)
        match index:
            case 0:
                return chosen.vfo
            case 1 if not self.switches.dr_screen:
                return chosen.unselected
            case _:
                return None

    @property
    def transmit_vfo(self) -> VfoRecord:
        """MAIN transmits; with split on, the other VFO or SUB (3.2).

        guess: in satellite mode it is SUB, and MAIN hears the downlink.
        """
        main = self.receivers[0]
        if self.in_satellite_mode:
            return self.receivers[1].vfo
        if not self.offsets.split:
            return main.vfo
        if self.model.layout is VfoLayout.MAIN_SUB:
            return self.receivers[1].vfo
        return main.unselected or main.vfo

    @property
    def in_satellite_mode(self) -> bool:
        return self.functions.get(SATELLITE, 0) == 1

    @property
    def transmit_frequency_hz(self) -> int:
        """With split, delta-TX and duplex; RIT moves reception only."""
        shift = {DUPLEX_DOWN: -1, DUPLEX_UP: 1}.get(self.offsets.duplex, 0)
        hz = (
            self.transmit_vfo.frequency_hz
            + shift * self.offsets.duplex_hz
            + self.offsets.delta_tx_on * self.offsets.rit_hz
        )
        return max(0, hz)

    @property
    def may_transmit(self) -> bool:
        """Inside a transmit band, in a mode that can be sent, and not inhibited."""
        band = self.model.transmit_band_of(self.transmit_frequency_hz)
        return (
            band is not None
            and self.transmit_vfo.mode not in _RECEIVE_ONLY_MODES
            and not self.functions.get(TX_INHIBIT, 0)
        )

    @property
    def transmitting(self) -> bool:
        return self.transmitter.transmitting

    def hearing(self, index: int) -> Hearing:
        """guess: RIT moves the receiver that is selected."""
        vfo, offsets = self.receivers[index].vfo, self.offsets
        moved = offsets.rit_on and index == self.selected_receiver
        hz = vfo.frequency_hz + (offsets.rit_hz if moved else 0)
        band, width_hz = passband.passband(vfo, 0), passband.width_hz(vfo)
        return Hearing(hz, vfo.mode, width_hz, band.low_hz, band.high_hz)

    # time

    def advance(self, now: float) -> None:
        """Let tuner, keyer, TX time-out and waking end."""
        self.cw.advance(now)
        self.power.advance(now)
        self.transmitter.advance(now)
        self.settle(now)

    def settle(self, now: float) -> None:
        """What follows from the rest: a scan ends when the transmitter is keyed, text
        that the keyer no longer sends is lost, and (guess) delta-TX beyond the end of
        the band ends the transmission."""
        if self.transmitting and not self.may_transmit:
            self.transmitter.stop(now)
        if self.transmitting:
            self.scan.stop()
        if not self.transmitter.sending_cw:
            self.cw.stop(now)

    # changes

    def close(self, now: float, *, network_stays: bool) -> None:
        """Switch off: transmitting ends first (section 6)."""
        self.transmitter.stop(now)
        self.scan.stop()
        if network_stays:
            self.power.stand_by()
        else:
            self.power.switch_off()

    def tune(self, vfo: VfoRecord, hz: int) -> bool:
        """The mode stays, unless it does not exist at the new frequency."""
        if not self.model.covers(hz) or self._is_other_receivers_band(vfo, hz):
            return False
        band = self.model.transmit_band_of(vfo.frequency_hz)
        if self.transmitting and (band is None or not band.holds(hz)):
            return False  # 7.4: inside the band while transmitting
        vfo.frequency_hz = hz
        allowed = self.model.modes_at(hz)
        if vfo.mode not in allowed:
            vfo.press_mode(allowed[0])
        return True

    def may_set_mode(self, vfo: VfoRecord, mode: Mode) -> bool:
        return not self.transmitting and mode in self.model.modes_at(vfo.frequency_hz)

    def select_vfo(self, index: int) -> bool:
        """VFO A or B of the selected receiver, which ends memory mode."""
        chosen = self.receiver(None)
        other = chosen.vfos[index]
        if self._is_other_receivers_band(other, other.frequency_hz):
            return False
        chosen.selected, chosen.recalled = index, None
        return True

    def leave_memory(self) -> bool:
        return self.select_vfo(self.receiver(None).selected)

    def select_receiver(self, index: int) -> bool:
        """guess: SUB cannot be selected while 16 59 has it off."""
        if index and not self.functions.get(SUB_BAND, 1):
            return False
        self.selected_receiver = index
        return True

    def exchange(self) -> bool:
        """A and B, or on radios with two receivers MAIN and SUB."""
        if self.model.has_sub_receiver:
            main, sub = self.receivers
            main.vfos, sub.vfos = sub.vfos, main.vfos
            main.selected, sub.selected = sub.selected, main.selected
            main.recalled, sub.recalled = sub.recalled, main.recalled
            return True
        (only,) = self.receivers
        if only.recalled is not None:
            return False  # guess: the key does nothing in memory mode
        only.vfos[0], only.vfos[1] = only.vfos[1], only.vfos[0]
        return True

    def _is_other_receivers_band(self, vfo: VfoRecord, hz: int) -> bool:
        """MAIN and SUB of an IC-9700 are never on the same band (7.3)."""
        if self.model.layout is not VfoLayout.AB_IN_MAIN_AND_SUB:
            return False
        band = self.model.band_at(hz)
        return any(
            band.holds(other.vfo.frequency_hz)
            for other in self.receivers
            if vfo not in other.records
        )
