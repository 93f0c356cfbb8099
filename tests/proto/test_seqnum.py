"""Sequence numbers of 16 bits: distances, ranges, what a retransmit list asks for."""

from hypothesis import given
from hypothesis import strategies as st

from icom_proto.seqnum import (
    SEQ_MODULO,
    expand_ranges,
    seq_distance,
    seq_range,
)

numbers = st.integers(0, SEQ_MODULO - 1)


def test_a_distance_is_positive_when_the_first_number_is_newer() -> None:
    assert seq_distance(5, 3) == 2
    assert seq_distance(3, 5) == -2
    assert seq_distance(7, 7) == 0


def test_a_distance_goes_the_short_way_across_the_wrap() -> None:
    assert seq_distance(1, 0xFFFE) == 3
    assert seq_distance(0xFFFE, 1) == -3


def test_the_number_half_way_round_counts_as_older() -> None:
    assert seq_distance(0x8000, 0) == -0x8000
    assert seq_distance(0x7FFF, 0) == 0x7FFF


@given(numbers, st.integers(-0x8000, 0x7FFF))
def test_distance_undoes_addition(seq: int, count: int) -> None:
    assert seq_distance((seq + count) % SEQ_MODULO, seq) == count


def test_a_range_includes_both_ends() -> None:
    assert list(seq_range(3, 5)) == [3, 4, 5]
    assert list(seq_range(3, 3)) == [3]


def test_a_range_goes_across_the_wrap() -> None:
    assert list(seq_range(0xFFFE, 1)) == [0xFFFE, 0xFFFF, 0, 1]


def test_the_recorded_request_of_a_real_radio_asks_for_127_numbers() -> None:
    wanted = expand_ranges([(0xFF82, 0xFFFF), (0, 0)], limit=512)
    assert len(wanted) == 127
    assert wanted[0] == 0xFF82
    assert wanted[-1] == 0


def test_a_range_of_kappanhang_asks_for_all_between_its_ends() -> None:
    assert expand_ranges([(0x0102, 0x0105)], limit=512) == [
        0x0102,
        0x0103,
        0x0104,
        0x0105,
    ]


def test_doubled_pairs_ask_for_one_number_each() -> None:
    assert expand_ranges([(7, 7), (9, 9)], limit=512) == [7, 9]


def test_a_number_asked_for_twice_comes_once_and_where_it_was_first() -> None:
    assert expand_ranges([(5, 6), (4, 6), (5, 5)], limit=512) == [5, 6, 4]


def test_expansion_stops_at_the_limit() -> None:
    assert expand_ranges([(0, 0xFFFF)], limit=512) == list(range(512))
    assert expand_ranges([(0, 1), (8, 9)], limit=3) == [0, 1, 8]
    assert expand_ranges([(0, 1), (8, 8)], limit=3) == [0, 1, 8]


def test_nothing_asked_for_is_nothing() -> None:
    assert expand_ranges([], limit=512) == []


@given(st.lists(st.tuples(numbers, numbers), max_size=5), st.integers(0, 64))
def test_expansion_never_exceeds_its_limit_nor_repeats(
    ranges: list[tuple[int, int]], limit: int
) -> None:
    wanted = expand_ranges(ranges, limit)
    assert len(wanted) <= limit
    assert len(set(wanted)) == len(wanted)
