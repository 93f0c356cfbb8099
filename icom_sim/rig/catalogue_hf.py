"""The HF transceivers (spec CIV.md 4; PROTOCOL.md 2.13 and 10).

Power-on values are those of 4.8 where a radio was observed; the others are guesses at
a usable radio.
"""

from dataclasses import replace

from icom_proto.civ_values import Mode
from icom_sim.rig import memory_layout, menu_items
from icom_sim.rig import shared_facts as shared
from icom_sim.rig.models import Band, NetworkFacts, RigModel, Tuned, VfoLayout
from icom_sim.rig.shared_facts import MHZ, bands, codes, with_subs

_COVERAGE_MK2 = (Band(30_000, 74_800_000),)
_COVERAGE_DUAL = (Band(30_000, 60 * MHZ),)
# The numbers of the inputs differ, and all have LAN as the last (3.11).
_LAN_5 = tuple(range(6))

IC_7300MK2 = RigModel(
    name="IC-7300MK2",
    civ_address=0xB6,
    layout=VfoLayout.AB,
    network=NetworkFacts(),
    # No 27 1E: this firmware answered NG (3.13).
    commands=(
        *(*shared.ALL_COMMANDS, *shared.AGC_CONSTANT, *shared.TX_COMMANDS),
        *(*shared.DELTA_TX, *shared.TUNER, *shared.ANTENNA_OUTPUT),
        *(*shared.VOICE_MEMORY, *codes("12")),
    ),
    receive=_COVERAGE_MK2,
    transmit=bands(shared.HF_EDGES),
    power_on=((Tuned(7_100_000, Mode.LSB, 0, 2), Tuned(7_150_000, Mode.LSB, 0, 2)),),
    modes=shared.BASE_MODES,
    data_modes=1,
    tuning_step_max=8,
    memory=memory_layout.MEMORY_MK2,
    band_stack=(*shared.STACK_HF, shared.general_coverage(_COVERAGE_MK2)),
    scans=shared.SCANS,
    attenuators_db=(0, 20),
    antennas=(0,),
    rx_antenna=True,
    levels=shared.ALL_LEVELS | shared.TX_LEVELS,
    functions=shared.ALL_FUNCTIONS
    | shared.TX_FUNCTIONS
    | {0x02: shared.THREE}
    | shared.IP_PLUS
    | shared.TX_INHIBIT,
    function_defaults=shared.AGC_MID,
    meters=shared.METERS_MK2,
    meter_subs=(*shared.ALL_METERS, *shared.OVERFLOW, *shared.TX_METERS),
    scope=shared.SCOPE_SMALL,
    settings=menu_items.numbers_of("IC-7300MK2"),
    mod_inputs=_LAN_5,
    mod_input_lan=5,
    wake_s=(3.6, 4.0),  # seen on an IC-7300: 3.8
)

IC_7610 = RigModel(
    name="IC-7610",
    civ_address=0x98,
    layout=VfoLayout.MAIN_SUB,
    network=NetworkFacts(stereo_rx=True, tells_who_is_connected=False),
    commands=(
        *(*shared.ALL_COMMANDS, *shared.AGC_CONSTANT, *shared.TX_COMMANDS),
        *(*shared.DELTA_TX, *shared.TUNER, *shared.ANTENNA_OUTPUT),
        *(*shared.WHICH_SCOPE, *shared.SCOPE_EDGES, *codes("12 1A09 1A0A 271F")),
    ),
    prefixed=shared.PREFIXED_7610,
    receive=_COVERAGE_DUAL,
    transmit=bands(shared.HF_EDGES),
    power_on=(
        (Tuned(14_074_000, Mode.USB, 0, 1),),
        (Tuned(7_074_000, Mode.USB, 0, 1),),
    ),
    modes=(*shared.BASE_MODES, Mode.PSK, Mode.PSK_R),
    data_modes=3,
    tuning_step_max=8,
    memory=memory_layout.MEMORY_DUAL,
    band_stack=(*shared.STACK_HF, shared.general_coverage(_COVERAGE_DUAL)),
    scans=shared.SCANS,
    attenuators_db=tuple(range(0, 46, 3)),
    antennas=(0, 1),
    rx_antenna=True,
    levels=shared.ALL_LEVELS | shared.TX_LEVELS | shared.DUAL_LEVELS,
    functions=shared.ALL_FUNCTIONS
    | shared.TX_FUNCTIONS
    | shared.DUAL_FUNCTIONS
    | shared.IP_PLUS,
    function_defaults=shared.AGC_MID,
    meters=shared.METERS_7610,
    meter_subs=(*shared.ALL_METERS, *shared.OVERFLOW, *shared.TX_METERS),
    scope=shared.SCOPE_LARGE,
    settings=menu_items.numbers_of("IC-7610"),
    mod_inputs=_LAN_5,
    mod_input_lan=5,
)

_NOT_ON_7851 = codes("1A04 1A0A 1665")

IC_7851 = replace(
    IC_7610,
    name="IC-7851",
    civ_address=0x8E,
    power_w=200,
    network=NetworkFacts(stereo_rx=True),
    commands=(
        *(*shared.ALL_COMMANDS, *shared.TX_COMMANDS),
        *(*shared.DELTA_TX, *shared.TUNER, *shared.DUPLEX_OFFSET),
        *(*shared.WHICH_SCOPE, *shared.SCOPE_EDGES, *codes("12 1A09 2718 271F")),
    ),
    prefixed=(
        *(code for code in shared.PREFIXED_7610 if code not in _NOT_ON_7851),
        *with_subs(0x16, "12 55"),
    ),
    attenuators_db=tuple(range(0, 22, 3)),
    antennas=(0, 1, 2, 3),
    functions=shared.ALL_FUNCTIONS
    | shared.TX_FUNCTIONS
    | shared.DUAL_FUNCTIONS
    | {0x12: shared.FOUR, 0x55: shared.FOUR},
    meters=shared.METERS_7851,
    meter_subs=(*shared.ALL_METERS, *shared.TX_METERS),
    scope=shared.SCOPE_7851,
    settings=menu_items.numbers_of("IC-7851"),
    mod_inputs=tuple(range(10)),
    mod_input_lan=9,
)

IC_7850 = replace(IC_7851, name="IC-7850")

IC_7760 = replace(
    IC_7610,
    name="IC-7760",
    civ_address=0xB2,
    power_w=200,
    network=NetworkFacts(stereo_rx=True),
    commands=(*IC_7610.commands, *shared.VOICE_MEMORY),
    prefixed=(*shared.PREFIXED_7610, *with_subs(0x15, "07")),
    power_on=(
        (Tuned(14_303_990, Mode.USB, 0, 1),),  # seen (1.5)
        (Tuned(7_074_000, Mode.USB, 0, 1),),
    ),
    memory=memory_layout.MEMORY_7760,
    antennas=(0, 1, 2, 3),
    functions={**IC_7610.functions, **shared.TX_INHIBIT, 0x67: shared.ON_OFF},
    meters=shared.METERS_7760,
    settings=menu_items.numbers_of("IC-7760"),
    mod_inputs=(*range(7), 9),
    mod_input_lan=9,
)
