"""Datagrams under way: they land in time, in order, and not without limit."""

from math import inf

from icom_proto.codes import Stream
from icom_proto.events import Address
from icom_sim.flights import FLIGHTS_MAX, Flight, Flights
from icom_sim.network import Direction


def flight(data: bytes, direction: Direction = Direction.TO_CLIENT) -> Flight:
    return Flight(direction, Stream.CIV, data, Address("192.168.1.10", 4000))


def landed(flights: Flights, now: float) -> list[bytes]:
    return [each.data for each in flights.land(now)]


def test_each_lands_at_its_time_and_once() -> None:
    flights = Flights()
    flights.add(0.3, flight(b"late"))
    flights.add(0.1, flight(b"early"))
    assert flights.due == 0.1
    assert landed(flights, 0.05) == []
    assert landed(flights, 0.1) == [b"early"]
    assert landed(flights, 5.0) == [b"late"]
    assert flights.due == inf


def test_those_of_the_same_time_land_in_the_order_of_sending() -> None:
    flights = Flights()
    for number in range(50):
        flights.add(1.0, flight(b"%d" % number))
    assert landed(flights, 1.0) == [b"%d" % number for number in range(50)]


def test_the_last_landing_is_asked_for_by_direction() -> None:
    flights = Flights()
    assert flights.last_landing(Direction.TO_CLIENT) == -inf
    flights.add(0.1, flight(b""))
    flights.add(0.9, flight(b"", Direction.TO_RADIO))
    assert flights.last_landing(Direction.TO_CLIENT) == 0.1


def test_a_flood_is_dropped_and_not_kept() -> None:
    flights = Flights()
    for _ in range(FLIGHTS_MAX):
        flights.add(1.0, flight(b""))
    assert flights.dropped == 0
    flights.add(0.5, flight(b"too much"))
    assert flights.dropped == 1
    assert flights.due == 1.0
