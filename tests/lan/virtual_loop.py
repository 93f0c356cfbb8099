"""An event loop on which nobody waits: the clock jumps to what is due next.

For what has timers and no sockets. A test that would wait for ever fails at once.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

from lan.fast_loop import run_on

P = ParamSpec("P")


class VirtualSelector(selectors.SelectSelector):
    """Waits for nothing, and keeps the time that it did not wait."""

    now = 0.0

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "nothing is due any more: this would hang"
        self.now += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Starts at time 0."""

    def __init__(self) -> None:
        self._virtual = VirtualSelector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now


def virtual(
    test: Callable[P, Coroutine[Any, Any, None]],
) -> Callable[P, None]:
    """A test on such a loop. No task may be left, and no error reach the loop."""
    return run_on(VirtualLoop, test)


async def pass_time(seconds: float) -> None:
    """Virtual time; everything that is due in it happens."""
    loop = asyncio.get_running_loop()
    passed = loop.create_future()
    loop.call_later(seconds, passed.set_result, None)
    await passed
