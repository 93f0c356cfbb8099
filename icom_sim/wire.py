"""Between the radio and its sockets: the network, what is under way, and who watches.

Addresses are translated here too, where a rule of the network rebinds a NAT.
"""

from collections import deque
from collections.abc import Callable, Iterator
from math import inf
from typing import Final, TypeAlias

from icom_proto.codes import Stream
from icom_proto.events import Address, Output, Transmit, TransmitBlock
from icom_sim.flights import Flight, Flights
from icom_sim.network import Direction, Network

# Told of each datagram that a client sent, before the network, and of each that leaves
# for a client, after it.
Tap: TypeAlias = Callable[[Direction, Stream, bytes, float], None]
_TO_CLIENT: Final = Direction.TO_CLIENT
_TO_RADIO: Final = Direction.TO_RADIO


class Wire:
    """One network for all clients of a radio. `outputs` is what is to be sent now."""

    def __init__(self, network: Network, tap: Tap | None) -> None:
        self.network = network
        self.outputs: deque[Output] = deque()
        self._flights = Flights()
        self._rebinder = network.rebinder
        self._tap = tap

    @property
    def is_plain(self) -> bool:
        """Does all pass as it is, unseen, and is nothing under way?"""
        is_empty = self._flights.due == inf
        return self._tap is None and self.network.is_open and is_empty

    def is_open(self, direction: Direction, stream: Stream) -> bool:
        """Does the next datagram pass as it is, and nobody looks? Then it counts as
        passed."""
        return (
            self._tap is None
            and not self._rebinder.in_use
            and self.network.passes(direction, stream)
        )

    def arriving(
        self, stream: Stream, data: bytes, address: Address, now: float
    ) -> list[tuple[bytes, Address]]:
        """A client sent this: what of it reaches the radio now, and as whose."""
        if self._tap is not None:
            self._tap(_TO_RADIO, stream, data, now)
        if self._rebinder.in_use:
            address = self._rebinder.seen(stream, address, now)
        arrived = []
        for delay, copy in self.network.carry(_TO_RADIO, stream, data, now):
            if delay:
                flight = Flight(_TO_RADIO, stream, copy, address)
                self._flights.add(now + delay, flight)
            else:
                arrived.append((copy, address))
        return arrived

    def send(self, sent: Transmit, now: float) -> None:
        """The radio sends this; what of it arrives leaves when it is due."""
        if self.is_open(_TO_CLIENT, sent[0]):
            self.outputs.append(sent)
            return
        stream, data, address = sent
        assert address is not None
        if self._rebinder.in_use:
            real = self._rebinder.real(stream, address, now)
            if real is None:
                return
            address = real
        for delay, copy in self.network.carry(_TO_CLIENT, stream, data, now):
            if delay:
                flight = Flight(_TO_CLIENT, stream, copy, address)
                self._flights.add(now + delay, flight)
            elif copy is data and address is sent.address:
                self._leave(sent, now)
            else:
                self._leave(Transmit(stream, copy, address), now)

    def send_block(self, block: TransmitBlock, now: float) -> None:
        """The same of several datagrams: together if nothing happens to them."""
        stream, data, _, size = block
        if self.is_open(_TO_CLIENT, stream):
            self.network.pass_more(_TO_CLIENT, stream, (len(data) - 1) // size)
            self.outputs.append(block)
            return
        for part in block.parts():
            self.send(part, now)

    def land(self, now: float) -> Iterator[Flight]:
        """What reaches the radio now; what reaches a client becomes an output."""
        for flight in self._flights.land(now):
            if flight.direction is _TO_RADIO:
                yield flight
            else:
                sent = Transmit(flight.stream, flight.data, flight.address)
                self._leave(sent, now)

    def next_timeout(self) -> float:
        """When the next one lands; infinity if nothing is under way."""
        return self._flights.due

    @property
    def last_landing(self) -> float:
        """When the last datagram that is under way to a client arrives there."""
        return self._flights.last_landing(_TO_CLIENT)

    def _leave(self, sent: Transmit, now: float) -> None:
        if self._tap is not None:
            self._tap(_TO_CLIENT, sent.stream, sent.data, now)
        self.outputs.append(sent)
