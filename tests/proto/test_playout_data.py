"""The data profile: sample n at its place, whatever the network does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icom_proto.audio_formats import pcm_of, samples_of
from icom_proto.codes import Codec
from icom_proto.data_playout import DataPlayout
from icom_proto.packet_store import PACKETS_MAX
from icom_proto.playout_frames import FrameKind

TICK, PACKET = 0.02, 160
DELAY_MS = 100.0


def counter(start: int, count: int = PACKET) -> bytes:
    """Sample n is n plus one, so that none is silence."""
    return pcm_of([(start + at) % 0x7FFF + 1 for at in range(count)])


def make(rate_hz: int = 8000) -> DataPlayout:
    return DataPlayout(Codec.PCM16_MONO, rate_hz, delay_ms=DELAY_MS)


def play(
    arrivals: list[tuple[float, int]], ticks: int, first_seq: int = 0
) -> tuple[DataPlayout, dict[int, int]]:
    """Packets by time and number; the samples heard, by place."""
    playout = make()
    heard: dict[int, int] = {}
    waiting = sorted(arrivals)
    for tick in range(ticks):
        now = tick * TICK
        while waiting and waiting[0][0] <= now:
            at, number = waiting.pop(0)
            seq = (first_seq + number) % 0x10000
            playout.put(seq, counter(number * PACKET), at)
        frame = playout.pull(now)
        assert len(frame.pcm) == playout.frame_bytes == 2 * PACKET
        end = playout.position
        if end is not None:
            places = range(end - PACKET, end)
            heard |= dict(zip(places, samples_of(frame.pcm), strict=True))
    return playout, heard


def expected(numbers: set[int], end: int) -> dict[int, int]:
    """The counter where these packets were, silence elsewhere."""
    return {
        place: place % 0x7FFF + 1 if place // PACKET in numbers else 0
        for place in range(end)
    }


def from_zero(heard: dict[int, int]) -> dict[int, int]:
    return {place: value for place, value in heard.items() if place >= 0}


@given(
    lost=st.sets(st.integers(1, 60)),
    late=st.dictionaries(st.integers(1, 60), st.floats(0, 0.3)),
    first_seq=st.sampled_from([0, 5, 0xFFF0]),
)
def test_no_loss_and_no_delay_moves_a_sample(
    lost: set[int], late: dict[int, float], first_seq: int
) -> None:
    arrivals = [
        (at * TICK + late.get(at, 0.0), at) for at in range(61) if at not in lost
    ]
    _, heard = play(arrivals, 80, first_seq)
    for place, value in from_zero(heard).items():
        assert value in (0, place % 0x7FFF + 1)
    in_time = {number for at, number in arrivals if at <= number * TICK + 0.06}
    assert all(
        heard[place]
        for number in in_time
        for place in range(number * PACKET, (number + 1) * PACKET)
    )


def test_a_hole_is_silence_of_exactly_its_length() -> None:
    numbers = set(range(40)) - {7, 8, 9, 20}
    playout, heard = play([(at * TICK, at) for at in sorted(numbers)], 45)
    assert from_zero(heard) == expected(numbers, max(heard) + 1)
    figures = playout.statistics()
    assert figures.concealed_ms == 4 * 20
    assert figures.lost == 4


def test_the_hole_of_a_short_datagram_is_short() -> None:
    playout = DataPlayout(Codec.PCM16_MONO, 48000, delay_ms=0)
    start = 0
    for seq, frames in enumerate([682, 278] * 10):
        if seq not in (3, 8, 9):
            playout.put(seq, counter(start, frames), 0.0)
        start += frames
    heard = [value for _ in range(10) for value in samples_of(playout.pull(0.0).pcm)]
    silent = [place for place, value in enumerate(heard) if not value]
    first, block = list(range(960 + 682, 1920)), list(range(4 * 960, 5 * 960))
    assert silent == first + block
    assert all(value in (0, place % 0x7FFF + 1) for place, value in enumerate(heard))


def test_what_comes_late_repairs_what_was_not_played() -> None:
    arrivals = [(at * TICK, at) for at in range(20) if at != 5]
    playout, heard = play([*arrivals, (5 * TICK + 0.09, 5)], 22)
    assert from_zero(heard) == expected(set(range(20)), max(heard) + 1)
    figures = playout.statistics()
    assert (figures.repaired, figures.late, figures.lost) == (1, 0, 0)


def test_what_comes_too_late_is_counted_and_changes_nothing() -> None:
    arrivals = [(at * TICK, at) for at in range(30) if at != 5]
    playout, heard = play([*arrivals, (5 * TICK + 0.25, 5)], 30)
    assert from_zero(heard) == expected(set(range(30)) - {5}, max(heard) + 1)
    assert playout.statistics().late == 1


def test_the_first_sample_is_heard_after_exactly_the_delay() -> None:
    playout = make()
    playout.put(0, counter(0), 0.013)
    heard = [v for at in range(10) for v in samples_of(playout.pull(at * TICK).pcm)]
    assert heard.index(1) == round((0.013 + DELAY_MS / 1000) * 8000)
    assert heard[heard.index(1) :][:PACKET] == list(samples_of(counter(0)))


def test_there_is_silence_before_the_stream() -> None:
    frame = make().pull(1.0)
    assert frame.kind is FrameKind.SILENCE
    assert not any(frame.pcm)


def test_a_restart_of_the_sender_leaves_what_is_heard_in_place() -> None:
    playout = make()
    heard: list[int] = []
    for tick in range(400):
        now = tick * TICK
        number = tick if tick < 200 else tick - 200  # it begins again at 0
        playout.put(number, counter(tick * PACKET), now)
        heard += samples_of(playout.pull(now).pcm)
    lead = round(DELAY_MS / 1000 * 8000)
    right = {place: value for place, value in enumerate(heard[lead:]) if value}
    assert all(value == place % 0x7FFF + 1 for place, value in right.items())
    missed = len(heard) - lead - len(right)
    assert missed <= 7 * PACKET  # until the restart was sure
    assert playout.statistics().restarts == 1


def test_after_a_pause_of_the_sender_audio_comes_back() -> None:
    playout, kinds = make(), []
    for tick in range(500):
        number = tick if tick < 100 else tick - 150  # numbers go on, 3 s passed
        if tick < 100 or tick >= 250:
            playout.put(number, counter(number * PACKET), tick * TICK)
        kinds.append(playout.pull(tick * TICK).kind)
    assert set(kinds[300:]) == {FrameKind.PLAYED}


@pytest.mark.parametrize("longer_s", [0.15, 0.3, 0.55])
def test_a_way_that_becomes_longer_than_the_delay_is_silent_for_seconds_only(
    longer_s: float,
) -> None:
    """All packets came too late, by less than what counts as a pause: for ever."""
    arrivals = [
        (number * TICK + (longer_s if number >= 100 else 0.0), number)
        for number in range(600)
    ]
    playout, heard = play(arrivals, 600)
    assert playout.statistics().restarts == 1
    end = max(heard) + 1
    assert all(heard[place] for place in range(end - 200 * PACKET, end))


def test_a_new_start_after_hours_of_drift_is_heard_after_the_delay() -> None:
    """By the first packet's time it would stand as far off as the clocks drifted."""
    playout, pace_s = make(), TICK * 1.01  # a slow sender, and ticks that follow it
    for tick in range(3000):
        now = tick * pace_s
        number = tick if tick < 2000 else tick - 2000
        playout.put(number, counter(tick * PACKET), now)
        playout.pull(now)
    figures = playout.statistics()
    assert figures.restarts == 1
    # The first 2000 ticks drifted 400 ms apart, and the window of the figure 40.
    assert figures.delay_ms == pytest.approx(DELAY_MS, abs=50)


def test_drift_is_told_and_ticks_can_follow_it() -> None:
    playout, now, number = make(), 0.0, 0
    for _ in range(5000):
        while (sent := number * TICK / (1 + 100e-6)) <= now:
            playout.put(number % 0x10000, counter(number * PACKET), sent)
            number += 1
        playout.pull(now)
        now += playout.tick_s
    figures = playout.statistics()
    assert figures.drift_ppm == pytest.approx(100, abs=15)
    assert figures.delay_ms == pytest.approx(DELAY_MS, abs=25)
    assert playout.tick_s == pytest.approx(TICK / (1 + 1e-4), rel=2e-5)


def test_a_sender_that_runs_ahead_meets_a_bound_and_moves_nothing() -> None:
    playout = make()
    for number in range(PACKETS_MAX + 50):
        playout.put(number, counter(number * PACKET), number * 0.0001)
    assert playout.statistics().refused == 50
    heard = [v for at in range(20) for v in samples_of(playout.pull(at * TICK).pcm)]
    assert heard[800:1600] == list(samples_of(counter(0, 800)))
