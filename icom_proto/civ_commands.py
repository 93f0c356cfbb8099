"""CI-V commands: their bodies, which answer belongs to which, and what answers say.

Builders return a body (command and data) for `civ_frames.build_frame`. Answers repeat
command and selector of the question, so that a stream can find the question again:
14 01 and 14 02 share only the command byte, 1A 05 is followed by a two-byte item, and
29 puts a receiver in front. Decoders take a whole frame and raise nothing but
`DecodeError`.
Tables: spec CIV.md 1.10, 3.1 to 3.10.
"""

from enum import IntEnum
from functools import lru_cache

from icom_proto.civ_frames import BODY_AT, frame_body
from icom_proto.civ_values import (
    Mode,
    decode_frequency,
    decode_level,
    encode_frequency,
    encode_level,
)
from icom_proto.errors import DecodeError
from icom_proto.quick_dataclass import dataclass

# Programs ask the same few questions again and again; what follows from the bytes of a
# frame alone is worked out once for each.
FRAMES_CACHED = 256

# ---- which answer belongs to which question ------------------------------------------

# Bytes behind the command that choose what is read or written (1.10). What is in none
# of the tables has one, by far the most frequent number.
_SELECTOR_SIZES: dict[int, int] = dict.fromkeys(
    bytes.fromhex("000102030405060809 0A0B0C0D0E0F 101112131718"), 0
)
_SUB_SELECTOR_SIZES: dict[bytes, int] = {
    b"\x07\xc2": 1,
    b"\x07\xd2": 1,
    **dict.fromkeys([bytes((0x27, sub)) for sub in range(0x14, 0x1B)], 2),
    b"\x27\x1d": 2,
    b"\x27\x1f": 2,
    b"\x1e\x01": 2,
    b"\x1e\x03": 2,
    b"\x1a\x01": 3,
    b"\x1a\x05": 3,
    b"\x27\x1e": 3,
    # A channel takes two bytes behind the 00; with a band in front three, with a group
    # four. A frame does not say which model it is for, so this is the longest. Contents
    # of a channel never are that short, and clearing one ends with FF: `is_read`.
    b"\x1a\x00": 5,
}
_CLEAR_CHANNEL = 0xFF
# Commands that act even when nothing stands behind them, and never read anything.
# 12 is not among them: bare it reads, but 12 00 selects an antenna (trap 6).
_WRITES = frozenset(bytes.fromhex("00 01 05 06 08 09 0A 0B 0D 0E 13 17 28"))
_SELECT_VFO = 0x07
# Waves of the scope come unasked, so none of them is an answer.
_SCOPE_DATA = b"\x27\x00"
_NO_BODY = b"\xfd"
# In front of a command: 29 00 or 29 01, for the main or the sub receiver.
RECEIVER_PREFIX = 0x29


@lru_cache(FRAMES_CACHED)
def answer_prefix(frame: bytes) -> bytes:
    """What the body of a data answer to this frame starts with: command and selector.

    For an answer itself it is the part in front of the value.
    """
    body = frame_body(frame)
    start = 2 if body[0] == RECEIVER_PREFIX else 0
    return body[: start + 1 + _selector_size(body[start:])]


@lru_cache(FRAMES_CACHED)
def is_read(frame: bytes) -> bool:
    """Whether the frame asks for data, rather than for OK or NG.

    Only the presence of data behind the selector decides it (1.3), but for the commands
    that always write.
    """
    body = frame_body(frame)
    if body[0] == RECEIVER_PREFIX:
        body = body[2:]
    if not body or body[0] in _WRITES:
        return False
    if body[0] == _SELECT_VFO and body[:2] not in _SUB_SELECTOR_SIZES:
        return False  # of 07 only dual watch and the selected band can be read
    if body.startswith(b"\x1a\x00") and body[-1] == _CLEAR_CHANNEL:
        return False
    return len(body) <= 1 + _selector_size(body)


@lru_cache(FRAMES_CACHED)
def expected_answer(frame: bytes) -> bytes:
    """How the body begins that answers a frame; nothing for what OK answers."""
    if not is_read(frame):
        return b""
    prefix = answer_prefix(frame)
    return _NO_BODY if _SCOPE_DATA.startswith(prefix) else prefix


def _selector_size(body: bytes) -> int:
    if body[:2] in _SUB_SELECTOR_SIZES:
        return _SUB_SELECTOR_SIZES[body[:2]]
    return _SELECTOR_SIZES.get(body[0], 1) if body else 0


# ---- bodies of requests --------------------------------------------------------------


class Vfo(IntEnum):
    """The first byte of 25 and 26; on radios with command 29 it means MAIN and SUB."""

    SELECTED = 0
    UNSELECTED = 1


class Level(IntEnum):
    """What 14 adjusts, 0 to 255 each (3.5)."""

    AF_GAIN = 0x01
    RF_GAIN = 0x02
    SQUELCH = 0x03
    APF = 0x05
    NOISE_REDUCTION = 0x06
    PBT_INNER = 0x07
    PBT_OUTER = 0x08
    CW_PITCH = 0x09
    RF_POWER = 0x0A
    MIC_GAIN = 0x0B
    KEY_SPEED = 0x0C
    NOTCH = 0x0D
    COMPRESSOR = 0x0E
    BREAK_IN_DELAY = 0x0F
    NOISE_BLANKER = 0x12
    DIGI_SEL = 0x13
    DRIVE_GAIN = 0x14
    MONITOR = 0x15
    VOX_GAIN = 0x16
    ANTI_VOX = 0x17
    BACKLIGHT = 0x19


class Meter(IntEnum):
    """What 15 measures in two bytes of 0 to 255 (3.7). PO to ID move in TX only."""

    S_METER = 0x02
    PO = 0x11
    SWR = 0x12
    ALC = 0x13
    COMP = 0x14
    VD = 0x15
    ID = 0x16


def read_identity() -> bytes:
    return b"\x19\x00"


def read_frequency() -> bytes:
    return b"\x03"


def set_frequency(hz: int) -> bytes:
    return b"\x05" + encode_frequency(hz)


def read_vfo_frequency(vfo: Vfo) -> bytes:
    return bytes((0x25, vfo))


def set_vfo_frequency(vfo: Vfo, hz: int) -> bytes:
    return bytes((0x25, vfo)) + encode_frequency(hz)


def read_mode() -> bytes:
    return b"\x04"


def set_mode(mode: Mode, filter_number: int | None = None) -> bytes:
    """Without a filter the radio takes the one it last used in this mode (3.1)."""
    return bytes((0x06, mode)) + _optional(filter_number)


def read_vfo_mode(vfo: Vfo) -> bytes:
    return bytes((0x26, vfo))


def set_vfo_mode(vfo: Vfo, mode: Mode, data: int, filter_number: int) -> bytes:
    """Mode, DATA (0 off, 1 to 3) and filter at once: the form to prefer (3.1)."""
    return bytes((0x26, vfo, mode, data, filter_number))


def read_ptt() -> bytes:
    return b"\x1c\x00"


def set_ptt(on: bool) -> bytes:
    return bytes((0x1C, 0x00, on))


def read_level(level: Level) -> bytes:
    return bytes((0x14, level))


def set_level(level: Level, raw: int) -> bytes:
    return bytes((0x14, level)) + encode_level(raw)


def read_meter(meter: Meter) -> bytes:
    return bytes((0x15, meter))


def _optional(value: int | None) -> bytes:
    return b"" if value is None else bytes((value,))


# ---- what answers say ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModeReport:
    """A mode as 01, 04 or 26 reports it. Only 26 tells `data`; `filter_number` is 1 to
    3, and None where the radio left it off."""

    mode: Mode
    filter_number: int | None
    data: int | None


def decode_identity_answer(frame: bytes) -> int:
    """The factory address, which names the model even if the address was changed."""
    return _one_byte(frame)


def decode_frequency_answer(frame: bytes) -> int:
    """Hz from the answer to 03, 25 or 1C 03, or from a transceive frame 00."""
    return decode_frequency(_value(frame))


def decode_mode_answer(frame: bytes) -> ModeReport:
    """From the answer to 04 or 26, or from a transceive frame 01."""
    value, has_data = _value(frame), frame_body(frame)[0] == 0x26
    match list(value):
        case [mode, data, filter_number] if has_data:
            return ModeReport(Mode(mode), filter_number, data)
        case [mode, filter_number] if not has_data:
            return ModeReport(Mode(mode), filter_number, None)
        case [mode] if not has_data:
            return ModeReport(Mode(mode), None, None)
        case _:
            raise DecodeError(f"not a mode: {value[:8].hex()!r}")


def decode_ptt_answer(frame: bytes) -> bool:
    return _one_byte(frame) != 0


def decode_level_answer(frame: bytes) -> int:
    """The raw 0 to 255 from an answer to 14 or 15."""
    return decode_level(_value(frame))


def _value(frame: bytes) -> bytes:
    return frame[BODY_AT + len(answer_prefix(frame)) : -1]


def _one_byte(frame: bytes) -> int:
    value = _value(frame)
    if len(value) != 1:
        raise DecodeError(f"expected one byte of data, got {len(value)}")
    return value[0]
