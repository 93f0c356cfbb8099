"""The measure must be right before it may judge: known signals, known figures."""

import math
import random

import pytest

from icom_proto.audio_formats import pcm_of
from icom_sim.audio_quality import SILENCE_DBFS, level_dbfs, tone_share

RATE_HZ = 48000


def sine(hz: float, peak: int, seconds: float = 0.5, phase: float = 0.0) -> list[int]:
    step = math.tau * hz / RATE_HZ
    count = round(seconds * RATE_HZ)
    return [round(peak * math.sin(step * at + phase)) for at in range(count)]


@pytest.mark.parametrize("phase", [0.0, 1.0, 2.5])
@pytest.mark.parametrize("hz", [50, 440, 1000, 1234.5])
def test_a_pure_tone_is_all_tone_whatever_its_phase(hz: float, phase: float) -> None:
    pcm = pcm_of(sine(hz, 16000, phase=phase))
    assert tone_share(pcm, RATE_HZ, hz) == pytest.approx(1, abs=1e-3)


def test_another_tone_is_none() -> None:
    pcm = pcm_of(sine(1000, 16000))
    assert tone_share(pcm, RATE_HZ, 1010) < 1e-6
    assert tone_share(pcm, RATE_HZ, 440) < 1e-6


def test_two_tones_share_by_energy() -> None:
    mixed = [a + b for a, b in zip(sine(1000, 10000), sine(600, 5000), strict=True)]
    assert tone_share(pcm_of(mixed), RATE_HZ, 1000) == pytest.approx(0.8, abs=1e-3)
    assert tone_share(pcm_of(mixed), RATE_HZ, 600) == pytest.approx(0.2, abs=1e-3)


def test_noise_has_next_to_no_tone() -> None:
    rng = random.Random(3)
    noise = [rng.randint(-8000, 8000) for _ in range(RATE_HZ)]
    assert tone_share(pcm_of(noise), RATE_HZ, 1000) < 0.005


def test_silence_in_place_of_a_twentieth_costs_a_twentieth() -> None:
    samples = sine(1000, 16000)
    for start in range(0, len(samples), 2400):
        samples[start : start + 120] = [0] * 120
    assert tone_share(pcm_of(samples), RATE_HZ, 1000) == pytest.approx(0.95, abs=1e-3)


def test_a_jump_in_phase_spoils_its_own_window_only() -> None:
    samples = sine(1000, 16000, 0.25) + sine(1000, 16000, 0.25, phase=math.pi)
    # Five windows of 0.1 s; the jump is in the middle of the third and cancels it.
    assert tone_share(pcm_of(samples), RATE_HZ, 1000) == pytest.approx(0.8, abs=1e-3)


def test_too_little_to_judge_and_silence_have_no_tone() -> None:
    assert tone_share(b"", RATE_HZ, 1000) == 0
    assert tone_share(pcm_of(sine(1000, 16000, 0.05)), RATE_HZ, 1000) == 0
    assert tone_share(bytes(2 * RATE_HZ), RATE_HZ, 1000) == 0


def test_levels_are_below_full_scale() -> None:
    assert level_dbfs(pcm_of(sine(1000, 32767))) == pytest.approx(-3.01, abs=0.01)
    assert level_dbfs(pcm_of(sine(1000, 16384))) == pytest.approx(-9.03, abs=0.01)
    assert level_dbfs(pcm_of([-32768] * 100)) == 0
    assert level_dbfs(bytes(200)) == level_dbfs(b"") == SILENCE_DBFS
