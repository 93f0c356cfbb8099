"""Between the radio and its sockets: the network, what is under way, and who watches.

Addresses are translated here too, where a rule of the network rebinds a NAT.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from icom_proto.codes import Stream
from icom_proto.events import Address, Output, Transmit
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

    def arriving(
        self, stream: Stream, data: bytes, address: Address, now: float
    ) -> list[tuple[bytes, Address]]:
        """A client sent this: what of it reaches the radio now, and as whose."""
        if self._tap is not None:
            self._tap(_TO_RADIO, stream, data, now)
        if self._rebinder.in_use:
            address = self._rebinder.seen(stream, address, now)
        if self.network.passes(_TO_RADIO, stream):
            return [(data, address)]
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
        stream, data, address = sent
        assert address is not None
        if self._rebinder.in_use:
            real = self._rebinder.real(stream, address, now)
            if real is None:
                return
            address = real
        if self.network.passes(_TO_CLIENT, stream):
            is_same = address is sent.address
            self._leave(sent if is_same else sent._replace(address=address), now)
            return
        for delay, copy in self.network.carry(_TO_CLIENT, stream, data, now):
            if delay:
                flight = Flight(_TO_CLIENT, stream, copy, address)
                self._flights.add(now + delay, flight)
            elif copy is data and address is sent.address:
                self._leave(sent, now)
            else:
                self._leave(Transmit(stream, copy, address), now)

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
