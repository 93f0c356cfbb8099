"""What was sent and may be asked for again."""

import pytest

from icom_proto.send_history import HISTORY_MAX, HOLD_OFF_MIN_S, SendHistory

LAN_S, SLOW_S = 0.001, 0.2


def test_what_was_kept_in_parts_is_found_whole() -> None:
    history, block = SendHistory(), b"0123456789"
    history.keep_cut(7, b"head ", block, 0, 4)
    history.keep_cut(8, b"head ", block, 8, 12)
    assert history.find(7) == b"head 0123"
    assert history.find(8) == b"head 89"
    history.forget(7)
    assert history.find(7) is None


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
