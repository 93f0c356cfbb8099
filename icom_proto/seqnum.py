"""Sequence numbers of 16 bits that wrap: serial arithmetic, nothing else.

Comparison is by signed distance, as in RFC 1982; numbers half the circle apart (0x8000)
count as older, and no window in this protocol comes near that.
"""

from collections.abc import Iterable, Iterator
from typing import Final

SEQ_MODULO: Final = 0x10000
_HALF: Final = SEQ_MODULO // 2


def seq_distance(newer: int, older: int) -> int:
    """Steps from `older` to `newer`, -0x8000 to 0x7FFF; positive if newer is newer."""
    return (newer - older + _HALF) % SEQ_MODULO - _HALF


def seq_range(first: int, last: int) -> Iterator[int]:
    """Every number from `first` to `last`, both included, across the wrap if needed."""
    for step in range((last - first) % SEQ_MODULO + 1):
        yield (first + step) % SEQ_MODULO


def expand_ranges(ranges: Iterable[tuple[int, int]], limit: int) -> list[int]:
    """The numbers in inclusive ranges, each once, in order, at most `limit` of them.

    Stops at the limit instead of expanding first: a peer may ask for 0x0000-0xFFFF in
    four bytes.
    """
    wanted: dict[int, None] = {}
    for first, last in ranges:
        for seq in seq_range(first, last):
            if len(wanted) >= limit:
                return list(wanted)
            wanted[seq] = None
    return list(wanted)
