"""What the codec ids mean: sizes, rates, and the way to and from 16-bit samples.

PCM here is always signed 16 bit, little-endian; left before right in each sample frame.
Everything works on bytes with the standard library alone, because `audioop` left Python
in 3.13. Opus and ADPCM are named but not converted.
Sources: spec PROTOCOL.md 2.13 (rates), 8.1 (ids), 8.2 (formats), 8.3 (packetization).
"""

import struct
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from typing import Final

from icom_proto.codes import Codec
from icom_proto.errors import DecodeError, LocalProtocolError
from icom_proto.quick_dataclass import dataclass

# Larger payloads are dropped by an IC-7610 without a word (8.3). It is a multiple of
# four, so that no cut falls into a sample frame of any PCM or µ-law codec.
AUDIO_PAYLOAD_MAX: Final = 1364
BLOCK_MS = 20

# Bits of RadioRecord.rx_rates and .tx_rates (2.13). An IC-7610 sends 0x8B01.
RATE_BITS = {
    48000: 0x0800,
    44100: 0x4000,
    32000: 0x0400,
    24000: 0x0001,
    22050: 0x2000,
    16000: 0x0200,
    12000: 0x8000,
    11025: 0x1000,
    8000: 0x0100,
}


class Coding(Enum):
    """How one sample is written."""

    PCM16 = "signed 16 bit, little-endian"
    PCM8 = "unsigned 8 bit, silence 0x80"
    ULAW = "G.711 µ-law, silence 0xFF"
    OPUS = "Opus packets"


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """One codec. `frame_bytes` is one sample of each channel; 0 where sizes vary."""

    coding: Coding
    channels: int
    frame_bytes: int


# NONE is no format, and nobody here has met ADPCM, so neither is listed.
FORMATS = {
    Codec.ULAW_MONO: AudioFormat(Coding.ULAW, 1, 1),
    Codec.PCM8_MONO: AudioFormat(Coding.PCM8, 1, 1),
    Codec.PCM16_MONO: AudioFormat(Coding.PCM16, 1, 2),
    Codec.PCM8_STEREO: AudioFormat(Coding.PCM8, 2, 2),
    Codec.PCM16_STEREO: AudioFormat(Coding.PCM16, 2, 4),
    Codec.ULAW_STEREO: AudioFormat(Coding.ULAW, 2, 2),
    Codec.OPUS_MONO: AudioFormat(Coding.OPUS, 1, 0),
    Codec.OPUS_STEREO: AudioFormat(Coding.OPUS, 2, 0),
}


def format_of(codec: Codec) -> AudioFormat:
    """The facts about one codec; NONE, ADPCM and unknown ids are refused."""
    try:
        return FORMATS[codec]
    except KeyError:
        raise _refused(codec, tuple(FORMATS)) from None


def block_frames(rate_hz: int, ms: int = BLOCK_MS) -> int:
    """Sample frames in a block, rounded down: 11025 Hz gives 220 in 20 ms."""
    return rate_hz * ms // 1000


def block_size(codec: Codec, rate_hz: int, ms: int = BLOCK_MS) -> int:
    """Bytes of one block on the wire, before it is split."""
    return block_frames(rate_hz, ms) * _sized_format(codec).frame_bytes


def split_sizes(total: int) -> tuple[int, ...]:
    """Payload sizes of the datagrams for one block: full ones first, the rest last."""
    full, rest = divmod(total, AUDIO_PAYLOAD_MAX)
    return (AUDIO_PAYLOAD_MAX,) * full + ((rest,) if rest else ())


def rates_of(bits: int) -> tuple[int, ...]:
    """The sample rates in a bit set, highest first; bits without a name are skipped."""
    return tuple(rate_hz for rate_hz, bit in RATE_BITS.items() if bits & bit)


def decode_to_pcm16(codec: Codec, payload: bytes) -> bytes:
    """PCM from received audio, in the channels of the codec.

    Raises DecodeError if the payload is not a whole number of sample frames.
    """
    if (tables := _EXPAND.get(codec)) is None:
        _check_whole(payload, codec, _sized_format(codec).frame_bytes)
        return payload
    low, high, frame_bytes = tables
    if len(payload) % frame_bytes:
        _check_whole(payload, codec, frame_bytes)
    # As text of code points below 256 and back is the quickest way to a zero behind
    # each low byte; the high bytes are then put there.
    pcm = bytearray(payload.translate(low).decode("latin-1").encode("utf-16-le"))
    pcm[1::2] = payload.translate(high)
    return bytes(pcm)


def _check_whole(payload: bytes, codec: Codec, frame_bytes: int) -> None:
    if len(payload) % frame_bytes:
        raise DecodeError(
            f"audio of {len(payload)} bytes is no whole number of"
            f" {frame_bytes}-byte {codec.name} sample frames"
        )


def encode_from_pcm16(codec: Codec, pcm: bytes) -> bytes:
    """PCM, in the channels of the codec, as the codec sends it."""
    audio_format = _sized_format(codec)
    if len(pcm) % (2 * audio_format.channels):
        raise LocalProtocolError(
            f"PCM of {len(pcm)} bytes is no whole number of 16-bit sample frames"
            f" with {audio_format.channels} channels"
        )
    if (codes := _COMPRESS.get(codec)) is None:
        return pcm
    words = struct.unpack(f"<{len(pcm) // 2}H", pcm)
    return bytes([codes[word] for word in words])


def mono_to_stereo(pcm: bytes) -> bytes:
    """The same samples on the left and on the right."""
    stereo = bytearray(2 * len(pcm))
    stereo[0::4] = stereo[2::4] = pcm[0::2]
    stereo[1::4] = stereo[3::4] = pcm[1::2]
    return bytes(stereo)


def stereo_to_mono(pcm: bytes) -> bytes:
    """The mean of left and right, rounded down.

    All at once, as one large number with a sample frame in each 32 bits: six times as
    fast as a loop. With the sign bits turned round, samples are numbers from zero up,
    and the sum of two does not reach into the next frame.
    """
    frames = len(pcm) // 4
    signs, ones = _lanes(b"\x00\x80", frames), _lanes(b"\xff\xff", frames)
    both = int.from_bytes(pcm, "little") ^ signs ^ signs << 16
    mean = ((both & ones) + (both >> 16 & ones) >> 1 & ones) ^ signs
    lanes = mean.to_bytes(4 * frames, "little")
    mono = bytearray(2 * frames)
    mono[0::2], mono[1::2] = lanes[0::4], lanes[1::4]
    return bytes(mono)


@lru_cache(maxsize=16)
def _lanes(word: bytes, frames: int) -> int:
    """This word on the left of each frame."""
    return int.from_bytes((word + bytes(2)) * frames, "little")


def samples_of(pcm: bytes) -> tuple[int, ...]:
    """The samples as numbers, channels interleaved."""
    return struct.unpack(f"<{len(pcm) // 2}h", pcm)


def pcm_of(samples: Sequence[int]) -> bytes:
    """PCM from numbers of -32768 to 32767."""
    return struct.pack(f"<{len(samples)}h", *samples)


def _sized_format(codec: Codec) -> AudioFormat:
    """As `format_of`, for the codecs whose blocks have a size: not Opus."""
    audio_format = FORMATS.get(codec)
    if audio_format is None or audio_format.frame_bytes == 0:
        sized = tuple(each for each, facts in FORMATS.items() if facts.frame_bytes)
        raise _refused(codec, sized)
    return audio_format


def _refused(codec: Codec, allowed: tuple[Codec, ...]) -> LocalProtocolError:
    names = ", ".join(each.name for each in allowed)
    return LocalProtocolError(f"codec {codec.name} is not possible here, only {names}")


def _ulaw_samples() -> list[int]:
    """The 256 values of G.711 µ-law, by byte (8.2)."""
    samples = []
    for inverted in range(0xFF, -1, -1):
        exponent, mantissa = inverted >> 4 & 7, inverted & 15
        magnitude = (((mantissa << 3) + 132) << exponent) - 132
        samples.append(-magnitude if inverted & 0x80 else magnitude)
    return samples


def _pcm8_samples() -> list[int]:
    """Byte b is (b - 128) / 127 of full scale; 0x00 would be beyond it and is cut."""
    return [max(-32768, round((byte - 128) * 32767 / 127)) for byte in range(256)]


def _expand_tables(samples: list[int]) -> tuple[bytes, bytes]:
    """For `bytes.translate`: the low and the high byte of the sample for each byte."""
    pcm = pcm_of(samples)
    return pcm[0::2], pcm[1::2]


# The compress tables are made from runs, not sample by sample: that takes under a
# millisecond of the import and not forty. Index: the sample as an unsigned word.


def _ulaw_words() -> list[int]:
    """Sample x falls to the code whose interval, 8 << exponent wide, holds |x| + 132.

    The intervals start at 128, hence the four values less at the low end; from 32636 on
    everything is clipped to the last code.
    """
    runs = [bytes([0xFF - code]) * (8 << (code >> 4)) for code in range(0x80)]
    positive = b"".join(runs)[4:].ljust(0x8001, b"\x80")  # |x| = 0 ... 32768
    sign_set = bytes(code & 0x7F for code in range(0x100))  # inverted, as all bits are
    negative = positive[:0:-1].translate(sign_set)  # x = -32768 ... -1
    return list(positive[:0x8000] + negative)


def _pcm8_words() -> list[int]:
    """Sample x falls to 128 + x * 127 / 32767, rounded; there are no ties."""
    # Level n starts at (n - 1/2) * 32767 / 127; -(a // -b) is that rounded up.
    starts = [-((2 * level - 1) * 32767 // -254) for level in range(-127, 128)]
    starts[0], ends = -32768, [*starts[1:], 32768]
    by_sample = b"".join(
        bytes([byte]) * (end - start)
        for byte, start, end in zip(range(1, 256), starts, ends, strict=True)
    )
    return list(by_sample[0x8000:] + by_sample[:0x8000])


# By codec, because that is an integer, which is quicker to look up than a Coding.
_ULAW, _PCM8 = _expand_tables(_ulaw_samples()), _expand_tables(_pcm8_samples())
_EXPAND = {
    Codec.ULAW_MONO: (*_ULAW, 1),
    Codec.ULAW_STEREO: (*_ULAW, 2),
    Codec.PCM8_MONO: (*_PCM8, 1),
    Codec.PCM8_STEREO: (*_PCM8, 2),
}
# Lists, because they are quicker to read than bytes.
_COMPRESS = dict.fromkeys(
    (Codec.ULAW_MONO, Codec.ULAW_STEREO), _ulaw_words()
) | dict.fromkeys((Codec.PCM8_MONO, Codec.PCM8_STEREO), _pcm8_words())
