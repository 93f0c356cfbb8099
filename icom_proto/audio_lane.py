"""The shortest way for what comes a hundred times a second: audio in order.

For the one datagram that is next by both of its numbers a lane does at once what
`Link.receive` and `AudioReceiver.handle_datagram` do step by step; everything else it
leaves to them, untouched. The whole receive path costs a fifth less by it
(`python -m benchmarks --only audio-core`); a test holds that both ways are one.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from icom_proto.audio_stream import (
    CLOCK_SAMPLE,
    HEAD_END,
    AudioReceiver,
    make_received,
    unpack_head,
)
from icom_proto.codec import HEADER_SIZE
from icom_proto.events import Output
from icom_proto.link import Link
from icom_proto.link_output import unpack_header
from icom_proto.link_states import LinkState

_UP: Final = LinkState.UP

# Takes a datagram and says whether it was the one expected.
Lane = Callable[[bytes, float], bool]


def make_lane(link: Link, receiver: AudioReceiver, outputs: deque[Output]) -> Lane:
    """The lane between a client's audio link and its receiver."""
    output, association, clock = link.output, link.association, link.clock
    tracker, held, emit = link.tracker, receiver.held, outputs.append
    received, delivered = output.counters, receiver.counters
    # Bound here: a name of another module is looked up in a dict, compiled or not.
    unpack, unpack_audio, make = unpack_header, unpack_head, make_received

    def take(data: bytes, now: float) -> bool:
        size = len(data)
        if size <= HEAD_END:
            return False
        length, kind, seq, sender_id, receiver_id = unpack(data)
        ident, send_seq, _, data_length = unpack_audio(data, HEADER_SIZE)
        if (
            seq != tracker.highest + 1
            or send_seq != receiver.next_seq
            or not send_seq % CLOCK_SAMPLE
            or kind
            or length != size
            or data_length != size - HEAD_END
            or sender_id != output.peer_id
            or receiver_id != output.own_id
            or held
            or association.state is not _UP
            or now < clock.now
        ):
            return False
        clock.now = association.heard_at = now
        tracker.highest = seq
        receiver.next_seq = (send_seq + 1) & 0xFFFF
        received.received += 1
        delivered.delivered += 1
        ident = ident >> 8 | (ident & 0xFF) << 8
        emit(make(ident, send_seq, data[HEAD_END:]))
        return True

    return take
