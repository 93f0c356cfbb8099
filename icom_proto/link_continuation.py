"""A radio that goes on with the numbers of a client's last session (PROTOCOL.md 11.2).

Who calls from the same address again, without having said goodbye, is taken for the
same conversation: before anything is answered, the radio asks for the numbers between
the last one it knows and the first new one. Idles close that gap as well as packets do.
What came meanwhile counts as lost and is asked for later. An IC-7760 asked a client
whose first number was 1 for FF82 to FFFF and 0: the last 127.
"""

from typing import Final

from icom_proto.seqnum import seq_range

# Numbers asked for at most, the newest ones. guess: from that one capture.
ASKED_MAX: Final = 127
# Then nothing is waited for any more: a login repeated after 5 s is answered (11.2).
PATIENCE_S: Final = 5.0
ASK_AGAIN_S: Final = 1.0


class Continuation:
    """What is missing between the sessions, until it is there or time is up."""

    __slots__ = ("_ask_at", "_give_up_at", "_last", "_missing", "first")

    def __init__(self, last: int) -> None:
        self.first = -1  # of the new session; nothing has come yet
        self._last = last
        self._missing: dict[int, None] = {}
        self._ask_at = 0.0
        self._give_up_at = 0.0

    def take(self, seq: int, now: float) -> list[int]:
        """A number came; returns those to be asked for now."""
        if self.first < 0:
            self._begin(seq, now)
        self._missing.pop(seq, None)
        if not self._missing or now < self._ask_at:
            return []
        self._ask_at = now + ASK_AGAIN_S
        return list(self._missing)

    def is_over(self, now: float) -> bool:
        """Is the gap closed, or given up?"""
        return not self._missing or now >= self._give_up_at

    def _begin(self, seq: int, now: float) -> None:
        self.first = seq
        self._ask_at = now
        self._give_up_at = now + PATIENCE_S
        count = min((seq - self._last - 1) & 0xFFFF, ASKED_MAX)
        if count:
            first, last = (seq - count) & 0xFFFF, (seq - 1) & 0xFFFF
            self._missing = dict.fromkeys(seq_range(first, last))
