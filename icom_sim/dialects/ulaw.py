"""µ-law as wfview's encoder writes it: segment limits eight times too small (8.2).

Its decoder is right, so that what it encodes is distorted for everybody: silence comes
out as +1052.
"""

import sys
from array import array

from icom_proto.audio_formats import decode_to_pcm16
from icom_proto.codes import Codec

_BIAS = 132
_CLIP = 32635
# G.711 has 0xFF for the end of the first segment.
_FIRST_SEGMENT_END = 0xFF // 8
_SEGMENTS = 8


def _encode(sample: int) -> int:
    magnitude = min(abs(sample), _CLIP) + _BIAS
    segment, end = 0, _FIRST_SEGMENT_END
    while magnitude > end and segment < _SEGMENTS:
        segment, end = segment + 1, 2 * end + 1
    is_loud = segment == _SEGMENTS
    code = 0x7F if is_loud else segment << 4 | (magnitude >> segment + 3) & 0x0F
    return 0xFF ^ (code | (0x80 if sample < 0 else 0))


def _table() -> bytes:
    samples = array("h", decode_to_pcm16(Codec.ULAW_MONO, bytes(range(256))))
    if sys.byteorder == "big":
        samples.byteswap()
    return bytes(map(_encode, samples))


# For `bytes.translate`: a block of G.711 becomes what wfview would have sent.
WFVIEW_ULAW = _table()
