"""The round-trip estimate: RFC 6298's two averages."""

import pytest

from icom_proto.rtt import RTT_INITIAL_S, RoundTrip


def test_before_the_first_sample_it_answers_with_a_guess() -> None:
    path = RoundTrip()
    assert (path.smoothed_s, path.deviation_s) == (RTT_INITIAL_S, RTT_INITIAL_S / 2)
    assert path.minimum_s == RTT_INITIAL_S


@pytest.mark.parametrize("sample_s", [0.0003, 0.2])
def test_the_first_sample_replaces_the_guess(sample_s: float) -> None:
    path = RoundTrip()
    path.add(sample_s)
    assert (path.smoothed_s, path.deviation_s) == (sample_s, sample_s / 2)
    assert path.minimum_s == sample_s


def test_later_samples_move_the_averages_by_an_eighth_and_a_quarter() -> None:
    path = RoundTrip()
    for sample_s in (0.08, 0.16):
        path.add(sample_s)
    assert path.smoothed_s == pytest.approx(0.09)
    assert path.deviation_s == pytest.approx(0.05)
    assert path.minimum_s == 0.08
    assert path.samples == 2


def test_the_minimum_is_the_fastest_ever_seen() -> None:
    path = RoundTrip()
    for sample_s in (0.08, 0.03, 0.16):
        path.add(sample_s)
    assert path.minimum_s == 0.03


def test_a_steady_path_is_known_exactly_in_the_end() -> None:
    path = RoundTrip()
    for _ in range(100):
        path.add(0.03)
    assert path.smoothed_s == pytest.approx(0.03)
    assert path.deviation_s == pytest.approx(0.0, abs=1e-9)
