"""The test radio in a thread of its own, for programs with an event loop of theirs."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from lan.radio_server import RadioServer

T = TypeVar("T")


class ServerThread:
    """A RadioServer that is asked from another thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, server: RadioServer) -> None:
        self._loop, self.server, self.port = loop, server, server.port

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run something in the server's loop, to its end."""
        return asyncio.run_coroutine_threadsafe(main, self._loop).result(20)

    def call(self, function: Callable[..., object], *args: object) -> None:
        """Call something there, soon."""
        self._loop.call_soon_threadsafe(function, *args)


@contextmanager
def server_thread(**changes: Any) -> Iterator[ServerThread]:  # noqa: ANN401
    """Runs until the end of the block."""
    ready: Future[ServerThread] = Future()
    ended: list[asyncio.Event] = []

    async def serve() -> None:
        ended.append(asyncio.Event())
        async with RadioServer(**changes) as server:
            ready.set_result(ServerThread(asyncio.get_running_loop(), server))
            await ended[0].wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    running = ready.result(20)
    try:
        yield running
    finally:
        running.run(_set(ended[0]))
        thread.join()


async def _set(event: asyncio.Event) -> None:
    event.set()
