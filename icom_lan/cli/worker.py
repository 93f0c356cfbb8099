"""Blocking calls beside the event loop, for pipes.

asyncio's own threads are waited for when the program ends, so that one which reads a
silent pipe would not obey Ctrl-C. This one is not waited for.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import TypeAlias

Call: TypeAlias = tuple[Callable[[], bytes | None], "Future[bytes | None]"]


class Worker:
    """Makes calls one after another, until `close`."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Call | None] = SimpleQueue()
        Thread(target=self._work, daemon=True).start()

    async def call(self, function: Callable[[], bytes | None]) -> bytes | None:
        """What it returns. Raises its OSError; other errors are not expected."""
        future: Future[bytes | None] = Future()
        self._calls.put((function, future))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """The thread ends when the call under way does."""
        self._calls.put(None)

    # inside

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            function, future = call
            if not future.set_running_or_notify_cancel():
                continue  # nobody waits for it any more
            try:
                result = function()
            except OSError as error:
                future.set_exception(error)
            else:
                future.set_result(result)
