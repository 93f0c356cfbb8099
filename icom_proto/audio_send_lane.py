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
from icom_proto.events import Transmit, TransmitBlock
from icom_proto.link import Link
from icom_proto.link_states import LinkState
from icom_proto.packets import AudioData, Header

# Of each datagram of a joined block but the last.
JOINED_SIZE: Final = HEAD_END + AUDIO_PAYLOAD_MAX

# The header, then ident, number, 0, payload length: these with their bytes swapped.
_pack: Final[Callable[..., bytes]] = glance_struct(Header, AudioData).pack
# What `Transmit._make` calls; bound here, because every datagram comes by.
_new: Final = tuple.__new__
_Transmit: Final = Transmit
_TransmitBlock: Final = TransmitBlock
_DATA: Final = int(PacketType.DATA)
_UP: Final = LinkState.UP


class AudioSendLane:
    """The lane between a radio's audio sender and the outputs of its link.

    With `is_joining` the datagrams of a block leave as one `TransmitBlock`.
    """

    __slots__ = (
        "_association",
        "_channel",
        "_clock",
        "_idents",
        "_output",
        "_sender",
        "is_joining",
    )

    def __init__(self, link: Link, sender: AudioSender, *, is_joining: bool) -> None:
        self._output = link.output
        self._association = link.association
        self._channel = link.channel
        self._clock = link.clock
        self._sender = sender
        first, following = sender.idents
        self._idents = swapped(first), swapped(following)
        self.is_joining = is_joining
        self._channel.history.expect_parts(self._datagram)

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
        seq, number, history = channel.next_seq, sender.send_seq, channel.history
        count = parts_of(block)
        joined, part = b"", 0
        while part < count:
            datagram = self._datagram(seq, number, block, part)
            history.keep_part(seq, number, block, part)
            part += 1
            seq, number = (seq + 1) & 0xFFFF, (number + 1) & 0xFFFF
            if self.is_joining:
                joined += datagram
            else:
                sent = output.stream, datagram, output.address
                output.events.append(_new(_Transmit, sent))
        if self.is_joining:
            together = output.stream, joined, output.address, JOINED_SIZE
            output.events.append(_new(_TransmitBlock, together))
        channel.next_seq, sender.send_seq = seq, number
        sender.sent += count
        output.counters.sent += count
        channel.sent_at = now
        return True

    def _datagram(self, seq: int, number: int, block: bytes, part: int) -> bytes:
        """One part of a block, as it is sent and as often as it is asked for."""
        output, idents = self._output, self._idents
        ident = idents[1] if part else idents[0]
        return pack_part(output.own_id, output.peer_id, ident, seq, number, block, part)


def pack_part(
    own_id: int,
    peer_id: int,
    ident: int,
    seq: int,
    number: int,
    block: bytes,
    part: int,
) -> bytes:
    """The datagram with one part of a block; the ident with its bytes swapped."""
    start = part * AUDIO_PAYLOAD_MAX
    payload = block[start : start + AUDIO_PAYLOAD_MAX]
    length = len(payload)
    head = _pack(
        HEAD_END + length,
        _DATA,
        seq,
        own_id,
        peer_id,
        ident,
        swapped(number),
        0,
        swapped(length),
    )
    return head + payload


def parts_of(block: bytes) -> int:
    """In how many datagrams a block leaves."""
    return (len(block) - 1) // AUDIO_PAYLOAD_MAX + 1


def swapped(word: int) -> int:
    """16 bits with the highest byte first, for a struct that has the lowest first."""
    return word >> 8 | (word & 0xFF) << 8
