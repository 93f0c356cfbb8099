"""Timers and sockets of many drivers, for one timer and one reader of the event loop.

asyncio pays some 10 us for each timer and each readable socket, as much as all that a
radio does then. Here deadlines fall into slots of a millisecond, and sockets wait in
one epoll, where there is one. A driver takes it for the loop's own: see `Reactor`.
"""

import asyncio
import select
import sys
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from math import ceil
from typing import Final

from icom_lan.driver import udp_of

# A deadline is met up to a slot late. So it is by asyncio's selector, which counts
# in milliseconds too.
SLOTS_PER_S: Final = 1000
# Lateness is counted in steps of 0.1 ms; what is later counts as the last one.
LATE_STEPS_PER_S: Final = 10_000
LATE_STEPS: Final = 1000
# No slot is later, or earlier.
_NONE_ARMED: Final = 1 << 62
_RUNNING: Final = -1
_CLOSED: Final = -2

Callback = Callable[[], object]


class SharedTimer:
    """One deadline."""

    __slots__ = ("callback", "when")

    def __init__(self, when: float, callback: Callback) -> None:
        self.when = when
        self.callback: Callback | None = callback

    def cancel(self) -> None:
        """It is not met any more; its slot comes and goes without it."""
        self.callback = None


class SharedLoop:
    """Lives in the event loop that made it. Close it after its drivers."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.time = self._loop.time
        self._slots: dict[int, list[SharedTimer]] = {}
        self._order: list[int] = []  # a heap of the slots that hold something
        self._due: deque[SharedTimer] = deque()
        # How often what was to be done was done so many steps late.
        self.late = [0] * LATE_STEPS
        self._armed: asyncio.TimerHandle | None = None
        self._armed_slot: int = _NONE_ARMED
        self._readers: dict[int, Callback] = {}
        self._epoll: select.epoll | None = None
        # A loop in simulated time has sockets that no kernel knows.
        has_kernel = udp_of(self._loop) is None
        if sys.platform == "linux" and has_kernel:
            self._epoll = select.epoll()
            self._loop.add_reader(self._epoll.fileno(), self._on_readable)

    def call_at(self, when: float, callback: Callback, /) -> SharedTimer:
        """As the loop's, up to a millisecond later."""
        slot = ceil(when * SLOTS_PER_S)
        timer = SharedTimer(when, callback)
        timers = self._slots.get(slot)
        if timers is not None:
            timers.append(timer)
            return timer
        self._slots[slot] = [timer]
        heappush(self._order, slot)
        if slot < self._armed_slot:
            self._arm()
        return timer

    def add_reader(self, fd: int, callback: Callback, /) -> None:
        """`callback` is called as long as there is something to read.

        Raises NotImplementedError where the loop's own does.
        """
        if self._epoll is None:
            self._loop.add_reader(fd, callback)
        else:
            self._readers[fd] = callback
            self._epoll.register(fd, select.EPOLLIN)

    def remove_reader(self, fd: int, /) -> None:
        """No more calls for this one; harmless if there are none."""
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
        if self._epoll is not None and not self._epoll.closed:
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()

    # inside

    def _arm(self) -> None:
        if self._armed is not None:
            self._armed.cancel()
        self._armed_slot = self._order[0]
        at = self._armed_slot / SLOTS_PER_S
        self._armed = self._loop.call_at(at, self._on_slot)

    def _on_slot(self) -> None:
        """Meet what is due by now. What gets due meanwhile waits for the next turn of
        the loop, where sockets have theirs."""
        # The loop's timers may be a tick early.
        now = max(int(self.time() * SLOTS_PER_S), self._armed_slot)
        self._armed, self._armed_slot = None, _RUNNING  # arm once, at the end
        order, due = self._order, self._due
        while order and order[0] <= now:
            due.extend(self._slots.pop(heappop(order)))
        self._run()

    def _run(self) -> None:
        due = self._due
        try:
            while due:
                timer = due.popleft()
                callback = timer.callback
                if callback is not None:
                    callback()
                    step = int((self.time() - timer.when) * LATE_STEPS_PER_S)
                    self.late[step if step < LATE_STEPS else -1] += 1
        finally:
            if due:  # something was raised: the rest gets its turn
                self._loop.call_soon(self._run)
            elif self._armed_slot == _RUNNING:
                self._armed_slot = _NONE_ARMED
                if self._order:
                    self._arm()

    def _on_readable(self) -> None:
        assert self._epoll is not None
        for fd, _ in self._epoll.poll(0):
            # It may be gone: one of those before it closed it.
            callback = self._readers.get(fd)
            if callback is not None:
                callback()
