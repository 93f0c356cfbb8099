"""Row 7c, peers: `parse_audio_packet` and `build_audio_packet`."""

import importlib
from itertools import repeat
from time import process_time

from benchmarks.contenders import Figures, Sample
from benchmarks.workload import audio_datagrams


def parse(package: str, count: int) -> Sample:
    """A datagram to the peer's AudioPacket."""
    parse_audio_packet = importlib.import_module(f"{package}.audio").parse_audio_packet
    datagram = audio_datagrams(1)[0]
    assert parse_audio_packet(datagram).data == datagram[24:]

    def sample() -> Figures:
        start = process_time()
        for one in repeat(datagram, count):
            parse_audio_packet(one)
        return {"per_s": count / (process_time() - start)}

    return sample


def build(package: str, count: int) -> Sample:
    """A payload to a datagram with ids and audio sequence number."""
    build_audio_packet = importlib.import_module(f"{package}.audio").build_audio_packet
    payload = audio_datagrams(1)[0][24:]

    def sample() -> Figures:
        start = process_time()
        for seq in range(count):
            build_audio_packet(
                payload, sender_id=0x1234, receiver_id=0x5678, send_seq=seq
            )
        return {"per_s": count / (process_time() - start)}

    return sample
