"""A scenario around a running radio: its steps happen, and its verdict is kept.

For a radio whose clients are somebody else's business, a test's or a user's: what a
scenario does with client programs is left to them. Time begins with the first datagram
that a client sends.
"""

import asyncio
from collections.abc import Callable, Mapping

from icom_proto.codes import Stream
from icom_sim.event_log import describe
from icom_sim.happenings import Happening
from icom_sim.network import Direction
from icom_sim.radio_server import RadioServer
from icom_sim.scenarios import Scenario, ScenarioRun, Verdict
from icom_sim.scenarios.client_actions import CLIENT_ACTIONS
from icom_sim.scenarios.engine import open_radio
from icom_sim.scenarios.radio import rig_state


class ScenarioKeeper:
    """Lives in the event loop of its radio."""

    def __init__(self, scenario: Scenario, server: Callable[[], RadioServer]) -> None:
        self._scenario, self._server = scenario, server
        self._run: ScenarioRun | None = None
        self._timer: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Make the radio the one of the scenario, before anybody calls it."""
        open_radio(self._scenario, self._perform, asyncio.get_running_loop().time())

    def note_happening(self, happening: Happening, now: float) -> None:
        described = describe(happening)
        if described is not None and self._run is not None:
            self._run.handle_event(*described, now)
            self._arm()

    def note_datagram(
        self, direction: Direction, stream: Stream, data: bytes, now: float
    ) -> None:
        if self._run is None and direction is Direction.TO_RADIO:
            self._run = ScenarioRun(self._scenario, self._perform, now)
        if self._run is not None:
            self._run.handle_datagram(direction, stream, data, now)
            self._arm()

    def end(self) -> None:
        """From now on clients may leave, before the time of the scenario is over."""
        if self._run is not None:
            self._run.end(asyncio.get_running_loop().time())
            self._arm()

    def finish(self) -> Verdict | None:
        """What came of it; None if no client ever called."""
        if self._timer is not None:
            self._timer.cancel()
        if self._run is None:
            return None
        now, server = asyncio.get_running_loop().time(), self._server()
        return self._run.finish(server.summary(), server.touch(rig_state), now)

    # inside

    def _perform(
        self, name: str, arguments: Mapping[str, object], _now: float
    ) -> object:
        if name in CLIENT_ACTIONS:
            return None
        return self._server().perform(name, arguments)

    def _arm(self) -> None:
        """One timer; never the step itself, because the radio may be calling."""
        assert self._run is not None
        loop, due = asyncio.get_running_loop(), self._run.next_timeout()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if due is None else loop.call_at(due, self._on_timer)

    def _on_timer(self) -> None:
        assert self._run is not None
        assert self._timer is not None
        now = max(asyncio.get_running_loop().time(), self._timer.when())
        self._run.handle_timeout(now)
        self._arm()
