"""The rules that count: which datagrams exactly are dropped, on which stream."""

import random
from itertools import pairwise

import pytest

from icom_proto.codes import Stream
from icom_sim.network.paths import BurstLoss
from icom_sim.network.patterns import DropNext, EveryNth, KOfN, Pattern
from icom_sim.network.verdicts import ConditionError, Direction, Rule

LANES = [(direction, stream) for direction in Direction for stream in Stream]
AUDIO = Direction.TO_CLIENT, Stream.AUDIO


def arrivals(rule: Rule, count: int, *lanes: tuple[Direction, Stream]) -> str:
    """1 for what arrives, 0 for what is dropped; one datagram on each lane in turn."""
    rng = random.Random(1)
    lanes = lanes or (AUDIO,)
    return "".join(
        "0" if rule(rng, *lanes[at % len(lanes)], b"data", at / 50) == () else "1"
        for at in range(count)
    )


def test_a_pattern_is_followed_to_the_letter_and_begins_again() -> None:
    assert arrivals(Pattern("1101"), 10) == "1101110111"


def test_every_nth_is_dropped() -> None:
    assert arrivals(EveryNth(4), 12) == "111011101110"
    assert arrivals(EveryNth(1), 3) == "000"


def test_of_each_n_exactly_k_are_dropped_and_not_always_the_same() -> None:
    seen = arrivals(KOfN(3, 10), 1000)
    tens = [seen[at : at + 10] for at in range(0, 1000, 10)]
    assert {ten.count("0") for ten in tens} == {3}
    assert len(set(tens)) > 50
    assert arrivals(KOfN(3, 10), 1000) == seen


@pytest.mark.parametrize("rule", [Pattern("10"), EveryNth(2)])
def test_each_direction_of_each_stream_is_counted_by_itself(rule: Rule) -> None:
    assert arrivals(rule, 12, *LANES) == "111111000000"


def test_the_next_ones_are_dropped_whichever_they_are() -> None:
    rule = DropNext(3)
    assert rule.until() is None
    assert arrivals(rule, 8, *LANES) == "00011111"
    assert rule.until() == 2 / 50


@pytest.mark.parametrize(("bad", "good"), [(80, 0), (100, 1), (60, 2)])
def test_bursts_that_let_some_through_lose_the_same_in_all(
    bad: float, good: float
) -> None:
    seen = arrivals(BurstLoss(10, 20, bad, good), 50_000)
    assert seen.count("0") / len(seen) == pytest.approx(0.1, rel=0.15)
    # Behind a loss the times are bad, and stay so for twenty datagrams.
    behind = [b for a, b in pairwise(seen) if a == "0"]
    share_bad = (10 - good) / (bad - good)
    in_bad = share_bad * bad / 10  # of the losses
    expected = in_bad * (0.95 * bad + 0.05 * good) + (1 - in_bad) * good
    # What begins and ends between the two is left out: a few percent.
    assert behind.count("0") / len(behind) == pytest.approx(expected / 100, abs=0.04)


@pytest.mark.parametrize(
    ("kind", "figures", "says"),
    [
        (Pattern, ("12",), "pattern must be 1 to 1000 times 1 or 0, not '12'"),
        (Pattern, ("",), "pattern must be 1 to 1000 times 1 or 0, not ''"),
        (EveryNth, (0,), "every-nth must be 1 to 10000 datagrams, not 0"),
        (EveryNth, (2.5,), "every-nth must be 1 to 10000 datagrams, not 2.5"),
        (KOfN, (11, 10), "k-of-n must be 0 to n, 10, not 11"),
        (KOfN, (1, 0), "k-of-n n must be 1 to 10000 datagrams, not 0"),
        (DropNext, (0,), "drop-next must be 1 to 10000 datagrams, not 0"),
        (DropNext, (10**400,), f"not {'1' + '0' * 36}..."),
        (
            BurstLoss,
            (5, 4, 5),
            "burst-loss must be 0 to less than 5 percent, what the good and the bad"
            " times drop, not 5",
        ),
        (BurstLoss, (5, 4, 101), "burst-loss bad must be 0 to 100 percent, not 101"),
    ],
)
def test_impossible_figures_are_refused_with_what_is_allowed(
    kind: type, figures: tuple[object, ...], says: str
) -> None:
    with pytest.raises(ConditionError) as refused:
        kind(*figures)
    assert str(refused.value).endswith(says)
