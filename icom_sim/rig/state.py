"""Every knob of the radio, typed, and the couplings between them (spec CIV.md 7.3).

`RigState` owns the receivers, the transmitter and the registers. Its methods change
several of them together, or refuse and change nothing.
"""

import random
from dataclasses import dataclass

from icom_proto.civ_values import Mode
from icom_sim.rig import receiver as receivers
from icom_sim.rig.models import RigModel, VfoLayout
from icom_sim.rig.power import Power
from icom_sim.rig.receiver import Receiver, VfoRecord
from icom_sim.rig.settings import Settings
from icom_sim.rig.transmitter import Transmitter

# The codes of command 0F that are not split off and on.
SIMPLEX, DUPLEX_DOWN, DUPLEX_UP = 0x10, 0x11, 0x12
# Heard only: neither broadcast FM nor what a receiver decodes can be sent (7.4).
_RECEIVE_ONLY_MODES = (Mode.WFM,)


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
            if sub not in receivers.FUNCTIONS
        }
        self.settings = Settings(model)
        self.transmitter = Transmitter(rng)
        self.power = Power(rng)

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
            return self.receivers[index].vfo if index < len(self.receivers) else None
        chosen = self.receiver(None)
        if index >= len(chosen.vfos):
            return None
        return chosen.vfos[chosen.selected ^ index]

    @property
    def transmit_vfo(self) -> VfoRecord:
        """MAIN transmits; with split on, the other VFO or SUB (3.2)."""
        main = self.receivers[0]
        if not self.offsets.split:
            return main.vfo
        if self.model.layout is VfoLayout.MAIN_SUB:
            return self.receivers[1].vfo
        return main.vfos[main.selected ^ 1]

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
        """Inside a transmit band, in a mode that can be sent."""
        band = self.model.transmit_band_of(self.transmit_frequency_hz)
        return band is not None and self.transmit_vfo.mode not in _RECEIVE_ONLY_MODES

    @property
    def transmitting(self) -> bool:
        return self.transmitter.transmitting

    # changes

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
        """VFO A or B of the selected receiver."""
        chosen = self.receiver(None)
        other = chosen.vfos[index]
        if self._is_other_receivers_band(other, other.frequency_hz):
            return False
        chosen.selected = index
        return True

    def exchange(self) -> None:
        """A and B, or on radios with two receivers MAIN and SUB."""
        if self.model.has_sub_receiver:
            main, sub = self.receivers
            main.vfos, sub.vfos = sub.vfos, main.vfos
            main.selected, sub.selected = sub.selected, main.selected
        else:
            (only,) = self.receivers
            only.vfos[0], only.vfos[1] = only.vfos[1], only.vfos[0]

    def _is_other_receivers_band(self, vfo: VfoRecord, hz: int) -> bool:
        """MAIN and SUB of an IC-9700 are never on the same band (7.3)."""
        if self.model.layout is not VfoLayout.AB_IN_MAIN_AND_SUB:
            return False
        band = self.model.band_at(hz)
        return any(
            band.holds(other.vfo.frequency_hz)
            for other in self.receivers
            if vfo not in other.vfos
        )
