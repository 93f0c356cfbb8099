"""PCM to and from the codec that a session was granted, each direction by itself.

Opus is the only codec with a memory, and the only one that needs something installed:
opuslib and the libopus that it binds, loaded when a client first asks for Opus.
"""

import sys
import warnings
from collections.abc import Callable
from ctypes.util import find_library
from types import ModuleType
from typing import TypeAlias

from icom_proto.audio_formats import (
    Coding,
    block_frames,
    decode_to_pcm16,
    encode_from_pcm16,
    format_of,
    mono_to_stereo,
    stereo_to_mono,
)
from icom_proto.codes import Codec
from icom_proto.errors import DecodeError

OPUS_CODECS = (Codec.OPUS_MONO, Codec.OPUS_STEREO)
# The longest packet there is (RFC 6716).
OPUS_MS_MAX = 120
# So much that a client hears what the network did, and not the codec. Left to itself
# libopus takes 12 kbit/s at 8 kHz, and who joins such a stream late hears noise.
OPUS_BITS_PER_S = 64_000

# One block of mono PCM becomes a payload, and a payload mono PCM.
Encode: TypeAlias = Callable[[bytes], bytes]
Decode: TypeAlias = Callable[[bytes], bytes]


class OpusMissingError(Exception):
    """There is no Opus on this machine: one line that says what to install."""


def load_opus() -> ModuleType:
    """The module `opuslib`. Raises OpusMissingError."""
    # It raises a bare Exception where its library is missing, hence the look before.
    if "opuslib" not in sys.modules and find_library("opus") is None:
        raise OpusMissingError(
            "Opus needs the system library libopus (Debian: apt-get install libopus0)"
        )
    try:
        with warnings.catch_warnings():
            # It is compiled on its first import where pip did not, and Python has
            # something to say about `is not 0`.
            warnings.simplefilter("ignore", SyntaxWarning)
            import opuslib
    except (ImportError, OSError) as error:
        raise OpusMissingError(
            f"Opus needs opuslib (pip install opuslib): {error}"
        ) from error
    module: ModuleType = opuslib
    return module


class CodecGate:
    """What a radio of this machine can code: all but Opus, where there is none."""

    def __init__(self) -> None:
        self._missing: str | None = None

    def can_code(self, codec: Codec) -> bool:
        if codec in OPUS_CODECS:
            try:
                load_opus()
            except OpusMissingError as error:
                self._missing = f"{codec.name} is refused: {error}"
                return False
        return True

    def poll_missing(self) -> str | None:
        """Why the last one was refused, once."""
        missing, self._missing = self._missing, None
        return missing


def encoder_for(codec: Codec, rate_hz: int) -> Encode:
    """Mono PCM, always a block of 20 ms, as this codec sends it.

    Raises OpusMissingError.
    """
    channels = format_of(codec).channels
    if format_of(codec).coding is Coding.OPUS:
        encode = _opus_encoder(rate_hz, channels)
    else:
        encode = _plain_encoder(codec)
    return encode if channels == 1 else lambda pcm: encode(mono_to_stereo(pcm))


def decoder_for(codec: Codec, rate_hz: int) -> Decode:
    """Mono PCM from the payloads of one session; these raise DecodeError.

    Raises OpusMissingError.
    """
    if format_of(codec).coding is Coding.OPUS:
        return _opus_decoder(rate_hz)
    if format_of(codec).channels == 1:
        return lambda payload: decode_to_pcm16(codec, payload)
    return lambda payload: stereo_to_mono(decode_to_pcm16(codec, payload))


def _plain_encoder(codec: Codec) -> Encode:
    return lambda pcm: encode_from_pcm16(codec, pcm)


def _opus_encoder(rate_hz: int, channels: int) -> Encode:
    opus = load_opus()
    encoder = opus.Encoder(rate_hz, channels, opus.APPLICATION_AUDIO)
    encoder.bitrate = OPUS_BITS_PER_S
    frames = block_frames(rate_hz)

    def encode(pcm: bytes) -> bytes:
        packet: bytes = encoder.encode(pcm, frames)
        return packet

    return encode


def _opus_decoder(rate_hz: int) -> Decode:
    """libopus itself makes mono of stereo packets."""
    opus = load_opus()
    decoder = opus.Decoder(rate_hz, 1)
    frames_max = block_frames(rate_hz, OPUS_MS_MAX)

    def decode(payload: bytes) -> bytes:
        if not payload:  # libopus would take it for a loss, and make up for it
            raise DecodeError("an Opus packet of no bytes")
        try:
            pcm: bytes = decoder.decode(payload, frames_max)
        except opus.OpusError as error:
            raise DecodeError(f"Opus packet: {error}") from error
        return pcm

    return decode
