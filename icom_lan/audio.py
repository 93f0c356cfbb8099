"""The public names of audio, in one place."""

from icom_lan.audio_packets import (
    AUDIO_HEADER_SIZE,
    TX_IDENT,
    AudioPacket,
    RX_IDENT_0xA0,
    build_audio_packet,
    parse_audio_packet,
)
from icom_lan.audio_stats import AudioState, AudioStats
from icom_proto.jitter_buffer import JitterBuffer

__all__ = [
    "AUDIO_HEADER_SIZE",
    "TX_IDENT",
    "AudioPacket",
    "AudioState",
    "AudioStats",
    "JitterBuffer",
    "RX_IDENT_0xA0",
    "build_audio_packet",
    "parse_audio_packet",
]
