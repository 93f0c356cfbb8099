"""The numbers inside CI-V frames, both ways (spec CIV.md section 2).

Everything is packed BCD, in two byte orders: frequencies and offsets have their lowest
digits first, all else its highest. Decoding raises `DecodeError` for a digit above nine
or a wrong size, and nothing else; encoding refuses what does not fit with
`LocalProtocolError`. Enumerations are BCD too: mode DV is 0x17 and 20 dB is 0x20.
"""

from operator import index

from icom_proto.codes import OpenIntEnum
from icom_proto.errors import DecodeError, LocalProtocolError

# Frequencies from here on need the sixth byte. CIV.md 2.2: one implementation changes
# over at 5.85 GHz already, so a reader goes by the size that came.
SIX_BYTES_FROM_HZ = 10_000_000_000

LEVEL_MAX = 255

# The longest number in a frame is the six-byte frequency. Without a limit, `int()` of
# a long string of digits raises a ValueError of its own.
_BCD_SIZE_MAX = 6


class Mode(OpenIntEnum):
    """The mode byte (3.1)."""

    LSB = 0x00
    USB = 0x01
    AM = 0x02
    CW = 0x03
    RTTY = 0x04
    FM = 0x05
    WFM = 0x06
    CW_R = 0x07
    RTTY_R = 0x08
    S_AM_D = 0x11
    PSK = 0x12
    PSK_R = 0x13
    S_AM_L = 0x14
    S_AM_U = 0x15
    P25 = 0x16
    DV = 0x17
    DPMR = 0x18
    NXDN_VN = 0x19
    NXDN_N = 0x20
    DCR = 0x21
    DD = 0x22
    ATV = 0x23


def encode_frequency(hz: int) -> bytes:
    """Five bytes, or six from 10 GHz on."""
    return encode_bcd(hz, 5 if hz < SIX_BYTES_FROM_HZ else 6)[::-1]


def decode_frequency(data: bytes) -> int:
    """The frequency in Hz. A single 0xFF, "nothing stored", is a `DecodeError` too."""
    if len(data) not in (5, 6):
        raise DecodeError(f"a frequency has 5 or 6 bytes, not {len(data)}")
    return decode_bcd(data[::-1])


def encode_level(raw: int) -> bytes:
    """A level or a meter reading of 0 to 255, in two bytes."""
    if not 0 <= raw <= LEVEL_MAX:
        raise LocalProtocolError(f"a level is 0 to {LEVEL_MAX}, not {raw}")
    return encode_bcd(raw, 2)


def decode_level(data: bytes) -> int:
    raw = _decode_sized(data, 2)
    if raw > LEVEL_MAX:
        raise DecodeError(f"a level is at most {LEVEL_MAX}, not {raw}")
    return raw


def encode_rit(hz: int) -> bytes:
    """The offset that RIT and delta-TX share: two bytes of Hz, then the sign (2.7)."""
    return encode_bcd(abs(hz), 2)[::-1] + bytes([hz < 0])


def decode_rit(data: bytes) -> int:
    magnitude, sign = _decode_sized(data[:2][::-1], 2), data[2:]
    if sign not in (b"\x00", b"\x01"):
        raise DecodeError(f"a RIT offset ends with sign 00 or 01, not {sign.hex()!r}")
    return -magnitude if sign == b"\x01" else magnitude


def encode_bcd(value: int, size: int) -> bytes:
    """`size` bytes, highest digits first. `TypeError` for 14.1e6: it is no integer."""
    digits = f"{index(value):0{2 * size}d}"
    if value < 0 or len(digits) != 2 * size:
        raise LocalProtocolError(f"{value} does not fit {2 * size} decimal digits")
    return bytes.fromhex(digits)


def decode_bcd(data: bytes) -> int:
    digits = data.hex()
    try:
        if len(data) <= _BCD_SIZE_MAX:
            return int(digits)
    except ValueError:  # nothing, or a digit above nine
        pass
    raise DecodeError(
        f"not 1 to {_BCD_SIZE_MAX} bytes of decimal digits: {digits[:24]!r}"
    )


def _decode_sized(data: bytes, size: int) -> int:
    if len(data) != size:
        raise DecodeError(f"expected {size} bytes, got {len(data)}")
    return decode_bcd(data)
