"""Waiting for what another thread notes: blocking, or in an event loop.

In a loop with a simulated clock the time-out is simulated time too.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

T = TypeVar("T")


class WaitingRoom:
    """`lock` guards what is waited for; whoever changes it does so in `changing`."""

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self._loops: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    @contextmanager
    def changing(self) -> Iterator[None]:
        with self.lock:
            yield
            self.lock.notify_all()
            for event, loop in self._loops.items():
                loop.call_soon_threadsafe(event.set)

    def wait_for(self, find: Callable[[], T | None], within_s: float) -> T | None:
        """What `find` finds, as soon as it does; None after that time.

        Raises RuntimeError where it would have to wait in an event loop.
        """
        with self.lock:
            if within_s > 0 and in_a_loop() and find() is None:
                raise RuntimeError(
                    "waiting here would stop this event loop, and the client in it:"
                    " await the method whose name begins with `until` instead"
                )
            return self.lock.wait_for(find, within_s)

    async def until(self, find: Callable[[], T | None], within_s: float) -> T | None:
        """The same in an event loop."""
        changed = asyncio.Event()
        with self.lock:
            self._loops[changed] = asyncio.get_running_loop()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    while True:
                        changed.clear()
                        with self.lock:
                            found = find()
                        if found is not None:
                            return found
                        await changed.wait()
        finally:
            with self.lock:
                del self._loops[changed]
        return None


def in_a_loop() -> bool:
    """Whether the caller is a coroutine or a callback, which must not block."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
