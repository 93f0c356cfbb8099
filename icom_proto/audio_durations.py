"""How long the audio in a payload lasts: from codec, rate and the bytes themselves.

Never 20 ms by assumption: 48 kHz LPCM16 travels in payloads of 1364 and 556 bytes,
which are 14.2 and 5.8 ms, and an Opus packet says how long it is (RFC 6716, 3.1).
"""

from typing import Final

from icom_proto.audio_formats import BLOCK_MS, FORMATS
from icom_proto.codes import Codec

# What a packet is taken for whose codec and content do not tell.
USUAL_S: Final = BLOCK_MS / 1000
# No Opus packet may be longer (RFC 6716, 3.2.5); one that says so is no Opus.
OPUS_S_MAX: Final = 0.12
# Nor shorter: one frame of CELT.
OPUS_S_MIN: Final = 0.0025

# Frame durations in ms by configuration number: twelve of SILK, four of both, sixteen
# of CELT (RFC 6716, table 2).
_SILK: Final = (10.0, 20.0, 40.0, 60.0)
_HYBRID: Final = (10.0, 20.0)
_CELT: Final = (2.5, 5.0, 10.0, 20.0)
_FRAME_MS: Final = _SILK * 3 + _HYBRID * 2 + _CELT * 4


def payload_duration_s(codec: Codec, rate_hz: int, payload: bytes) -> float:
    """Seconds of audio in a payload of this codec; 0.0 for an empty one."""
    if not payload:
        return 0.0
    known = FORMATS.get(codec)
    if known is None:
        return USUAL_S
    if not known.frame_bytes:
        return opus_duration_s(payload)
    return len(payload) / (known.frame_bytes * rate_hz)


def opus_duration_s(packet: bytes) -> float:
    """Seconds of audio in an Opus packet; the usual 20 ms if it is none."""
    count_code = packet[0] & 3
    if count_code < 3:
        count = 2 if count_code else 1
    elif len(packet) > 1:
        count = packet[1] & 0x3F
    else:
        return USUAL_S
    duration_s = count * _FRAME_MS[packet[0] >> 3] / 1000
    return duration_s if 0 < duration_s <= OPUS_S_MAX else USUAL_S
