"""What we sent and may be asked to repeat: a ring of the latest tracked datagrams.

A ring indexed by sequence number needs no eviction and cannot grow. 512 datagrams are
five seconds of 48 kHz audio and 51 seconds of idles (PROTOCOL.md 5.2 recommends 512 or
10 s).

Of audio it keeps the block, which many radios may share, and where the datagram stood;
whoever sent it makes it once more if it is asked for. Of an idle, which is nothing but
its number, it keeps nothing else. So to keep them takes no memory.
"""

from array import array
from collections.abc import Callable
from typing import Final

HISTORY_MAX: Final = 512
# Peers send each request twice (kappanhang, and we on audio) or name each number twice
# (wfview): one answer serves both. One that is meant anew comes a round trip later.
HOLD_OFF_MIN_S: Final = 0.01
HOLD_OFF_ROUND_TRIPS: Final = 0.6
_WHOLE: Final = 0xFF  # a datagram, and no part of a block

# Makes a datagram again: its number on the link, in the audio, the block, which part.
Remake = Callable[[int, int, bytes, int], bytes]


class SendHistory:
    """The last `HISTORY_MAX` tracked datagrams of one link."""

    __slots__ = ("_answered", "_kept", "_numbers", "_parts", "_remake", "_seqs")

    def __init__(self) -> None:
        # No place holds a number that belongs into another one: so all are empty.
        self._seqs = array("H", [1, *[0] * (HISTORY_MAX - 1)])
        self._kept: list[bytes] = [b""] * HISTORY_MAX
        self._parts = bytearray([_WHOLE]) * HISTORY_MAX
        self._numbers = array("H", bytes(2 * HISTORY_MAX))
        self._remake: Remake | None = None
        self._answered: dict[int, float] = {}

    def keep(self, seq: int, datagram: bytes) -> None:
        """Remember a datagram; the one sent `HISTORY_MAX` before it is forgotten."""
        at = seq % HISTORY_MAX
        self._seqs[at] = seq
        self._kept[at] = datagram
        self._parts[at] = _WHOLE

    def keep_idles(self, first: int, end: int) -> None:
        """As `keep`, of idles with these numbers, `end` not among them; found empty."""
        count = min((end - first) & 0xFFFF, HISTORY_MAX)
        for before in range(count, 0, -1):
            self.keep((end - before) & 0xFFFF, b"")

    def expect_parts(self, remake: Remake) -> None:
        """From now on this makes the datagrams of blocks again."""
        self._remake = remake

    def keep_part(self, seq: int, number: int, block: bytes, part: int) -> None:
        """As `keep`, of a datagram that holds a part of an audio block."""
        at = seq % HISTORY_MAX
        self._seqs[at] = seq
        self._kept[at] = block
        self._parts[at] = part
        self._numbers[at] = number

    def find(self, seq: int) -> bytes | None:
        """The datagram that was sent with this number, or None when it is gone. Empty:
        it was an idle."""
        at = seq % HISTORY_MAX
        if self._seqs[at] != seq:
            return None
        kept, part = self._kept[at], self._parts[at]
        if part == _WHOLE or self._remake is None:
            return kept
        return self._remake(seq, self._numbers[at], kept, part)

    def forget(self, seq: int) -> None:
        """From now on this datagram is gone."""
        at = seq % HISTORY_MAX
        if self._seqs[at] == seq:
            self._seqs[at] = at + 1  # belongs into another place
            self._kept[at] = b""

    def may_answer(self, seq: int, round_trip_s: float, now: float) -> bool:
        """False while an answer for this number has only just left."""
        answered = self._answered.get(seq)
        hold_off_s = max(HOLD_OFF_MIN_S, HOLD_OFF_ROUND_TRIPS * round_trip_s)
        if answered is not None and now < answered + hold_off_s:
            return False
        if len(self._answered) >= HISTORY_MAX:
            self._answered.clear()
        self._answered[seq] = now
        return True
