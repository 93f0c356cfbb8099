"""The voice profile: bounds, spikes, concealment, and one frame a tick."""

import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icom_proto.audio_formats import pcm_of, samples_of
from icom_proto.codes import Codec
from icom_proto.playout_frames import Frame, FrameKind
from icom_proto.voice_playout import VoicePlayout

TICK, PACKET = 0.02, 160
FLOOR_MS, CEILING_MS = 20.0, 250.0


def tone(number: int, count: int = PACKET, rate_hz: int = 8000) -> bytes:
    """The packet of this number of an endless voice-like sound."""
    turn = 2 * math.pi * 140 / rate_hz
    places = range(number * PACKET, number * PACKET + count)
    return pcm_of(
        [
            round(6000 * math.sin(turn * at) + 2000 * math.sin(3 * turn * at))
            for at in places
        ]
    )


def make(floor_ms: float = FLOOR_MS, ceiling_ms: float = CEILING_MS) -> VoicePlayout:
    return VoicePlayout(
        Codec.PCM16_MONO, 8000, floor_ms=floor_ms, ceiling_ms=ceiling_ms
    )


class Run:
    """A playout fed from arrival times by number; everything that it said."""

    def __init__(
        self,
        arrivals: list[tuple[float, int]],
        seconds: float,
        playout: VoicePlayout | None = None,
    ) -> None:
        self.playout = playout or make()
        self.frames: list[Frame] = []
        self.delays: list[float] = []
        self.targets: list[float] = []
        waiting, coming = sorted(arrivals), 0
        for tick in range(int(seconds / TICK)):
            now = tick * TICK
            while coming < len(waiting) and waiting[coming][0] <= now:
                at, number = waiting[coming]
                self.playout.put(number % 0x10000, tone(number), at)
                coming += 1
            self.frames.append(self.playout.pull(now))
            figures = self.playout.statistics()
            self.delays.append(figures.delay_ms)
            self.targets.append(figures.target_delay_ms)

    def samples(self, first: int = 0) -> list[int]:
        return [v for frame in self.frames[first:] for v in samples_of(frame.pcm)]


def steady(seconds: float, delay_s: float = 0.005) -> list[tuple[float, int]]:
    return [(at * TICK + delay_s, at) for at in range(int(seconds / TICK))]


def paused(
    arrivals: list[tuple[float, int]], begin: float, end: float
) -> list[tuple[float, int]]:
    """Nothing comes in between; all of it comes at the end."""
    return [(end if begin <= at < end else at, number) for at, number in arrivals]


def steepest(samples: list[int]) -> int:
    return max(abs(b - a) for a, b in itertools.pairwise(samples))


def test_a_quiet_network_has_the_least_delay_and_every_sample() -> None:
    run = Run(steady(10), 10, make(floor_ms=0))
    figures = run.playout.statistics()
    assert figures.delay_ms < 10
    assert figures.concealed_ms == figures.inserted_ms == figures.removed_ms == 0
    assert {frame.kind for frame in run.frames[5:]} == {FrameKind.PLAYED}


def test_lost_packets_are_made_up_without_a_step() -> None:
    arrivals = [(at, number) for at, number in steady(4) if number not in (60, 100)]
    run = Run(arrivals, 4, make(floor_ms=60))
    assert sum(frame.kind is FrameKind.CONCEALED for frame in run.frames) <= 4
    assert run.playout.statistics().concealed_ms == 40
    assert run.playout.statistics().lost == 2
    original = [v for number in range(10) for v in samples_of(tone(number))]
    assert steepest(run.samples(10)) <= 1.5 * steepest(original)


def test_a_stream_that_stops_fades_out_and_starts_anew() -> None:
    arrivals = [a for a in steady(8) if not 3 <= a[0] < 6]
    run = Run(arrivals, 8)
    heard = run.samples()
    assert not any(heard[int(3.3 * 8000) : int(5.9 * 8000)])
    assert run.frames[int(5 / TICK)].kind is FrameKind.SILENCE
    assert run.frames[int(7 / TICK)].kind is FrameKind.PLAYED


@pytest.mark.parametrize("pause_s", [0.08, 0.15, 0.3])
def test_after_a_pause_on_the_way_the_delay_comes_back_down(pause_s: float) -> None:
    run = Run(paused(steady(12), 6, 6 + pause_s), 12)
    before = run.delays[int(5.9 / TICK)]
    during = max(run.delays[int(6 / TICK) : int((6.2 + pause_s) / TICK)])
    after = run.delays[int((6 + pause_s + 3) / TICK)]
    assert during - before > 0.5 * min(pause_s * 1000, CEILING_MS) - 20
    assert abs(after - before) <= 10
    assert run.playout.statistics().spikes == 1


def test_a_second_pause_soon_after_the_first_is_not_heard() -> None:
    twice = paused(paused(steady(10), 6, 6.2), 6.6, 6.78)
    concealed = Run(twice, 10).playout.statistics().concealed_ms
    once = Run(paused(steady(10), 6, 6.2), 10).playout.statistics().concealed_ms
    assert concealed <= once + 20


def test_pauses_that_come_alone_stop_raising_the_delay() -> None:
    arrivals = steady(120)
    for at in range(10, 118, 6):
        arrivals = paused(arrivals, at, at + 0.2)
    run = Run(arrivals, 120)
    assert max(run.delays[int(90 / TICK) :]) < 60


@pytest.mark.parametrize("step_s", [0.06, -0.06])
def test_a_longer_or_shorter_way_is_followed(step_s: float) -> None:
    before, after = (0.005, 0.065) if step_s > 0 else (0.065, 0.005)
    arrivals = [(at * TICK + (before if at < 500 else after), at) for at in range(2000)]
    run = Run(arrivals, 40)
    tail = run.frames[1500:-10]
    assert {frame.kind for frame in tail} == {FrameKind.PLAYED}
    assert run.delays[-20] < 60


@pytest.mark.parametrize("ppm", [-100, 100])
def test_drift_of_the_clocks_is_followed_without_a_hole(ppm: int) -> None:
    rng = random.Random(ppm)
    arrivals = [
        (at * TICK / (1 + ppm * 1e-6) + rng.random() * 0.004, at)
        for at in range(6 * 60 * 50)
    ]
    run = Run(arrivals, 6 * 60 - 1)
    figures = run.playout.statistics()
    assert figures.drift_ppm == pytest.approx(ppm, abs=5)
    assert figures.concealed_ms < 100
    assert max(run.delays[100:]) < 60
    moved = figures.removed_ms - figures.inserted_ms
    assert moved == pytest.approx(ppm * 1e-6 * 6 * 60 * 1000, abs=40)


def test_a_pause_of_the_sender_whose_numbers_go_on_ends_with_audio() -> None:
    arrivals = [(at * TICK + (0.7 if at >= 200 else 0.0), at) for at in range(800)]
    run = Run(arrivals, 16)
    assert {frame.kind for frame in run.frames[-200:-10]} == {FrameKind.PLAYED}


def test_a_restart_of_the_sender_ends_with_audio() -> None:
    arrivals = [(at * TICK, at if at < 300 else at - 300) for at in range(800)]
    run = Run(arrivals, 15)
    assert {frame.kind for frame in run.frames[-200:]} == {FrameKind.PLAYED}
    assert run.playout.statistics().restarts == 1


@pytest.mark.parametrize("seconds", [2, 5, 20])
def test_what_waited_while_nobody_pulled_is_not_played_any_more(seconds: int) -> None:
    """A sound card stood still: it took twice as long to catch up, at fast speech."""
    playout, frames = make(), []
    for number in range(200 + 50 * seconds + 100):
        now = number * TICK
        playout.put(number, tone(number), now)
        if not 200 <= number < 200 + 50 * seconds:
            frames.append(playout.pull(now))
    assert playout.statistics().delay_ms <= CEILING_MS + 1
    assert {frame.kind for frame in frames[205:]} == {FrameKind.PLAYED}
    samples = [value for frame in frames for value in samples_of(frame.pcm)]
    assert steepest(samples) <= 2 * steepest(list(samples_of(tone(0))))


def test_numbers_wrap_unheard() -> None:
    arrivals = [(at, number + 0xFFC0) for at, number in steady(5)]
    run = Run(arrivals, 5)
    assert {frame.kind for frame in run.frames[10:-5]} == {FrameKind.PLAYED}


def test_48_khz_in_two_datagrams_a_block() -> None:
    playout = VoicePlayout(Codec.PCM16_MONO, 48000, 10, floor_ms=40)
    heard: list[int] = []
    place = 0
    for tick in range(300):
        if tick % 2 == 0:
            for part, frames in enumerate((682, 278)):
                payload = pcm_of([(place + at) % 1000 + 1 for at in range(frames)])
                playout.put(tick + part, payload, tick * 0.01)
                place += frames
        heard += samples_of(playout.pull(tick * 0.01).pcm)
    begin = heard.index(1)
    assert heard[begin:] == [at % 1000 + 1 for at in range(len(heard) - begin)]


def test_stereo_is_concealed_too() -> None:
    playout = VoicePlayout(Codec.PCM16_STEREO, 8000, floor_ms=40)
    for tick in range(100):
        mono = samples_of(tone(tick))
        payload = pcm_of([value for each in mono for value in (each, -each)])
        if tick % 10 != 5:
            playout.put(tick, payload, tick * TICK)
        samples = samples_of(playout.pull(tick * TICK).pcm)
        assert len(samples) == 2 * PACKET
        assert all(
            abs(a + b) <= 300 for a, b in zip(samples[0::2], samples[1::2], strict=True)
        )
    assert playout.statistics().concealed_ms > 100


@settings(max_examples=25, deadline=None)
@given(
    late=st.lists(st.floats(0, 0.5), min_size=300, max_size=300),
    lost=st.sets(st.integers(0, 299), max_size=100),
)
def test_the_delay_stays_within_its_bounds(late: list[float], lost: set[int]) -> None:
    arrivals = [(at * TICK + late[at], at) for at in range(300) if at not in lost]
    playout = make()
    run = Run(arrivals, 7, playout)
    assert all(len(frame.pcm) == playout.frame_bytes for frame in run.frames)
    targets = [target for target in run.targets if target]
    assert min(targets) >= FLOOR_MS - 0.01
    assert max(targets) <= CEILING_MS + 0.01
