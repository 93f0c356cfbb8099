"""Rules stacked to a network: directions, streams, seeds and what is counted."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence

import pytest

from icom_proto.codes import Stream
from icom_sim.network import ConditionError, Direction, Network, Only
from icom_sim.network.rules import Corrupt, Delay, Duplicate, Jitter, Loss, Reorder
from icom_sim.network.verdicts import Copy, Verdict

TO_CLIENT, TO_RADIO = Direction.TO_CLIENT, Direction.TO_RADIO
LANES = [(direction, stream) for direction in Direction for stream in Stream]

Fate = list[tuple[float, bytes]]


def fates(
    network: Network, direction: Direction, stream: Stream, count: int = 500
) -> list[Fate]:
    return [
        list(network.carry(direction, stream, b"datagram %d" % at, at / 100))
        for at in range(count)
    ]


def everything_at_once(seed: int) -> Network:
    return Network.from_percent(
        loss=10,
        duplicate=10,
        reorder=10,
        corrupt=10,
        delay_ms=5,
        jitter_ms=20,
        seed=seed,
    )


def lane_counts(network: Network, direction: str, stream: str) -> dict[str, int]:
    summary = json.loads(json.dumps(network.summary()))
    counts: dict[str, int] = summary[direction][stream]
    return counts


def test_without_rules_everything_arrives_at_once_and_untouched() -> None:
    network = Network()
    data = b"\x01\x02"
    for direction, stream in LANES:
        [(delay, arriving)] = network.carry(direction, stream, data, 0.0)
        assert delay == 0.0
        assert arriving is data


def test_figures_of_zero_make_no_rules() -> None:
    assert Network.from_percent().summary() == Network().summary()


def test_the_same_seed_and_traffic_meet_the_same_fate() -> None:
    first, second = everything_at_once(42), everything_at_once(42)
    for direction, stream in LANES:
        assert fates(first, direction, stream) == fates(second, direction, stream)
    assert first.summary() == second.summary()


def test_another_seed_is_another_fate() -> None:
    assert fates(everything_at_once(42), *LANES[0]) != fates(
        everything_at_once(43), *LANES[0]
    )


def test_each_direction_and_stream_has_a_fate_of_its_own() -> None:
    network = everything_at_once(42)
    seen = [fates(network, direction, stream) for direction, stream in LANES]
    assert all(a != b for at, a in enumerate(seen) for b in seen[:at])


def test_traffic_on_one_stream_changes_nothing_on_another() -> None:
    alone = fates(everything_at_once(42), TO_CLIENT, Stream.AUDIO)
    network, beside = everything_at_once(42), []
    for at in range(500):
        for lane in LANES:
            copies = network.carry(*lane, b"datagram %d" % at, at / 100)
            if lane == (TO_CLIENT, Stream.AUDIO):
                beside.append(list(copies))
    assert beside == alone


@pytest.mark.parametrize("hash_seed", ["0", "1", "random"])
def test_the_fate_is_the_same_in_every_process(hash_seed: str) -> None:
    program = (
        "from icom_sim.network import Direction, Network\n"
        "from icom_proto.codes import Stream\n"
        "network = Network.from_percent("
        "loss=10, duplicate=10, reorder=10, corrupt=10,"
        " delay_ms=5, jitter_ms=20, seed=42)\n"
        "for at in range(500):\n"
        "    print(list(network.carry("
        "Direction.TO_RADIO, Stream.CIV, b'datagram %d' % at, at / 100)))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    here = fates(everything_at_once(42), TO_RADIO, Stream.CIV)
    assert ran.stdout.splitlines() == [str(fate) for fate in here]


def test_the_fate_is_the_same_in_every_release() -> None:
    # Written down once. A change here breaks every seed that somebody noted.
    network = Network.from_percent(loss=30, seed=1)
    lost = [not fate for fate in fates(network, TO_CLIENT, Stream.CONTROL, 20)]
    assert [at for at, is_lost in enumerate(lost) if is_lost] == [
        4,
        6,
        8,
        9,
        12,
        14,
        15,
        16,
        17,
    ]


def test_a_direction_can_be_left_alone() -> None:
    network = Network.from_percent(loss=100, direction=TO_RADIO)
    for stream in Stream:
        assert fates(network, TO_RADIO, stream, 1) == [[]]
        assert fates(network, TO_CLIENT, stream, 1) == [[(0.0, b"datagram 0")]]


def test_a_rule_can_be_for_some_streams_only() -> None:
    network = Network([Only(Loss(100), TO_CLIENT, (Stream.CIV, Stream.AUDIO))])
    lost = [lane for lane in LANES if not network.carry(*lane, b"data", 0.0)]
    assert lost == [(TO_CLIENT, Stream.CIV), (TO_CLIENT, Stream.AUDIO)]


def test_delays_of_stacked_rules_add_up() -> None:
    network = Network.from_percent(delay_ms=20, jitter_ms=10)
    delays = [delay for [(delay, _)] in fates(network, TO_CLIENT, Stream.AUDIO)]
    assert 0.02 <= min(delays) < max(delays) <= 0.03
    assert len(set(delays)) > 400


def test_copies_are_judged_apart_by_the_rules_behind() -> None:
    network = Network([Duplicate(100), Jitter(20), Loss(50)])
    counts = [len(fate) for fate in fates(network, TO_CLIENT, Stream.AUDIO)]
    assert min(counts.count(number) for number in range(3)) > 80
    pairs = [fate for fate in fates(network, TO_CLIENT, Stream.AUDIO) if len(fate) == 2]
    assert all(first[0] != second[0] for first, second in pairs)
    assert all(first[1] == second[1] for first, second in pairs)


def test_duplicates_may_be_duplicated() -> None:
    network = Network([Duplicate(100), Duplicate(100), Delay(1)])
    assert fates(network, TO_RADIO, Stream.CIV, 1) == [[(0.001, b"datagram 0")] * 4]


def test_copies_keep_the_delay_of_the_rules_before() -> None:
    network = Network([Delay(20), Duplicate(100), Delay(5)])
    assert fates(network, TO_RADIO, Stream.CIV, 1) == [[(0.025, b"datagram 0")] * 2]


def test_a_lost_datagram_costs_the_rules_behind_nothing() -> None:
    seen = []

    def note(
        _rng: random.Random,
        _direction: Direction,
        _stream: Stream,
        data: bytes,
        _now: float,
    ) -> Verdict:
        seen.append(data)
        return None

    network = Network([Loss(50), note], seed=1)
    arrived = [fate for fate in fates(network, TO_RADIO, Stream.CIV) if fate]
    assert [data for [(_, data)] in arrived] == seen
    assert 200 < len(seen) < 300


def test_a_function_is_a_rule_too_and_sees_where_and_when() -> None:
    calls = []

    def first_ones_late(
        rng: random.Random,
        direction: Direction,
        stream: Stream,
        data: bytes,
        now: float,
    ) -> Verdict:
        calls.append((direction, stream, now, rng.random()))
        return [(1.5, data)] if now < 3 else None

    network = Network([first_ones_late])
    copies: list[Sequence[Copy]] = [
        network.carry(TO_RADIO, Stream.CIV, b"data", now) for now in (1.0, 5.0)
    ]
    assert list(map(list, copies)) == [[(1.5, b"data")], [(0.0, b"data")]]
    assert [call[:3] for call in calls] == [
        (TO_RADIO, Stream.CIV, 1.0),
        (TO_RADIO, Stream.CIV, 5.0),
    ]
    rules = network.summary()["rules"]
    assert isinstance(rules, list)
    assert rules[0]["rule"] == "first_ones_late"


def test_what_was_sent_and_what_happened_is_counted_by_direction_and_stream() -> None:
    network = everything_at_once(7)
    arriving = sum(map(len, fates(network, TO_CLIENT, Stream.AUDIO)))
    counts = lane_counts(network, "to_client", "audio")
    assert counts["sent"] == 500
    assert counts["arriving"] == arriving
    assert counts["arriving"] == 500 - counts["dropped"] + counts["duplicated"]
    assert 20 <= counts["dropped"] <= 80
    assert 20 <= counts["duplicated"] <= 80
    assert 20 <= counts["corrupted"] <= 80
    for direction, stream in LANES[:2] + LANES[3:]:
        idle = lane_counts(network, direction.name.lower(), stream.name.lower())
        assert set(idle.values()) == {0}


def test_what_each_rule_did_is_counted_with_its_settings() -> None:
    network = Network(
        [Only(Loss(50), TO_CLIENT), Reorder(50), Only(Corrupt(50), None, ()), Delay(3)]
    )
    fates(network, TO_CLIENT, Stream.AUDIO, 100)
    fates(network, TO_RADIO, Stream.CIV, 100)
    rules = network.summary()["rules"]
    assert isinstance(rules, list)
    loss, reorder, corrupt, delay = rules
    assert loss["rule"] == "loss:50@to-client"
    assert loss["directions"] == ["to_client"]
    assert loss["streams"] == ["control", "civ", "audio"]
    assert 30 <= loss["dropped"] <= 70
    assert loss["duplicated"] == loss["corrupted"] == loss["delayed"] == 0
    assert 50 <= reorder["delayed"] <= 100
    assert corrupt["streams"] == []
    assert corrupt["corrupted"] == 0
    assert delay["delayed"] == 200 - loss["dropped"]


def test_the_summary_is_plain_json_with_its_seed() -> None:
    summary = everything_at_once(42).summary()
    assert json.loads(json.dumps(summary)) == summary
    assert summary["seed"] == 42


def test_impossible_figures_are_refused_by_name() -> None:
    with pytest.raises(ConditionError, match="loss must be 0 to 100 percent, not -5"):
        Network.from_percent(loss=-5)
    with pytest.raises(ConditionError, match="jitter must be 0 to 60000 ms, not -1"):
        Network.from_percent(jitter_ms=-1)
