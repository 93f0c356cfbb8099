"""Row 3.4, peers: the jitter buffers of icom-lan and aiortc, by their public calls."""

import importlib

from benchmarks.contenders import Sample
from benchmarks.contenders.jitter_buffer import pushing, worst_of_jumps
from benchmarks.jitter_streams import DEPTH, stream

# aiortc's own for audio.
_CAPACITY, _PREFETCH = 16, 4
_TIMESTAMPS_PER_PACKET = 480  # 10 ms of 48 kHz: each packet is a frame


def push(package: str, name: str, seed: int) -> Sample:
    """icom-lan and rigplane: every packet of one stream."""
    audio = importlib.import_module(f"{package}.audio")
    packets = [audio.AudioPacket(0x0080, seq, b"") for seq in stream(name, seed)]
    return pushing(packets, lambda: audio.JitterBuffer(DEPTH).push)


def jumps(package: str) -> Sample:
    """icom-lan and rigplane: the worst single push after any jump."""
    audio = importlib.import_module(f"{package}.audio")
    return worst_of_jumps(
        lambda: audio.JitterBuffer(DEPTH).push,
        lambda seq: audio.AudioPacket(0x0080, seq, b""),
    )


def push_aiortc(name: str, seed: int) -> Sample:
    """aiortc: every packet of one stream."""
    jitterbuffer = importlib.import_module("aiortc.jitterbuffer")
    rtp = importlib.import_module("aiortc.rtp")
    packets = []
    place = 0
    for seq in stream(name, seed):
        place += ((seq - place + 0x8000) & 0xFFFF) - 0x8000
        timestamp = place * _TIMESTAMPS_PER_PACKET & 0xFFFFFFFF
        packet = rtp.RtpPacket(sequence_number=seq, timestamp=timestamp)
        packet._data = b""  # what its receiver sets before the buffer sees a packet
        packets.append(packet)
    return pushing(
        packets,
        lambda: jitterbuffer.JitterBuffer(capacity=_CAPACITY, prefetch=_PREFETCH).add,
    )
