"""What we sent and may be asked to repeat: a ring of the latest tracked datagrams.

A ring indexed by sequence number needs no eviction and cannot grow. 512 datagrams are
five seconds of 48 kHz audio and 51 seconds of idles (PROTOCOL.md 5.2 recommends 512 or
10 s).
"""

from typing import Final

HISTORY_MAX: Final = 512
# Peers send each request twice (kappanhang, and we on audio) or name each number twice
# (wfview): one answer serves both. One that is meant anew comes a round trip later.
HOLD_OFF_MIN_S: Final = 0.01
HOLD_OFF_ROUND_TRIPS: Final = 0.6
_NO_SEQ: Final = -1
# Head, block, and where in it the payload begins and ends.
_Cut = tuple[bytes, bytes, int, int]


class SendHistory:
    """The last `HISTORY_MAX` tracked datagrams of one link."""

    __slots__ = ("_answered", "_datagrams", "_seqs")

    def __init__(self) -> None:
        self._seqs = [_NO_SEQ] * HISTORY_MAX
        self._datagrams: list[bytes | _Cut] = [b""] * HISTORY_MAX
        self._answered: dict[int, float] = {}

    def keep(self, seq: int, datagram: bytes) -> None:
        """Remember a datagram; the one sent `HISTORY_MAX` before it is forgotten."""
        at = seq % HISTORY_MAX
        self._seqs[at] = seq
        self._datagrams[at] = datagram

    def keep_cut(
        self, seq: int, head: bytes, block: bytes, start: int, end: int
    ) -> None:
        """As `keep`, of a head and the part of a block behind it. Joined only if it is
        asked for; a block that others keep too takes no memory here."""
        at = seq % HISTORY_MAX
        self._seqs[at] = seq
        self._datagrams[at] = (head, block, start, end)

    def find(self, seq: int) -> bytes | None:
        """The datagram that was sent with this number, or None when it is gone."""
        at = seq % HISTORY_MAX
        if self._seqs[at] != seq:
            return None
        kept = self._datagrams[at]
        if isinstance(kept, bytes):
            return kept
        head, block, start, end = kept
        return head + block[start:end]

    def forget(self, seq: int) -> None:
        """From now on this datagram is gone."""
        if self.find(seq) is not None:
            self._seqs[seq % HISTORY_MAX] = _NO_SEQ

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
