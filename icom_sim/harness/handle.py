"""A fake radio on real ports, for a test in another thread than its own."""

from collections.abc import Callable
from typing import TypeVar

from icom_sim.harness.loop_thread import LoopThread
from icom_sim.harness.recipe import Recipe
from icom_sim.harness.recorded import RecordedRadio, release_keys
from icom_sim.radio_server import RadioServer

T = TypeVar("T")


class RadioHandle(RecordedRadio):
    """One fake radio on free loopback ports, in the thread of all radios."""

    def __init__(self, thread: LoopThread, recipe: Recipe) -> None:
        super().__init__(recipe)
        self._thread = thread
        self._server = self._make_server(0)

    def start(self) -> None:
        """Open the ports."""
        self._thread.run(self._open(self._server))

    def stop(self) -> None:
        """Say goodbye to every client, free the ports. Raises ScenarioFailedError."""
        self._thread.run(self._close(self._server))

    def release(self) -> None:
        """Whatever keys the radio, at its front panel or from afar: no more."""
        self.ask(release_keys)

    def ask(self, question: Callable[[RadioServer], T]) -> T:
        """Ask the server, in its thread."""
        return self._thread.call(lambda: question(self._server))
