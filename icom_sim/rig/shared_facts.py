"""Facts that several models share: commands, bands, levels, meters, scopes.

Spec CIV.md 3 and 4. `catalogue_hf` and `catalogue_vhf` make models of them.
"""

import itertools
from collections.abc import Iterable
from dataclasses import replace

from icom_proto.civ_values import Mode
from icom_sim.rig.models import Band, Curve, MeterCurves, ScopeFacts, StackedBand

MHZ = 1_000_000

# ---- commands ------------------------------------------------------------------------


def codes(text: str) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(code) for code in text.split())


def with_subs(command: int, subs: str) -> tuple[bytes, ...]:
    return tuple(bytes((command, sub)) for sub in bytes.fromhex(subs))


ALL_COMMANDS = (
    *codes("00 01 02 03 04 05 06 07 08 09 0A 0B 0E 0F 10 11 13 14 15 16 18 1900"),
    *codes("1A00 1A03 1A05 1B01 25 26"),
    *with_subs(0x27, "10 11 14 15 16 17 19 1A 1C 1D"),
)
AGC_CONSTANT = codes("1A04")
TX_COMMANDS = codes(
    "17 1A01 1A06 1B00 1C00 1C02 1C03 1E00 1E01 1E02 1E03 2100 2101 271B"
)
DELTA_TX = codes("2102")
TUNER = codes("1C01")
ANTENNA_OUTPUT = codes("1C04")
DUPLEX_OFFSET = codes("0C 0D")
DV_COMMANDS = codes("1B02 1B07 2300 2301")
VOICE_MEMORY = codes("2800")
SCOPE_EDGES = codes("271E")
WHICH_SCOPE = codes("2712 2713")

PREFIXED_7610 = (
    *codes("11 12"),
    # 0D: the vendor guide has it, one table has not (1.9).
    *with_subs(0x14, "01 02 03 05 06 07 08 0D 12 13"),
    *with_subs(0x15, "01 02 05"),
    *with_subs(0x16, "02 22 32 40 41 42 43 48 4E 4F 53 56 65"),
    # 0A: overflow of one receiver, in the vendor guide only (1.9).
    *with_subs(0x1A, "03 04 09 0A"),
    *with_subs(0x1B, "00 01"),
)

_SCANS = bytes.fromhex("00 01 02 03 12 13 22 23 A1 A2 A3 A4 A5 A6 A7 B0 B1 D0 D3")
SCANS = tuple(_SCANS)
SCANS_R8600 = (*SCANS, 0x24, 0xB2)

# ---- frequencies and modes -----------------------------------------------------------


def bands(edges: Iterable[tuple[float, float]]) -> tuple[Band, ...]:
    return tuple(Band(round(low * MHZ), round(high * MHZ)) for low, high in edges)


HF_EDGES = (
    *((1.8, 2), (3.5, 4), (5.25, 5.45), (7, 7.3), (10.1, 10.15), (14, 14.35)),
    *((18.068, 18.168), (21, 21.45), (24.89, 24.99), (28, 29.7), (50, 54)),
)
# FM first: it is taken when WFM or DD end at the edge of their band.
BASE_MODES = tuple(Mode(code) for code in (5, 0, 1, 2, 3, 4, 7, 8))
BROADCAST = Band(76 * MHZ, 108 * MHZ)
AIR = Band(108 * MHZ, 137 * MHZ)
UHF_705 = Band(400 * MHZ, 470 * MHZ)
VHF, UHF, SHF = bands(((144, 148), (430, 450), (1240, 1300)))
BANDS_905 = (VHF, UHF, SHF, *bands(((2400, 2450), (5650, 5925), (10_000, 10_500))))
WHOLE_R8600 = Band(10_000, 3000 * MHZ)
DUPLEX_CODES = (0x10, 0x11, 0x12)

# guess: the registers start with the middle of what people use.
_STACK_HF_MHZ = (
    *((1.85, Mode.LSB), (3.7, Mode.LSB), (7.1, Mode.LSB), (10.12, Mode.CW)),
    *((14.1, Mode.USB), (18.12, Mode.USB), (21.2, Mode.USB), (24.94, Mode.USB)),
    *((28.5, Mode.USB), (50.1, Mode.USB)),
)
# 60 m has no code of its own: it is part of general coverage.
_STACK_HF_EDGES = tuple(edges for edges in HF_EDGES if edges != (5.25, 5.45))


def _stacked(
    band: Band | tuple[Band, ...], mhz: float, mode: Mode = Mode.FM
) -> StackedBand:
    held = (band,) if isinstance(band, Band) else band
    return StackedBand(held, round(mhz * MHZ), mode)


def general_coverage(receive: tuple[Band, ...]) -> StackedBand:
    return _stacked(receive, 15, Mode.AM)


STACK_HF = tuple(
    _stacked(band, *start)
    for band, start in zip(bands(_STACK_HF_EDGES), _STACK_HF_MHZ, strict=True)
)
STACK_9700 = (_stacked(VHF, 145), _stacked(UHF, 433), _stacked(SHF, 1294))
STACK_905 = (
    *STACK_9700,
    *map(_stacked, BANDS_905[3:], (2424, 5760, 10_240)),
)
STACK_705_VHF = (
    _stacked(BROADCAST, 80, Mode.WFM),
    _stacked(AIR, 127, Mode.AM),
    *STACK_9700[:2],
)

# ---- levels and functions ------------------------------------------------------------

ALL_LEVELS = dict.fromkeys(bytes.fromhex("01 06 07 08 09 0D 12 19"), 128) | {
    0x02: 255,
    0x03: 0,
}
TX_LEVELS = dict.fromkeys(bytes.fromhex("0B 0E 15 16 17"), 128) | {
    0x0A: 255,
    0x0C: 85,  # 20 words per minute
    0x0F: 64,
}
DUAL_LEVELS = dict.fromkeys(bytes.fromhex("05 13 14"), 128)

ON_OFF = (0, 1)
THREE = (0, 1, 2)
FOUR = (0, 1, 2, 3)
ALL_FUNCTIONS = {
    0x12: (1, 2, 3),
    **dict.fromkeys(bytes.fromhex("22 40 41 42 43 48 4F 50 56"), ON_OFF),
    0x57: THREE,
}
TX_FUNCTIONS = {
    **dict.fromkeys(bytes.fromhex("44 45 46"), ON_OFF),
    **dict.fromkeys(bytes.fromhex("47 58"), THREE),
}
DV_FUNCTIONS = {0x4B: ON_OFF, 0x5B: THREE, 0x5C: THREE, 0x5D: tuple(range(10))}
DUAL_FUNCTIONS = {
    0x02: THREE,
    0x32: FOUR,
    **dict.fromkeys(bytes.fromhex("4E 53 5E"), ON_OFF),
}
IP_PLUS = {0x65: ON_OFF}
# "Newer firmware / 7760" (3.6). guess: and the other radios that are as new.
TX_INHIBIT = {0x66: ON_OFF}
AGC_MID = {0x12: 2}

# ---- meters --------------------------------------------------------------------------

# Official anchors; "measured style" of 3.8 puts the top at +64 (section 10: official).
_S_METER: Curve = (
    *((0, -54), (10, -48), (30, -36), (60, -24), (90, -12), (120, 0)),
    (241, 60),
)
_S_METER_7610: Curve = (
    *((0, -54), (11, -48), (21, -42), (34, -36), (50, -30), (59, -24), (75, -18)),
    *((93, -12), (103, -6), (124, 0), (145, 10), (160, 20), (183, 30), (204, 40)),
    *((222, 50), (246, 60)),
)
_S_METER_7851: Curve = ((0, -54), (120, 0), (241, 60))
_COMP_HF: Curve = ((0, 0), (130, 15), (241, 30))
_COMP_VHF: Curve = ((0, 0), (130, 15), (210, 25.5))
_VD_MK2_9700: Curve = ((0, 0), (13, 10), (241, 16))
_VD_50_VOLTS: Curve = ((0, 0), (151, 44), (180, 48), (211, 52))
ALL_METERS = bytes.fromhex("01 02 05")
OVERFLOW = bytes((0x07,))
TX_METERS = bytes.fromhex("11 12 13 14 15 16")

METERS_705 = MeterCurves(
    s_meter_db=_S_METER,
    comp_db=_COMP_VHF,
    vd_volts=((0, 0), (75, 5), (241, 16)),
    id_amps=((0, 0), (121, 2), (241, 4)),
    idle_volts=13.8,
    full_amps=2.83,  # raw 171 at 10 W: 7.4 gives 150 to 180
)
METERS_905 = replace(METERS_705, vd_volts=((0, 0), (40, 5), (185, 13.8), (241, 30)))
METERS_MK2 = MeterCurves(
    s_meter_db=_S_METER,
    comp_db=_COMP_HF,
    vd_volts=_VD_MK2_9700,
    id_amps=((0, 0), (97, 10), (146, 15), (241, 25)),
    idle_volts=13.97,  # seen: raw 164 (4.8)
    full_amps=18,
)
METERS_7610 = MeterCurves(
    s_meter_db=_S_METER_7610,
    comp_db=_COMP_HF,
    vd_volts=((0, 0), (151, 10), (185, 13.8), (211, 16)),
    id_amps=((0, 0), (77, 10), (165, 20), (241, 30)),
    idle_volts=13.8,
    full_amps=18,
)
METERS_7851 = MeterCurves(
    s_meter_db=_S_METER_7851,
    comp_db=_COMP_HF,
    vd_volts=_VD_50_VOLTS,
    id_amps=((0, 0), (97, 10), (146, 15), (241, 25)),
    idle_volts=48,
    full_amps=10,  # guess: 200 W at 48 V and not quite half of that lost
)
METERS_7760 = replace(
    METERS_7851,
    s_meter_db=_S_METER_7610,
    id_amps=((0, 0), (77, 5), (165, 10), (241, 15)),
)
METERS_9700 = MeterCurves(
    s_meter_db=_S_METER,
    comp_db=_COMP_VHF,
    vd_volts=_VD_MK2_9700,
    id_amps=((0, 0), (121, 10), (241, 20)),
    idle_volts=13.8,
    full_amps=18,
)
METERS_R8600 = MeterCurves(
    s_meter_db=_S_METER,
    comp_db=(),
    vd_volts=((0, 0), (80, 8), (138, 13.8), (160, 16)),
    id_amps=(),
    idle_volts=13.8,
    full_amps=0,
)

# ---- scope ---------------------------------------------------------------------------

_SPANS_HZ = (2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000)
_EDGES_HF_MHZ = (0.03, 1.6, 2, 6, 8, 11, 15, 20, 22, 26, 30, 45, 60)


def _edge_ranges(*edges: float) -> tuple[Band, ...]:
    return bands(itertools.pairwise(edges))


SCOPE_SMALL = ScopeFacts(
    pixels=475,
    amplitude_max=160,
    divisions=11,
    spans_hz=_SPANS_HZ,
    reference_db=(-20, 20),
    edge_ranges=_edge_ranges(*_EDGES_HF_MHZ, 74.8),
)
SCOPE_7851 = replace(
    SCOPE_SMALL,
    pixels=689,
    amplitude_max=200,  # old firmware: 136 (4.6)
    divisions=15,
    edge_ranges=_edge_ranges(*_EDGES_HF_MHZ),
    two_scopes=True,
)
SCOPE_LARGE = replace(SCOPE_7851, reference_db=(-30, 10))
SCOPE_705 = replace(
    SCOPE_SMALL,
    edge_ranges=(*_edge_ranges(*_EDGES_HF_MHZ, 74.8, 108, 137, 200), UHF_705),
)
SCOPE_9700 = replace(SCOPE_SMALL, edge_ranges=BANDS_905[:3])
SCOPE_905 = replace(
    SCOPE_SMALL,
    spans_hz=(*_SPANS_HZ, MHZ, 2_500_000, 5 * MHZ, 10 * MHZ, 25 * MHZ),
    edge_ranges=BANDS_905,  # guess: 3.13 does not list them
)
SCOPE_R8600 = replace(
    SCOPE_SMALL,
    modes=(0, 1),
    spans_hz=(*_SPANS_HZ, MHZ, 2_500_000),
    edge_ranges=(WHOLE_R8600,),
)
