"""Tones of repeaters and squelches: which exist, and what a VFO has set (2.6, 3.10).

The kind is the code of 16 5D. The switches 16 42, 43 and 4B are its first three codes,
so that one of them going on puts the others off (guess: as the TONE key does).
"""

from dataclasses import dataclass

from icom_proto.civ_values import decode_bcd, encode_bcd

# In tenths of a hertz.
CTCSS = (
    *(670, 693, 719, 744, 770, 797, 825, 854, 885, 915, 948, 974, 1000, 1035, 1072),
    *(1109, 1148, 1188, 1230, 1273, 1318, 1365, 1413, 1462, 1514, 1567, 1598, 1622),
    *(1655, 1679, 1713, 1738, 1773, 1799, 1835, 1862, 1899, 1928, 1966, 1995, 2035),
    *(2065, 2107, 2181, 2257, 2291, 2336, 2418, 2503, 2541),
)
OFF, TONE, TSQL, DTCS = range(4)
# What 16 switches, and the kind that it stands for.
KINDS = {0x42: TONE, 0x43: TSQL, 0x4B: DTCS}


@dataclass(slots=True)
class Tones:
    """What one VFO has set. Tones are tenths of a hertz; `dtcs` has the polarity in
    front, as three bytes of 1B 02."""

    kind: int = OFF
    repeater: int = 885
    squelch: int = 885
    dtcs: bytes = bytes.fromhex("00 00 23")
    dv_code: int = 0


def encode_tone(tone: int) -> bytes:
    return encode_bcd(tone, 3)


def is_dtcs(data: bytes) -> bool:
    """A polarity per direction, and a code of three octal digits. Or DecodeError."""
    digits = f"{decode_bcd(data):06d}"
    polarity, code = digits[:2], digits[2:]
    octal = code[0] == "0" and not set(code) & set("89")
    return len(data) == 3 and not set(polarity) - set("01") and octal
