"""Row 7c, ours: audio datagrams to packets and back, by the way the library goes.

Parsing checks kind and length, as the peers do, and the length field of header and
payload, which they do not. Whose ids they are is not asked by parsing, on either side.
"""

from itertools import repeat
from time import process_time

from benchmarks.contenders import Figures, Sample
from benchmarks.workload import audio_datagrams
from icom_proto.audio_stream import make_received, pack_head, unpack_head
from icom_proto.codec import HEADER_SIZE, size_of
from icom_proto.link_output import pack_header, unpack_header
from icom_proto.packets import AudioData

_SENDER, _RECEIVER = 0x1234, 0x5678
_IDENT = 0x0080
_HEAD_SIZE = size_of(AudioData)


def parse(count: int) -> Sample:
    """A datagram to the event that the application gets, as link and audio do it."""
    datagram = audio_datagrams(1)[0]

    def sample() -> Figures:
        made = None
        start = process_time()
        for data in repeat(datagram, count):
            length, kind, _, _, _ = unpack_header(data)
            if kind or length != len(data):
                continue
            ident, seq, _, size = unpack_head(data, HEADER_SIZE)
            if size == length - _HEAD_SIZE:
                made = make_received(ident, seq, data[_HEAD_SIZE:])
        elapsed = process_time() - start
        assert made is not None
        assert made.data == datagram[_HEAD_SIZE:]
        return {"per_s": count / elapsed}

    return sample


def decode(count: int) -> Sample:
    """The same datagram to its packet, `AudioData`, by the codec."""
    datagram = audio_datagrams(1)[0]

    def sample() -> Figures:
        decode = AudioData.decode
        start = process_time()
        for data in repeat(datagram, count):
            length, kind, _, _, _ = unpack_header(data)
            if kind or length != len(data):
                continue
            decode(data)
        return {"per_s": count / (process_time() - start)}

    return sample


def build(count: int) -> Sample:
    """A payload to a datagram with ids and both sequence numbers."""
    payload = audio_datagrams(1)[0][_HEAD_SIZE:]

    def sample() -> Figures:
        datagram = b""
        start = process_time()
        for seq in range(count):
            size = len(payload)
            head = pack_head(_IDENT, seq, 0, size)
            header = pack_header(_HEAD_SIZE + size, 0, seq, _SENDER, _RECEIVER)
            datagram = b"".join((header, head, payload))
        elapsed = process_time() - start
        assert len(datagram) == _HEAD_SIZE + len(payload)
        return {"per_s": count / elapsed}

    return sample
