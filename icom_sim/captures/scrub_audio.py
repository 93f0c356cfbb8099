"""Silence in the place of audio: as many bytes, in the codec of the session.

Opus has no silent byte. Each packet is replaced by one with the same number of frames
of the same duration, all of them empty, which decoders play as silence, and padding up
to the old length (RFC 6716, 3.2.1 and 3.2.5).
"""

from icom_proto.codes import Codec

_ULAW_ZERO = b"\xff"
_PCM8_ZERO = b"\x80"  # unsigned
_SILENCE = {
    Codec.ULAW_MONO: _ULAW_ZERO,
    Codec.ULAW_STEREO: _ULAW_ZERO,
    Codec.PCM8_MONO: _PCM8_ZERO,
    Codec.PCM8_STEREO: _PCM8_ZERO,
}
_OPUS = (Codec.OPUS_MONO, Codec.OPUS_STEREO)

# Of the first byte of an Opus packet the lowest bits say how frames are counted; in the
# second, where they are counted, this bit says that padding follows.
_COUNT_CODE, _COUNTED = 0x03, 3
_FRAMES_BY_CODE = (1, 2, 2)
_FRAMES_MASK, _PADDED = 0x3F, 0x40
# Padding is counted in bytes of which all but the last are this, for one less.
_MORE_PADDING = 255


def silenced(codec: Codec | None, payload: bytes) -> bytes:
    """`codec` is None where no request was seen: then zeros, right for 16-bit PCM."""
    if codec in _OPUS:
        return _silent_opus(payload)
    zero = b"\0" if codec is None else _SILENCE.get(codec, b"\0")
    return zero * len(payload)


def _silent_opus(packet: bytes) -> bytes:
    if not packet:
        return packet
    first, code = packet[0], packet[0] & _COUNT_CODE
    if len(packet) == 1:  # room for one empty frame
        return bytes((first & ~_COUNT_CODE,))
    frames = (
        packet[1] & _FRAMES_MASK if code == _COUNTED else _FRAMES_BY_CODE[code]
    ) or 1
    head, room = first | _COUNT_CODE, len(packet) - 2
    if not room:
        return bytes((head, frames))
    more, last = divmod(room - 1, _MORE_PADDING)
    counts = bytes((_MORE_PADDING,)) * more + bytes((last,))
    return bytes((head, frames | _PADDED)) + counts + bytes(room - len(counts))
