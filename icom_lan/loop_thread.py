"""An event loop in a thread of its own, and calls into it that block.

The loop runs whether or not anyone calls. A call that is interrupted (Ctrl-C) is
cancelled and waited for, so that what it had begun is undone when it returns. Whoever
still waits when the loop ends gets a ConnectionError.
"""

import asyncio
import logging
import threading
from collections.abc import Coroutine
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import Any, Generic, TypeVar

from icom_lan.exceptions import ConnectionError
from icom_lan.reconnect import NOT_CONNECTED

# A cancelled call tells the radio that we leave, at most so long; see CLOSE_S_MAX.
CANCEL_S_MAX = 3.0
# What the thread needs to end when nothing is left to do. A callback may hold it up.
END_S_MAX = 1.0
# On Windows no Ctrl-C gets through to who waits for a lock: let it in so often.
_INTERRUPTIBLE_S = 1.0

_log = logging.getLogger(__name__)

T = TypeVar("T")


class LoopThread:
    """Runs from its making until `close`. It never keeps a program from ending."""

    def __init__(self, name: str) -> None:
        self._lock = threading.RLock()  # a finalizer may come in at any place
        self._calls: set[_Call[Any]] = set()
        self._is_open = True
        self._exits = 0
        started: Future[asyncio.AbstractEventLoop] = Future()
        self._ending = asyncio.Event()
        self._thread = threading.Thread(
            target=self._run, args=(started,), name=name, daemon=True
        )
        self._thread.start()
        self._loop = started.result()

    @property
    def is_current(self) -> bool:
        """Whether the caller is in this thread, which must not wait for itself."""
        return threading.current_thread() is self._thread

    def call(
        self, coroutine: Coroutine[Any, Any, T], *, wait_s: float | None = None
    ) -> T:
        """Run it in the loop and wait; for ever, or raise TimeoutError."""
        if self.is_current:
            coroutine.close()
            raise RuntimeError(
                "a callback runs in the radio's own thread and cannot wait for the"
                " radio there: hand the work to another thread, through a queue"
            )
        call = _Call(coroutine)
        try:
            with self._lock:
                if not self._is_open:
                    call.give_up()
                else:
                    self._calls.add(call)
                    self._loop.call_soon_threadsafe(call.start)
            return _result(call.outcome, wait_s)
        except BaseException:
            if not call.outcome.done():  # interrupted: undo what it has begun
                with suppress(RuntimeError):  # the loop has just ended
                    self._loop.call_soon_threadsafe(call.cancel)
                wait([call.outcome], CANCEL_S_MAX)
            raise
        finally:
            with self._lock:
                self._calls.discard(call)

    def close(self, last: Coroutine[Any, Any, None] | None = None) -> None:
        """End the loop and cancel what runs in it; `last` is waited for first.

        From the thread itself, `last` is only begun. Closing twice is closing once.
        """
        with self._lock:
            was_open, self._is_open = self._is_open, False
            if was_open:
                self._loop.call_soon_threadsafe(self._end, last)
            elif last is not None:
                last.close()
        if not self.is_current:
            self._thread.join(END_S_MAX if last is None else CANCEL_S_MAX)

    # inside

    def _run(self, started: Future[asyncio.AbstractEventLoop]) -> None:
        try:
            with asyncio.Runner() as runner:
                loop = runner.get_loop()
                ending = loop.create_task(self._ending.wait())
                started.set_result(loop)
                while not ending.done():
                    self._run_until(ending, loop)
        finally:
            with self._lock:
                self._is_open = False
                calls = list(self._calls)
            for call in calls:
                call.give_up()

    def _run_until(
        self, ending: asyncio.Task[Any], loop: asyncio.AbstractEventLoop
    ) -> None:
        """What a callback raises to end the program ends no more than the callback:
        the radio has to be released here yet."""
        try:
            loop.run_until_complete(ending)
        except (SystemExit, KeyboardInterrupt):
            self._exits += 1
            if self._exits.bit_count() == 1:  # 1st, 2nd, 4th, 8th: no flood
                _log.exception(
                    "a callback cannot end the program from the radio's thread"
                    " (%d attempts so far)",
                    self._exits,
                )

    def _end(self, last: Coroutine[Any, Any, None] | None) -> None:
        if last is None:
            self._ending.set()
            return
        task = asyncio.get_running_loop().create_task(last)
        task.add_done_callback(lambda _: self._ending.set())


class _Call(Generic[T]):
    """A coroutine for the loop, and its outcome for the thread that waits."""

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self.outcome: Future[T] = Future()
        self._coroutine = coroutine
        self._task: asyncio.Task[T] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._coroutine)
        self._task.add_done_callback(self._on_done)

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
        else:
            self.give_up()

    def give_up(self) -> None:
        """Nobody runs it any more, or ever did."""
        if self._task is None:
            self._coroutine.close()
        if not self.outcome.done():
            self.outcome.set_exception(ConnectionError(NOT_CONNECTED))

    def _on_done(self, task: asyncio.Task[T]) -> None:
        if task.cancelled():
            self.give_up()
        elif (error := task.exception()) is not None:
            self.outcome.set_exception(error)
        else:
            self.outcome.set_result(task.result())


def _result(outcome: Future[T], wait_s: float | None) -> T:
    if wait_s is not None:
        return outcome.result(wait_s)
    while True:
        try:
            return outcome.result(_INTERRUPTIBLE_S)
        except TimeoutError:
            if outcome.done():  # it is the call's own, or it came just now
                return outcome.result()
