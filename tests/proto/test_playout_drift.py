"""The drift of two clocks, seen through jitter and changes of the way."""

import random

import pytest

from icom_proto.drift import WINDOW_S, WINDOWS_MIN, DriftEstimator


def run(ppm: float, seconds: float, step_s: float = 0.0) -> float:
    """Estimate after so long at 50 packets a second; the step comes half-way."""
    rng, estimator = random.Random(1), DriftEstimator()
    for at in range(int(seconds * 50)):
        place_s = at * 0.02
        sent = place_s / (1 + ppm * 1e-6)
        now = sent + rng.expovariate(200) + (step_s if sent > seconds / 2 else 0.0)
        estimator.note(now - place_s, now)
    assert estimator.ppm is not None
    return estimator.ppm


@pytest.mark.parametrize("ppm", [-100.0, -20.0, 0.0, 20.0, 100.0])
def test_drift_is_found_within_a_few_ppm_in_two_minutes(ppm: float) -> None:
    assert run(ppm, 120) == pytest.approx(ppm, abs=3)


@pytest.mark.parametrize("step_s", [0.05, -0.05])
def test_a_new_route_is_no_drift(step_s: float) -> None:
    assert run(40, 120, step_s) == pytest.approx(40, abs=5)


def test_nothing_is_told_before_enough_was_seen() -> None:
    estimator = DriftEstimator()
    for at in range(int((WINDOWS_MIN - 1) * WINDOW_S * 50)):
        estimator.note(0.0, at * 0.02)
    assert estimator.ppm is None


def test_a_new_start_of_the_sender_keeps_what_is_known() -> None:
    estimator = DriftEstimator()
    for at in range(2000):
        estimator.note(-at * 0.02 * 50e-6, at * 0.02)
    estimator.forget_line()
    assert estimator.ppm == pytest.approx(50, abs=1)
    assert estimator.transit_s is None


def test_a_new_route_at_the_beginning_is_no_drift_either() -> None:
    """Six windows with such a step in them were told as -29,000 ppm, for minutes."""
    estimator = DriftEstimator()
    told = set()
    for at in range(40 * 50):
        place_s = at * 0.02
        now = place_s + (0.3 if place_s > 10 else 0.0)
        estimator.note(now - place_s, now)
        told.add(estimator.ppm)
    told.discard(None)
    assert list(told) == pytest.approx([0.0] * len(told), abs=1e-6)
    assert estimator.ppm is not None
