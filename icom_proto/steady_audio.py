"""A radio's audio while its link is steady: numbers, and nothing else is touched.

As `SteadyLink` for pings and idles. It takes over the numbers of the link and of the
audio, and gives them back; what it sent may be asked for again then.
"""

from collections.abc import Callable
from functools import lru_cache
from struct import Struct
from typing import Final

from icom_proto.audio_formats import AUDIO_PAYLOAD_MAX
from icom_proto.audio_send_lane import JOINED_SIZE, pack_part, parts_of, swapped
from icom_proto.audio_stream import HEAD_END, AudioSender
from icom_proto.codec import glance_struct
from icom_proto.codes import PacketType
from icom_proto.link import Link
from icom_proto.packets import AudioData, Header

_DATA: Final = int(PacketType.DATA)
_FULL: Final = swapped(AUDIO_PAYLOAD_MAX)


class SteadyAudio:
    """The blocks that leave, from here until they are given back."""

    __slots__ = (
        "_ident",
        "_ident_of_rest",
        "_link",
        "_number",
        "_own_id",
        "_pack_two",
        "_peer_id",
        "_rest",
        "_sender",
        "_sent_at",
        "_seq",
    )

    def __init__(self, link: Link, sender: AudioSender) -> None:
        """Takes over from both, whose `AudioSendLane` is the way that is left out."""
        self._link, self._sender = link, sender
        self._own_id, self._peer_id = link.output.own_id, link.output.peer_id
        first, following = sender.idents
        self._ident, self._ident_of_rest = swapped(first), swapped(following)
        self._seq, self._number = link.channel.next_seq, sender.send_seq
        self._sent_at = link.channel.sent_at
        self._rest = 0  # bytes in the second datagram, for which this packs
        self._pack_two: Callable[..., bytes] = struct_of_two(0).pack

    def datagrams(self, block: bytes, now: float) -> bytes:
        """The datagrams of a block as one piece: to be cut behind `JOINED_SIZE`."""
        parts, seq, number = parts_of(block), self._seq, self._number
        if parts == 2:  # LPCM16 at 48 kHz, for which all this is made
            joined = self._two(block, seq, number)
        else:
            joined, part, ident = b"", 0, self._ident
            ids = self._own_id, self._peer_id
            while part < parts:
                at = (seq + part) & 0xFFFF, (number + part) & 0xFFFF
                joined += pack_part(*ids, ident, *at, block, part)
                part, ident = part + 1, self._ident_of_rest
        self._seq = (seq + parts) & 0xFFFF
        self._number = (number + parts) & 0xFFFF
        self._sent_at = now
        return joined

    def _two(self, block: bytes, seq: int, number: int) -> bytes:
        """Both datagrams with one call."""
        rest = block[AUDIO_PAYLOAD_MAX:]
        if len(rest) != self._rest:
            self._rest, self._pack_two = len(rest), struct_of_two(len(rest)).pack
        return self._pack_two(
            JOINED_SIZE,
            _DATA,
            seq,
            self._own_id,
            self._peer_id,
            self._ident,
            swapped(number),
            0,
            _FULL,
            block,  # cut by the struct
            HEAD_END + len(rest),
            _DATA,
            (seq + 1) & 0xFFFF,
            self._own_id,
            self._peer_id,
            self._ident_of_rest,
            swapped((number + 1) & 0xFFFF),
            0,
            swapped(len(rest)),
            rest,
        )

    def give_back(self, latest: list[bytes]) -> int:
        """The sender goes on from here. How many datagrams were sent.

        `latest` are the last blocks, as many as may be asked for again, or all.
        """
        channel, sender = self._link.channel, self._sender
        sent = (self._number - sender.send_seq) & 0xFFFF
        sender.sent += sent
        self._link.output.counters.sent += sent
        back = sum(parts_of(block) for block in latest)
        seq, number = (self._seq - back) & 0xFFFF, (self._number - back) & 0xFFFF
        for block in latest:
            for part in range(parts_of(block)):
                channel.history.keep_part(seq, number, block, part)
                seq, number = (seq + 1) & 0xFFFF, (number + 1) & 0xFFFF
        channel.next_seq, sender.send_seq = self._seq, self._number
        channel.sent_at = self._sent_at
        return sent


@lru_cache(maxsize=64)
def struct_of_two(rest: int) -> Struct:
    """Of a full datagram and one with so many bytes of payload behind it."""
    head = glance_struct(Header, AudioData).format[1:]
    return Struct(f"<{head}{AUDIO_PAYLOAD_MAX}s{head}{rest}s")
