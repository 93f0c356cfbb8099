"""What a playout buffer gives and tells, and how it turns payloads into samples.

Decoders are handed in, so that one buffer serves every codec. PCM and µ-law have one
here; Opus needs a library, which the core does not know.
"""

from enum import Enum
from typing import Final, NamedTuple, Protocol

from icom_proto.audio_formats import decode_to_pcm16, format_of
from icom_proto.codes import Codec
from icom_proto.quick_dataclass import dataclass

# A payload longer than this many seconds is no audio packet.
PACKET_S_MAX: Final = 0.5


class FrameKind(Enum):
    """What a frame is made of."""

    PLAYED = "all of it came from the sender"
    CONCEALED = "some of it was lost or late and is made up, or silent in `data`"
    SILENCE = "no stream: not begun yet, or fallen silent"


class Frame(NamedTuple):
    """One tick of audio: PCM of 16 bit, little-endian, always of the same size."""

    kind: FrameKind
    pcm: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayoutStatistics:
    """Counts since the start, and how things stand. Packets, unless a unit is named."""

    received: int
    duplicates: int
    lost: int  # never came, or not yet
    late: int  # came after their time
    repaired: int  # came out of order, and in time
    frames: int
    concealed_ms: float
    removed_ms: float  # left out to lower the delay
    inserted_ms: float  # repeated to raise it
    target_delay_ms: float
    delay_ms: float  # over the fastest packet lately
    drift_ppm: float | None  # positive: the sender's clock is faster; None: unknown
    spikes: int  # pauses on the way, such as Wi-Fi scans
    restarts: int  # the sender began anew
    misfits: int  # payloads of a size that the codec's blocks do not have
    refused: int  # no room, or nothing that can be decoded


class PacketDecoder(Protocol):
    """Payloads to PCM, called in playing order. Does not raise: bad ones are silent."""

    def frames(self, payload: bytes) -> int:
        """Sample frames in a payload, without decoding it; 0: not usable."""
        ...

    def decode(self, payload: bytes) -> bytes:
        """The samples; fewer or more than announced are padded or cut."""
        ...

    def conceal(self, frames: int) -> bytes | None:
        """What stands in for lost samples; None: the buffer makes them up."""
        ...

    def recover(self, next_payload: bytes) -> bytes | None:
        """The lost packet before this one, if it carries that (Opus FEC)."""
        ...


class SizedDecoder:
    """PCM and µ-law: sizes say it all, and there is nothing to remember."""

    def __init__(self, codec: Codec) -> None:
        self._codec, self._frame_bytes = codec, format_of(codec).frame_bytes

    def frames(self, payload: bytes) -> int:
        """Whole frames; a rest of a frame does not count."""
        return len(payload) // self._frame_bytes

    def decode(self, payload: bytes) -> bytes:
        """Whole frames."""
        whole = len(payload) - len(payload) % self._frame_bytes
        return decode_to_pcm16(self._codec, bytes(payload[:whole]))

    def conceal(self, frames: int) -> bytes | None:
        """The buffer knows better."""

    def recover(self, next_payload: bytes) -> bytes | None:
        """A sample is there once."""
