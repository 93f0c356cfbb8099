"""What was sent and may be asked for again."""

import pytest

from icom_proto.send_history import HISTORY_MAX, HOLD_OFF_MIN_S, SendHistory

LAN_S, SLOW_S = 0.001, 0.2


def test_a_part_of_a_block_is_made_again_when_it_is_asked_for() -> None:
    history, block = SendHistory(), b"0123456789"
    history.expect_parts(
        lambda seq, number, of, part: b"%d %d %s" % (seq, number, of[4 * part :][:4])
    )
    history.keep_part(7, 0xFFFF, block, 0)
    history.keep_part(8, 0, block, 2)
    history.keep(9, b"whole")
    assert history.find(7) == b"7 65535 0123"
    assert history.find(8) == b"8 0 89"
    assert history.find(9) == b"whole"
    history.keep(7, b"other")
    assert history.find(7) == b"other"
    history.forget(8)
    assert history.find(8) is None


@pytest.mark.parametrize("count", [0, 3, HISTORY_MAX, HISTORY_MAX + 40])
def test_idles_are_found_empty_and_no_more_of_them_than_there_is_room_for(
    count: int,
) -> None:
    history, first = SendHistory(), 0xFFFE
    history.keep(first - 1, b"before")
    history.keep_idles(first, (first + count) & 0xFFFF)
    kept = [(first + at) & 0xFFFF for at in range(count)][-HISTORY_MAX:]
    assert all(history.find(seq) == b"" for seq in kept)
    assert history.find((first + count) & 0xFFFF) is None
    expected = b"before" if count < HISTORY_MAX else None
    assert history.find(first - 1) == expected


def test_an_empty_history_has_no_number() -> None:
    history = SendHistory()
    assert [
        seq for seq in range(2 * HISTORY_MAX) if history.find(seq) is not None
    ] == []


def test_a_datagram_is_found_by_its_number() -> None:
    history = SendHistory()
    history.keep(7, b"seven")
    assert history.find(7) == b"seven"
    assert history.find(8) is None


def test_the_oldest_makes_room_and_is_not_mistaken_for_its_successor() -> None:
    history = SendHistory()
    for seq in range(HISTORY_MAX + 1):
        history.keep(seq, b"%d" % seq)
    assert history.find(0) is None
    assert history.find(1) == b"1"
    assert history.find(HISTORY_MAX) == b"%d" % HISTORY_MAX


def test_numbers_may_wrap() -> None:
    history = SendHistory()
    for seq in (0xFFFE, 0xFFFF, 0, 1):
        history.keep(seq, b"%d" % seq)
    assert [history.find(seq) for seq in (0xFFFE, 0xFFFF, 0, 1)] == [
        b"65534",
        b"65535",
        b"0",
        b"1",
    ]


def test_what_is_forgotten_is_gone_and_nothing_else_is() -> None:
    history = SendHistory()
    history.keep(3, b"three")
    history.forget(3 + HISTORY_MAX)
    assert history.find(3) == b"three"
    history.forget(3)
    assert history.find(3) is None


@pytest.mark.parametrize(
    ("round_trip_s", "hold_off_s"), [(LAN_S, HOLD_OFF_MIN_S), (SLOW_S, 0.12)]
)
def test_a_doubled_request_is_answered_once(
    round_trip_s: float, hold_off_s: float
) -> None:
    history = SendHistory()
    assert history.may_answer(5, round_trip_s, 1.0)
    assert not history.may_answer(5, round_trip_s, 1.0 + 0.9 * hold_off_s)
    assert history.may_answer(6, round_trip_s, 1.0)
    assert history.may_answer(5, round_trip_s, 1.0 + 1.1 * hold_off_s)


def test_times_of_answers_do_not_pile_up() -> None:
    """A peer that asks for all numbers there are costs no more memory than the ring."""
    history = SendHistory()
    for seq in range(HISTORY_MAX):
        assert history.may_answer(seq, LAN_S, 0.0)
    assert not history.may_answer(0, LAN_S, 0.0)
    assert history.may_answer(HISTORY_MAX, LAN_S, 0.0)  # over the limit: all forgotten
    assert history.may_answer(0, LAN_S, 0.0)
