"""Packets that wait for their turn, in the order of their places, within a bound."""

from bisect import bisect_left, insort
from typing import Final, NamedTuple

from icom_proto.packet_timeline import Slot

# Ten seconds at a hundred packets a second: more than any delay that can be asked for.
PACKETS_MAX: Final = 1024


class Waiting(NamedTuple):
    """A payload and its place."""

    slot: Slot
    payload: bytes


class PacketStore:
    """Sorted by place. What does not fit is refused: the newest, never what is due."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, slot: Slot, payload: bytes) -> bool:
        """Keep a packet; false if there is no room."""
        if len(self._waiting) >= PACKETS_MAX:
            return False
        if not self._waiting or slot.start >= self._waiting[-1].slot.start:
            self._waiting.append(Waiting(slot, payload))
        else:
            insort(self._waiting, Waiting(slot, payload), key=_start)
        return True

    def first(self) -> Waiting | None:
        """The one with the lowest place."""
        return self._waiting[0] if self._waiting else None

    def pop(self) -> Waiting:
        """Take that one."""
        return self._waiting.pop(0)

    def after(self, position: int) -> Waiting | None:
        """The first one that ends behind this position."""
        at = bisect_left(self._waiting, position + 1, key=_end)
        return self._waiting[at] if at < len(self._waiting) else None

    def drop_before(self, position: int) -> int:
        """Forget what ends at or before this position; how many those were."""
        gone = bisect_left(self._waiting, position + 1, key=_end)
        del self._waiting[:gone]
        return gone

    def clear(self) -> None:
        """Forget all."""
        self._waiting.clear()


def _start(waiting: Waiting) -> int:
    return waiting.slot.start


def _end(waiting: Waiting) -> int:
    return waiting.slot.end
