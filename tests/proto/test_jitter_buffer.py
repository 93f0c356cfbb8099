"""The jitter buffer: what leaves when, for single cases and against a simple model."""

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depth import examples
from icom_lan.audio import AudioPacket, JitterBuffer
from icom_proto.jitter_buffer import (
    DEPTH_MAX,
    JUMP_MAX,
    REACH_MAX,
    RECENT,
    RESTART_RUN,
    RESULT_MAX,
)
from icom_proto.jitter_buffer import JitterBuffer as GenericBuffer

Buffer = JitterBuffer


def packet(seq: int) -> AudioPacket:
    return AudioPacket(0x0080, seq & 0xFFFF, b"%d" % seq)


def numbers(items: list[AudioPacket | None]) -> list[int | None]:
    """Sequence numbers, None for gaps."""
    return [None if item is None else item.send_seq for item in items]


def push(buffer: Buffer, *seqs: int) -> list[list[int | None]]:
    """What each push returned."""
    return [numbers(buffer.push(packet(seq))) for seq in seqs]


def delivered(buffer: Buffer, *seqs: int) -> list[int | None]:
    """What all pushes returned, one after the other."""
    return [item for result in push(buffer, *seqs) for item in result]


def started(depth: int = 5, first: int = 0) -> Buffer:
    """A buffer that has delivered `depth` packets and holds none."""
    buffer = Buffer(depth)
    push(buffer, *range(first, first + depth))
    return buffer


# ---- the document's words ------------------------------------------------------------


@pytest.mark.check("6.1", "6.2", "6.10", "6.20")
def test_the_depth_is_five_packets_unless_said_otherwise() -> None:
    assert JitterBuffer().depth == 5
    assert JitterBuffer(depth=8).depth == 8
    assert Buffer(3).push(packet=packet(0)) == []


@pytest.mark.parametrize("depth", [0, -1, DEPTH_MAX + 1])
def test_a_depth_out_of_range_is_refused(depth: int) -> None:
    with pytest.raises(ValueError, match=f"depth {depth}: allowed is 1 to"):
        Buffer(depth)


@pytest.mark.parametrize("depth", [2.0, True, "5", None])
def test_a_depth_that_is_no_integer_is_refused(depth: int) -> None:
    with pytest.raises(TypeError, match="depth must be an int"):
        Buffer(depth)


@pytest.mark.check("6.5", "6.21", "6.22", "6.24")
def test_delivery_starts_when_depth_packets_are_held() -> None:
    assert push(Buffer(3), 0, 1, 2, 3, 4) == [[], [], [0, 1, 2], [3], [4]]


@pytest.mark.check("6.4", "6.6", "6.22")
def test_packets_out_of_order_are_put_in_order() -> None:
    assert delivered(Buffer(3), 0, 2, 1, 4, 5, 3, 6) == [*range(7)]


@pytest.mark.check("6.7", "6.11")
def test_a_duplicate_of_a_held_packet_is_dropped() -> None:
    buffer = Buffer(3)
    assert delivered(buffer, 0, 0, 1, 1, 2) == [0, 1, 2]
    assert buffer.duplicate_count == 2
    assert buffer.stale_count == 0


@pytest.mark.check("6.8", "6.12", "6.23")
def test_a_missing_packet_is_none_once_depth_later_ones_are_held() -> None:
    buffer = started(3)
    assert push(buffer, 4, 5, 6, 7) == [[], [], [None, 4, 5, 6], [7]]
    assert buffer.gap_count == 1


@pytest.mark.check("6.14")
def test_pending_counts_what_is_held() -> None:
    buffer = Buffer(3)
    pending = []
    for seq in (0, 1, 2, 4, 5, 3):
        buffer.push(packet(seq))
        pending.append(buffer.pending)
    assert pending == [1, 2, 0, 1, 2, 0]


@pytest.mark.check("6.17", "6.18", "6.19")
def test_flush_returns_what_is_held_in_order_with_none_in_holes() -> None:
    buffer = started(5)
    push(buffer, 9, 6, 7)
    assert numbers(buffer.flush()) == [None, 6, 7, None, 9]
    assert buffer.pending == 0
    assert buffer.gap_count == 2
    assert buffer.flush() == []


@pytest.mark.check("6.9")
def test_the_documents_loop_runs_as_printed() -> None:
    jb = JitterBuffer(depth=5)
    played = []
    for audio_packet in map(packet, (0, 1, 2, 4, 5, 6, 7, 8)):
        for pkt in jb.push(audio_packet):
            if pkt is None:
                played.append(b"silence")
            else:
                played.append(pkt.data)
    assert played[3] == b"silence"
    assert played[:3] + played[4:] == [b"%d" % seq for seq in (0, 1, 2, 4, 5, 6, 7, 8)]


@pytest.mark.check("6.10", "6.11", "6.12", "6.13", "6.14", "6.15", "6.16")
@pytest.mark.parametrize(
    "name",
    [
        "depth",
        "duplicate_count",
        "gap_count",
        "overrun_count",
        "pending",
        "stale_count",
        "underrun_count",
    ],
)
def test_counters_are_integers_that_nobody_can_set(name: str) -> None:
    buffer = Buffer(5)
    assert type(getattr(buffer, name)) is int
    with pytest.raises(AttributeError):
        setattr(buffer, name, 1)


# ---- mistakes not to repeat (API.md 17, 6 to 9, 36) ----------------------------------


@pytest.mark.check("6.5")
def test_mistake_6_a_stream_in_order_does_not_leave_in_bursts() -> None:
    buffer = started(5)
    assert push(buffer, *range(5, 50)) == [[seq] for seq in range(5, 50)]


def test_what_users_of_the_existing_buffer_rely_on() -> None:
    assert delivered(Buffer(2), 0, 2, 3) == [0, None, 2, 3]
    buffer = Buffer(5)
    assert delivered(buffer, 0, 2, 4) == []
    assert numbers(buffer.flush()) == [0, None, 2, None, 4]
    assert delivered(Buffer(2), 0, 1, 4, 5) == [0, 1, None, None, 4, 5]


@pytest.mark.check("6.15")
@pytest.mark.parametrize("seqs", [(100, 101, 50), (100, 48), (*range(102), 50)])
def test_a_packet_52_numbers_behind_is_stale(seqs: tuple[int, ...]) -> None:
    buffer = Buffer(2)
    push(buffer, *seqs)
    assert buffer.stale_count == 1
    assert buffer.duplicate_count == 0


@pytest.mark.check("6.18", "6.25")
def test_mistake_7_flush_loses_nothing_across_the_wrap() -> None:
    buffer = Buffer(5)
    push(buffer, 65534, 65535, 0, 1)
    assert numbers(buffer.flush()) == [65534, 65535, 0, 1]


@pytest.mark.check("6.18")
@pytest.mark.parametrize("far", [100, JUMP_MAX + 1, 5000, 0x8000 - 1])
def test_mistake_7_flush_loses_nothing_that_is_far_ahead(far: int) -> None:
    buffer = Buffer(5)
    push(buffer, 0, far)
    assert buffer.pending == 2
    flushed = numbers(buffer.flush())
    holes = far - 1 if far <= JUMP_MAX else 0  # a jump is no hole
    assert flushed == [0, *[None] * holes, far]


@pytest.mark.parametrize("size", [100, 300, 1000, 10_000, 32_000, 0x7FFF])
def test_mistake_8_after_a_jump_one_push_returns_little(size: int) -> None:
    buffer = started(5)
    results = push(buffer, *range(size, size + 300))
    assert max(map(len, results)) <= RESULT_MAX
    items = [item for result in results for item in result if item is not None]
    assert items == [*range(size, size + 300)]


@pytest.mark.parametrize("before", [40, 300, 5000, 40_000, 65_400])
def test_mistake_8_a_sender_that_starts_again_is_heard_at_once(before: int) -> None:
    buffer = started(5, first=before - 5)
    items = delivered(buffer, *range(100))
    assert items == [*range(items[0] or 0, 100)]
    assert (items[0] or 0) < RESTART_RUN
    assert buffer.resync_count <= 1


@pytest.mark.check("6.13")
def test_mistake_9_an_overrun_is_a_number_beyond_the_buffers_reach() -> None:
    buffer = started(5)
    assert delivered(buffer, 5 + JUMP_MAX) == []
    assert buffer.overrun_count == 0
    push(buffer, 5, 3000)
    assert buffer.overrun_count == 1
    assert buffer.resync_count == 0
    assert delivered(buffer, 3001)[-2:] == [3000, 3001] or buffer.pending
    assert (buffer.overrun_count, buffer.resync_count) == (1, 1)


@pytest.mark.check("6.16")
def test_mistake_9_an_underrun_is_a_hole_that_was_not_filled() -> None:
    buffer = started(3)
    push(buffer, 4, 5, 3)  # late, but in time
    assert buffer.underrun_count == 0
    push(buffer, 10, 11, 12)
    assert (buffer.underrun_count, buffer.gap_count) == (1, 4)
    push(buffer, 14, 15, 16)
    assert (buffer.underrun_count, buffer.gap_count) == (2, 5)


@pytest.mark.check("6.11", "6.15")
def test_mistake_36_a_duplicate_after_delivery_is_a_duplicate() -> None:
    buffer = started(3)
    push(buffer, *range(3, 40))
    assert push(buffer, 39, 40 - RECENT, 40) == [[], [], [40]]
    assert (buffer.duplicate_count, buffer.stale_count) == (2, 0)
    push(buffer, 40 - RECENT)
    assert (buffer.duplicate_count, buffer.stale_count) == (2, 1)


@pytest.mark.check("6.15")
def test_a_packet_that_comes_after_its_none_is_stale() -> None:
    buffer = started(3)
    push(buffer, 4, 5, 6, 3)
    assert (buffer.duplicate_count, buffer.stale_count) == (0, 1)
    assert buffer.gap_count == 1


def test_a_first_packet_that_was_overtaken_is_not_lost() -> None:
    assert delivered(Buffer(3), 2, 1, 0, 3) == [0, 1, 2, 3]
    assert delivered(Buffer(4), 1, 3, 2, 0) == [0, 1, 2, 3]
    assert delivered(Buffer(3), 1, 65535, 0, 2) == [65535, 0, 1, 2]


@pytest.mark.check("6.25")
@pytest.mark.parametrize("first", range(0x10000 - 12, 0x10000 + 1))
def test_the_wrap_changes_nothing(first: int) -> None:
    steps = [1, 0, 2, 4, 3, 7, 6, 8, 8, 9, 10, 11, 11, 6, 12, 14, 15, 16, 17]
    plain, wrapped = Buffer(3), Buffer(3)
    for step in steps:
        expected = numbers(plain.push(packet(1000 + step)))
        moved = [e if e is None else (e - 1000 + first) & 0xFFFF for e in expected]
        assert numbers(wrapped.push(packet(first + step))) == moved
    assert wrapped.counters.duplicate == plain.counters.duplicate
    assert wrapped.counters.stale == plain.counters.stale


def test_two_rounds_of_all_numbers_come_out_as_they_went_in() -> None:
    buffer = Buffer(5)
    seqs = [place & 0xFFFF for place in range(2 * 0x10000 + 100)]
    assert delivered(buffer, *seqs) == seqs
    assert push(buffer, 98, 99) == [[], []]
    assert buffer.duplicate_count == 2


# ---- numbers from elsewhere ----------------------------------------------------------


@pytest.mark.parametrize("stray", [2000, 40_000, 0x8000 + 5])
def test_one_forged_packet_changes_nothing(stray: int) -> None:
    buffer = started(5)
    assert delivered(buffer, 5, stray, 6, 7) == [5, 6, 7]
    assert (buffer.pending, buffer.stale_count, buffer.resync_count) == (0, 1, 0)


def test_two_far_packets_that_do_not_agree_are_no_jump() -> None:
    buffer = started(5)
    assert delivered(buffer, 2000, 9000, 9000, 5) == [5]
    assert (buffer.stale_count, buffer.duplicate_count) == (2, 1)
    assert (buffer.overrun_count, buffer.resync_count) == (2, 0)


def test_a_jump_waits_for_no_hole_of_before() -> None:
    buffer = started(3)
    assert delivered(buffer, 4, 2001, 2000) == [None, 4, 2000, 2001]
    assert push(buffer, 1999) == [[]]  # before the first of the new numbers
    assert buffer.stale_count == 1


def test_flush_returns_all_of_the_furthest_that_can_be_held() -> None:
    buffer = GenericBuffer[AudioPacket](DEPTH_MAX)
    last = REACH_MAX - 1
    for seq in (*range(0, last, JUMP_MAX), last):
        buffer.push(packet(seq))
    for seq in (20000, 20000 + JUMP_MAX):
        buffer.push(packet(seq))
    flushed = numbers(buffer.flush())
    assert flushed[-1] == 20000 + JUMP_MAX
    assert buffer.pending == 0


def test_a_late_number_of_a_new_start_fills_no_hole_of_the_old_one() -> None:
    buffer = started(5)
    assert delivered(buffer, 6, 2000, 2001) == []
    assert delivered(buffer, 1998, 1999) == []
    assert buffer.stale_count == 2
    assert delivered(buffer, 2002, 2003) == [None, 6, 2000, 2001, 2002, 2003]


def test_old_packets_repeated_out_of_order_do_not_restart_the_stream() -> None:
    buffer = started(5)
    push(buffer, *range(5, 200))
    assert delivered(buffer, 103, 102, 101, 100, 99, 98) == []
    assert delivered(buffer, 10, 200, 11, 201, 12, 202, 13, 203) == [*range(200, 204)]
    assert buffer.resync_count == 0


def test_jumps_far_apart_without_end_hold_little() -> None:
    buffer = started(5)
    seq, most = 5, 0
    for _ in range(20_000):
        seq += JUMP_MAX
        assert len(buffer.push(packet(seq))) <= RESULT_MAX
        most = max(most, buffer.pending)
    assert most <= 2 * REACH_MAX // JUMP_MAX + 2


def test_a_deep_buffer_keeps_the_bound_too() -> None:
    buffer = Buffer(DEPTH_MAX)
    results = push(buffer, *range(DEPTH_MAX + 5))
    assert [len(each) for each in results if each] == [64, 64, 64, 64, 4, 1]


def test_after_flush_a_late_packet_is_stale_and_a_new_stream_begins() -> None:
    buffer = started(3, first=500)
    buffer.flush()
    assert push(buffer, 501, 0, 1, 2) == [[], [], [], [0, 1, 2]]
    assert buffer.stale_count == 1
    buffer.flush()
    assert push(buffer, 3, 4, 5) == [[], [], [3, 4, 5]]
    assert buffer.gap_count == 0


def test_flush_of_an_unused_buffer_changes_nothing() -> None:
    buffer = Buffer(2)
    assert buffer.flush() == []
    assert delivered(buffer, 7, 6, 8) == [6, 7, 8]


@dataclass
class Numbered:
    """Something else with a number."""

    send_seq: int


def test_anything_with_a_number_can_be_buffered() -> None:
    buffer = GenericBuffer[Numbered](2)
    first, second = Numbered(0), Numbered(1)
    assert buffer.push(second) == []
    assert buffer.push(first) == [first, second]


# ---- against a model -----------------------------------------------------------------


@dataclass
class Model:
    """The rule, word for word, on numbers that do not wrap and do not jump."""

    depth: int
    held: set[int] = field(default_factory=set)
    due: int | None = None  # None: not started

    def push(self, place: int) -> list[int | None]:
        if self.due is not None and place < self.due:
            return []
        self.held.add(place)
        if self.due is None:
            if len(self.held) < self.depth:
                return []
            self.due = min(self.held)
        ready: list[int | None] = []
        while self.held and (self.due in self.held or len(self.held) >= self.depth):
            ready.append(self.due if self.due in self.held else None)
            self.held.discard(self.due)
            self.due += 1
        return ready


@st.composite
def arrivals(draw: st.DrawFn) -> list[int]:
    """Places as they arrive on a bad network: lost, late, repeated; no jumps."""
    rng = random.Random(draw(st.integers(0, 1 << 32)))
    loss, late, again = (draw(st.sampled_from([0.0, 0.1, 0.5])) for _ in range(3))
    spread = draw(st.integers(1, RECENT // 2))
    due: list[tuple[float, int]] = []
    for place in range(draw(st.integers(1, 200))):
        if rng.random() < loss:
            continue
        copies = 1 + (rng.random() < again)
        delays = [rng.random() * (rng.random() < late) for _ in range(copies)]
        due += [(place + spread * delay, place) for delay in delays]
    return [place for _, place in sorted(due, key=lambda each: each[0])]


@pytest.mark.check("6.4", "6.6", "6.7", "6.8", "6.22", "6.23", "6.25")
@given(
    places=arrivals(),
    depth=st.integers(1, 12),
    first=st.sampled_from([0, 1, 1000, 0x7FF0, 0x8000, 0xFFF0, 0xFFFF]),
)
@examples(200)
def test_the_buffer_does_what_its_rule_says(
    places: list[int], depth: int, first: int
) -> None:
    model, buffer = Model(depth), Buffer(depth)
    for place in places:
        expected = model.push(place)
        assert len(expected) <= RESULT_MAX
        on_wire = [e if e is None else (e + first) & 0xFFFF for e in expected]
        assert numbers(buffer.push(packet(first + place))) == on_wire
        assert buffer.pending == len(model.held)


@given(
    seqs=st.lists(
        st.one_of(
            st.integers(0, 0xFFFF),
            st.sampled_from([0, 1, 2, 3, 0xFFFF, 0x7FFF, 0x8000, 0x8001]),
        ),
        max_size=60,
    ),
    steps=st.lists(st.sampled_from([1, 1, 1, 1, 2, -1, 0, 7, -40, 130]), max_size=60),
    depth=st.integers(1, 8),
)
@examples(300)
def test_whatever_comes_nothing_is_lost_twice_or_too_much_at_once(
    seqs: list[int], steps: list[int], depth: int
) -> None:
    """Each packet is delivered once, pending, or counted; a push stays bounded."""
    stream = []
    for seq in seqs or [0]:
        stream.append(seq)
        for step in steps:
            stream.append((stream[-1] + step) & 0xFFFF)
    buffer, items, pushed = Buffer(depth), [], []
    for seq in stream:
        pushed.append(packet(seq))
        ready = buffer.push(pushed[-1])
        assert len(ready) <= RESULT_MAX
        items += ready
    items += buffer.flush()
    dropped = buffer.duplicate_count + buffer.stale_count
    assert len(pushed) == len(items) - items.count(None) + dropped
    assert buffer.gap_count == items.count(None)
    assert buffer.underrun_count <= buffer.gap_count
    assert buffer.pending == 0
    mine = {id(each) for each in pushed}
    given_back = [id(each) for each in items if each is not None]
    assert len(set(given_back)) == len(given_back)
    assert mine.issuperset(given_back)
