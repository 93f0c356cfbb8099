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
from icom_proto.codec import offset_of
from icom_proto.events import Output
from icom_proto.link import Link
from icom_proto.packets import AudioData

# Where the audio head has what is looked at, as plain numbers: compiled code needs no
# look-up then.
_IDENT: Final = 16
_NUMBER: Final = 18
_LENGTH: Final = 22
assert tuple(
    offset_of(AudioData, name) for name in ("ident", "send_seq", "data_length")
) == (_IDENT, _NUMBER, _LENGTH)


class AudioLane:
    """The lane between a client's audio link and its receiver."""

    __slots__ = ("_counters", "_emit", "_held", "_link", "_receiver")

    def __init__(
        self, link: Link, receiver: AudioReceiver, outputs: deque[Output]
    ) -> None:
        self._link = link
        self._receiver = receiver
        self._held = receiver.held
        self._emit = outputs.append
        self._counters = receiver.counters

    def take(self, data: bytes, now: float) -> bool:
        """Takes a datagram if it is the one expected, and says whether it was."""
        size = len(data)
        if size <= HEAD_END:
            return False
        # Byte by byte, as the link does.
        send_seq = data[_NUMBER] << 8 | data[_NUMBER + 1]
        link, receiver = self._link, self._receiver
        if (
            send_seq != receiver.next_seq
            or not send_seq % CLOCK_SAMPLE
            or data[_LENGTH] << 8 | data[_LENGTH + 1] != size - HEAD_END
            or self._held
            or not link.is_next(data, now)
        ):
            return False
        link.accept_next(now)
        receiver.next_seq = (send_seq + 1) & 0xFFFF
        self._counters.delivered += 1
        ident = data[_IDENT] | data[_IDENT + 1] << 8
        self._emit(make_received(ident, send_seq, data[HEAD_END:]))
        return True
