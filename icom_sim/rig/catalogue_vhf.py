"""Radios that go beyond HF: IC-705, IC-9700, IC-905, IC-R8600 (spec CIV.md 4).

Power-on values are those of 4.8 where a radio was observed; the others are guesses at
a usable radio.
"""

from icom_proto.civ_values import Mode
from icom_sim.rig import memory_layout, menu_items
from icom_sim.rig import shared_facts as shared
from icom_sim.rig.models import (
    Band,
    ModeLimit,
    NetworkFacts,
    RigModel,
    Tuned,
    VfoLayout,
)
from icom_sim.rig.shared_facts import MHZ, bands, codes

_COVERAGE_705 = (Band(30_000, 199_999_999), shared.UHF_705)

IC_705 = RigModel(
    name="IC-705",
    civ_address=0xA4,
    layout=VfoLayout.AB,
    network=NetworkFacts(
        connection_type=bytes.fromhex("0707"),
        login_reserved_50=bytes((1, *bytes(15))),
    ),
    # No 1C 01: it is for an external tuner. 27 12 and 27 13 answer 00 (3.13).
    commands=(
        *(*shared.ALL_COMMANDS, *shared.AGC_CONSTANT, *shared.TX_COMMANDS),
        *(*shared.DELTA_TX, *shared.ANTENNA_OUTPUT, *shared.DUPLEX_OFFSET),
        *(*shared.DV_COMMANDS, *shared.VOICE_MEMORY, *shared.WHICH_SCOPE),
        *(*shared.SCOPE_EDGES, *codes("1A09")),
    ),
    receive=_COVERAGE_705,
    transmit=bands((*shared.HF_EDGES, (144, 148), (430, 450))),
    power_w=10,
    power_on=((Tuned(14_074_000, Mode.USB, 1, 1), Tuned(14_076_000, Mode.USB, 1, 2)),),
    modes=(*shared.BASE_MODES, Mode.WFM, Mode.DV),
    mode_limits=(
        ModeLimit(shared.BROADCAST, (Mode.WFM, Mode.FM, Mode.AM)),
        ModeLimit(shared.AIR, (Mode.AM,)),
    ),
    local_modes={Mode.WFM: shared.BROADCAST},
    data_modes=1,
    tuning_step_max=13,
    duplex_codes=shared.DUPLEX_CODES,
    memory=memory_layout.MEMORY_705,
    band_stack=(
        *shared.STACK_HF,
        *shared.STACK_705_VHF,
        shared.general_coverage(_COVERAGE_705),
    ),
    scans=shared.SCANS,
    attenuators_db=(0, 20),
    second_preamp_max_hz=60 * MHZ,
    levels=shared.ALL_LEVELS | shared.TX_LEVELS,
    functions=shared.ALL_FUNCTIONS
    | shared.TX_FUNCTIONS
    | shared.DV_FUNCTIONS
    | {0x02: shared.THREE, 0x32: shared.FOUR},
    function_defaults=shared.AGC_MID | {0x56: 1, 0x57: 1},  # seen, firmware 1.40 (3.6)
    meters=shared.METERS_705,
    meter_subs=(*shared.ALL_METERS, *shared.OVERFLOW, *shared.TX_METERS),
    scope=shared.SCOPE_705,
    settings=menu_items.numbers_of("IC-705"),
    mod_inputs=(0, 1, 2, 3),
    mod_input_lan=3,
)

IC_9700 = RigModel(
    name="IC-9700",
    civ_address=0xA2,
    layout=VfoLayout.AB_IN_MAIN_AND_SUB,
    network=NetworkFacts(stereo_rx=True),
    commands=(
        *(*shared.ALL_COMMANDS, *shared.AGC_CONSTANT, *shared.TX_COMMANDS),
        *(*shared.DUPLEX_OFFSET, *shared.DV_COMMANDS, *shared.VOICE_MEMORY),
        *(*shared.SCOPE_EDGES, *codes("2712")),
    ),
    receive=shared.BANDS_905[:3],
    transmit=shared.BANDS_905[:3],
    less_power_w={shared.UHF: 75, shared.SHF: 10},
    power_on=(
        (Tuned(145_000_000, Mode.FM, 0, 1), Tuned(145_500_000, Mode.FM, 0, 1)),
        (Tuned(433_000_000, Mode.FM, 0, 1), Tuned(433_500_000, Mode.FM, 0, 1)),
    ),
    modes=(*shared.BASE_MODES, Mode.DV, Mode.DD),
    local_modes={Mode.DD: shared.SHF},
    data_modes=1,
    tuning_step_max=11,
    duplex_codes=shared.DUPLEX_CODES,
    memory=memory_layout.MEMORY_9700,
    band_stack=shared.STACK_9700,
    scans=shared.SCANS,
    attenuators_db=(0, 10),
    levels=shared.ALL_LEVELS | shared.TX_LEVELS,
    functions=shared.ALL_FUNCTIONS
    | shared.TX_FUNCTIONS
    | shared.DV_FUNCTIONS
    | shared.IP_PLUS
    | {0x02: shared.FOUR, 0x12: shared.FOUR}
    | dict.fromkeys(bytes.fromhex("4A 59 5A"), shared.ON_OFF),
    function_defaults=shared.AGC_MID | {0x59: 1},
    meters=shared.METERS_9700,
    meter_subs=(*shared.ALL_METERS, *shared.OVERFLOW, *shared.TX_METERS),
    scope=shared.SCOPE_9700,
    settings=menu_items.numbers_of("IC-9700"),
    mod_inputs=tuple(range(6)),
    mod_input_lan=5,
    wake_s=(5.3, 5.7),  # seen: 5.5
)

# guess: 4.4 names the modes and not their bands; on 144 and 430 MHz neither fits.
_WIDE_905 = Band(1240 * MHZ, 10_500 * MHZ)

IC_905 = RigModel(
    name="IC-905",
    civ_address=0xAC,
    layout=VfoLayout.AB,
    network=NetworkFacts(),
    commands=(
        *(*shared.ALL_COMMANDS, *shared.AGC_CONSTANT, *shared.TX_COMMANDS),
        *(*shared.DELTA_TX, *shared.DUPLEX_OFFSET, *shared.DV_COMMANDS),
        *(*shared.VOICE_MEMORY, *shared.WHICH_SCOPE, *shared.SCOPE_EDGES),
    ),
    receive=shared.BANDS_905,
    transmit=shared.BANDS_905,
    power_w=10,
    less_power_w=dict(zip(shared.BANDS_905[3:], (2, 2, 0.5), strict=True)),
    power_on=((Tuned(145_000_000, Mode.FM, 0, 1), Tuned(433_000_000, Mode.FM, 0, 1)),),
    modes=(*shared.BASE_MODES, Mode.DV, Mode.DD, Mode.ATV),
    local_modes={Mode.DD: _WIDE_905, Mode.ATV: _WIDE_905},
    data_modes=1,
    tuning_step_max=12,
    duplex_codes=shared.DUPLEX_CODES,
    memory=memory_layout.MEMORY_905,
    band_stack=shared.STACK_905,
    scans=shared.SCANS,
    attenuators_db=(0, 10),
    levels=shared.ALL_LEVELS | shared.TX_LEVELS,
    functions=shared.ALL_FUNCTIONS
    | shared.TX_FUNCTIONS
    | shared.DV_FUNCTIONS
    | shared.TX_INHIBIT
    | {0x02: shared.ON_OFF, 0x4A: shared.ON_OFF},
    function_defaults=shared.AGC_MID,
    meters=shared.METERS_905,
    meter_subs=(*shared.ALL_METERS, *shared.OVERFLOW, *shared.TX_METERS),
    scope=shared.SCOPE_905,
    settings=menu_items.numbers_of("IC-905"),
    mod_inputs=(0, 1, 2, 3),
    mod_input_lan=3,
)

IC_R8600 = RigModel(
    name="IC-R8600",
    civ_address=0x96,
    layout=VfoLayout.SINGLE,
    # A receiver, and yet its capabilities advertise transmit audio (2.13).
    network=NetworkFacts(),
    commands=(
        *(*shared.ALL_COMMANDS, *shared.AGC_CONSTANT, *shared.DUPLEX_OFFSET),
        *(*shared.WHICH_SCOPE, *shared.SCOPE_EDGES),
        *codes("12 1A07 1A08 1B02"),
    ),
    receive=(shared.WHOLE_R8600,),
    power_on=((Tuned(14_074_000, Mode.USB, 0, 1),),),
    modes=(
        *shared.BASE_MODES,
        *(Mode.WFM, Mode.S_AM_D, Mode.S_AM_L, Mode.S_AM_U),
        *(Mode.P25, Mode.DV, Mode.DPMR, Mode.NXDN_VN, Mode.NXDN_N, Mode.DCR),
    ),
    # guess: "WFM on HF" is refused (7.2), and nothing says it is otherwise here.
    local_modes={Mode.WFM: Band(30 * MHZ, 3000 * MHZ)},
    data_modes=0,
    tuning_step_max=14,
    # guess: 3.2 names three transceivers, but this one stores duplex in its memories.
    duplex_codes=shared.DUPLEX_CODES,
    duplex_offset_size=4,
    memory=memory_layout.MEMORY_R8600,
    scans=shared.SCANS_R8600,
    attenuators_db=(0, 10, 20, 30),
    antennas=(0, 1, 2),
    levels=shared.ALL_LEVELS,
    functions=shared.ALL_FUNCTIONS
    | {0x02: shared.ON_OFF}
    | dict.fromkeys(bytes.fromhex("4A 4B 4C"), shared.ON_OFF),
    function_defaults=shared.AGC_MID,
    meters=shared.METERS_R8600,
    meter_subs=(*shared.ALL_METERS, *shared.OVERFLOW, *bytes.fromhex("03 04 06")),
    scope=shared.SCOPE_R8600,
    settings=menu_items.numbers_of("IC-R8600"),
)
