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


class SendHistory:
    """The last `HISTORY_MAX` tracked datagrams of one link."""

    __slots__ = ("_answered", "_datagrams", "_seqs")

    def __init__(self) -> None:
        self._seqs = [_NO_SEQ] * HISTORY_MAX
        self._datagrams = [b""] * HISTORY_MAX
        self._answered: dict[int, float] = {}

    def keep(self, seq: int, datagram: bytes) -> None:
        """Remember a datagram; the one sent `HISTORY_MAX` before it is forgotten."""
        at = seq % HISTORY_MAX
        self._seqs[at] = seq
        self._datagrams[at] = datagram

    def find(self, seq: int) -> bytes | None:
        """The datagram that was sent with this number, or None when it is gone."""
        at = seq % HISTORY_MAX
        return self._datagrams[at] if self._seqs[at] == seq else None

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
