"""The choice of the delay, from transits alone."""

import random

import pytest

from icom_proto.delay_estimator import (
    HOLD_S,
    TRANSITS_MAX,
    WINDOW_S,
    DelayEstimator,
    RecentTransits,
)

PACE_S = 0.02


def feed(
    estimator: DelayEstimator, transits: list[float], begin: float = 0.0
) -> list[float]:
    """One packet each 20 ms; the target after each."""
    targets = []
    for at, transit in enumerate(transits):
        place_s = begin + at * PACE_S
        now = place_s + transit
        estimator.note(now, place_s, now)
        target = estimator.target(now)
        assert target is not None
        targets.append(target)
    return targets


def test_nothing_is_chosen_before_anything_came() -> None:
    assert DelayEstimator(0, 1).target(0.0) is None


def test_the_slowest_of_steady_packets_is_waited_for() -> None:
    rng = random.Random(1)
    estimator = DelayEstimator(0.0, 1.0)
    targets = feed(estimator, [rng.uniform(0.01, 0.03) for _ in range(1000)])
    assert 0.028 <= targets[-1] <= 0.03


def test_one_packet_far_behind_is_not_worth_its_delay_for_long() -> None:
    estimator = DelayEstimator(0.0, 1.0)
    targets = feed(estimator, [0.01] * 300 + [0.3] + [0.01] * 300)
    assert targets[-1] == pytest.approx(0.01)


def test_what_is_late_again_and_again_is_worth_it_at_once() -> None:
    estimator = DelayEstimator(0.0, 1.0)
    targets = feed(estimator, [0.01] * 300 + [0.05, 0.01, 0.05, 0.01, 0.05])
    assert targets[-1] == pytest.approx(0.05)


@pytest.mark.parametrize(("transit", "target"), [(0.01, 0.05), (0.9, 0.21)])
def test_the_bounds_hold(transit: float, target: float) -> None:
    estimator = DelayEstimator(0.04, 0.2)
    feed(estimator, [0.01] * 50)
    later = feed(estimator, [transit] * 30, 50 * PACE_S)
    assert later[-1] == pytest.approx(target)


def test_a_pause_is_no_jitter_and_is_held_for_its_time_only() -> None:
    estimator = DelayEstimator(0.0, 1.0)
    burst = [0.2 - at * PACE_S for at in range(10)]
    targets = feed(estimator, [0.01] * 300 + burst + [0.01] * 200)
    assert estimator.pauses.count == 1
    assert targets[305] == pytest.approx(0.2)
    end = 300 + 10 + int((HOLD_S + 0.3) / PACE_S)
    assert targets[end] == pytest.approx(0.01)


def test_after_a_long_silence_the_last_choice_still_stands() -> None:
    estimator = DelayEstimator(0.0, 1.0)
    feed(estimator, [0.01] * 50)
    assert estimator.target(1.0 + 2 * WINDOW_S) == pytest.approx(0.01)


def test_forgetting_leaves_nothing_to_choose_from() -> None:
    estimator = DelayEstimator(0.0, 1.0)
    feed(estimator, [0.01] * 50)
    estimator.forget()
    assert estimator.target(2.0) is None


def test_no_more_transits_are_kept_than_the_limit() -> None:
    recent = RecentTransits()
    for at in range(TRANSITS_MAX + 100):
        recent.add(0.5 if at < 100 else 0.01, at * 1e-3)
    assert len(recent) == TRANSITS_MAX
    assert recent.cheapest(2.0) == 0.01
