"""What a client hears, judged as it hears it: without a radio and without waiting."""

import asyncio
import math
from itertools import count

import pytest

from icom_proto.audio_formats import pcm_of
from icom_sim.harness import Ear, NotHeardError


def tone(hz: float, ms: int, rate_hz: int = 48000, start: int = 0) -> bytes:
    samples = range(start, start + rate_hz * ms // 1000)
    turn = math.tau * hz / rate_hz
    return pcm_of([round(8000 * math.sin(turn * at)) for at in samples])


def heard(ear: Ear, hz: float) -> bool:
    try:
        return ear.wait_for_tone(hz, within_s=0) > 0.95
    except NotHeardError:
        return False


@pytest.mark.parametrize("rate_hz", [8000, 48000])
def test_sixty_ms_of_a_tone_are_enough_and_less_is_not(rate_hz: int) -> None:
    ear = Ear(rate_hz)
    ear(tone(1000, 59, rate_hz))
    assert not heard(ear, 1000)
    ear(tone(1000, 1, rate_hz, start=59 * rate_hz // 1000))
    assert heard(ear, 1000)
    assert not heard(ear, 1050)


def test_what_came_before_a_gap_does_not_count() -> None:
    ear = Ear()
    ear(tone(1000, 40))
    ear(None)
    ear(tone(1000, 40))
    assert not heard(ear, 1000)
    assert ear.pcm == tone(1000, 40)


def test_what_it_keeps_is_bounded() -> None:
    ear, second = Ear(8000), tone(500, 1000, 8000)
    for _ in range(100):
        ear(second)
    assert len(ear.pcm) == 60 * len(second)


async def test_in_a_loop_it_waits_without_blocking_it() -> None:
    ear, places = Ear(), count(step=960)

    async def start(callback: Ear) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(3):
            loop.call_soon(callback, tone(700, 20, start=next(places)))

    assert await ear.until_tone(700, start) > 0.99
    with pytest.raises(NotHeardError, match="no tone of 900 Hz within 0 s; heard: in"):
        await ear.until_tone(900, within_s=0)
