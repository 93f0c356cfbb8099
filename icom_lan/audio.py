"""The public names of audio, in one place."""

from typing import TYPE_CHECKING

from icom_lan.audio_packets import (
    AUDIO_HEADER_SIZE,
    TX_IDENT,
    AudioPacket,
    RX_IDENT_0xA0,
    build_audio_packet,
    parse_audio_packet,
)
from icom_lan.audio_stats import AudioState, AudioStats
from icom_lan.audio_stream import AudioStream
from icom_proto import jitter_buffer

if TYPE_CHECKING:  # of audio packets, unless somebody needs it for something else
    from typing import TypeAlias

    JitterBuffer: TypeAlias = jitter_buffer.JitterBuffer[AudioPacket]
else:
    JitterBuffer = jitter_buffer.JitterBuffer

__all__ = [
    "AUDIO_HEADER_SIZE",
    "TX_IDENT",
    "AudioPacket",
    "AudioState",
    "AudioStats",
    "AudioStream",
    "JitterBuffer",
    "RX_IDENT_0xA0",
    "build_audio_packet",
    "parse_audio_packet",
]
