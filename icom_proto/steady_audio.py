"""A radio's audio while its link is steady: numbers, and nothing else is touched.

As `SteadyLink` for pings and idles. It takes over the numbers of the link and of the
audio, and gives them back; what it sent may be asked for again then.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from icom_proto.audio_formats import AUDIO_PAYLOAD_MAX
from icom_proto.audio_send_lane import pack_part, parts_of, swapped
from icom_proto.audio_stream import HEAD_END, AudioSender
from icom_proto.codec import numbers_struct, offset_of
from icom_proto.codegen import Struct
from icom_proto.link import Link
from icom_proto.packets import AudioData, Header
from icom_proto.send_history import HISTORY_MAX

_SEQ: Final = offset_of(Header, "seq")
_NUMBER: Final = offset_of(AudioData, "send_seq")
# Of two heads what is before, between and behind their numbers.
_Heads = tuple[bytes, bytes, bytes, bytes, bytes, bytes]


class SteadyAudio:
    """The blocks that leave, from here until they are given back."""

    __slots__ = (
        "_ident",
        "_ident_of_rest",
        "_link",
        "_number",
        "_own_id",
        "_pack",
        "_packs_size",
        "_peer_id",
        "_sender",
        "_sent_at",
        "_seq",
        "_unchanging",
    )

    def __init__(self, link: Link, sender: AudioSender) -> None:
        """Takes over from both, whose `AudioSendLane` is the way that is left out."""
        self._link, self._sender = link, sender
        self._own_id, self._peer_id = link.output.own_id, link.output.peer_id
        first, following = sender.idents
        self._ident, self._ident_of_rest = swapped(first), swapped(following)
        self._seq, self._number = link.channel.next_seq, sender.send_seq
        self._sent_at = link.channel.sent_at
        # For blocks of one size that make two datagrams: LPCM16 at 48 kHz.
        self._packs_size = 0
        self._pack: Callable[..., bytes] = bytes
        self._unchanging: _Heads = (b"", b"", b"", b"", b"", b"")

    def datagrams(self, block: bytes, now: float) -> bytes:
        """The datagrams of a block as one piece: to be cut behind `JOINED_SIZE`."""
        parts, seq, number = parts_of(block), self._seq, self._number
        self._seq = (seq + parts) & 0xFFFF
        self._number = (number + parts) & 0xFFFF
        self._sent_at = now
        if parts == 2:
            return self._two(block, seq, number)
        joined, ident = b"", self._ident
        for part in range(parts):
            joined += self._part(block, part, seq + part, number + part, ident)
            ident = self._ident_of_rest
        return joined

    def give_back(self, latest: list[bytes]) -> int:
        """The sender goes on from here. How many datagrams were sent.

        `latest` are the last blocks, as many as may be asked for again, or all.
        """
        channel, sender = self._link.channel, self._sender
        sent = (self._number - sender.send_seq) & 0xFFFF
        sender.sent += sent
        self._link.output.counters.sent += sent
        parts = parts_of(latest[-1]) if latest else 1
        latest = latest[-(HISTORY_MAX // parts) :]
        back = sum(parts_of(block) for block in latest)
        seq, number = (self._seq - back) & 0xFFFF, (self._number - back) & 0xFFFF
        for block in latest:
            for part in range(parts_of(block)):
                channel.history.keep_part(seq, number, block, part)
                seq, number = (seq + 1) & 0xFFFF, (number + 1) & 0xFFFF
        channel.next_seq, sender.send_seq = self._seq, self._number
        channel.sent_at = self._sent_at
        return sent

    # inside

    def _part(
        self, block: bytes, part: int, seq: int, number: int, ident: int
    ) -> bytes:
        ids = self._own_id, self._peer_id
        return pack_part(*ids, ident, seq & 0xFFFF, number & 0xFFFF, block, part)

    def _two(self, block: bytes, seq: int, number: int) -> bytes:
        """Both datagrams with one call: only the numbers change in their heads."""
        if len(block) != self._packs_size:
            self._packs_size = len(block)
            self._pack = struct_of_two(len(block)).pack
            first = self._part(block, 0, 0, 0, self._ident)
            second = self._part(block, 1, 0, 0, self._ident_of_rest)
            self._unchanging = (*_around_numbers(first), *_around_numbers(second))
        heads = self._unchanging
        return self._pack(
            heads[0],
            seq,
            heads[1],
            swapped(number),
            heads[2],
            block,  # cut by the struct
            heads[3],
            (seq + 1) & 0xFFFF,
            heads[4],
            swapped((number + 1) & 0xFFFF),
            heads[5],
            block[AUDIO_PAYLOAD_MAX:],
        )


@lru_cache(maxsize=64)
def struct_of_two(size: int) -> Struct:
    """Of both datagrams of a block of this size."""
    full = AUDIO_PAYLOAD_MAX
    return numbers_struct(HEAD_END, (_SEQ, _NUMBER), full, size - full)


def _around_numbers(datagram: bytes) -> tuple[bytes, bytes, bytes]:
    """What never changes in a head."""
    return (
        datagram[:_SEQ],
        datagram[_SEQ + 2 : _NUMBER],
        datagram[_NUMBER + 2 : HEAD_END],
    )
