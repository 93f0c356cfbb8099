"""What one model of radio is, as data: ranges, modes, knobs, meters, network facts.

Behaviour stands elsewhere and asks these records. A radio of the catalogue is one
`RigModel`; a fact that several radios share is a constant of `catalogue`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from icom_proto.civ_values import SIX_BYTES_FROM_HZ, Mode
from icom_sim.rig.memory_layout import MemoryLayout
from icom_sim.rig.menu_items import Item

# (raw, value) pairs in rising order; between two of them a meter is linear (3.8).
Curve = tuple[tuple[float, float], ...]


class VfoLayout(Enum):
    """How a model arranges its VFOs, which decides what 07, 25 and 26 mean."""

    SINGLE = "one VFO"
    AB = "one receiver with VFO A and B"
    MAIN_SUB = "two receivers with one VFO each, and command 29"
    AB_IN_MAIN_AND_SUB = "two receivers on different bands with VFO A and B each"


@dataclass(frozen=True, slots=True)
class Band:
    """A range of frequencies, both ends included."""

    low_hz: int
    high_hz: int

    def holds(self, hz: int) -> bool:
        return self.low_hz <= hz <= self.high_hz


@dataclass(frozen=True, slots=True)
class ModeLimit:
    """Inside `band` there are only these modes; the first is taken on entering it."""

    band: Band
    modes: tuple[Mode, ...]


@dataclass(frozen=True, slots=True)
class Tuned:
    """What a VFO is set to when the radio leaves its box."""

    frequency_hz: int
    mode: Mode
    data: int
    filter_number: int


@dataclass(frozen=True, slots=True)
class StackedBand:
    """A band of the band stacking register, and what its registers hold at first."""

    bands: tuple[Band, ...]
    frequency_hz: int
    mode: Mode

    def holds(self, hz: int) -> bool:
        return any(band.holds(hz) for band in self.bands)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterCurves:
    """Calibration of the meters (3.8), and two values chosen within what 7.4 gives."""

    s_meter_db: Curve
    comp_db: Curve
    vd_volts: Curve
    id_amps: Curve
    idle_volts: float
    full_amps: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeFacts:
    """The scope of a model: what a sweep looks like, and what 27 can set (3.13, 4.6).

    `divisions` is how many frames a serial port gets for a sweep; a network gets one.
    Spans are half of what is displayed. `edge_ranges` are what 27 1E and fixed mode
    choose from, counted from 01. Which subs of 27 exist stands in `RigModel.commands`.
    """

    pixels: int
    amplitude_max: int
    divisions: int
    spans_hz: tuple[int, ...]
    reference_db: tuple[float, float]
    edge_ranges: tuple[Band, ...]
    modes: tuple[int, ...] = (0, 1, 2, 3)
    two_scopes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFacts:
    """What the login tells about a model (PROTOCOL.md 2.11, 2.13 and section 10).

    The identity of every model here is a MAC address. Rates are the 16-bit sets of
    `packets.RadioRecord`. Stereo TX is refused by all.
    """

    connection_type: bytes = bytes.fromhex("3F07")
    rx_rates: int = 0x8B01  # 48, 24, 16, 12 and 8 kHz
    tx_rates: int = 0x8B01
    unknown_61: bytes = bytes.fromhex("9001")
    login_reserved_50: bytes = bytes(16)
    stereo_rx: bool = False
    tells_who_is_connected: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RigModel:
    """One model of radio. Commands are named by their first byte, or first two."""

    name: str
    civ_address: int
    layout: VfoLayout
    network: NetworkFacts
    commands: tuple[bytes, ...]
    # What may stand behind 29 and a receiver (1.9).
    prefixed: tuple[bytes, ...] = ()

    receive: tuple[Band, ...]
    transmit: tuple[Band, ...] = ()
    # Full power, and the bands that have less (4.1).
    power_w: float = 100
    less_power_w: Mapping[Band, float] = field(default_factory=dict)
    # Per receiver, its VFOs.
    power_on: tuple[tuple[Tuned, ...], ...]
    # The first is taken where the present one does not exist.
    modes: tuple[Mode, ...]
    mode_limits: tuple[ModeLimit, ...] = ()
    # Modes that exist in one band only.
    local_modes: Mapping[Mode, Band] = field(default_factory=dict)
    data_modes: int
    tuning_step_max: int
    # What 0F accepts besides split off and on, and the size of 0C and 0D.
    duplex_codes: tuple[int, ...] = ()
    duplex_offset_size: int = 3
    memory: MemoryLayout
    # Bands of 1A 01 in the order of their codes, from 01, and where each starts.
    band_stack: tuple[StackedBand, ...] = ()
    scans: tuple[int, ...]  # codes of 0E

    attenuators_db: tuple[int, ...]
    # Above this frequency the preamp is on or off and nothing more.
    second_preamp_max_hz: int | None = None
    antennas: tuple[int, ...] = ()
    rx_antenna: bool = False

    # Sub-commands of 14 and 16 with power-on values, and what 16 accepts.
    levels: Mapping[int, int]
    functions: Mapping[int, tuple[int, ...]]
    function_defaults: Mapping[int, int]
    meters: MeterCurves
    meter_subs: tuple[int, ...]
    scope: ScopeFacts
    settings: Mapping[Item, int]
    mod_inputs: tuple[int, ...] = ()
    mod_input_lan: int | None = None
    # Seconds from 18 01 to the first answer, at least and at most (section 6).
    wake_s: tuple[float, float] = (3.8, 5.5)

    @property
    def frequency_sizes(self) -> tuple[int, ...]:
        """Bytes of a frequency that is written: six where 10 GHz can be tuned (2.2)."""
        return (5, 6) if self.covers_beyond(SIX_BYTES_FROM_HZ) else (5,)

    def covers_beyond(self, hz: int) -> bool:
        return any(band.high_hz >= hz for band in self.receive)

    @property
    def has_sub_receiver(self) -> bool:
        return len(self.power_on) > 1

    def has(self, command: bytes) -> bool:
        return command in self.commands

    def full_power_w(self, hz: int) -> float:
        """At this frequency, in all modes but AM, which has a quarter."""
        limits = [w for band, w in self.less_power_w.items() if band.holds(hz)]
        return min(limits, default=self.power_w)

    def covers(self, hz: int) -> bool:
        return any(band.holds(hz) for band in self.receive)

    def band_at(self, hz: int) -> Band:
        """The range of coverage that holds this frequency, which must be covered."""
        return next(band for band in self.receive if band.holds(hz))

    def transmit_band_of(self, hz: int) -> Band | None:
        return next((band for band in self.transmit if band.holds(hz)), None)

    def modes_at(self, hz: int) -> tuple[Mode, ...]:
        """The modes that can be chosen at this frequency, the preferred one first."""
        for limit in self.mode_limits:
            if limit.band.holds(hz):
                return limit.modes
        return tuple(
            mode
            for mode in self.modes
            if mode not in self.local_modes or self.local_modes[mode].holds(hz)
        )
