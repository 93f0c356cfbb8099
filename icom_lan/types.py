"""Values that users of the library pass and get."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from icom_proto.civ_frames import OK, frame_body, frame_source, frame_to
from icom_proto.civ_values import Mode

__all__ = ["AudioCodec", "CivFrame", "Mode"]


class AudioCodec(IntEnum):
    """How audio travels; the values are the codec ids of the protocol."""

    ULAW_1CH = 0x01
    PCM_1CH_8BIT = 0x02
    PCM_1CH_16BIT = 0x04
    PCM_2CH_8BIT = 0x08
    PCM_2CH_16BIT = 0x10
    ULAW_2CH = 0x20
    OPUS_1CH = 0x40
    OPUS_2CH = 0x41


@dataclass(frozen=True, slots=True)
class CivFrame:
    """A CI-V frame, taken apart. `command` 0xFB is OK, the answer to a write."""

    to_addr: int
    from_addr: int
    command: int
    sub: int | None = None
    data: bytes = b""

    @classmethod
    def parse(cls, frame: bytes, *, has_sub: bool) -> Self:
        """From a whole frame. Whether there is a sub-command it does not say itself."""
        body = frame_body(frame)
        if body == OK or not has_sub:
            return cls(frame_to(frame), frame_source(frame), body[0], None, body[1:])
        return cls(frame_to(frame), frame_source(frame), body[0], body[1], body[2:])
