"""Where a radio listens and sends, and what of the air its mode makes audible."""

from dataclasses import dataclass
from enum import Enum, auto

from icom_proto.civ_values import Mode


class Family(Enum):
    """Modes that understand each other."""

    LINEAR = auto()  # SSB, CW and narrow data: a frequency becomes a pitch
    AM = auto()
    FM = auto()
    DIGITAL = auto()  # voice frames: all or nothing


_LINEAR = {
    *(Mode.LSB, Mode.USB, Mode.CW, Mode.CW_R),
    *(Mode.RTTY, Mode.RTTY_R, Mode.PSK, Mode.PSK_R),
}
# Audio falls as the frequency of the signal rises. RTTY is sent with the lower
# sideband; CW is heard as on the upper one, CW-R the other way round.
_INVERTED = {Mode.LSB, Mode.CW_R, Mode.RTTY, Mode.PSK_R}
_KEYED = {Mode.CW, Mode.CW_R}
# What a signal on the dial frequency sounds like: mark, and the middle of PSK (guess).
_PITCHES_HZ = {Mode.RTTY: 2125, Mode.RTTY_R: 2125, Mode.PSK: 1500, Mode.PSK_R: 1500}
_AM = {Mode.AM, Mode.S_AM_D, Mode.S_AM_L, Mode.S_AM_U}
_FM = {Mode.FM, Mode.WFM}

# What a transmitter lets through of its audio.
MODULATION_HZ = (50, 3600)
# guess: audio of FM receivers and of AM, where the filter does not end it before.
_AUDIO_HZ = (50, 5000)


@dataclass(frozen=True, slots=True)
class Tuning:
    """The knobs of one radio that matter on the air.

    `low_hz` and `high_hz` are the passband, from the dial frequency on: 100 to 2900 in
    USB, -250 to 250 in CW. `power_w` is what the radio sends at full drive.
    """

    frequency_hz: int
    mode: Mode
    low_hz: int
    high_hz: int
    transmit_hz: int
    transmit_mode: Mode
    power_w: float
    cw_pitch_hz: int = 600

    @property
    def pitch_hz(self) -> int:
        """What a signal on the dial frequency sounds like."""
        return self.cw_pitch_hz if is_keyed(self.mode) else pitch_of(self.mode)

    @property
    def audio_band_hz(self) -> tuple[int, int]:
        """The audio that the passband lets through."""
        low, high = _AUDIO_HZ
        if family_of(self.mode) is Family.LINEAR:
            ends = sorted(
                sideband_of(self.mode) * offset + self.pitch_hz
                for offset in (self.low_hz, self.high_hz)
            )
            return max(low, ends[0]), min(high, ends[1])
        if family_of(self.mode) is Family.AM:
            high = min(high, max(-self.low_hz, self.high_hz))
        return low, high

    def reaches(self, low_hz: int, high_hz: int) -> bool:
        """Whether something that occupies this is in the passband."""
        low, high = self.frequency_hz + self.low_hz, self.frequency_hz + self.high_hz
        return low_hz <= high and low <= high_hz


def family_of(mode: Mode) -> Family:
    if mode in _LINEAR:
        return Family.LINEAR
    if mode in _AM:
        return Family.AM
    return Family.FM if mode in _FM else Family.DIGITAL


def sideband_of(mode: Mode) -> int:
    """1 where audio is above the carrier, -1 where it is below."""
    return -1 if mode in _INVERTED else 1


def pitch_of(mode: Mode) -> int:
    """The audio that stands for the carrier, in modes without a key."""
    return _PITCHES_HZ.get(mode, 0)


def is_keyed(mode: Mode) -> bool:
    """Whether a key and not audio makes the signal."""
    return mode in _KEYED
