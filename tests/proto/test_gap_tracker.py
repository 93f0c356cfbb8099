"""Which numbers are missing, when they are asked for, and when the peer began again."""

import pytest

from icom_proto.gap_tracker import (
    ASK_AGAIN_MIN_S,
    ASK_AT_ONCE_MAX,
    GUARD_MAX_S,
    GUARD_MIN_S,
    JUMP_MAX,
    LATE_MAX_S,
    MISSING_MAX,
    OLD_RUN_MIN,
    OLD_RUN_S,
    RESTART_WITHIN_S,
    START_REORDER_MAX,
    WINDOW,
    Arrival,
    GapTracker,
)
from icom_proto.link_timings import RecoveryLimits
from icom_proto.rtt import RoundTrip
from icom_proto.timers import NEVER

ROUND_TRIP_S = 0.03
GIVE_UP_S, REQUESTS_MAX = 1.0, 4


def tracker_at(
    highest: int,
    *,
    requests_max: int = REQUESTS_MAX,
    give_up_s: float = GIVE_UP_S,
    now: float = 0.0,
) -> GapTracker:
    """A tracker that has seen one number, and knows the path."""
    path = RoundTrip()
    for _ in range(50):
        path.add(ROUND_TRIP_S)
    limits = RecoveryLimits(give_up_s=give_up_s, requests_max=requests_max)
    tracker = GapTracker(limits, path)
    assert tracker.handle_arrival(highest, now) is Arrival.NEW
    return tracker


def take(tracker: GapTracker, *seqs: int, now: float = 0.0) -> list[Arrival]:
    return [tracker.handle_arrival(seq, now) for seq in seqs]


# ---- what a number tells -------------------------------------------------------------


def test_any_first_number_is_taken_as_it_is() -> None:
    assert tracker_at(0).highest == 0
    assert tracker_at(0xFFFF).highest == 0xFFFF


def test_numbers_in_order_leave_no_gap_even_across_the_wrap() -> None:
    tracker = tracker_at(0xFFFD)
    assert take(tracker, 0xFFFE, 0xFFFF, 0, 1) == [Arrival.NEW] * 4
    assert tracker.missing == ()
    assert tracker.due == NEVER


def test_skipped_numbers_are_missing_until_they_come() -> None:
    tracker = tracker_at(0xFFFE)
    assert take(tracker, 2) == [Arrival.NEW]
    assert tracker.missing == (0xFFFF, 0, 1)
    assert take(tracker, 0, 1, 0xFFFF) == [Arrival.LATE] * 3
    assert not tracker.missing
    assert tracker.counters.missed == 3


def test_a_number_that_was_here_is_a_duplicate_however_it_came() -> None:
    tracker = tracker_at(10)
    take(tracker, 11, 14, 12)
    assert take(tracker, 14, 12, 11, 10) == [Arrival.DUPLICATE] * 4
    assert tracker.counters.duplicates == 4


def test_a_jump_of_fifty_is_a_gap_and_one_more_is_a_new_start() -> None:
    tracker = tracker_at(100)
    assert take(tracker, 100 + JUMP_MAX) == [Arrival.NEW]
    assert len(tracker.missing) == JUMP_MAX - 1
    assert take(tracker, tracker.highest + JUMP_MAX + 1) == [Arrival.RESTART]
    assert tracker.missing == ()
    assert tracker.counters.restarts == 1


def test_what_the_first_number_overtook_is_still_taken_once() -> None:
    tracker = tracker_at(5)
    first = (5 - START_REORDER_MAX) & 0xFFFF
    assert take(tracker, first, 4) == [Arrival.LATE] * 2
    assert take(tracker, first, 4) == [Arrival.DUPLICATE] * 2
    assert take(tracker, (first - 1) & 0xFFFF) == [Arrival.DUPLICATE]
    assert tracker.missing == (), "nobody asks for what may never have been sent"
    assert tracker.counters.reordered == 2


# ---- a peer that begins again --------------------------------------------------------


def test_a_number_from_far_behind_is_a_new_start() -> None:
    tracker = tracker_at(1000)
    assert take(tracker, 1000 - WINDOW + 1) == [Arrival.DUPLICATE]
    assert take(tracker, 1000 - WINDOW) == [Arrival.RESTART]
    assert tracker.highest == 1000 - WINDOW


def test_old_numbers_that_go_on_rising_are_a_new_start() -> None:
    tracker = tracker_at(300)
    step = OLD_RUN_S / (OLD_RUN_MIN - 1)
    found = [
        tracker.handle_arrival(seq, 1.0 + seq * step) for seq in range(OLD_RUN_MIN + 1)
    ]
    *old, last, following = found
    assert old == [Arrival.DUPLICATE] * (OLD_RUN_MIN - 1)
    assert (last, following) == (Arrival.RESTART, Arrival.NEW)


def test_a_restarted_peer_is_found_though_each_datagram_comes_twice() -> None:
    tracker = tracker_at(300)
    step = OLD_RUN_S / (OLD_RUN_MIN - 1)
    for seq in range(OLD_RUN_MIN):
        take(tracker, seq, seq, now=1.0 + seq * step)
    assert tracker.counters.restarts == 1
    assert tracker.highest == OLD_RUN_MIN - 1


def test_a_burst_of_duplicates_is_no_new_start() -> None:
    """As when doubled requests are answered twice: 5 6 7 8, 5 6 7 8."""
    tracker = tracker_at(4)
    take(tracker, 20)
    assert take(tracker, *range(5, 20)) == [Arrival.LATE] * 15
    assert take(tracker, *range(5, 20)) == [Arrival.DUPLICATE] * 15
    assert tracker.counters.restarts == 0


def test_duplicates_between_new_numbers_are_no_new_start() -> None:
    """As on a network that repeats everything 30 ms later."""
    tracker = tracker_at(4)
    for step in range(50):
        now = step * 0.01
        tracker.highest += 1  # what a link does itself with the next number
        assert take(tracker, 2 + step, now=now) in (
            [Arrival.DUPLICATE],
            [Arrival.LATE],
        )
    assert tracker.counters.restarts == 0


def test_duplicates_between_late_numbers_are_no_new_start() -> None:
    """As when a gap is filled slowly, and each answer comes twice."""
    tracker = tracker_at(1)
    take(tracker, 20)
    for seq in range(2, 20):
        assert take(tracker, seq, seq, now=seq * 0.03) == [
            Arrival.LATE,
            Arrival.DUPLICATE,
        ]
    assert tracker.counters.restarts == 0


def test_an_announced_restart_at_zero_loses_nothing() -> None:
    tracker = tracker_at(0)
    take(tracker, 1, 2, 3)
    tracker.expect_restart(now=1.0)
    assert take(tracker, 0, 1, 2, 3, now=1.01) == [Arrival.NEW] * 4
    assert take(tracker, 0, now=1.02) == [Arrival.DUPLICATE], "it happens once"


def test_the_first_number_of_all_is_not_the_announced_restart() -> None:
    limits = RecoveryLimits(give_up_s=GIVE_UP_S, requests_max=REQUESTS_MAX)
    tracker = GapTracker(limits, RoundTrip())
    tracker.expect_restart(now=1.0)
    assert take(tracker, 0, 1, 2, now=1.0) == [Arrival.NEW] * 3
    assert take(tracker, 0, 1, 2, now=1.1) == [Arrival.NEW] * 3


def test_an_announced_restart_whose_zero_was_lost_is_found_by_its_run() -> None:
    tracker = tracker_at(30)
    tracker.expect_restart(now=1.0)
    assert take(tracker, 1, 2, 3, now=1.01) == [Arrival.DUPLICATE] * 3
    assert take(tracker, 4, 0, 5, now=1.01) == [
        Arrival.RESTART,
        Arrival.LATE,
        Arrival.NEW,
    ]


def test_a_restart_is_not_expected_for_ever() -> None:
    tracker = tracker_at(30)
    tracker.expect_restart(now=1.0)
    assert take(tracker, 0, now=1.0 + RESTART_WITHIN_S) == [Arrival.DUPLICATE]


@pytest.mark.parametrize(
    ("highest", "then", "awaited"),
    [(0xFFFF, (), True), (0xFFFE, (1,), True), (9, (), False), (60, (), False)],
)
def test_zero_is_a_number_only_where_it_is_next_or_missing(
    highest: int, then: tuple[int, ...], awaited: bool
) -> None:
    tracker = tracker_at(highest)
    take(tracker, *then)
    assert tracker.awaits_zero is awaited


def test_an_idle_that_takes_the_place_of_zero_leaves_room_for_the_real_one() -> None:
    """Hamlib's idles all have number 0, its data counts (2.5)."""
    tracker = tracker_at(0xFFFF)
    assert tracker.handle_arrival(0, 1.0, filler=True) is Arrival.NEW
    assert not tracker.missing, "nobody asks for it"
    assert take(tracker, 0, 0, 1, now=1.0) == [
        Arrival.LATE,
        Arrival.DUPLICATE,
        Arrival.NEW,
    ]


# ---- asking --------------------------------------------------------------------------


def test_a_gap_is_asked_for_after_the_guard_and_then_each_round_trip() -> None:
    tracker = tracker_at(1)
    take(tracker, 4, now=1.0)
    at = tracker.due
    assert at == pytest.approx(1.0 + tracker.guard_s)
    assert tracker.handle_timeout(at - 0.001) == ([], [])
    assert tracker.handle_timeout(at) == ([2, 3], [])
    again = tracker.due
    assert again == pytest.approx(at + ROUND_TRIP_S, abs=0.001)
    take(tracker, 3, now=again)
    assert tracker.handle_timeout(again) == ([2], [])
    assert tracker.counters.asked == 3


def test_a_number_is_asked_for_so_often_and_then_given_up() -> None:
    tracker = tracker_at(1)
    take(tracker, 3, now=1.0)
    asked, given_up = 0, []
    while tracker.due != NEVER:
        ask, lost = tracker.handle_timeout(tracker.due)
        asked += len(ask)
        given_up += lost
    assert (asked, given_up) == (REQUESTS_MAX, [2])
    assert tracker.counters.given_up == 1
    assert tracker.missing == ()


def test_nothing_is_asked_for_that_would_come_too_late() -> None:
    tracker = tracker_at(1, requests_max=10_000)
    take(tracker, 3, now=1.0)
    last = 0.0
    while tracker.due != NEVER:
        now = tracker.due
        ask, _ = tracker.handle_timeout(now)
        last = now if ask else last
    assert 1.0 + GIVE_UP_S - 3 * ROUND_TRIP_S < last <= 1.0 + GIVE_UP_S - ROUND_TRIP_S


def test_what_was_given_up_is_still_taken_when_it_comes_and_counted_late() -> None:
    tracker = tracker_at(1)
    take(tracker, 3, now=1.0)
    while tracker.due != NEVER:
        tracker.handle_timeout(tracker.due)
    assert take(tracker, 2, 2, now=3.0) == [Arrival.LATE, Arrival.DUPLICATE]
    assert tracker.counters.late == 1


def test_a_given_up_number_of_an_earlier_round_is_a_duplicate() -> None:
    """65536 datagrams later the same number is another datagram."""
    tracker = tracker_at(1)
    take(tracker, 3, now=1.0)
    while tracker.due != NEVER:
        tracker.handle_timeout(tracker.due)
    later = 1.0 + LATE_MAX_S
    assert take(tracker, 2, now=later) == [Arrival.DUPLICATE]


def test_a_few_dozen_numbers_are_asked_for_at_once_and_the_rest_soon_after() -> None:
    tracker = tracker_at(0)
    take(tracker, JUMP_MAX, now=1.0)
    at = tracker.due
    ask, _ = tracker.handle_timeout(at)
    assert ask == list(range(1, ASK_AT_ONCE_MAX + 1))
    rest = at + ASK_AGAIN_MIN_S
    assert tracker.due == pytest.approx(rest)
    ask, _ = tracker.handle_timeout(tracker.due)
    assert ask == list(range(ASK_AT_ONCE_MAX + 1, JUMP_MAX))


def test_the_oldest_missing_numbers_are_forgotten_when_there_are_too_many() -> None:
    tracker = tracker_at(0)
    gap = JUMP_MAX - 1
    rounds = MISSING_MAX // gap + 1
    for step in range(1, rounds + 1):
        take(tracker, step * JUMP_MAX)
    assert len(tracker.missing) == MISSING_MAX
    assert tracker.counters.given_up == rounds * gap - MISSING_MAX
    assert take(tracker, 1) == [Arrival.DUPLICATE]
    assert take(tracker, tracker.highest - 1) == [Arrival.LATE]


def test_numbers_that_left_the_window_are_forgotten() -> None:
    tracker = tracker_at(0)
    take(tracker, 2)
    tracker.highest = WINDOW  # a link moves it on with numbers in order
    take(tracker, WINDOW + 2)
    assert tracker.missing == (WINDOW + 1,)
    assert tracker.counters.given_up == 1


# ---- the guard against asking for what is merely reordered ---------------------------


def test_the_guard_grows_to_the_lateness_that_is_seen() -> None:
    tracker = tracker_at(0)
    start = tracker.guard_s
    now = 0.0
    for seq in range(2, 200, 2):
        now += 0.1
        take(tracker, seq, now=now)
        take(tracker, seq - 1, now=now + 0.03)
    assert tracker.guard_s > start
    assert tracker.guard_s == pytest.approx(0.03, abs=0.002)
    assert tracker.counters.reordered == 99
    assert tracker.counters.asked == 0


@pytest.mark.parametrize(
    ("lateness_s", "guard_s"), [(0.0, GUARD_MIN_S), (0.5, GUARD_MAX_S)]
)
def test_the_guard_stays_within_its_bounds(lateness_s: float, guard_s: float) -> None:
    tracker = tracker_at(0)
    now = 0.0
    for seq in range(2, 200, 2):
        now += 1.0
        take(tracker, seq, now=now)
        take(tracker, seq - 1, now=now + lateness_s)
    assert tracker.guard_s == guard_s


def test_the_guard_leaves_time_to_ask_again() -> None:
    give_up_s = 0.07
    tracker = tracker_at(0, give_up_s=give_up_s)
    now = 0.0
    for seq in range(2, 200, 2):
        now += 1.0
        take(tracker, seq, now=now)
        take(tracker, seq - 1, now=now + 0.05)
    assert tracker.guard_s == pytest.approx((give_up_s - ROUND_TRIP_S) / 4)


def test_answers_faster_than_any_ping_do_not_lengthen_the_guard() -> None:
    """Each taken for an overtaken datagram made the guard longer by as much, until
    audio was never asked for again; `icom-sim soak` lost all that was lost."""
    tracker = tracker_at(0)
    start, now = tracker.guard_s, 0.0
    for seq in range(2, 200, 2):
        now += 1.0
        take(tracker, seq, now=now)
        asked_at = now + tracker.guard_s
        assert tracker.handle_timeout(asked_at) == ([seq - 1], [])
        take(tracker, seq - 1, now=asked_at + 0.8 * ROUND_TRIP_S)
    assert tracker.guard_s == start
    assert tracker.counters.healed == 99


def test_what_comes_before_an_answer_could_was_on_its_way_already() -> None:
    tracker = tracker_at(1)
    take(tracker, 3, now=1.0)
    asked_at = tracker.due
    tracker.handle_timeout(asked_at)
    take(tracker, 2, now=asked_at + 0.49 * ROUND_TRIP_S)
    assert (tracker.counters.reordered, tracker.counters.healed) == (1, 0)


def test_answers_are_counted_as_healed_and_fillers_as_filled() -> None:
    tracker = tracker_at(1)
    take(tracker, 4, now=1.0)
    asked_at = tracker.due
    tracker.handle_timeout(asked_at)
    now = asked_at + ROUND_TRIP_S
    assert tracker.handle_arrival(2, now) is Arrival.LATE
    assert tracker.handle_arrival(3, now, filler=True) is Arrival.LATE
    assert (tracker.counters.healed, tracker.counters.filled) == (1, 1)


def test_counters_near_the_wrap_cause_no_burst_of_requests() -> None:
    """Appendix B, 4: from 0xFFF0 on a hundred numbers, each tenth lost."""
    tracker = tracker_at(0xFFF0)
    sent = [(0xFFF0 + step) & 0xFFFF for step in range(1, 100)]
    lost = sent[5::10]
    for step, seq in enumerate(sent):
        if seq not in lost:
            tracker.handle_arrival(seq, step * 0.01)
    assert tracker.missing == tuple(lost)
    assert tracker.counters.restarts == 0
