"""Which frequencies a VFO hears: its filter, laid on the air (spec CIV.md 2.8, 4.5)."""

from icom_proto.civ_values import Mode
from icom_sim.rig import modes
from icom_sim.rig.models import Band
from icom_sim.rig.modes import ModeGroup
from icom_sim.rig.receiver import VfoRecord

# The middle of a voice: SSB filters of every width have it in theirs.
_SSB_MIDDLE_HZ = 1500
_FIXED_WIDTHS_HZ = {
    Mode.FM: (15_000, 10_000, 7_000),
    Mode.WFM: (200_000,) * 3,
    Mode.DD: (150_000,) * 3,  # guess: D-STAR at 128 kbit/s
}
_DIGITAL_VOICE_HZ = (6_250,) * 3  # guess: their channels are this far apart


def width_hz(vfo: VfoRecord) -> int:
    """The width of the filter in use."""
    index = vfo.width_index
    if index is None:
        widths = _FIXED_WIDTHS_HZ.get(vfo.mode, _DIGITAL_VOICE_HZ)
        return widths[vfo.filter_number - 1]
    if modes.group_of(vfo.mode) is ModeGroup.AM:
        return (index + 1) * 200
    return (index + 1) * 50 if index < 10 else (index - 4) * 100


def passband(vfo: VfoRecord, hz: int | None = None) -> Band:
    """What is heard, or sent, with the dial here or at another frequency."""
    dial = vfo.frequency_hz if hz is None else hz
    half = width_hz(vfo) // 2
    middle = dial
    if modes.group_of(vfo.mode) is ModeGroup.SSB:
        offset = max(_SSB_MIDDLE_HZ, half)
        middle += offset if vfo.mode == Mode.USB else -offset
    return Band(middle - half, middle + half)
