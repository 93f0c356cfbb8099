"""Tables of deadlines: each fires once, and a group knows the earliest of all."""

from enum import IntEnum

from icom_proto.timers import NEVER, TimerGroup, Timers


class Alarm(IntEnum):
    TEA = 0
    EGGS = 1


def test_a_deadline_fires_once_when_its_time_has_come() -> None:
    timers = Timers(Alarm)
    timers.start(Alarm.TEA, 3.0)
    assert timers.next() == 3.0
    assert timers.fired(2.999) == []
    assert timers.fired(3.0) == [Alarm.TEA]
    assert timers.fired(3.0) == []
    assert timers.next() is None


def test_what_is_overdue_fires_in_the_order_of_the_enum() -> None:
    timers = Timers(Alarm)
    timers.start(Alarm.EGGS, 1.0)
    timers.start(Alarm.TEA, 2.0)
    assert timers.fired(3600.0) == [Alarm.TEA, Alarm.EGGS]


def test_zero_is_a_time() -> None:
    timers = Timers(Alarm)
    timers.start(Alarm.TEA, 0.0)
    assert timers.next() == 0.0
    assert timers.fired(0.0) == [Alarm.TEA]


def test_a_deadline_can_be_moved_both_ways_and_stopped() -> None:
    timers = Timers(Alarm)
    timers.start(Alarm.TEA, 5.0)
    timers.start(Alarm.TEA, 9.0)
    assert timers.fired(5.0) == []
    timers.start(Alarm.TEA, 6.0)
    assert timers.due(Alarm.TEA) == 6.0
    timers.stop(Alarm.TEA)
    timers.stop(Alarm.TEA)
    assert timers.due(Alarm.TEA) == NEVER
    assert timers.next() is None


def test_a_group_knows_the_earliest_deadline_of_its_tables() -> None:
    group, first, second = TimerGroup(), Timers(Alarm), Timers(Alarm)
    assert group.soonest() == NEVER
    group.watch([first, second])
    assert group.next() is None
    second.start(Alarm.EGGS, 4.0)
    assert group.soonest() == 4.0
    first.start(Alarm.TEA, 2.0)
    assert group.soonest() == 2.0
    first.fired(2.0)
    assert group.next() == 4.0


def test_a_group_forgets_the_tables_it_no_longer_watches() -> None:
    group, gone, kept = TimerGroup(), Timers(Alarm), Timers(Alarm)
    group.watch([gone, kept])
    kept.start(Alarm.TEA, 7.0)
    group.watch([kept])
    gone.start(Alarm.TEA, 1.0)
    assert group.soonest() == 7.0


def test_a_group_can_disarm_everything() -> None:
    group, first, second = TimerGroup(), Timers(Alarm), Timers(Alarm)
    group.watch([first, second])
    first.start(Alarm.TEA, 1.0)
    second.start(Alarm.TEA, 2.0)
    group.stop_all()
    assert group.soonest() == NEVER
    assert first.next() is None
    assert second.next() is None
