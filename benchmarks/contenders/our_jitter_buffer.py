"""Row 3.4, ours: `JitterBuffer.push`."""

from benchmarks.contenders import Sample
from benchmarks.contenders.jitter_buffer import pushing, worst_of_jumps
from benchmarks.jitter_streams import DEPTH, stream
from icom_proto.events import AudioReceived
from icom_proto.jitter_buffer import JitterBuffer


def push(name: str, seed: int) -> Sample:
    """Every packet of one stream."""
    packets = [_packet(seq) for seq in stream(name, seed)]
    return pushing(packets, lambda: JitterBuffer[AudioReceived](DEPTH).push)


def jumps() -> Sample:
    """The worst single push after any jump."""
    return worst_of_jumps(lambda: JitterBuffer[AudioReceived](DEPTH).push, _packet)


def _packet(seq: int) -> AudioReceived:
    return AudioReceived(0x0080, seq, b"")
