"""Streams and sessions of captures: any ports, any beginning, several at once."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from icom_proto.codes import PacketType, Stream
from icom_proto.events import Address
from icom_proto.packets import Header
from icom_sim.captures.follow import Direction, Follower, Placed
from icom_sim.captures.reader import CapturedDatagram, CaptureReader
from sources import ROOT

CAPTURES = sorted((ROOT / "fixtures" / "captures").glob("*.pcap"))
# Where all recorded radios listen.
PORTS = {50001: Stream.CONTROL, 50002: Stream.CIV, 50003: Stream.AUDIO}
RADIO = "127.0.0.3"
SESSION = "wfserver160__wfview160__session-pcm16-16k"
BOTH_SIDES_50001 = "wfserver160__kappanhang13__session-via-ayt-dedup"


@cache
def recorded(name: str) -> tuple[CapturedDatagram, ...]:
    path = next(path for path in CAPTURES if path.stem == name)
    return tuple(CaptureReader(path))


def follow(datagrams: Iterable[CapturedDatagram]) -> list[Placed]:
    return list(Follower().follow(datagrams))


def truth(datagram: CapturedDatagram) -> tuple[Stream, Direction]:
    """By the port of the radio; 127.0.0.3 where the client had the same."""
    source, to = datagram.source, datagram.destination
    to_radio = to.port in PORTS and not (source.port in PORTS and source.host == RADIO)
    stream = PORTS[to.port if to_radio else source.port]
    return stream, Direction.TO_RADIO if to_radio else Direction.TO_CLIENT


def places(placed: Iterable[Placed]) -> list[tuple[Stream, Direction]]:
    return [(each.stream, each.direction) for each in placed]


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_every_recorded_datagram_is_placed_where_it_belongs(path: Path) -> None:
    datagrams = recorded(path.stem)
    assert places(follow(datagrams)) == [truth(each) for each in datagrams]


def test_flows_are_tied_to_the_sessions_that_announced_them() -> None:
    placed = follow(recorded("rigplanemock__rigplane+icomlan070__busy-reject"))
    found = {
        each.datagram.source.port: each.session
        for each in placed
        if each.direction is Direction.TO_RADIO
    }
    assert found == {
        59961: 1,
        45066: 1,
        58918: 2,
        36767: 2,  # was refused, had announced no port, and came all the same
        54332: 3,
        50118: 3,
    }


def test_a_client_that_was_killed_and_came_again_has_two_sessions() -> None:
    placed = follow(recorded("wfserver160__wfview160__kill9-reconnect"))
    assert {each.session for each in placed} == {1, 2}
    first = next(each for each in placed if each.session == 2)
    assert (first.stream, first.direction) == (Stream.CONTROL, Direction.TO_RADIO)


@pytest.mark.parametrize("start", ["100000000381", "500000000300"])
def test_damaged_datagrams_begin_no_session(start: str) -> None:
    """As wfserver repeats them: type 8103 is no call, nor are 80 bytes of type 3."""
    datagrams = list(recorded(SESSION))
    login = next(each for each in datagrams if len(each.data) == 128)
    head = bytes.fromhex(start)
    stale = replace(login, data=head + login.data[len(head) : head[0]])
    datagrams.insert(200, stale)
    assert {each.session for each in follow(datagrams)} == {1}


# ---- other ports, and no beginning ---------------------------------------------------


def moved(
    datagrams: Iterable[CapturedDatagram], ports: dict[int, int]
) -> Iterator[CapturedDatagram]:
    """On other ports of the radio; what the session announces is not true any more."""
    for each in datagrams:
        ends = [
            Address(end.host, ports.get(end.port, end.port))
            for end in (each.source, each.destination)
        ]
        yield replace(each, source=ends[0], destination=ends[1])


ODD = {50001: 40711, 50002: 1033, 50003: 20000}
ROW = {50001: 50004, 50002: 50005, 50003: 50006}


@pytest.mark.parametrize("ports", [ODD, ROW], ids=["odd", "in a row"])
@pytest.mark.parametrize("skipped", [0, 700])
@pytest.mark.parametrize("name", [SESSION, BOTH_SIDES_50001])
def test_ports_do_not_matter_and_neither_does_the_beginning(
    name: str, skipped: int, ports: dict[int, int]
) -> None:
    datagrams = recorded(name)[skipped:]
    placed = follow(moved(datagrams, ports))
    assert places(placed) == [truth(each) for each in datagrams]
    assert {each.session for each in placed} == {1}


def test_a_flow_of_pings_and_idles_alone_is_a_control_stream() -> None:
    control = [
        each
        for each in recorded(SESSION)
        if PORTS[50001] == truth(each)[0] and len(each.data) <= 21
    ]
    placed = follow(moved(control[100:200], ODD))
    assert places(placed) == [truth(each) for each in control[100:200]]


def test_datagrams_are_placed_at_once_too() -> None:
    follower = Follower()
    placed = [follower.place(each) for each in recorded(SESSION)]
    assert placed == follow(recorded(SESSION))


# ---- several sessions ----------------------------------------------------------------


def shifted(
    datagrams: Iterable[CapturedDatagram], seconds: float, host: str = ""
) -> Iterator[CapturedDatagram]:
    """Later, and from another client's host."""
    for each in datagrams:
        to_radio = truth(each)[1] is Direction.TO_RADIO
        source, to = each.source, each.destination
        if host and to_radio:
            source = Address(host, source.port)
        elif host:
            to = Address(host, to.port)
        yield replace(each, t=each.t + seconds, source=source, destination=to)


def test_a_reconnect_on_the_same_ports_is_a_new_session() -> None:
    datagrams = recorded(SESSION)
    placed = follow([*datagrams, *shifted(datagrams, 30), *shifted(datagrams, 60)])
    sessions = [each.session for each in placed]
    assert sessions == [1] * len(datagrams) + [2] * len(datagrams) + [3] * len(
        datagrams
    )


def test_repeated_calls_begin_one_session() -> None:
    first, *rest = recorded(SESSION)
    again = replace(first, t=first.t + 0.1)
    placed = follow([first, again, again, rest[0], again, *rest[1:]])
    assert {each.session for each in placed} == {1}


@pytest.mark.parametrize("host", ["10.0.0.9", ""], ids=["two hosts", "one host"])
def test_two_clients_at_once_are_two_sessions(host: str) -> None:
    one = recorded(SESSION)
    if host:
        other = list(shifted(one, 0.3, host))
    else:  # other ports of the same machine; nothing announced is true of them
        others = {
            end.port: end.port + 1000
            for each in one
            for end in (each.source, each.destination)
            if end.port not in PORTS
        }
        other = list(moved(shifted(one, 0.3), others))
    both = sorted([*one, *other], key=lambda each: each.t)
    placed = follow(both)
    mine = {id(each) for each in one}
    assert {each.session for each in placed if id(each.datagram) in mine} == {1}
    assert {each.session for each in placed if id(each.datagram) not in mine} == {2}


# ---- what is not Icom's --------------------------------------------------------------


def test_other_protocols_are_passed_over_and_counted() -> None:
    datagrams = recorded(SESSION)
    dns = bytes.fromhex("a1b20100000100000000000003777777") + b"\7example\3org\0"
    noise = [
        replace(datagrams[0], data=data, source=Address("10.0.0.1", 5353 + at))
        for at, data in enumerate((dns, b"", b"SIP/2.0 200 OK" * 9, bytes(16)))
    ]
    follower = Follower()
    placed = list(follower.follow([*noise, *datagrams]))
    assert [each.datagram for each in placed] == list(datagrams)
    assert follower.others == 4


def test_garbage_between_known_ends_is_placed_and_left_to_the_decoder() -> None:
    datagrams = list(recorded(SESSION))
    garbage = replace(datagrams[50], data=b"\xff" * 7)
    assert len(follow([*datagrams, garbage])) == len(datagrams) + 1


def test_a_scan_of_many_ports_leaves_memory_bounded_and_sessions_whole() -> None:
    call = Header(
        length=16, type=PacketType.ARE_YOU_THERE, seq=0, sender_id=1, receiver_id=0
    ).encode()
    datagrams = list(recorded(SESSION))
    middle = datagrams[600]
    scan = [
        replace(middle, data=call, source=Address(f"10.{at // 250}.0.1", 1024 + at))
        for at in range(6000)
    ]
    follower = Follower()
    placed = list(follower.follow([*datagrams[:600], *scan, *datagrams[600:]]))
    assert len(placed) == len(datagrams) + len(scan)
    ours = [each for each in placed if each.datagram.data != call]
    assert places(ours) == [truth(each) for each in datagrams if each.data != call]
