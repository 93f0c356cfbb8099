"""A run of a scenario without I/O and without a clock: steps when due, watchers fed.

Who drives it hands in what happened, what travelled and the time, and calls `perform`'s
owner through it. A step is never done inside `handle_event`, which the radio may be
calling: it becomes due, and `handle_timeout` does it.
"""

from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import TypeAlias

from icom_proto.codes import Stream
from icom_sim.actions import ActionError
from icom_sim.network import Direction
from icom_sim.scenarios.closing import judge_end
from icom_sim.scenarios.model import (
    ClosedCleanly,
    DatagramSight,
    Moment,
    Scenario,
    Seen,
    Sight,
    Step,
)
from icom_sim.scenarios.sessions import OpenSessions
from icom_sim.scenarios.sightings import Seen as AnySeen
from icom_sim.scenarios.sightings import SeenEvent, fits, read_datagram
from icom_sim.scenarios.verdict import Outcome, Verdict
from icom_sim.scenarios.vocabulary import ENDING, STEP
from icom_sim.scenarios.watchers import Watcher

# Does an action, at the radio or with the client: name, arguments, time.
Perform: TypeAlias = Callable[[str, Mapping[str, object], float], object]


def open_radio(scenario: Scenario, perform: Perform, now: float) -> None:
    """Make an ordinary radio the one of this scenario, before anybody calls it."""
    for _, step in scenario.opening:
        perform(step.action, step.arguments, now)


class ScenarioRun:
    """One run. Times of the caller's clock; `now` of the constructor is its start.

    `open_radio` has to come before.
    """

    def __init__(self, scenario: Scenario, perform: Perform, now: float) -> None:
        self.scenario = scenario
        self.is_ending = False  # clients are to leave
        self._perform = perform
        self._started_at = now
        self._agenda: list[tuple[float, int, Step]] = []
        self._order = count()
        self._waiting = [_Waiting(s) for s in scenario.steps if s.after is not None]
        self._judges = [
            Watcher(each) if isinstance(each, Seen) else each
            for each in scenario.expect
        ]
        self._watchers = [each for each in self._judges if isinstance(each, Watcher)]
        self._sessions = OpenSessions()
        self._ends_at = scenario.duration
        self._ends_early = all(
            isinstance(each, Seen | ClosedCleanly) for each in scenario.expect
        )
        self._troubles: list[Outcome] = []
        # Datagrams are only read where somebody looks for them.
        self._watched = _watched_lanes(scenario)
        for step in scenario.steps:
            if step.at is not None:
                self._schedule(step, step.at)

    # inputs

    def handle_event(self, name: str, fields: Mapping[str, object], now: float) -> None:
        """Something happened at the radio, or with the client."""
        t = now - self._started_at
        self._sessions.see(name, fields)
        self._see(SeenEvent(name, fields), t)

    def handle_datagram(
        self, direction: Direction, stream: Stream, data: bytes, now: float
    ) -> None:
        """Something left a client, or arrives at one."""
        if (direction, stream) in self._watched:
            t = now - self._started_at
            self._see(read_datagram(direction, stream, data), t)

    def handle_timeout(self, now: float) -> None:
        """Do what is due."""
        t = now - self._started_at
        while self._agenda and self._agenda[0][0] <= t:
            self._do(heappop(self._agenda)[2], now)
        for watcher in self._watchers:
            watcher.handle_timeout(t)
        self._look_for_an_end(t)
        if t >= self._ends_at:
            self.end(now)

    def end(self, now: float) -> None:
        """It has taken long enough: clients are to leave, if that is not known yet."""
        if not self.is_ending:
            self.is_ending = True
            self.handle_event(ENDING, {}, now)

    # outputs

    def next_timeout(self) -> float | None:
        """When `handle_timeout` wants to be called."""
        soonest = self._agenda[0][0] if self._agenda else inf
        if not self.is_ending:
            soonest = min(soonest, self._ends_at)
        return None if soonest == inf else self._started_at + soonest

    @property
    def has_failed(self) -> bool:
        """Is it known already that the verdict will be no?"""
        outcomes = [watcher.outcome for watcher in self._watchers]
        return bool(self._troubles) or any(
            outcome is not None and not outcome.passed for outcome in outcomes
        )

    def finish(
        self, summary: Mapping[str, object], rig: Mapping[str, object], now: float
    ) -> Verdict:
        """Everything is over; what the radio counted and how its rig stands."""
        t = round(now - self._started_at, 6)
        outcomes = [
            each.finish(t)
            if isinstance(each, Watcher)
            else judge_end(each, summary, rig, self._sessions, t)
            for each in self._judges
        ]
        return Verdict(
            scenario=self.scenario.name,
            seed=self.scenario.seed,
            seconds=t,
            outcomes=(*outcomes, *self._troubles),
        )

    def fail(self, expected: str, told: str, now: float) -> None:
        """The run went wrong in a way that no expectation names."""
        t = round(now - self._started_at, 6)
        self._troubles.append(Outcome(expected, False, told, t))

    # inside

    def _see(self, seen: AnySeen, t: float) -> None:
        for watcher in self._watchers:
            watcher.handle_timeout(t)
            watcher.see(seen, t)
        for waiting in self._waiting:
            if waiting.see(seen):
                self._schedule(waiting.step, t + waiting.moment.delay)
        self._look_for_an_end(t)

    def _look_for_an_end(self, t: float) -> None:
        """Where all is known and nothing is to come, waiting on shows nothing."""
        known = self._watchers and all(
            watcher.outcome is not None for watcher in self._watchers
        )
        if known and self._ends_early and not self._agenda:
            self._ends_at = min(self._ends_at, t)

    def _schedule(self, step: Step, t: float) -> None:
        heappush(self._agenda, (t, next(self._order), step))

    def _do(self, step: Step, now: float) -> None:
        try:
            self._perform(step.action, step.arguments, now)
        except ActionError as error:
            self.fail(f"step {step.name or step.action}", str(error), now)
        told = {"action": step.action, "name": step.name}
        self.handle_event(STEP, told, now)


class _Waiting:
    """A step that waits for its moment, and perhaps for the next ones."""

    def __init__(self, step: Step) -> None:
        assert step.after is not None
        self.step, self.moment = step, step.after
        self._count = 0

    def see(self, seen: AnySeen) -> bool:
        """Is the step due, its delay later?"""
        if not fits(self.moment.sight, seen):
            return False
        self._count += 1
        first = self.moment.times
        return first <= self._count < first + self.step.repeat


def _watched_lanes(scenario: Scenario) -> set[tuple[Direction, Stream]]:
    sights: list[Sight] = []
    moments: list[Moment | None] = [step.after for step in scenario.steps]
    for each in scenario.expect:
        if isinstance(each, Seen):
            sights.append(each.sight)
            moments += [each.window.after, each.window.until]
    sights += [moment.sight for moment in moments if moment is not None]
    return {
        (sight.direction, stream)
        for sight in sights
        if isinstance(sight, DatagramSight)
        for stream in (Stream if sight.stream is None else (sight.stream,))
    }
