"""A list of what happened that a test can wait on, instead of sleeping."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

# For a machine that is busy with something else; nothing here takes a second.
WAIT_S = 30

H = TypeVar("H")
E = TypeVar("E")
R = TypeVar("R")


class Watch(Generic[H]):
    """Everything noted, in order."""

    def __init__(self) -> None:
        self.seen: list[H] = []
        self._watchers: list[Callable[[], None]] = []

    def note(self, happening: H) -> None:
        self.seen.append(happening)
        for watcher in list(self._watchers):
            watcher()

    def of(self, kind: type[E]) -> list[E]:
        """All of this class so far."""
        return [each for each in self.seen if isinstance(each, kind)]

    async def until(self, kind: type[E], count: int = 1) -> E:
        """The `count`th of this class, once it is there."""

        def find() -> E | None:
            found = self.of(kind)
            return found[count - 1] if len(found) >= count else None

        return await self.once(find)

    async def once(self, look: Callable[[], R | None]) -> R:
        """What `look` returns when it is not None; asked again after each note."""
        arrived: asyncio.Future[R] = asyncio.get_running_loop().create_future()

        def watch() -> None:
            found = look()
            if found is not None and not arrived.done():
                arrived.set_result(found)

        self._watchers.append(watch)
        watch()
        try:
            async with asyncio.timeout(WAIT_S):
                return await arrived
        finally:
            self._watchers.remove(watch)
