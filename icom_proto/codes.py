"""Code points of the protocol, as enums that survive values nobody has named.

A radio with newer firmware may send a code this list does not have. `OpenIntEnum` makes
a member for it on the fly, so that decoding never fails and encoding gives the same
byte back. Sources are sections of spec PROTOCOL.md, which names the programs and
captures behind them.
"""

from enum import Enum, IntEnum
from typing import Self


class OpenIntEnum(IntEnum):
    """An IntEnum that keeps unknown values: `PacketType(0xEE)` is `PacketType_0xee`.

    Unknown members are made for each look-up and not stored, so hostile input cannot
    make the class grow; they compare and hash as the integers they are.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int) or value < 0:
            return None
        member = int.__new__(cls, value)
        member._name_ = f"{cls.__name__}_{value:#04x}"
        member._value_ = value
        return member


class Role(Enum):
    """Which side of the conversation we play."""

    CLIENT = "client"
    RADIO = "radio"


class Stream(IntEnum):
    """The three UDP conversations of a session, each with its own port and link."""

    CONTROL = 0
    CIV = 1
    AUDIO = 2


class PacketType(OpenIntEnum):
    """The type word at 0x04 (2.1). Data and idle share 0x00 and differ in length."""

    DATA = 0x00
    RETRANSMIT = 0x01
    ARE_YOU_THERE = 0x03
    I_AM_HERE = 0x04
    DISCONNECT = 0x05
    READY = 0x06
    PING = 0x07


class Reply(OpenIntEnum):
    """Byte 0x14 of a control packet (2.9): who asks and who answers."""

    REQUEST = 0x01
    ANSWER = 0x02
    NOTICE = 0x03


class Request(OpenIntEnum):
    """Byte 0x15 of a control packet (2.9, 2.12): what is asked for."""

    LOGIN = 0x00
    REMOVE_TOKEN = 0x01
    CONFIRM_TOKEN = 0x02
    STREAMS = 0x03
    CLOSE_STREAMS = 0x04
    RENEW_TOKEN = 0x05


class CivKind(OpenIntEnum):
    """Byte 0x10 on the CI-V stream (2.17, 2.18)."""

    OPEN_CLOSE = 0xC0
    DATA = 0xC1


class Codec(OpenIntEnum):
    """Audio codec ids in the stream request, bytes 0x72 and 0x73 (8.1)."""

    NONE = 0x00
    ULAW_MONO = 0x01
    PCM8_MONO = 0x02
    PCM16_MONO = 0x04
    PCM8_STEREO = 0x08
    PCM16_STEREO = 0x10
    ULAW_STEREO = 0x20
    OPUS_MONO = 0x40
    OPUS_STEREO = 0x41
    ADPCM_MONO = 0x80


# Login response, offset 0x30: 2.11. Compared as raw bytes, as every known client does.
LOGIN_OK = bytes(4)
LOGIN_BAD_CREDENTIALS = bytes.fromhex("fffffffe")

# Token answer, offset 0x30: 2.12.
TOKEN_OK = bytes(4)
TOKEN_REJECTED = bytes.fromhex("ffffffff")

# Status, offset 0x30: 2.16. FD rests on one study of an IC-7300MK2; the rest on
# captures.
STATUS_OK = bytes(4)
STATUS_REFUSED = bytes.fromhex("ffffffff")
STATUS_BUSY = bytes.fromhex("fffffffd")

# "FTTH" is what radios call the connection, "WFVIEW" what wfview's server does (2.11).
CONNECTION_RADIO = b"FTTH"
CONNECTION_WFVIEW = b"WFVIEW"
