"""Places of packets: cycles of sizes, holes, wrap, restarts, pauses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icom_proto.codes import Codec
from icom_proto.gap_tracker import OLD_RUN_MIN, OLD_RUN_S
from icom_proto.packet_timeline import PAUSE_CONFIRM_S, PacketTimeline, Slot
from icom_proto.playout_intake import packet_frames

MONO_48K = packet_frames(Codec.PCM16_MONO, 48000)
STEREO_48K = packet_frames(Codec.PCM16_STEREO, 48000)


def starts_of(sizes: tuple[int, ...], count: int) -> list[tuple[int, int]]:
    """First frame and length of each packet."""
    found, start = [], 0
    for at in range(count):
        found.append((start, sizes[at % len(sizes)]))
        start += sizes[at % len(sizes)]
    return found


def placed(slot: Slot | None) -> tuple[int, int]:
    assert slot is not None
    return slot.start, slot.frames


@pytest.mark.parametrize("sizes", [MONO_48K, STEREO_48K, (160,)])
@given(kept=st.sets(st.integers(0, 60), min_size=2), first=st.integers(0, 0xFFFF))
def test_a_number_alone_says_where_a_packet_stands(
    sizes: tuple[int, ...], kept: set[int], first: int
) -> None:
    timeline = PacketTimeline(sizes, 48000)
    truth = starts_of(sizes, 61)
    order = sorted(kept)
    origin = truth[order[0]][0]
    for at in order:
        start, frames = truth[at]
        slot = timeline.place((first + at) % 0x10000, frames, at * 0.01)
        assert placed(slot) == (start - origin, frames)


def test_two_sizes_of_a_block_are_told_apart() -> None:
    assert MONO_48K == (682, 278)
    assert STEREO_48K == (341, 341, 278)


def test_a_packet_comes_once() -> None:
    timeline = PacketTimeline((160,), 8000)
    assert timeline.place(7, 160, 0.0) is not None
    assert timeline.place(7, 160, 0.0) is None
    assert timeline.duplicates == 1


def test_a_late_packet_stands_where_it_was_missed() -> None:
    timeline = PacketTimeline(MONO_48K, 48000)
    for seq, frames in ((0, 682), (3, 278)):
        timeline.place(seq, frames, 0.0)
    assert timeline.missing == 2
    assert placed(timeline.place(1, 278, 0.1)) == (682, 278)
    assert timeline.missing == 1


def test_numbers_wrap() -> None:
    timeline = PacketTimeline((160,), 8000)
    places = [
        placed(timeline.place(seq, 160, at * 0.02))[0]
        for at, seq in enumerate([0xFFFE, 0xFFFF, 0, 1])
    ]
    assert places == [0, 160, 320, 480]


def test_a_jump_that_the_time_explains_is_a_loss() -> None:
    timeline = PacketTimeline((160,), 8000)
    timeline.place(0, 160, 0.0)
    assert placed(timeline.place(1000, 160, 20.0)) == (160_000, 160)
    assert timeline.restarts == 0


def test_a_jump_in_no_time_is_a_new_start_where_the_time_stands() -> None:
    timeline = PacketTimeline((160,), 8000)
    timeline.place(0, 160, 0.0)
    assert placed(timeline.place(30_000, 160, 0.5)) == (4000, 160)
    assert timeline.restarts == 1


def test_a_sender_that_begins_again_is_known_by_its_run_of_old_numbers() -> None:
    timeline = PacketTimeline((160,), 8000)
    for at in range(400):
        timeline.place(at, 160, at * 0.02)
    began = 400 * 0.02
    found = [timeline.place(at, 160, began + at * 0.02) for at in range(20)]
    first = next(at for at, slot in enumerate(found) if slot is not None)
    assert first <= max(OLD_RUN_MIN, OLD_RUN_S / 0.02) + 1
    slot = found[first]
    assert slot is not None
    assert slot.start == round((began + first * 0.02) * 8000)
    assert timeline.restarts == 1


def test_a_pause_of_the_sender_is_seen_when_all_packets_are_far_too_late() -> None:
    timeline = PacketTimeline((160,), 8000)
    timeline.place(0, 160, 0.0)
    assert not timeline.pause_seen(2.0, 10.0)
    assert not timeline.pause_seen(0.0, 10.1)
    assert not timeline.pause_seen(2.0, 10.2)
    assert timeline.pause_seen(2.0, 10.2 + PAUSE_CONFIRM_S)


def test_a_size_that_no_block_has_moves_the_line_by_what_it_is() -> None:
    timeline = PacketTimeline(MONO_48K, 48000)
    places = [
        placed(timeline.place(seq, frames, 0.0))
        for seq, frames in enumerate([682, 278, 100, 682, 278])
    ]
    assert places == [(0, 682), (682, 278), (960, 100), (1060, 682), (1742, 278)]
    assert timeline.misfits == 2


@given(
    st.lists(
        st.tuples(st.integers(0, 0xFFFF), st.integers(1, 5000), st.floats(0, 3)),
        max_size=200,
    )
)
def test_any_numbers_in_any_order_are_placed_or_left_out(
    arrivals: list[tuple[int, int, float]],
) -> None:
    timeline, now = PacketTimeline(STEREO_48K, 48000), 0.0
    for seq, frames, passed in arrivals:
        now += passed
        slot = timeline.place(seq, frames, now)
        assert slot is None or slot.frames > 0
