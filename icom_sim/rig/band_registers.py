"""What is stored per band: the stacking registers, and edges that users set.

Spec CIV.md 3.3 and 3.11. guess: neither changes what the radio does. Registers keep
what was written to them, and user edges do not limit the transmitter.
"""

from dataclasses import dataclass, field

from icom_proto.civ_values import Mode
from icom_sim.rig import modes
from icom_sim.rig.models import Band, RigModel
from icom_sim.rig.tones import Tones

REGISTERS = range(1, 4)
USER_EDGES_MAX = 30


@dataclass(frozen=True, slots=True)
class Stacked:
    """One register of a band."""

    frequency_hz: int
    mode: Mode
    filter_number: int
    data: int = 0
    tones: Tones = field(default_factory=Tones)


class BandRegisters:
    """Three registers for each band of the model, and the edges of the user."""

    def __init__(self, model: RigModel) -> None:
        self.user_edges: dict[int, Band] = {}
        self._model = model
        self._stack = {
            (code, register): Stacked(
                band.frequency_hz, band.mode, modes.default_filter(band.mode)
            )
            for code, band in enumerate(model.band_stack, start=1)
            for register in REGISTERS
        }

    def read(self, code: int, register: int) -> Stacked | None:
        """None if there is no such band or register."""
        return self._stack.get((code, register))

    def write(self, code: int, register: int, stacked: Stacked) -> bool:
        possible = (code, register) in self._stack and self._fits(code, stacked)
        if possible:
            self._stack[code, register] = stacked
        return possible

    def _fits(self, code: int, stacked: Stacked) -> bool:
        model, hz = self._model, stacked.frequency_hz
        return (
            model.band_stack[code - 1].holds(hz)
            and stacked.mode in model.modes_at(hz)
            and stacked.filter_number in modes.FILTER_NUMBERS
            and stacked.data <= model.data_modes
            and (stacked.data == 0 or modes.allows_data(stacked.mode))
        )
