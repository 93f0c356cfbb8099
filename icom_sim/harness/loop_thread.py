"""One event loop in a thread, for all fake radios of a test run.

Tests are of any kind: asyncio, threads, or a program in another language that the test
waits for. So the radio never lives in the loop of the test.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Final, TypeVar

# A call into the thread takes microseconds; a machine that needs longer is broken.
CALL_S_MAX: Final = 30.0

T = TypeVar("T")


class LoopThread:
    """Runs from when it is first used until `close`. Each call blocks until it is done.

    Use it from one thread, or from several once it has been used.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine there; its exception is raised here."""
        future = asyncio.run_coroutine_threadsafe(work, self._running())
        return future.result(CALL_S_MAX)

    def call(self, work: Callable[[], T]) -> T:
        """Call a function there; its exception is raised here."""

        async def called() -> T:
            return work()

        return self.run(called())

    def close(self) -> None:
        """End the thread, and with it whatever still runs there. May come twice."""
        loop, thread = self._loop, self._thread
        self._loop = self._thread = None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(CALL_S_MAX)

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            started: Future[asyncio.AbstractEventLoop] = Future()
            self._thread = threading.Thread(
                target=_run, args=(started,), name="icom_sim radios", daemon=True
            )
            self._thread.start()
            self._loop = started.result(CALL_S_MAX)
        return self._loop


def _run(started: Future[asyncio.AbstractEventLoop]) -> None:
    with asyncio.Runner() as runner:  # cancels at its end what was left
        loop = runner.get_loop()
        loop.call_soon(started.set_result, loop)
        loop.run_forever()
