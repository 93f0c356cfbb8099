"""The shortest way for what comes a hundred times a second: audio in order.

For the one datagram that is next by both of its numbers a lane does at once what
`Link.receive` and `AudioReceiver.handle_datagram` do step by step; everything else it
leaves to them, untouched. The whole receive path costs a fifth less by it
(`python -m benchmarks --only audio-core`); a test holds that both ways are one.
"""

from collections import deque
from typing import Final

from icom_proto.audio_stream import (
    CLOCK_SAMPLE,
    HEAD_END,
    AudioReceiver,
    make_received,
)
from icom_proto.codec import HEADER_SIZE, offset_of
from icom_proto.events import Output
from icom_proto.link import Link
from icom_proto.link_output import IDS_AT
from icom_proto.link_states import LinkState
from icom_proto.packets import AudioData, Header

# Where it stands; the header begins with the length, the audio head with the ident. As
# plain numbers, because compiled code then needs no look-up.
_KIND: Final = 4
_SEQ: Final = 6
_IDENT: Final = HEADER_SIZE
_NUMBER: Final = 18
_LENGTH: Final = 22
assert _KIND == offset_of(Header, "type")
assert _SEQ == offset_of(Header, "seq")
assert _IDENT == offset_of(AudioData, "ident")
assert _NUMBER == offset_of(AudioData, "send_seq")
assert _LENGTH == offset_of(AudioData, "data_length")
_UP: Final = LinkState.UP


class AudioLane:
    """The lane between a client's audio link and its receiver."""

    __slots__ = (
        "_association",
        "_clock",
        "_delivered",
        "_emit",
        "_held",
        "_output",
        "_received",
        "_receiver",
        "_tracker",
    )

    def __init__(
        self, link: Link, receiver: AudioReceiver, outputs: deque[Output]
    ) -> None:
        self._output = link.output
        self._association = link.association
        self._clock = link.clock
        self._tracker = link.tracker
        self._receiver = receiver
        self._held = receiver.held
        self._emit = outputs.append
        self._received = link.output.counters
        self._delivered = receiver.counters

    def take(self, data: bytes, now: float) -> bool:
        """Takes a datagram if it is the one expected, and says whether it was."""
        size = len(data)
        if size <= HEAD_END:
            return False
        # Byte by byte: once compiled, a struct costs more than all the rest of this.
        seq = data[_SEQ] | data[_SEQ + 1] << 8
        send_seq = data[_NUMBER] << 8 | data[_NUMBER + 1]
        tracker, receiver, output = self._tracker, self._receiver, self._output
        if (
            seq != tracker.highest + 1
            or send_seq != receiver.next_seq
            or not send_seq % CLOCK_SAMPLE
            or data[0] | data[1] << 8 != size
            or data[2] | data[3]
            or data[_KIND] | data[_KIND + 1]
            or data[_LENGTH] << 8 | data[_LENGTH + 1] != size - HEAD_END
            or data[IDS_AT:HEADER_SIZE] != output.ids_expected
            or self._held
            or self._association.state is not _UP
            or now < self._clock.now
        ):
            return False
        self._clock.now = self._association.heard_at = now
        tracker.highest = seq
        receiver.next_seq = (send_seq + 1) & 0xFFFF
        self._received.received += 1
        self._delivered.delivered += 1
        ident = data[_IDENT] | data[_IDENT + 1] << 8
        self._emit(make_received(ident, send_seq, data[HEAD_END:]))
        return True
