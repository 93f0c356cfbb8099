"""Made-up samples and pitch periods left out or repeated: joints that nobody hears."""

import math
from itertools import pairwise

import pytest

from icom_proto.concealment import (
    FADE_S,
    Samples,
    Shape,
    Substitute,
    bridge,
    cross_fade,
)
from icom_proto.time_stretch import joint_of, lengthened, shortened

MONO = Shape(8000, 1)


def tone(hz: float, count: int, start: int = 0, rate_hz: int = 8000) -> list[int]:
    """Two harmonics of a voice-like pitch."""
    turn = 2 * math.pi * hz / rate_hz
    return [
        round(6000 * math.sin(turn * at) + 3000 * math.sin(2 * turn * at + 1))
        for at in range(start, start + count)
    ]


def off(found: Samples, wanted: Samples) -> float:
    """Noise against signal, 0 is the same."""
    noise = sum((a - b) ** 2 for a, b in zip(found, wanted, strict=True))
    return noise / sum(b * b for b in wanted)


def steepest(samples: Samples) -> int:
    return max(abs(b - a) for a, b in pairwise(samples))


@pytest.mark.parametrize("hz", [90.0, 130.0, 200.0, 310.0])
def test_the_pitch_goes_on_for_ten_milliseconds(hz: float) -> None:
    history = tone(hz, MONO.history)
    made = Substitute(history, MONO).take(80)
    assert off(made, tone(hz, 80, MONO.history)) < 0.1


def test_a_substitute_begins_without_a_step_and_fades_to_silence() -> None:
    history = tone(150, MONO.history)
    substitute = Substitute(history, MONO)
    made = substitute.take(800)
    assert steepest([*history[-80:], *made]) <= 1.5 * steepest(history)
    assert set(made[int(FADE_S * 8000) :]) == {0}


@pytest.mark.parametrize("pieces", [[160, 160], [1, 319], [37] * 8 + [24]])
def test_how_it_is_asked_for_does_not_change_how_loud_it_is(pieces: list[int]) -> None:
    history = tone(150, MONO.history)
    whole = Substitute(history, MONO).take(320)
    parts = Substitute(history, MONO)
    taken = [value for count in pieces for value in parts.take(count)]
    assert off(taken, whole) < 0.35


def test_a_hole_between_two_pieces_is_filled_from_both_sides() -> None:
    history, hole = tone(150, MONO.history), 320
    after = tone(150, MONO.history, MONO.history + hole)
    filled = bridge(Substitute(history, MONO), after, hole, MONO)
    whole = [*history[-40:], *filled, *after[:40]]
    assert len(filled) == hole
    assert steepest(whole) <= 1.5 * steepest(history)
    assert off(filled, tone(150, hole, MONO.history)) < 0.6


def test_silence_is_filled_with_silence() -> None:
    assert set(Substitute([0] * 500, MONO).take(400)) == {0}


def test_too_little_history_is_taken_as_preceded_by_silence() -> None:
    assert len(Substitute([5, 6], MONO).take(100)) == 100


def test_each_channel_keeps_its_own_sound() -> None:
    stereo = Shape(8000, 2)
    left = tone(200, stereo.history // 2)
    history = [value for each in left for value in (each, 0)]
    filled = bridge(Substitute(history, stereo), history[:400], 640, stereo)
    assert set(filled[1::2]) == {0}
    assert max(filled[0::2]) > 1000


def test_a_cross_fade_stays_between_both() -> None:
    faded = cross_fade([100] * 9, [200] * 9)
    assert faded == sorted(faded)
    assert 100 < faded[0] < faded[-1] < 200


@pytest.mark.parametrize("hz", [90.0, 150.0, 310.0])
def test_a_period_is_left_out_without_a_step(hz: float) -> None:
    samples, most = tone(hz, 400), MONO.lag_max
    joint, used = shortened(samples, most, MONO)
    assert MONO.lag_min <= used - len(joint) <= most
    assert steepest([*joint, *samples[used:]]) <= 1.5 * steepest(samples)


@pytest.mark.parametrize("hz", [150.0, 200.0, 240.0])
def test_a_period_is_repeated_without_a_step(hz: float) -> None:
    history = tone(hz, MONO.history)
    samples = tone(hz, 200, MONO.history)
    more = lengthened(history, samples, 30, MONO)
    assert 30 <= len(more) <= MONO.lag_max
    assert len(more) >= joint_of(MONO)
    assert steepest([*history[-80:], *more, *samples]) <= 2 * steepest(history)


def test_high_rates_are_searched_coarsely_first() -> None:
    shape = Shape(48000, 1)
    history = tone(140, shape.history, rate_hz=48000)
    made = Substitute(history, shape).take(480)
    assert off(made, tone(140, 480, shape.history, 48000)) < 0.1
