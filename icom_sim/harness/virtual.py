"""A fake radio for a test in simulated time: seconds take milliseconds.

def test_an_hour_on_bad_wifi(icom_virtual):
    async def session(radio):
        async with IcomRadio(radio.host, **radio.login) as client:
            ...
    icom_virtual.run(session)
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

from icom_sim.harness.recipe import Recipe
from icom_sim.harness.recorded import RecordedRadio, ScenarioFailedError
from icom_sim.harness.waiting_room import in_a_loop
from icom_sim.radio_server import RadioServer
from icom_sim.virtual.loop import VirtualLoop

# Where the radio listens, as a real one does: the network in memory is its own.
PORT: Final = 50001

T = TypeVar("T")
Session = Callable[["VirtualRadio"], Coroutine[Any, Any, T]]


class VirtualRadio(RecordedRadio):
    """One fake radio on a network in memory; it works while `run` runs.

    After that it can still be asked.
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(recipe)
        self._server: RadioServer | None = None

    def run(self, session: Session[T]) -> T:
        """Run a coroutine function with this radio, in simulated time.

        Its scenario, if it has one, is judged at the end: ScenarioFailedError.
        """
        if self._server is not None:
            raise RuntimeError("icom_virtual.run() was called before: one run each")
        if in_a_loop():
            raise RuntimeError(
                "icom_virtual.run() has an event loop of its own, in simulated time:"
                " call it in a `def test_...`, not in an `async def`"
            )
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            return runner.run(self._run(session))

    def ask(self, question: Callable[[RadioServer], T]) -> T:
        """Ask the server, inside `run` or after it."""
        if self._server is None:
            raise RuntimeError("icom_virtual has no radio before run() is called")
        return question(self._server)

    # inside

    async def _run(self, session: Session[T]) -> T:
        server = self._server = self._make_server(PORT)
        await self._open(server)
        try:
            result = await session(self)
        except BaseException:
            with suppress(ScenarioFailedError):  # what comes first tells more
                await self._close(server)
            raise
        await self._close(server)
        return result
