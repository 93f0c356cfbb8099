"""What 27 sets: the knobs of each scope, and what scopes share (spec CIV.md 3.13).

The sub-command names a register, as with 14 and 16. What sweeps are made of these
stands in `scope`.
"""

from enum import IntEnum

from icom_sim.rig.models import Band, RigModel
from icom_sim.rig.ports import Port


class ScopeMode(IntEnum):
    """What 27 14 chooses."""

    CENTER = 0
    FIXED = 1
    SCROLL_CENTER = 2
    SCROLL_FIXED = 3


DISPLAY, SELECTED, DUAL, DURING_TX, CENTER_TYPE = 0x10, 0x12, 0x13, 0x1B, 0x1C
MODE, EDGE, HOLD, ATTENUATOR, SPEED = 0x14, 0x16, 0x17, 0x18, 0x1A
VIDEO_BANDWIDTH, RESOLUTION = 0x1D, 0x1F
EDGES_PER_RANGE = 4
# guess: what the panel allows (3.13).
EDGE_WIDTH_MIN_HZ, EDGE_WIDTH_MAX_HZ = 5_000, 1_000_000
_SPAN_HZ = 50_000


class ScopeKnobs:
    """One scope: MAIN's or SUB's."""

    def __init__(self) -> None:
        # guess: an IC-7610 as it leaves its box. VBW: 00 is narrow (section 10).
        self.registers = {
            MODE: 0,
            EDGE: 1,
            HOLD: 0,
            ATTENUATOR: 0,
            SPEED: 0,
            VIDEO_BANDWIDTH: 1,
            RESOLUTION: 0,
        }
        self.span_hz = _SPAN_HZ
        self.reference_tenths_db = 0

    @property
    def mode(self) -> ScopeMode:
        return ScopeMode(self.registers[MODE])


class ScopeSettings:
    """All of it. `outputs` holds the controller that each port sends waveforms to."""

    def __init__(self, model: RigModel) -> None:
        # Seen on an IC-7300MK2: display on, data output off (4.8).
        self.registers = {
            DISPLAY: 1,
            SELECTED: 0,
            DUAL: 0,
            DURING_TX: 0,
            CENTER_TYPE: 0,
        }
        self.knobs = [ScopeKnobs() for _ in model.power_on]
        self.outputs: dict[Port, int] = {}
        self._ranges = model.scope.edge_ranges
        self._edges = {
            (number, edge): _factory_edges(model, band)
            for number, band in enumerate(self._ranges, start=1)
            for edge in range(1, EDGES_PER_RANGE + 1)
        }

    def edges(self, number: int, edge: int) -> Band | None:
        """Fixed edges of a range, both counted from 1; None where there are none."""
        return self._edges.get((number, edge))

    def set_edges(self, number: int, edge: int, edges: Band) -> bool:
        if (number, edge) not in self._edges:
            return False
        whole = self._ranges[number - 1]
        width = edges.high_hz - edges.low_hz
        possible = (
            whole.holds(edges.low_hz)
            and whole.holds(edges.high_hz)
            and EDGE_WIDTH_MIN_HZ <= width <= EDGE_WIDTH_MAX_HZ
        )
        if possible:
            self._edges[number, edge] = edges
        return possible

    def edges_at(self, hz: int, edge: int) -> Band:
        """The edges of the range of a frequency; above them all, of the last."""
        for number, band in enumerate(self._ranges, start=1):
            if hz <= band.high_hz:
                return self._edges[number, edge]
        return self._edges[len(self._ranges), edge]


def _factory_edges(model: RigModel, whole: Band) -> Band:
    """guess: the first amateur band of the range, else its lowest 500 kHz."""
    for band in model.transmit:
        if whole.holds(band.low_hz) and whole.holds(band.high_hz):
            return Band(band.low_hz, min(band.high_hz, band.low_hz + EDGE_WIDTH_MAX_HZ))
    return Band(whole.low_hz, min(whole.high_hz, whole.low_hz + EDGE_WIDTH_MAX_HZ // 2))
