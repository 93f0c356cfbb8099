"""What depends on the mode alone: filters, DATA, groups (spec CIV.md 2.8, 4.5).

Widths are the index byte of 1A 03: in SSB, CW and RTTY 0 to 9 mean 50 to 500 Hz and 10
to 40 mean 600 to 3600 Hz; in AM 0 to 49 mean 200 to 10000 Hz.
"""

from enum import Enum

from icom_proto.civ_values import Mode


class ModeGroup(Enum):
    """Modes that share filter widths and AGC time constants."""

    SSB = "SSB"
    CW = "CW and PSK"
    RTTY = "RTTY"
    AM = "AM"
    FIXED = "modes without a filter width: FM, WFM and digital voice"


_GROUPS = {
    Mode.LSB: ModeGroup.SSB,
    Mode.USB: ModeGroup.SSB,
    Mode.CW: ModeGroup.CW,
    Mode.CW_R: ModeGroup.CW,
    Mode.PSK: ModeGroup.CW,
    Mode.PSK_R: ModeGroup.CW,
    Mode.RTTY: ModeGroup.RTTY,
    Mode.RTTY_R: ModeGroup.RTTY,
    Mode.AM: ModeGroup.AM,
    Mode.S_AM_D: ModeGroup.AM,
    Mode.S_AM_L: ModeGroup.AM,
    Mode.S_AM_U: ModeGroup.AM,
}
FILTER_NUMBERS = (1, 2, 3)
DATA_MODES = (Mode.LSB, Mode.USB, Mode.AM, Mode.FM)
CW_MODES = (Mode.CW, Mode.CW_R)

_WIDTH_INDEX_MAX = {
    ModeGroup.SSB: 40,
    ModeGroup.CW: 40,
    ModeGroup.RTTY: 31,
    ModeGroup.AM: 49,
}
# FIL1, FIL2 and FIL3 in Hz, DATA off; SSB with DATA on has its own (4.5).
_DEFAULT_WIDTHS_HZ = {
    ModeGroup.SSB: (3000, 2400, 1800),
    ModeGroup.CW: (1200, 500, 250),
    ModeGroup.RTTY: (2400, 500, 250),
    ModeGroup.AM: (9000, 6000, 3000),
}
_SSB_DATA_WIDTHS_HZ = (3000, 1200, 500)


def group_of(mode: Mode) -> ModeGroup:
    return _GROUPS.get(mode, ModeGroup.FIXED)


def default_filter(mode: Mode) -> int:
    """The filter a mode starts with (4.5): FIL2, but FIL1 where widths are fixed."""
    return 1 if group_of(mode) is ModeGroup.FIXED else 2


def allows_data(mode: Mode) -> bool:
    return mode in DATA_MODES


def is_width_index(group: ModeGroup, index: int) -> bool:
    return 0 <= index <= _WIDTH_INDEX_MAX.get(group, -1)


def default_width_index(group: ModeGroup, data: bool, filter_number: int) -> int:
    widths = _DEFAULT_WIDTHS_HZ[group]
    if group is ModeGroup.SSB and data:
        widths = _SSB_DATA_WIDTHS_HZ
    hz = widths[filter_number - 1]
    if group is ModeGroup.AM:
        return hz // 200 - 1
    return hz // 50 - 1 if hz <= 500 else hz // 100 + 4
