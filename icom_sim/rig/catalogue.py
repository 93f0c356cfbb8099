"""The models this simulator can be (spec CIV.md 3 and 4; PROTOCOL.md 2.13 and 10).

Tables shared by several models come first, then one record per model. Power-on values
are those of 4.8 where a radio was observed; the others are guesses at a usable radio.
"""

import itertools
from collections.abc import Iterable
from dataclasses import replace

from icom_proto.civ_values import Mode
from icom_sim.rig.models import (
    Band,
    Curve,
    Item,
    MeterCurves,
    ModeLimit,
    NetworkFacts,
    RigModel,
    ScopeFacts,
    Tuned,
    VfoLayout,
)

MHZ = 1_000_000


def _codes(text: str) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(code) for code in text.split())


def _with_subs(command: int, subs: str) -> tuple[bytes, ...]:
    return tuple(bytes((command, sub)) for sub in bytes.fromhex(subs))


# ---- commands ------------------------------------------------------------------------

_ALL = _codes(
    "02 03 04 05 06 07 0F 10 11 13 14 15 16 18 1900 1A03 1A04 1A05 1B01 25 26"
)
_TX = _codes("17 1A06 1B00 1C00 1C02 1C03 1E00 1E01 1E02 2100 2101")
_PREFIXED_7610 = (
    *_codes("11 12"),
    # 0D: the vendor guide has it, one table has not (1.9).
    *_with_subs(0x14, "01 02 03 05 06 07 08 0D 12 13"),
    *_with_subs(0x15, "01 02 05"),
    *_with_subs(0x16, "02 22 32 40 41 42 43 48 4E 4F 53 56 65"),
    *_with_subs(0x1A, "03 04 09"),
    *_with_subs(0x1B, "00 01"),
)

# ---- frequencies and modes -----------------------------------------------------------


def _bands(edges: Iterable[tuple[float, float]]) -> tuple[Band, ...]:
    return tuple(Band(round(low * MHZ), round(high * MHZ)) for low, high in edges)


_HF_EDGES = (
    *((1.8, 2), (3.5, 4), (5.25, 5.45), (7, 7.3), (10.1, 10.15), (14, 14.35)),
    *((18.068, 18.168), (21, 21.45), (24.89, 24.99), (28, 29.7), (50, 54)),
)
# FM first: it is taken when WFM or DD end at the edge of their band.
_BASE_MODES = tuple(Mode(code) for code in (5, 0, 1, 2, 3, 4, 7, 8))
_BROADCAST = Band(76 * MHZ, 108 * MHZ)
_AIR = Band(108 * MHZ, 137 * MHZ)
_UHF_705 = Band(400 * MHZ, 470 * MHZ)
_WHOLE_R8600 = Band(10_000, 3000 * MHZ)
_VHF_UHF_RECEIVE = (
    Band(144 * MHZ, 148 * MHZ),
    Band(430 * MHZ, 450 * MHZ),
    Band(1240 * MHZ, 1300 * MHZ),
)

# ---- levels and functions ------------------------------------------------------------

_ALL_LEVELS = dict.fromkeys(bytes.fromhex("01 06 07 08 09 0D 12 19"), 128) | {
    0x02: 255,
    0x03: 0,
}
_TX_LEVELS = dict.fromkeys(bytes.fromhex("0B 0E 15 16 17"), 128) | {
    0x0A: 255,
    0x0C: 85,  # 20 words per minute
    0x0F: 64,
}
_DUAL_LEVELS = dict.fromkeys(bytes.fromhex("05 13 14"), 128)

_ON_OFF = (0, 1)
_THREE = (0, 1, 2)
_ALL_FUNCTIONS = {
    0x12: (1, 2, 3),
    **dict.fromkeys(bytes.fromhex("22 40 41 42 43 48 4F 50 56"), _ON_OFF),
    0x57: _THREE,
}
_TX_FUNCTIONS = {
    **dict.fromkeys(bytes.fromhex("44 45 46"), _ON_OFF),
    **dict.fromkeys(bytes.fromhex("47 58"), _THREE),
}
_DV_FUNCTIONS = {0x4B: _ON_OFF, 0x5B: _THREE, 0x5C: _THREE, 0x5D: tuple(range(10))}
_DUAL_FUNCTIONS = {
    0x32: (0, 1, 2, 3),
    **dict.fromkeys(bytes.fromhex("4E 53 5E 65"), _ON_OFF),
}
_AGC_MID = {0x12: 2}

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
_COMP_HF: Curve = ((0, 0), (130, 15), (241, 30))
_COMP_705_9700: Curve = ((0, 0), (130, 15), (210, 25.5))
_VD_MK2_9700: Curve = ((0, 0), (13, 10), (241, 16))
_ALL_METERS = bytes.fromhex("01 02 05 07")
_TX_METERS = bytes.fromhex("11 12 13 14 15 16")

_METERS_705 = MeterCurves(
    s_meter_db=_S_METER,
    comp_db=_COMP_705_9700,
    vd_volts=((0, 0), (75, 5), (241, 16)),
    id_amps=((0, 0), (121, 2), (241, 4)),
    idle_volts=13.8,
    full_amps=2.83,  # raw 171 at 10 W: 7.4 gives 150 to 180
)
_METERS_MK2 = MeterCurves(
    s_meter_db=_S_METER,
    comp_db=_COMP_HF,
    vd_volts=_VD_MK2_9700,
    id_amps=((0, 0), (97, 10), (146, 15), (241, 25)),
    idle_volts=13.97,  # seen: raw 164 (4.8)
    full_amps=18,
)
_METERS_7610 = MeterCurves(
    s_meter_db=_S_METER_7610,
    comp_db=_COMP_HF,
    vd_volts=((0, 0), (151, 10), (185, 13.8), (211, 16)),
    id_amps=((0, 0), (77, 10), (165, 20), (241, 30)),
    idle_volts=13.8,
    full_amps=18,
)
_METERS_9700 = MeterCurves(
    s_meter_db=_S_METER,
    comp_db=_COMP_705_9700,
    vd_volts=_VD_MK2_9700,
    id_amps=((0, 0), (121, 10), (241, 20)),
    idle_volts=13.8,
    full_amps=18,
)
_METERS_R8600 = MeterCurves(
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
    return _bands(itertools.pairwise(edges))


_SCOPE_SMALL = ScopeFacts(
    pixels=475,
    amplitude_max=160,
    divisions=11,
    spans_hz=_SPANS_HZ,
    reference_db=(-20, 20),
    edge_ranges=_edge_ranges(*_EDGES_HF_MHZ, 74.8),
)
_SCOPE_LARGE = replace(
    _SCOPE_SMALL,
    pixels=689,
    amplitude_max=200,
    divisions=15,
    reference_db=(-30, 10),
    edge_ranges=_edge_ranges(*_EDGES_HF_MHZ),
    two_scopes=True,
)
_SCOPE_705 = replace(
    _SCOPE_SMALL,
    edge_ranges=(*_edge_ranges(*_EDGES_HF_MHZ, 74.8, 108, 137, 200), _UHF_705),
)
_SCOPE_9700 = replace(_SCOPE_SMALL, edge_ranges=_VHF_UHF_RECEIVE)
_SCOPE_R8600 = replace(
    _SCOPE_SMALL,
    spans_hz=(*_SPANS_HZ, MHZ, 2_500_000),
    edge_ranges=(_WHOLE_R8600,),
)

# ---- models --------------------------------------------------------------------------

IC_705 = RigModel(
    name="IC-705",
    civ_address=0xA4,
    layout=VfoLayout.AB,
    network=NetworkFacts(
        connection_type=bytes.fromhex("0707"),
        login_reserved_50=bytes((1, *bytes(15))),
    ),
    commands=(*_ALL, *_TX, *_codes("0C 0D 1A09 1B02 1B07 1C04 2102")),
    receive=(Band(30_000, 199_999_999), _UHF_705),
    transmit=_bands((*_HF_EDGES, (144, 148), (430, 450))),
    power_on=((Tuned(14_074_000, Mode.USB, 1, 1), Tuned(14_076_000, Mode.USB, 1, 2)),),
    modes=(*_BASE_MODES, Mode.WFM, Mode.DV),
    mode_limits=(
        ModeLimit(_BROADCAST, (Mode.WFM, Mode.FM, Mode.AM)),
        ModeLimit(_AIR, (Mode.AM,)),
    ),
    local_modes={Mode.WFM: _BROADCAST},
    data_modes=1,
    tuning_step_max=13,
    attenuators_db=(0, 20),
    second_preamp_max_hz=60 * MHZ,
    levels=_ALL_LEVELS | _TX_LEVELS,
    functions=_ALL_FUNCTIONS
    | _TX_FUNCTIONS
    | _DV_FUNCTIONS
    | {0x02: _THREE, 0x32: (0, 1, 2, 3)},
    function_defaults=_AGC_MID | {0x56: 1, 0x57: 1},  # seen, firmware 1.40 (3.6)
    meters=_METERS_705,
    scope=_SCOPE_705,
    meter_subs=(*_ALL_METERS, *_TX_METERS),
    settings={
        Item.TRANSCEIVE: 131,
        Item.USB_MOD_LEVEL: 116,
        Item.LAN_MOD_LEVEL: 117,
        Item.MOD_INPUT_DATA_OFF: 118,
        Item.MOD_INPUT_DATA_1: 119,
        Item.QUICK_SPLIT: 45,
        Item.DATE: 165,
        Item.TIME: 166,
        Item.UTC_OFFSET: 170,
    },
    mod_inputs=(0, 1, 2, 3),
    mod_input_lan=3,
)

IC_7300MK2 = RigModel(
    name="IC-7300MK2",
    civ_address=0xB6,
    layout=VfoLayout.AB,
    network=NetworkFacts(),
    commands=(*_ALL, *_TX, *_codes("12 1C01 1C04 2102")),
    receive=(Band(30_000, 74_800_000),),
    transmit=_bands(_HF_EDGES),
    power_on=((Tuned(7_100_000, Mode.LSB, 0, 2), Tuned(7_150_000, Mode.LSB, 0, 2)),),
    modes=_BASE_MODES,
    data_modes=1,
    tuning_step_max=8,
    attenuators_db=(0, 20),
    antennas=(0,),
    rx_antenna=True,
    levels=_ALL_LEVELS | _TX_LEVELS,
    functions=_ALL_FUNCTIONS | _TX_FUNCTIONS | {0x02: _THREE, 0x65: _ON_OFF},
    function_defaults=_AGC_MID,
    meters=_METERS_MK2,
    scope=_SCOPE_SMALL,
    meter_subs=(*_ALL_METERS, *_TX_METERS),
    settings={
        Item.TRANSCEIVE: 89,
        Item.USB_MOD_LEVEL: 81,
        Item.ACC_MOD_LEVEL: 82,
        Item.LAN_MOD_LEVEL: 83,
        Item.MOD_INPUT_DATA_OFF: 84,
        Item.MOD_INPUT_DATA_1: 85,
        Item.USB_AF_LEVEL: 70,
        Item.QUICK_SPLIT: 33,
        Item.DATE: 132,
        Item.TIME: 133,
        Item.UTC_OFFSET: 136,
    },
    mod_inputs=tuple(range(6)),
    mod_input_lan=5,
)

IC_7610 = RigModel(
    name="IC-7610",
    civ_address=0x98,
    layout=VfoLayout.MAIN_SUB,
    network=NetworkFacts(stereo_rx=True, tells_who_is_connected=False),
    commands=(*_ALL, *_TX, *_codes("12 1A09 1C01 1C04 2102")),
    prefixed=_PREFIXED_7610,
    receive=(Band(30_000, 60 * MHZ),),
    transmit=_bands(_HF_EDGES),
    power_on=(
        (Tuned(14_074_000, Mode.USB, 0, 1),),
        (Tuned(7_074_000, Mode.USB, 0, 1),),
    ),
    modes=(*_BASE_MODES, Mode.PSK, Mode.PSK_R),
    data_modes=3,
    tuning_step_max=8,
    attenuators_db=tuple(range(0, 46, 3)),
    antennas=(0, 1),
    rx_antenna=True,
    levels=_ALL_LEVELS | _TX_LEVELS | _DUAL_LEVELS,
    functions=_ALL_FUNCTIONS | _TX_FUNCTIONS | _DUAL_FUNCTIONS | {0x02: _THREE},
    function_defaults=_AGC_MID,
    meters=_METERS_7610,
    scope=_SCOPE_LARGE,
    meter_subs=(*_ALL_METERS, *_TX_METERS),
    settings={
        Item.TRANSCEIVE: 112,
        Item.USB_MOD_LEVEL: 89,
        Item.ACC_MOD_LEVEL: 88,
        Item.LAN_MOD_LEVEL: 90,
        Item.MOD_INPUT_DATA_OFF: 91,
        Item.MOD_INPUT_DATA_1: 92,
        Item.MOD_INPUT_DATA_2: 93,
        Item.MOD_INPUT_DATA_3: 94,
        Item.USB_AF_LEVEL: 82,
        Item.PHONES_MIX: 72,  # PROTOCOL.md 8.1
        Item.QUICK_SPLIT: 33,
        Item.DATE: 158,
        Item.TIME: 159,
        Item.UTC_OFFSET: 162,
    },
    mod_inputs=tuple(range(6)),
    mod_input_lan=5,
)

IC_9700 = RigModel(
    name="IC-9700",
    civ_address=0xA2,
    layout=VfoLayout.AB_IN_MAIN_AND_SUB,
    network=NetworkFacts(stereo_rx=True),
    commands=(*_ALL, *_TX, *_codes("0C 0D 1B02 1B07")),
    receive=_VHF_UHF_RECEIVE,
    transmit=_bands(((144, 148), (430, 450), (1240, 1300))),
    power_on=(
        (Tuned(145_000_000, Mode.FM, 0, 1), Tuned(145_500_000, Mode.FM, 0, 1)),
        (Tuned(433_000_000, Mode.FM, 0, 1), Tuned(433_500_000, Mode.FM, 0, 1)),
    ),
    modes=(*_BASE_MODES, Mode.DV, Mode.DD),
    local_modes={Mode.DD: _VHF_UHF_RECEIVE[2]},
    data_modes=1,
    tuning_step_max=11,
    attenuators_db=(0, 10),
    levels=_ALL_LEVELS | _TX_LEVELS,
    functions=_ALL_FUNCTIONS
    | _TX_FUNCTIONS
    | _DV_FUNCTIONS
    | {0x02: (0, 1, 2, 3), 0x12: (0, 1, 2, 3)}
    | dict.fromkeys(bytes.fromhex("4A 59 5A 65"), _ON_OFF),
    function_defaults=_AGC_MID | {0x59: 1},
    meters=_METERS_9700,
    scope=_SCOPE_9700,
    meter_subs=(*_ALL_METERS, *_TX_METERS),
    settings={
        Item.TRANSCEIVE: 127,
        Item.USB_MOD_LEVEL: 113,
        Item.ACC_MOD_LEVEL: 112,
        Item.LAN_MOD_LEVEL: 114,
        Item.MOD_INPUT_DATA_OFF: 115,
        Item.MOD_INPUT_DATA_1: 116,
        Item.USB_AF_LEVEL: 106,
        Item.QUICK_SPLIT: 43,
        Item.DATE: 179,
        Item.TIME: 180,
        Item.UTC_OFFSET: 184,
    },
    mod_inputs=tuple(range(6)),
    mod_input_lan=5,
)

IC_R8600 = RigModel(
    name="IC-R8600",
    civ_address=0x96,
    layout=VfoLayout.SINGLE,
    # A receiver, and yet its capabilities advertise transmit audio (2.13).
    network=NetworkFacts(),
    commands=(*_ALL, *_codes("0C 0D 12 1A07 1A08 1B02")),
    receive=(_WHOLE_R8600,),
    power_on=((Tuned(14_074_000, Mode.USB, 0, 1),),),
    modes=(
        *_BASE_MODES,
        *(Mode.WFM, Mode.S_AM_D, Mode.S_AM_L, Mode.S_AM_U),
        *(Mode.P25, Mode.DV, Mode.DPMR, Mode.NXDN_VN, Mode.NXDN_N, Mode.DCR),
    ),
    # guess: "WFM on HF" is refused (7.2), and nothing says it is otherwise here.
    local_modes={Mode.WFM: Band(30 * MHZ, 3000 * MHZ)},
    data_modes=0,
    tuning_step_max=14,
    duplex_offset_size=4,
    attenuators_db=(0, 10, 20, 30),
    antennas=(0, 1, 2),
    levels=_ALL_LEVELS,
    functions=_ALL_FUNCTIONS
    | {0x02: _ON_OFF}
    | dict.fromkeys(bytes.fromhex("4A 4B 4C"), _ON_OFF),
    function_defaults=_AGC_MID,
    meters=_METERS_R8600,
    scope=_SCOPE_R8600,
    meter_subs=(*_ALL_METERS, *bytes.fromhex("03 04 06")),
    settings={
        Item.TRANSCEIVE: 92,
        Item.DATE: 131,
        Item.TIME: 132,
        Item.UTC_OFFSET: 135,
    },
)

MODELS: dict[str, RigModel] = {
    model.name: model for model in (IC_705, IC_7300MK2, IC_7610, IC_9700, IC_R8600)
}
