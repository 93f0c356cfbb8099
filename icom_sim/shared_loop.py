"""Timers and sockets of many drivers, for one timer and one reader of the event loop.

asyncio pays some 10 us for each timer and each readable socket, as much as all that a
radio does then. Here deadlines fall into slots of a millisecond, and sockets wait in
one epoll, where there is one.
"""

import asyncio
import select
import sys
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from math import inf
from typing import Final

from icom_lan.driver import clock_of, udp_of

# A deadline is met up to a slot late. So it is by asyncio's selector, which counts
# in milliseconds too.
SLOTS_PER_S: Final = 1000
# Lateness is counted in steps of 0.1 ms; what is later counts as the last one.
LATE_STEPS_PER_S: Final = 10_000
LATE_STEPS: Final = 1000
# Looks at the sockets in a row: each reads one datagram of those that have some.
LOOKS_MAX: Final = 16
# A slot no further away than this is waited for where something is to be read.
NEAR_SLOTS: Final = 2
# No slot is later, or earlier.
_NONE_ARMED: Final = 1 << 62
_RUNNING: Final = -1
_CLOSED: Final = -2
# Of alarms, beside a slot's number.
_NOT_SET: Final = -1
_DUE: Final = -2

Callback = Callable[[], object]


class Alarm:
    """One deadline, which may be moved. Whoever has one says what `ring` does."""

    __slots__ = ("slot", "when")

    def __init__(self) -> None:
        self.when: float = inf
        self.slot: int = _NOT_SET

    def ring(self, _now: float) -> None:
        """It is time. Called once each time it was set, never before that time, though
        the event loop's clock may be a tick behind."""
        raise NotImplementedError

    def cancel(self) -> None:
        """It does not ring; its slot comes and goes without it."""
        self.when, self.slot = inf, _NOT_SET


class Call(Alarm):
    """Calls something at a time."""

    def __init__(self, callback: Callback) -> None:
        super().__init__()
        self._callback = callback

    def ring(self, _now: float) -> None:
        """It is time."""
        self._callback()


class Reader:
    """Reads a socket. Whoever has one says what `read` does."""

    def read(self, _now: float) -> None:
        """There may be a datagram: take one, if so."""
        raise NotImplementedError


class SharedLoop:
    """Lives in the event loop that made it. Close it after its drivers."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.time: Callable[[], float] = clock_of(self._loop)
        self._slots: dict[int, list[Alarm]] = {}
        self._order: list[int] = []  # a heap of the slots that hold something
        self._due: deque[Alarm] = deque()
        # How often what was to be done was done so many steps late.
        self.late = [0] * LATE_STEPS
        self._armed: asyncio.TimerHandle | None = None
        self._armed_slot: int = _NONE_ARMED
        self._readers: dict[int, Reader] = {}
        self._epoll: select.epoll | None = None
        # A loop in simulated time has sockets that no kernel knows.
        has_kernel = udp_of(self._loop) is None
        if sys.platform == "linux" and has_kernel:
            self._epoll = select.epoll()
        self._is_watching = False
        self._watch(True)

    def set(self, alarm: Alarm, when: float) -> None:
        """Have it ring at this time, up to a millisecond later, and at no other."""
        slot = int(when * SLOTS_PER_S) + 1
        alarm.when = when
        if alarm.slot == slot:
            return
        alarm.slot = slot
        alarms = self._slots.get(slot)
        if alarms is not None:
            alarms.append(alarm)
            return
        self._slots[slot] = [alarm]
        heappush(self._order, slot)
        if slot < self._armed_slot:
            self._arm()

    def call_at(self, when: float, callback: Callback, /) -> Call:
        """As the loop's, up to a millisecond later."""
        call = Call(callback)
        self.set(call, when)
        return call

    def add_reader(self, fd: int, reader: Reader, /) -> None:
        """It reads as long as there is something to read.

        Raises NotImplementedError where the loop has none.
        """
        if self._epoll is None:
            self._loop.add_reader(fd, lambda: reader.read(self.time()))
        else:
            self._readers[fd] = reader
            self._epoll.register(fd, select.EPOLLIN)

    def remove_reader(self, fd: int, /) -> None:
        """No more reading of this one; harmless if there was none."""
        if self._epoll is None:
            self._loop.remove_reader(fd)
        elif self._readers.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def close(self) -> None:
        """Let go of the event loop. Closing twice is closing once."""
        if self._armed is not None:
            self._armed.cancel()
        self._armed, self._armed_slot = None, _CLOSED
        self._slots.clear()
        self._order.clear()
        self._due.clear()
        if self._epoll is not None:
            self._watch(False)
            self._epoll.close()
            self._epoll = None

    # inside

    def _arm(self) -> None:
        if self._armed is not None:
            self._armed.cancel()
        self._armed_slot = self._order[0]
        at = self._armed_slot / SLOTS_PER_S
        self._armed = self._loop.call_at(at, self._on_slot)

    def _on_slot(self) -> None:
        """Meet what is due by now, and read what has come. What gets due meanwhile
        waits for the next turn of the loop."""
        # The loop's timers may be a tick early.
        now = max(int(self.time() * SLOTS_PER_S), self._armed_slot)
        self._armed, self._armed_slot = None, _RUNNING  # arm once, at the end
        order, due = self._order, self._due
        while order and order[0] <= now:
            slot = heappop(order)
            for alarm in self._slots.pop(slot):
                if alarm.slot == slot:
                    alarm.slot = _DUE
                    due.append(alarm)
        try:
            self._run()
            if not self._is_watching:
                self._look()
        finally:  # whatever was raised, sockets are read
            self._watch(not order or order[0] > now + NEAR_SLOTS)

    def _run(self) -> None:
        due, late, now = self._due, self.late, self.time()
        try:
            while due:
                alarm = due.popleft()
                if alarm.slot == _DUE:
                    when = alarm.when
                    alarm.cancel()
                    alarm.ring(now if now > when else when)
                    now = self.time()
                    step = int((now - when) * LATE_STEPS_PER_S)
                    late[step if step < LATE_STEPS else -1] += 1
        finally:
            if due:  # something was raised: the rest gets its turn
                self._loop.call_soon(self._run)
            elif self._armed_slot == _RUNNING:
                self._armed_slot = _NONE_ARMED
                if self._order:
                    self._arm()

    # Where much arrives the loop would turn for each datagram, which costs more than
    # to read it. So while the next slot is near, sockets are read there and there only.

    def _watch(self, wanted: bool) -> None:
        """Is the loop to call us when there is something to read?"""
        epoll = self._epoll
        if epoll is None or wanted is self._is_watching:
            return
        self._is_watching = wanted
        if wanted:
            try:
                self._loop.add_reader(epoll.fileno(), self._look)
            except NotImplementedError:  # then it reads no socket of ours either
                self._epoll = None
                epoll.close()
        else:
            self._loop.remove_reader(epoll.fileno())

    def _look(self) -> None:
        for _ in range(LOOKS_MAX):
            epoll = self._epoll  # None once it is closed, by one of those that read
            found = [] if epoll is None else epoll.poll(0)
            now = self.time()
            for fd, _ in found:
                # It may be gone: one of those before it closed it.
                reader = self._readers.get(fd)
                if reader is not None:
                    reader.read(now)
            if not found:
                return
