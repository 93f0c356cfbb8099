"""What the meters show: physical values as the raw 0 to 255 of 15 (spec CIV.md 3.8).

Transmit meters follow what is sent: the power setting, in SSB the audio from the
network (only if the MOD input is the network: 7.4), in CW the keyer. In receive they
read zero, but for the supply voltage.
"""

import math

from icom_sim.rig import modes
from icom_sim.rig.curves import raw_of
from icom_sim.rig.models import Curve
from icom_sim.rig.modes import ModeGroup
from icom_sim.rig.settings import LEVEL_HALF
from icom_sim.rig.state import RigState

PO_PERCENT: Curve = (
    *((0, 0), (21, 5), (43, 10), (65, 15), (83, 20), (95, 25), (105, 30), (114, 35)),
    *((124, 40), (143, 50), (183, 75), (213, 100), (255, 120)),
)
SWR: Curve = ((0, 1.0), (48, 1.5), (80, 2.0), (120, 3.0), (240, 6.0))
ALC_RAW_MAX = 120
# Audio at full scale and the MOD level in the middle drive the ALC half way: 7.4 calls
# 0 to 60 plausible.
_ALC_RAW_PER_DRIVE = 60
_COMP_DB_MAX = 30
_AM_CARRIER = 0.25  # 4.1: AM power is a quarter of the others
_TUNE_CARRIER = 0.1  # guess: tuners work at about 10 W of 100
_FULL_POWER_SWR = 3.0
_VOICE_DRIVE = 0.7  # guess: speech that does not clip
_VOLTS_LOST = 0.4  # 7.4: Vd drops by 0.3 to 0.5 V

_RF_POWER, _COMP_LEVEL, _COMP_SWITCH = 0x0A, 0x0E, 0x44


def output_fraction(state: RigState, now: float) -> float:
    """Power as a part of what the band allows, 0 to 1."""
    if not state.transmitting:
        return 0.0
    if state.transmitter.tuning:
        return _TUNE_CARRIER
    mode = state.transmit_vfo.mode
    setting = power_setting(state)
    match modes.group_of(mode):
        case ModeGroup.SSB:
            return setting * min(1.0, _drive(state, now)) ** 2
        case ModeGroup.CW if mode in modes.CW_MODES:
            return setting * state.transmitter.sending_cw
        case ModeGroup.AM:
            return setting * _AM_CARRIER
        case _:
            return setting


def power_setting(state: RigState) -> float:
    """What full drive gives, as a part of what the band allows; 0 for a receiver."""
    return state.levels.get(_RF_POWER, 0) / 255 * _protection(state)


def po_raw(state: RigState, now: float) -> int:
    return raw_of(PO_PERCENT, 100 * output_fraction(state, now))


def swr_raw(state: RigState, now: float) -> int:
    if output_fraction(state, now) == 0:
        return 0
    return raw_of(SWR, state.transmitter.matched_swr)


def alc_raw(state: RigState, now: float) -> int:
    if not _sends_ssb(state):
        return 0
    return min(ALC_RAW_MAX, round(_ALC_RAW_PER_DRIVE * _drive(state, now)))


def comp_raw(state: RigState, now: float) -> int:
    if not _sends_ssb(state) or not state.functions[_COMP_SWITCH]:
        return 0
    depth_db = _COMP_DB_MAX * state.levels[_COMP_LEVEL] / 255
    loudness = min(1.0, _drive(state, now))
    return raw_of(state.model.meters.comp_db, depth_db * loudness)


def vd_raw(state: RigState, now: float) -> int:
    meters = state.model.meters
    lost = _VOLTS_LOST * output_fraction(state, now)
    return raw_of(meters.vd_volts, meters.idle_volts - lost)


def id_raw(state: RigState, now: float) -> int:
    """Current grows with the square root of power."""
    meters = state.model.meters
    amps = meters.full_amps * math.sqrt(output_fraction(state, now))
    return raw_of(meters.id_amps, amps)


def _sends_ssb(state: RigState) -> bool:
    return state.transmitting and modes.group_of(state.transmit_vfo.mode) is (
        ModeGroup.SSB
    )


def _protection(state: RigState) -> float:
    """guess: with a bad antenna the radio reduces its power."""
    return min(1.0, _FULL_POWER_SWR / state.transmitter.matched_swr)


def _drive(state: RigState, now: float) -> float:
    """Audio at the modulator: 1.0 is full drive at the middle of the MOD level."""
    if state.transmitter.playing_voice:
        return _VOICE_DRIVE
    if not state.settings.modulates_from_lan(state.transmit_vfo.data):
        return 0.0
    gain = state.settings.lan_mod_level / LEVEL_HALF
    return gain * state.transmitter.audio_level(now)
