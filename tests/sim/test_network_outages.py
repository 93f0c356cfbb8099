"""The rules with a time: when it is dark, when it stalls, when ports change."""

import random

import pytest

from icom_proto.codes import Stream
from icom_proto.events import Address
from icom_sim.network import ConditionError, Direction, Network, Only
from icom_sim.network.outages import Blackout, Block, Rebind, Spike
from icom_sim.network.rebinder import MAPPINGS_MAX
from icom_sim.network.verdicts import Rule, Verdict

TO_CLIENT, TO_RADIO = Direction.TO_CLIENT, Direction.TO_RADIO
CIV, AUDIO = Stream.CIV, Stream.AUDIO
CLIENT = Address("192.168.1.10", 50002)
OTHER = Address("192.168.1.11", 50002)


def judge(rule: Rule, now: float) -> Verdict:
    return rule(random.Random(1), TO_CLIENT, AUDIO, b"data", now)


def arrives(network: Network, now: float, direction: Direction = TO_CLIENT) -> bool:
    return bool(network.carry(direction, AUDIO, b"data", now))


def test_it_is_dark_for_a_time_from_a_time() -> None:
    network = Network([Blackout(5, after_s=30)])
    times = (100.0, 129.9, 130.0, 134.9, 135.0, 200.0)  # the first begins its time
    seen = [arrives(network, now) for now in times]
    assert seen == [True, True, False, False, True, True]


def test_added_while_the_network_runs_it_is_dark_at_once() -> None:
    network = Network()
    assert arrives(network, 100.0)
    network.add(Blackout(5), 107.5)
    seen = [arrives(network, now) for now in (107.5, 112.4, 112.5)]
    assert seen == [False, False, True]


def test_time_begins_with_the_first_datagram_of_any_stream() -> None:
    network = Network([Only(Blackout(5, after_s=1), streams=(AUDIO,))])
    assert network.carry(TO_RADIO, Stream.CONTROL, b"data", 10.0)
    assert not arrives(network, 11.0)


def test_time_can_be_told_to_begin_earlier() -> None:
    network = Network([Blackout(5, after_s=1)])
    network.start(10.0)
    network.start(50.0)  # only the first counts
    assert [arrives(network, now) for now in (14.0, 16.0)] == [False, True]


def test_one_way_is_blocked_and_the_other_open() -> None:
    network = Network([Only(Block(), TO_CLIENT)])
    assert not arrives(network, 0.0)
    assert arrives(network, 0.0, TO_RADIO)


def test_what_waits_in_a_stall_arrives_at_its_end() -> None:
    rule = Spike(300, 10)
    rule.begin(0.0)
    sent = (0.0, 9.9, 10.0, 10.1, 10.299, 10.3, 15.0, 20.2)
    late = [judge(rule, now) or 0.0 for now in sent]
    assert late == pytest.approx([0, 0, 0.3, 0.2, 0.001, 0, 0, 0.1])


def test_a_stall_longer_than_its_period_is_refused() -> None:
    says = r"^spike must be 0 to 500 ms, the time to the next one, not 501$"
    with pytest.raises(ConditionError, match=says):
        Spike(501, 0.5)


def test_without_a_rebind_addresses_are_what_they_are() -> None:
    rebinder = Network().rebinder
    assert not rebinder.in_use
    assert rebinder.seen(AUDIO, CLIENT, 1.0) is CLIENT
    assert rebinder.real(AUDIO, CLIENT, 1.0) is CLIENT


def test_after_a_rebind_the_radio_sees_another_port_of_the_same_host() -> None:
    network = Network([Rebind(after_s=5)])
    network.start(100.0)
    rebinder = network.rebinder
    assert rebinder.in_use
    assert rebinder.seen(AUDIO, CLIENT, 104.9) == CLIENT
    seen = rebinder.seen(AUDIO, CLIENT, 105.0)
    assert seen.host == CLIENT.host
    assert seen.port != CLIENT.port
    assert rebinder.seen(AUDIO, CLIENT, 200.0) == seen
    assert rebinder.real(AUDIO, seen, 200.0) == CLIENT
    assert len({rebinder.seen(AUDIO, each, 200.0) for each in (CLIENT, OTHER)}) == 2


def test_the_old_port_leads_nowhere_and_what_goes_there_is_counted() -> None:
    network = Network()
    network.carry(TO_CLIENT, CIV, b"data", 0.0)
    network.add(Rebind(), 1.0)
    assert network.rebinder.real(CIV, CLIENT, 1.5) is None
    network.rebinder.seen(CIV, CLIENT, 2.0)
    summary = network.summary()
    [rule] = summary["rules"]
    assert (rule["rebinds"], rule["dropped"]) == (1, 1)
    counts = summary["to_client"]["civ"]
    assert (counts["sent"], counts["arriving"], counts["dropped"]) == (2, 1, 1)


def test_a_rebind_can_be_for_one_stream() -> None:
    network = Network()
    network.add(Only(Rebind(), streams=(AUDIO,)), 1.0)
    assert network.rebinder.seen(CIV, CLIENT, 2.0) == CLIENT
    assert network.rebinder.seen(AUDIO, CLIENT, 2.0) != CLIENT


def test_ports_change_with_each_rebind_and_are_the_same_in_every_run() -> None:
    def ports() -> list[int]:
        network, seen = Network(seed=5), []
        for now in (1.0, 2.0, 3.0):
            network.add(Rebind(), now)
            seen.append(network.rebinder.seen(AUDIO, CLIENT, now).port)
        return seen

    assert len(set(ports())) == 3
    assert ports() == ports()


def test_a_rebind_that_was_removed_in_time_does_not_happen() -> None:
    network = Network()
    number = network.add(Rebind(after_s=10), 1.0)
    network.remove(number, 5.0)
    assert network.rebinder.seen(AUDIO, CLIENT, 20.0) == CLIENT


def test_a_nat_forgets_the_oldest_of_too_many_clients() -> None:
    network = Network()
    network.add(Rebind(), 0.0)
    first = network.rebinder.seen(AUDIO, CLIENT, 1.0)
    for number in range(MAPPINGS_MAX - 1):
        network.rebinder.seen(AUDIO, Address("10.0.0.1", number), 1.0)
    assert network.rebinder.real(AUDIO, first, 2.0) == CLIENT
    network.rebinder.seen(AUDIO, OTHER, 3.0)
    assert network.rebinder.real(AUDIO, first, 4.0) is None


def test_a_rebind_of_one_direction_makes_no_sense() -> None:
    with pytest.raises(ConditionError, match=r"^rebind changes ports both ways"):
        Only(Rebind(), TO_CLIENT)
