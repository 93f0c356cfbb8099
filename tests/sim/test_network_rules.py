"""One rule at a time: what it does to datagrams, how often, and what it refuses."""

import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from icom_proto.codes import Stream
from icom_sim.network.figures import DELAY_MS_MAX
from icom_sim.network.rules import (
    Chance,
    Corrupt,
    Delay,
    Duplicate,
    Jitter,
    Loss,
    Reorder,
    Truncate,
)
from icom_sim.network.verdicts import ConditionError, Direction, Rule, Verdict

MANY = 20_000
DATA = bytes(range(200))


def judge_many(rule: Rule, seed: int, data: bytes = DATA) -> list[Verdict]:
    rng = random.Random(seed)
    return [
        rule(rng, Direction.TO_CLIENT, Stream.AUDIO, data, at / 100)
        for at in range(MANY)
    ]


@pytest.mark.parametrize("kind", [Loss, Duplicate, Reorder, Corrupt])
@pytest.mark.parametrize("percent", [0.1, 5.0, 50.0])
def test_a_rule_hits_the_share_of_datagrams_it_was_asked_for(
    kind: Callable[[float], Rule], percent: float
) -> None:
    # Four standard deviations of a binomial; one seed in 15,000 would miss it.
    share = percent / 100
    bound = 4 * (MANY * share * (1 - share)) ** 0.5
    verdicts = judge_many(kind(percent), seed=7)
    hits = sum(verdict is not None for verdict in verdicts)
    assert abs(hits - MANY * share) <= bound


@pytest.mark.parametrize("kind", [Loss, Duplicate, Reorder, Corrupt])
def test_none_and_all_are_exact(kind: Callable[[float], Rule]) -> None:
    assert set(judge_many(kind(0), seed=7)) == {None}
    assert None not in judge_many(kind(100), seed=7)


def test_loss_delivers_no_copy() -> None:
    assert set(judge_many(Loss(100), seed=1)) == {()}


def test_losses_are_independent_of_each_other() -> None:
    # At 20 %, a loss follows a loss as often as it follows anything else.
    lost = [verdict is not None for verdict in judge_many(Loss(20), seed=3)]
    after_loss = [b for a, b in pairwise(lost) if a]
    assert sum(after_loss) / len(after_loss) == pytest.approx(0.2, abs=0.03)


def test_a_duplicate_is_the_same_bytes_twice_at_once() -> None:
    assert set(judge_many(Duplicate(100), seed=1)) == {((0.0, DATA), (0.0, DATA))}


def test_a_reordered_datagram_is_held_back_while_others_pass() -> None:
    rule, rng = Reorder(25), random.Random(5)
    arrivals = []
    for number in range(200):
        sent = number * 0.02
        verdict = rule(rng, Direction.TO_RADIO, Stream.AUDIO, DATA, sent)
        assert verdict is None or isinstance(verdict, float)
        arrivals.append((sent + (verdict or 0.0), number))
    order = [number for _, number in sorted(arrivals)]
    assert sorted(order) == list(range(200))
    overtaken = [
        number for at, number in enumerate(order) if number < max(order[: at + 1])
    ]
    assert 30 <= len(overtaken) <= 70
    assert all(abs(at - number) <= 3 for at, number in enumerate(order))


def test_corruption_changes_one_byte_and_keeps_the_length() -> None:
    places = set()
    for verdict in judge_many(Corrupt(100), seed=2):
        assert isinstance(verdict, tuple)
        [(delay, damaged)] = verdict
        changed = [at for at, byte in enumerate(damaged) if byte != DATA[at]]
        assert (delay, len(damaged), len(changed)) == (0.0, len(DATA), 1)
        places.update(changed)
    assert places == set(range(len(DATA)))


def test_nothing_can_be_corrupted_in_an_empty_datagram() -> None:
    assert set(judge_many(Corrupt(100), seed=2, data=b"")) == {None}


def test_a_duplicate_can_come_later() -> None:
    verdicts = judge_many(Duplicate(100, later_ms=500), seed=1)
    assert set(verdicts) == {((0.0, DATA), (0.5, DATA))}


def test_a_reordered_datagram_can_be_held_back_longer() -> None:
    assert set(judge_many(Reorder(100, hold_ms=300), seed=1)) == {0.3}


def test_what_is_cut_is_its_first_bytes_and_what_is_shorter_stays_whole() -> None:
    assert set(judge_many(Truncate(100, 16), 1)) == {((0.0, DATA[:16]),)}
    assert set(judge_many(Truncate(100, len(DATA)), 1)) == {None}
    assert set(judge_many(Truncate(100, 0), 1)) == {((0.0, b""),)}


def test_a_delay_is_the_same_for_all() -> None:
    assert set(judge_many(Delay(20), seed=1)) == {0.02}


def test_jitter_is_spread_evenly_up_to_its_limit() -> None:
    delays = [late for late in judge_many(Jitter(20), 9) if isinstance(late, float)]
    assert len(delays) == MANY
    assert min(delays) >= 0
    assert max(delays) <= 0.02
    for quarter in range(4):
        low, high = quarter * 0.005, (quarter + 1) * 0.005
        share = sum(low <= delay < high for delay in delays) / MANY
        assert share == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("kind", [Loss, Duplicate, Reorder, Corrupt])
@pytest.mark.parametrize("percent", [-1, 100.5, float("nan"), float("inf")])
def test_an_impossible_percentage_is_refused_with_what_is_allowed(
    kind: type[Chance], percent: float
) -> None:
    name = kind.__name__.lower()
    says = rf"^{name} must be 0 to 100 percent, not {percent:g}$"
    with pytest.raises(ConditionError, match=says):
        kind(percent)


@pytest.mark.parametrize("kind", [Delay, Jitter])
@pytest.mark.parametrize("ms", [-0.5, DELAY_MS_MAX + 1, float("nan"), float("inf")])
def test_an_impossible_delay_is_refused_with_what_is_allowed(
    kind: type[Delay | Jitter], ms: float
) -> None:
    name = kind.__name__.lower()
    says = rf"^{name} must be 0 to 60000 ms, not {ms:g}$".replace("+", r"\+")
    with pytest.raises(ConditionError, match=says):
        kind(ms)


def test_the_limits_themselves_are_allowed() -> None:
    assert Loss(100).percent == 100
    assert Delay(0).ms == 0
    assert Jitter(DELAY_MS_MAX).ms == DELAY_MS_MAX
