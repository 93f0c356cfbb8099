"""Datagrams under way: what the network delays waits here for its time."""

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import NamedTuple

from icom_proto.codes import Stream
from icom_proto.events import Address
from icom_sim.network import Direction

# Two audio streams and their pings at the longest delay, one minute. More is a flood,
# and a network drops what it cannot hold.
FLIGHTS_MAX = 32_768


class Flight(NamedTuple):
    """One copy of a datagram. `address` is the client's, whichever way it goes."""

    direction: Direction
    stream: Stream
    data: bytes
    address: Address


class Flights:
    """All that is under way. What lands at the same time lands in order of sending."""

    def __init__(self) -> None:
        self.dropped = 0
        self.due: float = inf  # when the next one lands; infinity if there is none
        self._heap: list[tuple[float, int, Flight]] = []
        self._order = count()

    def add(self, at: float, flight: Flight) -> None:
        """It lands at this time."""
        if len(self._heap) >= FLIGHTS_MAX:
            self.dropped += 1
        else:
            heappush(self._heap, (at, next(self._order), flight))
            self.due = self._heap[0][0]

    def land(self, now: float) -> Iterator[Flight]:
        """What has arrived; it is under way no longer."""
        while self.due <= now:
            landed = heappop(self._heap)[2]
            self.due = self._heap[0][0] if self._heap else inf
            yield landed

    def last_landing(self, direction: Direction) -> float:
        """When the last one of a direction lands; minus infinity if there is none."""
        landings = (at for at, _, each in self._heap if each.direction is direction)
        return max(landings, default=-inf)
