"""The numbers that models give to their menu settings (spec CIV.md 3.11).

The table is the document's, a column for each model. Where two programs disagree the
preferred number of section 10 stands here. What is not in it is answered NG.
"""

from enum import Enum, auto


class Item(Enum):
    """Menu settings that 1A 05 can reach; each model numbers them anew."""

    TRANSCEIVE = auto()
    USB_MOD_LEVEL = auto()
    ACC_MOD_LEVEL = auto()
    LAN_MOD_LEVEL = auto()
    MOD_INPUT_DATA_OFF = auto()
    MOD_INPUT_DATA_1 = auto()
    MOD_INPUT_DATA_2 = auto()
    MOD_INPUT_DATA_3 = auto()
    USB_AF_LEVEL = auto()
    PHONES_MIX = auto()
    QUICK_SPLIT = auto()
    DATE = auto()
    TIME = auto()
    UTC_OFFSET = auto()
    SCOPE_AVERAGING = auto()
    TX_BANDWIDTH_WIDE = auto()
    TX_BANDWIDTH_MID = auto()
    TX_BANDWIDTH_NARROW = auto()
    TX_BANDWIDTH_DATA = auto()
    NB_DEPTH = auto()
    NB_WIDTH = auto()
    VOX_DELAY = auto()
    CIV_OUTPUT = auto()
    METER_TYPE = auto()
    REFERENCE_ADJUST = auto()
    NETWORK_CONTROL = auto()
    POWER_OFF_SETTING = auto()
    CONTROL_PORT = auto()
    SERIAL_PORT = auto()
    AUDIO_PORT = auto()
    INTERNET_LINE = auto()


# PHONES_MIX is from PROTOCOL.md 8.1. Two numbers are given for the USB AF level of the
# IC-705; guess: the first.
_TABLE = """
    IC-             705 7300MK2 7610 7851 7760 905 9700 R8600
    TRANSCEIVE      131      89  112  155  150 142  127    92
    USB_MOD_LEVEL   116      81   89   61  125 124  113     -
    ACC_MOD_LEVEL     -      82   88    -    -   -  112     -
    LAN_MOD_LEVEL   117      83   90   62  128 125  114     -
    MOD_INPUT_DATA_OFF 118   84   91   63  129 126  115     -
    MOD_INPUT_DATA_1 119     85   92   64  130 127  116     -
    MOD_INPUT_DATA_2  -       -   93   65  131   -    -     -
    MOD_INPUT_DATA_3  -       -   94   66  132   -    -     -
    USB_AF_LEVEL    110      70   82    -    -   -  106     -
    PHONES_MIX        -       -   72    -    -   -    -     -
    QUICK_SPLIT      45      33   33    -    -  46   43     -
    DATE            165     132  158   95  200 179  179   131
    TIME            166     133  159   96  201 180  180   132
    UTC_OFFSET      170     136  162  101  204 184  184   135
    SCOPE_AVERAGING 178     142  170    -    -   -  192     -
    TX_BANDWIDTH_WIDE 19     14    -    -    -   -    -     -
    TX_BANDWIDTH_MID 20      15    -    -    -   -    -     -
    TX_BANDWIDTH_NARROW 21   16    -    -    -   -    -     -
    TX_BANDWIDTH_DATA 22     17    -    -    -   -    -     -
    NB_DEPTH          -     265  290    -    -   -    -     -
    NB_WIDTH          -     266  291    -    -   -    -     -
    VOX_DELAY       359     267  292    -    -   -    -     -
    CIV_OUTPUT        -      91    -    -    -   -    -     -
    METER_TYPE        -       -    -    -    -   -    -   180
    REFERENCE_ADJUST 89       -   70    -    -   -    -     -
    NETWORK_CONTROL   -     108    -    -    -   -    -     -
    POWER_OFF_SETTING -     109    -    -    -   -    -     -
    CONTROL_PORT      -     110    -    -    -   -    -     -
    SERIAL_PORT       -     111    -    -    -   -    -     -
    AUDIO_PORT        -     112    -    -    -   -    -     -
    INTERNET_LINE     -     113    -    -    -   -    -     -
"""


def numbers_of(name: str) -> dict[Item, int]:
    """The settings of one model."""
    head, *rows = [line.split() for line in _TABLE.splitlines() if line.strip()]
    column = head.index(name.removeprefix(head[0]))
    return {Item[row[0]]: int(row[column]) for row in rows if row[column] != "-"}
