"""A quarter of an hour of the data profile; `--hours 24` is the same for a day."""

import pytest

from icom_sim.virtual.data_timeline import main, run

# Loss, resends, reordering, repetition and outages; the numbers wrap at the start.


@pytest.mark.parametrize("rate_hz", [8000, 48000])
def test_every_sample_is_at_its_place_or_silent(rate_hz: int) -> None:
    found = run(0.25 if rate_hz == 8000 else 0.05, seed=3, rate_hz=rate_hz)
    assert found.wrong == 0
    assert found.samples > 7_000_000
    figures = found.statistics
    assert figures.concealed_ms * rate_hz / 1000 == pytest.approx(found.silent)
    assert min(figures.lost, figures.repaired, figures.late, figures.duplicates) > 20
    assert figures.restarts == 0


def test_ticks_that_follow_the_radios_clock_keep_the_delay() -> None:
    found = run(0.2, seed=1, ppm=80.0)
    assert found.wrong == 0
    assert found.statistics.drift_ppm == pytest.approx(80, abs=3)
    assert found.statistics.delay_ms == pytest.approx(200, abs=15)


def test_the_command_tells_what_it_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--hours", "0.02"]) == 0
    assert "error: 0 samples not at their place" in capsys.readouterr().out
