"""The playout buffer: numbered packets in when they arrive, one frame out each tick.

`voice` is for ears, `data` for decoders; docs/playout.md shows both. Both are bounded
in memory, read no clock, and take whatever the network does without an exception.
"""

from enum import Enum
from typing import Protocol

from icom_proto.codes import Codec
from icom_proto.data_playout import DataPlayout
from icom_proto.errors import LocalProtocolError
from icom_proto.playout_frames import Frame, PacketDecoder, PlayoutStatistics
from icom_proto.voice_playout import VoicePlayout


class Profile(Enum):
    """What the audio is for."""

    VOICE = "voice"
    DATA = "data"


class Playout(Protocol):
    """What both profiles offer."""

    @property
    def frame_bytes(self) -> int:
        """The size of every frame: 16 bit PCM in the channels of the codec."""
        ...

    @property
    def position(self) -> int | None:
        """The place of the next sample on the sender's line; None: no stream."""
        ...

    def put(self, send_seq: int, payload: bytes, now: float) -> None:
        """A packet arrived; in any order, twice, late: all the same."""
        ...

    def pull(self, now: float) -> Frame:
        """The frame of this tick."""
        ...

    def statistics(self) -> PlayoutStatistics:
        """Counts since the start, and how things stand."""
        ...


def make_playout(
    profile: Profile | str,
    codec: Codec,
    rate_hz: int,
    frame_ms: int = 20,
    *,
    delay_ms: float = 200.0,
    floor_ms: float = 0.0,
    ceiling_ms: float = 400.0,
    decoder: PacketDecoder | None = None,
) -> Playout:
    """A playout buffer; `delay_ms` is for `data`, floor and ceiling for `voice`.

    Raises LocalProtocolError for what is not possible.
    """
    try:
        chosen = Profile(profile)
    except ValueError:
        names = ", ".join(each.value for each in Profile)
        raise LocalProtocolError(f"no profile {profile!r}, only {names}") from None
    if chosen is Profile.DATA:
        return DataPlayout(codec, rate_hz, frame_ms, delay_ms=delay_ms, decoder=decoder)
    return VoicePlayout(
        codec,
        rate_hz,
        frame_ms,
        floor_ms=floor_ms,
        ceiling_ms=ceiling_ms,
        decoder=decoder,
    )
