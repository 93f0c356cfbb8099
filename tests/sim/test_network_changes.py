"""Rules that come and go while the network runs, and what stays of them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import hostile_datagrams
from depth import examples
from icom_proto.codes import Stream
from icom_sim.network import ConditionError, Direction, Network, Only, parse_rule
from icom_sim.network.network import COPIES_MAX, REMOVED_MAX, RULES_MAX
from icom_sim.network.outages import Block, Rebind
from icom_sim.network.presets import PRESETS
from icom_sim.network.rules import Corrupt, Delay, Duplicate, Jitter, Loss, Truncate
from sim.rule_texts import rule_texts

TO_CLIENT, TO_RADIO = Direction.TO_CLIENT, Direction.TO_RADIO
AUDIO = Stream.AUDIO
DATA = bytes(range(200))

Fate = list[tuple[float, bytes]]


def fates(network: Network, start: float, count: int = 200) -> list[Fate]:
    return [
        list(network.carry(TO_CLIENT, AUDIO, DATA, start + at / 50))
        for at in range(count)
    ]


def told(network: Network) -> list[tuple[int, str, float, float | None]]:
    """Number, rule, and from when until when, of each rule of the summary."""
    return [
        (each["number"], each["rule"], each["from_s"], each["until_s"])
        for each in network.summary()["rules"]
    ]


def test_a_rule_acts_from_when_it_is_added_until_it_is_removed() -> None:
    network = Network()
    assert all(fates(network, 10.0, 5))
    number = network.add(Block(), 12.5)
    assert not any(fates(network, 12.5, 5))
    network.remove(number, 13.0)
    assert all(fates(network, 13.0, 5))
    assert told(network) == [(1, "block", 2.5, 3.0)]
    [rule] = network.summary()["rules"]
    assert rule["dropped"] == 5
    assert network.summary()["to_client"]["audio"]["dropped"] == 5


def test_what_is_added_or_removed_changes_nothing_for_the_others() -> None:
    plain = Network([Loss(30), Jitter(50)], seed=8)
    changed = Network([Loss(30), Jitter(50)], seed=8)
    assert fates(changed, 0.0) == fates(plain, 0.0)
    number = changed.add(Corrupt(100), 4.0)
    behind = fates(changed, 4.0)
    assert behind != (expected := fates(plain, 4.0))
    assert lateness(behind) == lateness(expected)
    changed.remove(number, 8.0)
    changed.add(Loss(0), 8.0)
    assert fates(changed, 8.0) == fates(plain, 8.0)


def lateness(fates: list[Fate]) -> list[list[float]]:
    return [[late for late, _ in fate] for fate in fates]


def test_numbers_are_never_used_again() -> None:
    network = Network([Loss(1)])
    assert network.add(Loss(2), 1.0) == 2
    network.remove(2, 2.0)
    assert network.add(Loss(3), 3.0) == 3
    assert [each["number"] for each in network.rules()] == [1, 3]
    with pytest.raises(ConditionError, match=r"^there is no rule 2, only 1, 3$"):
        network.remove(2, 4.0)
    network.clear(5.0)
    with pytest.raises(ConditionError, match=r"^there is no rule 1, only none$"):
        network.remove(1, 6.0)


def test_a_named_network_takes_the_place_of_all_rules() -> None:
    network = Network([Block()])
    numbers = network.preset("wifi", 3.0)
    rules = network.rules()
    assert [each["number"] for each in rules] == numbers == [2, 3, 4]
    assert " ".join(each["rule"] for each in rules) == PRESETS["wifi"]
    with pytest.raises(ConditionError, match=r"^unknown network 'wif': there are lan"):
        network.preset("wif", 4.0)
    assert len(network.rules()) == 3


def test_what_has_done_its_last_is_put_away_with_the_time_of_that() -> None:
    network = Network()
    for text in ("drop-next:2", "blackout:3", "rebind", "block"):
        network.add(parse_rule(text), 100.0)
    fates(network, 101.0, 2)
    assert len(network.rules()) == 4  # looked at when the next one is added
    network.add(Loss(1), 110.0)
    assert [each["rule"] for each in network.rules()] == ["block", "loss:1"]
    assert told(network)[:3] == [
        (1, "drop-next:2", 0.0, 1.02),
        (2, "blackout:3", 0.0, 3.0),
        (3, "rebind", 0.0, 0.0),
    ]


def test_the_summary_tells_when_a_rule_ends_that_is_still_there() -> None:
    network = Network([parse_rule("blackout:5,2"), parse_rule("loss:1")])
    assert [until for _, _, _, until in told(network)] == [None, None]
    network.start(0.0)
    assert [until for _, _, _, until in told(network)] == [7.0, None]


def test_rules_at_once_have_a_limit_and_those_over_need_no_room() -> None:
    network = Network()
    for at in range(2 * RULES_MAX):
        network.add(parse_rule("drop-next:1"), float(at))
        assert not fates(network, float(at), 1)[0]
    for _ in range(RULES_MAX):
        network.add(Delay(1), 1000.0)
    with pytest.raises(ConditionError, match="at most 64 rules at once"):
        network.add(Delay(1), 1000.0)


def test_of_very_many_removed_rules_the_summary_keeps_what_they_did() -> None:
    network = Network()
    for at in range(REMOVED_MAX + 5):
        network.add(parse_rule("drop-next:1@to-client/audio"), float(at))
        fates(network, float(at), 2)
    network.clear(1e6)
    summary = network.summary()
    assert len(summary["rules"]) == REMOVED_MAX + 1
    earlier = summary["rules"][0]
    assert (earlier["rule"], earlier["dropped"]) == ("5 earlier rules", 5)
    counts = summary["to_client"]["audio"]
    assert counts["dropped"] == counts["arriving"] == REMOVED_MAX + 5


def test_rules_can_be_for_one_kind_of_datagram_alone() -> None:
    ping = bytes.fromhex("15000000070001000102030405060708000102030400")[:21]
    idle = bytes.fromhex("10000000000001000102030405060708")
    network = Network([Only(Block(), kinds=("ping",))])
    assert not network.carry(TO_CLIENT, AUDIO, ping, 0.0)
    assert network.carry(TO_CLIENT, AUDIO, idle, 0.0)
    assert network.carry(TO_CLIENT, AUDIO, b"\xff", 0.0)


def test_what_was_cut_is_counted_apart_from_what_was_changed() -> None:
    network = Network([Truncate(100, 10)])
    [[(_, arriving)]] = fates(network, 0.0, 1)
    assert arriving == DATA[:10]
    counts = network.summary()["to_client"]["audio"]
    assert (counts["truncated"], counts["corrupted"]) == (1, 0)


def test_duplicates_of_duplicates_end_at_a_limit() -> None:
    network = Network([Duplicate(100)] * 30)
    [copies] = fates(network, 0.0, 1)
    assert len(copies) == COPIES_MAX
    counts = network.summary()["to_client"]["audio"]
    assert counts["arriving"] == COPIES_MAX


@examples(30)
@given(
    texts=st.lists(rule_texts(), max_size=8),
    traffic=st.lists(
        st.tuples(
            *(st.sampled_from(Direction), st.sampled_from(Stream)),
            *(hostile_datagrams() | st.binary(max_size=64), st.floats(0, 20)),
        ),
        max_size=12,
    ),
)
def test_any_stack_bounds_what_becomes_of_any_datagram(
    texts: list[str], traffic: list[tuple[Direction, Stream, bytes, float]]
) -> None:
    network, now, arriving = Network(seed=3), 0.0, 0
    for text in texts:
        network.add(parse_rule(text), now)
    for direction, stream, data, pause in traffic:
        now += pause
        copies = network.carry(direction, stream, data, now)
        arriving += len(copies)
        assert len(copies) <= COPIES_MAX
        # Each rule at most a minute, a bottleneck ten more for the datagram itself.
        assert all(0 <= late <= 660 * len(texts) for late, _ in copies)
        assert all(len(copy) <= len(data) for _, copy in copies)
    summary = network.summary()
    assert json.loads(json.dumps(summary)) == summary
    lanes = [*summary["to_client"].values(), *summary["to_radio"].values()]
    assert sum(lane["sent"] for lane in lanes) == len(traffic)
    assert sum(lane["arriving"] for lane in lanes) == arriving


def test_a_rebind_changes_no_fate() -> None:
    plain, rebound = Network([Loss(30)], seed=2), Network([Loss(30)], seed=2)
    rebound.add(Rebind(), 0.0)
    assert fates(rebound, 0.0) == fates(plain, 0.0)
