"""Pixels: noise with a roughness, signals where and as strong as they are."""

import math
import random
from collections.abc import Iterator
from statistics import fmean, stdev
from time import process_time

import pytest

from icom_sim.air.signals import Signal
from icom_sim.rig.scope_trace import SIGNALS_MAX, Display, Trace

LOW_HZ, WIDTH_HZ = 14_000_000, 100_000
DISPLAY = Display(
    low_hz=LOW_HZ,
    high_hz=LOW_HZ + WIDTH_HZ,
    pixels=689,
    amplitude_max=200,
    gain_db=0.0,
    smooth=False,
)


def draw(*signals: Signal, display: Display = DISPLAY, seed: int = 1) -> bytes:
    return Trace(random.Random(seed)).draw(display, signals)


def at(hz: int) -> int:
    return round((hz - LOW_HZ) / WIDTH_HZ * 688)


def test_noise_is_rough_low_and_never_the_same_twice() -> None:
    trace = Trace(random.Random(1))
    first, second = (trace.draw(DISPLAY, ()) for _ in range(2))
    assert first != second
    assert 2 < fmean(first) < 12
    assert max(first) < 40


def test_a_narrow_video_bandwidth_smooths_it() -> None:
    lifted = Display(LOW_HZ, LOW_HZ + WIDTH_HZ, 689, 200, 30.0, smooth=False)
    smooth = Display(LOW_HZ, LOW_HZ + WIDTH_HZ, 689, 200, 30.0, smooth=True)
    assert stdev(draw(display=smooth)) < stdev(draw(display=lifted)) / 2


def test_with_the_gain_turned_down_a_quiet_band_is_all_zero() -> None:
    """Seen on an IC-9700 (5.5): zero is not "no data"."""
    down = Display(LOW_HZ, LOW_HZ + WIDTH_HZ, 689, 200, -20.0, smooth=False)
    assert set(draw(display=down)) == {0}


@pytest.mark.parametrize("hz", [LOW_HZ, LOW_HZ + 30_000, LOW_HZ + WIDTH_HZ])
def test_a_carrier_stands_at_its_pixel_with_its_strength(hz: int) -> None:
    weak, strong = (draw(Signal(hz, 1, dbm)) for dbm in (-73.0, -63.0))
    for pixels in (weak, strong):
        assert max(range(689), key=pixels.__getitem__) == at(hz)
    assert strong[at(hz)] - weak[at(hz)] == 20, "half a dB for each count"
    assert draw(Signal(hz, 1, 50.0))[at(hz)] == 200


def test_a_wide_signal_fills_its_width_and_spreads_its_power() -> None:
    hz, width = LOW_HZ + 50_000, 20_000
    pixels = draw(Signal(hz, width, -60.0))
    inside = pixels[at(hz - 9_500) : at(hz + 9_500)]
    assert min(inside) > 40
    narrow = draw(Signal(hz, 1, -60.0))[at(hz)]
    spread = 20 * math.log10(width / (WIDTH_HZ / 688))
    assert fmean(inside) == pytest.approx(narrow - spread, abs=2)
    assert max(pixels[: at(hz - 11_000)]) < 50, "its skirts end soon"


def test_what_lies_outside_is_not_drawn() -> None:
    plain = draw()
    for hz in (0, LOW_HZ - 50_000, LOW_HZ + 10 * WIDTH_HZ):
        assert draw(Signal(hz, 3_000, -40.0)) == plain
    reaching_in = draw(Signal(LOW_HZ - 1_000, 3_000, -40.0))
    assert min(reaching_in[:3]) > 100
    assert set(draw(Signal(LOW_HZ, 10**9, 150.0))) <= set(range(100, 201)), "all of it"


@pytest.mark.parametrize("dbm", [-math.inf, math.nan, -300.0])
def test_no_level_at_all_is_no_signal(dbm: float) -> None:
    assert draw(Signal(LOW_HZ + 50_000, 100, dbm)) == draw()
    assert max(draw(Signal(LOW_HZ + 50_000, 100, math.inf))) == 200


def test_a_flood_of_signals_is_cut_off() -> None:
    def flood() -> Iterator[Signal]:
        for number in range(SIGNALS_MAX):
            yield Signal(LOW_HZ + 400 * number, 100, -60.0)
        pytest.fail("went on asking")

    Trace(random.Random(1)).draw(DISPLAY, flood())


def test_a_sweep_costs_a_small_part_of_a_millisecond() -> None:
    """30 a second of the large scope may not cost a hundredth of a core."""
    trace = Trace(random.Random(1))
    signals = [Signal(LOW_HZ + 9_000 * n, 3_000, -60.0) for n in range(10)]
    trace.draw(DISPLAY, signals)
    started = process_time()
    for _ in range(200):
        trace.draw(DISPLAY, signals)
    assert (process_time() - started) / 200 < 0.001
