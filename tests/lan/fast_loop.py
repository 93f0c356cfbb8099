"""An event loop on which twenty seconds pass in one.

For what takes the protocol seconds, with real sockets: lingering, silence, lost leases.
Timers keep their order; only the waiting is shorter.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from typing import Any, ParamSpec

SPEED = 20.0

P = ParamSpec("P")


class FastSelector(selectors.SelectSelector):
    """Waits a twentieth of what it is told."""

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout if timeout is None else timeout / SPEED)


class FastLoop(asyncio.SelectorEventLoop):
    """Its clock runs twenty times as fast as the real one."""

    def __init__(self) -> None:
        super().__init__(FastSelector())

    def time(self) -> float:
        return super().time() * SPEED


def fast(
    test: Callable[P, Coroutine[Any, Any, None]],
) -> Callable[P, None]:
    """A test on such a loop. No task may be left, and no error reach the loop."""
    return run_on(FastLoop, test)


def run_on(
    make_loop: Callable[[], asyncio.AbstractEventLoop],
    test: Callable[P, Coroutine[Any, Any, None]],
) -> Callable[P, None]:
    """The test as a plain function, on a loop of its own that is looked over."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        errors: list[Mapping[str, Any]] = []

        async def checked() -> None:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, context: errors.append(context))
            await test(*args, **kwargs)
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not left, f"tasks left behind: {left}"

        with asyncio.Runner(loop_factory=make_loop) as runner:
            runner.run(checked())
        assert not errors, errors

    return run
