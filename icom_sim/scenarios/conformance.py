"""Several scenarios against one client: what it survives, as a table and as XML."""

import asyncio
import shlex
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from icom_sim.event_log import EventLog
from icom_sim.scenarios.junit import junit_xml
from icom_sim.scenarios.live import LiveOptions, LiveResult, LiveRun
from icom_sim.scenarios.model import Scenario
from icom_sim.scenarios.reference_client import ReferenceClient, habits_for
from icom_sim.scenarios.simulated import SimulatedRun
from icom_sim.scenarios.simulated_capture import SimulatedCapture
from icom_sim.scenarios.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Finished:
    """One scenario that was run, and the command that repeats it."""

    result: LiveResult
    command: str

    @property
    def verdict(self) -> Verdict:
        return self.result.verdict


async def run_one(
    scenario: Scenario, options: LiveOptions, ended: asyncio.Event
) -> Finished:
    """Raises PortError and ClientError."""
    result = await LiveRun(scenario, options).run(ended)
    return Finished(result, repeat_command(scenario, options.client))


async def run_many(
    scenarios: Sequence[Scenario],
    options: LiveOptions,
    ended: asyncio.Event,
    *,
    jobs: int,
) -> list[Finished]:
    """Each with a radio and a client of its own, `jobs` at a time, told as they end.

    What was not begun when the event is set is not begun any more.
    """
    free = asyncio.Semaphore(jobs)
    finished: list[Finished] = []

    async def run(scenario: Scenario) -> None:
        async with free:
            if not ended.is_set():
                one = await run_one(scenario, replace(options, tell=None), ended)
                finished.append(one)
                if options.tell is not None:
                    options.tell(table_line(one))

    async with asyncio.TaskGroup() as tasks:
        for scenario in scenarios:
            tasks.create_task(run(scenario))
    return finished


def run_simulated(
    scenario: Scenario, *, log: EventLog | None = None, record: str | None = None
) -> Finished:
    """In simulated time, with our own client; `record` names a capture.

    Raises CaptureWriteError.
    """
    habits = habits_for(scenario.task)
    with ExitStack() as files:
        capture = files.enter_context(SimulatedCapture(record)) if record else None
        verdict = SimulatedRun(
            scenario,
            lambda number: ReferenceClient(number, habits),
            on_event=log.tell if log else None,
            on_datagram=capture.note if capture else None,
        ).run()
    words = ("--seed", str(scenario.seed), "--simulated")
    command = shlex.join(("icom-sim", "run", scenario.file or scenario.name, *words))
    return Finished(LiveResult(verdict, ""), command)


def repeat_command(scenario: Scenario, client: list[str] | None) -> str:
    """What to type to have the same run again."""
    words = [
        "icom-sim",
        "run",
        scenario.file or scenario.name,
        "--seed",
        str(scenario.seed),
    ]
    if client is not None:
        words += ["--client", shlex.join(client)]
    return shlex.join(words)


def table_line(finished: Finished) -> str:
    """Pass, or the first thing that was not so."""
    verdict = finished.verdict
    failure = verdict.first_failure
    if failure is None:
        return f"pass  {verdict.scenario:<24} {verdict.seconds:6.1f} s"
    return (
        f"FAIL  {verdict.scenario:<24} {verdict.seconds:6.1f} s"
        f"  {failure.expected}: {failure.told}"
    )


def write_junit(path: str, finished: Sequence[Finished]) -> None:
    """Raises OSError."""
    xml = junit_xml([each.verdict for each in finished])
    Path(path).write_text(xml, encoding="utf-8")
