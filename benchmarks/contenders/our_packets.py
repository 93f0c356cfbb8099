"""Row 7c, ours: audio datagrams to packets and back, by the way the library goes.

Parsing checks what the link checks of every datagram (kind, length, both ids), which
the peers do not do here, and then makes an `AudioData`.
"""

from itertools import repeat
from time import process_time

from benchmarks.contenders import Figures, Sample
from benchmarks.workload import audio_datagrams
from icom_proto.codec import HEADER_SIZE, packer, unpacker
from icom_proto.packets import AudioData, Header

_SENDER, _RECEIVER = 0x1234, 0x5678
_IDENT = 0x0080

_unpack_header = unpacker(Header)
_pack_header = packer(Header)
_pack_audio = packer(AudioData)


def parse(count: int) -> Sample:
    """A datagram to AudioData, header checked."""
    datagram = audio_datagrams(1, sender_id=_SENDER, receiver_id=_RECEIVER)[0]

    def sample() -> Figures:
        unpack, decode = _unpack_header, AudioData.decode
        start = process_time()
        for one in repeat(datagram, count):
            length, kind, _, sender, receiver = unpack(one)
            if (
                kind == 0
                and length == len(one)
                and sender == _SENDER
                and receiver == _RECEIVER
            ):
                decode(one)
        return {"per_s": count / (process_time() - start)}

    return sample


def build(count: int) -> Sample:
    """A payload to a datagram with ids and both sequence numbers."""
    payload = audio_datagrams(1)[0][HEADER_SIZE + 8 :]

    def sample() -> Figures:
        start = process_time()
        for seq in range(count):
            body = _pack_audio(_IDENT, seq, bytes(2), len(payload), payload)
            _pack_header(HEADER_SIZE + len(body), 0, seq, _SENDER, _RECEIVER) + body
        return {"per_s": count / (process_time() - start)}

    return sample
