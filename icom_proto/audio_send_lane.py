"""The shortest way for what a radio sends a hundred times a second: audio.

On a link that is up and trusted a lane does at once what `AudioSender.send`,
`Link.send`, `TrackedChannel.send` and `LinkOutput` do step by step; in every other
state it leaves the block to them, untouched. A test holds that both ways are one.
"""

from collections.abc import Callable
from typing import Final

from icom_proto.audio_formats import AUDIO_PAYLOAD_MAX
from icom_proto.audio_stream import HEAD_END, AudioSender
from icom_proto.codec import glance_struct
from icom_proto.codes import PacketType
from icom_proto.events import Transmit
from icom_proto.link import Link
from icom_proto.link_states import LinkState
from icom_proto.packets import AudioData, Header

# The header, then ident, number, 0, payload length: these with their bytes swapped.
_pack: Final[Callable[..., bytes]] = glance_struct(Header, AudioData).pack
# What `Transmit._make` calls; bound here, because every datagram comes by.
_new: Final = tuple.__new__
_Transmit: Final = Transmit
_DATA: Final = int(PacketType.DATA)
_UP: Final = LinkState.UP


class AudioSendLane:
    """The lane between a radio's audio sender and the outputs of its link."""

    __slots__ = ("_association", "_channel", "_clock", "_output", "_sender")

    def __init__(self, link: Link, sender: AudioSender) -> None:
        self._output = link.output
        self._association = link.association
        self._channel = link.channel
        self._clock = link.clock
        self._sender = sender

    def take(self, block: bytes, now: float) -> bool:
        """Sends a block if nothing is in the way, and says whether it did."""
        output, clock = self._output, self._clock
        if (
            self._association.state is not _UP
            or output.allowance is not None
            or now < clock.now
            or not block
        ):
            return False
        clock.now = now
        channel, sender = self._channel, self._sender
        ident, following = sender.idents
        ident = ident >> 8 | (ident & 0xFF) << 8
        start, size = 0, len(block)
        while start < size:
            end = start + AUDIO_PAYLOAD_MAX
            part = block[start:end]
            seq, number, length = channel.next_seq, sender.send_seq, len(part)
            head = _pack(
                HEAD_END + length,
                _DATA,
                seq,
                output.own_id,
                output.peer_id,
                ident,
                number >> 8 | (number & 0xFF) << 8,
                0,
                length >> 8 | (length & 0xFF) << 8,
            )
            channel.next_seq = (seq + 1) & 0xFFFF
            channel.history.keep_cut(seq, head, block, start, end)
            start = end
            sender.send_seq = (number + 1) & 0xFFFF
            sender.sent += 1
            output.counters.sent += 1
            stream, address = output.stream, output.address
            output.events.append(_new(_Transmit, (stream, head + part, address)))
            ident = following >> 8 | (following & 0xFF) << 8
        channel.sent_at = now
        return True
