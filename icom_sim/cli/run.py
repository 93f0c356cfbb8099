"""`icom-sim run`: scenarios against a client."""

import asyncio
import json
import sys
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

if TYPE_CHECKING:
    from icom_sim.event_log import EventLog
    from icom_sim.scenarios.conformance import Finished
    from icom_sim.scenarios.live import LiveOptions
    from icom_sim.scenarios.model import Scenario

PORT = click.IntRange(0, 0xFFFF)


class Given(TypedDict):
    """The options as click hands them over."""

    scenario: str | None
    run_all: bool
    include_long: bool
    client: str | None
    simulated: bool
    junit: str | None
    events: str | None
    record: str | None
    seed: int | None
    host: str
    port: int
    jobs: int


@click.command(
    short_help="Run a scenario against a client.",
    context_settings={"show_default": True},
)
@click.argument("scenario", required=False, metavar="[NAME|FILE.toml]")
@click.option("--all", "run_all", is_flag=True, help="Run the whole gallery.")
@click.option("--long", "include_long", is_flag=True, help="With --all: long ones too.")
@click.option(
    "--client",
    metavar="CMD",
    help="The client: started for each run, and ended after it.",
)
@click.option(
    "--simulated",
    is_flag=True,
    help="Our own client, in simulated time: can it be passed at all?",
)
@click.option("--junit", metavar="OUT.xml", help="Write the verdicts as JUnit XML.")
@click.option(
    "--events",
    type=click.Choice(["text", "jsonl"]),
    help="Tell what happens, and not only the verdict.",
)
@click.option("--record", metavar="FILE.pcap", help="Capture what passes the ports.")
@click.option("--seed", type=click.IntRange(min=0), help="Instead of the scenario's.")
@click.option("--host", default="127.0.0.1", metavar="IP", help="Where to listen.")
@click.option("--port", type=PORT, default=0, help="Control port; 0: any free one.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=1, help="With --all: so many at once."
)
def run(**given: Unpack[Given]) -> int:
    """Run a scenario, and tell whether a client did what is expected of it.

    CMD finds the radio in ICOM_HOST, ICOM_PORT, ICOM_CIV_PORT, ICOM_AUDIO_PORT,
    ICOM_USER, ICOM_PASS, ICOM_MODEL, ICOM_CIV_ADDRESS, what it is to do in ICOM_TASK
    and ICOM_SCENARIO; or {host}, {port}, {user} and so on in CMD stand for them.
    Without --client it waits for whoever connects. Status 0: all as expected, 1: not.
    """
    from icom_sim.captures.pcap_writer import CaptureWriteError
    from icom_sim.radio_server import PortError
    from icom_sim.scenarios.client_process import ClientError
    from icom_sim.scenarios.model import ScenarioError

    try:
        chosen = _chosen(given)
        with ExitStack() as files:
            options = _options(given, files)
            finished = _run(chosen, options, given)
        if given["junit"] is not None:
            _write_junit(given["junit"], finished)
    except (ScenarioError, ClientError, CaptureWriteError) as error:
        raise click.UsageError(str(error)) from error
    except PortError as error:
        raise click.ClickException(str(error)) from error
    passed = all(each.verdict.passed for each in finished)
    return 0 if passed and len(finished) == len(chosen) else 1


def _chosen(given: Given) -> "list[Scenario]":
    from icom_sim.scenarios.gallery import gallery, scenario_of

    if (given["scenario"] is None) is not given["run_all"]:
        raise click.UsageError(
            "give a scenario or --all (see `icom-sim scenarios list`)"
        )
    if given["run_all"]:
        _refuse("--all tells of verdicts alone, and takes no", _watching(given))
        if given["client"] is None and not given["simulated"]:
            raise click.UsageError("--all needs --client CMD or --simulated")
        if given["port"] and given["jobs"] > 1:
            raise click.UsageError("with --jobs each run needs ports of its own")
        chosen = [each for each in gallery() if given["include_long"] or not each.long]
    else:
        chosen = [scenario_of(given["scenario"] or "")]
    if given["simulated"]:
        others = {"--client": given["client"]}
        _refuse("--simulated has our own client, and takes no", others)
    seed = given["seed"]
    return chosen if seed is None else [replace(each, seed=seed) for each in chosen]


def _watching(given: Given) -> dict[str, str | None]:
    return {"--events": given["events"], "--record": given["record"]}


def _refuse(why: str, options: dict[str, str | None]) -> None:
    for name, value in options.items():
        if value is not None:
            raise click.UsageError(f"{why} {name}")


def _options(given: Given, files: ExitStack) -> "LiveOptions":
    from icom_sim.captures.pcap_writer import PcapWriter
    from icom_sim.event_log import EventLog, Style
    from icom_sim.scenarios.client_process import split_command
    from icom_sim.scenarios.live import LiveOptions

    client = given["client"]
    style = None if given["events"] is None else Style(given["events"])
    capture = None
    if given["record"] is not None and not given["simulated"]:
        capture = files.enter_context(PcapWriter(given["record"]))

    def make_log(started_at: float) -> "EventLog":
        assert style is not None
        return EventLog(_say, style, started_at)

    return LiveOptions(
        client=None if client is None else split_command(client),
        host=given["host"],
        port=given["port"],
        tell=None if style is Style.JSONL else _say,
        make_log=None if style is None else make_log,
        capture=capture,
    )


def _run(
    chosen: "list[Scenario]", options: "LiveOptions", given: Given
) -> "list[Finished]":
    from icom_sim.scenarios.conformance import run_simulated

    if given["run_all"]:
        finished = (
            _run_simulated(chosen)
            if given["simulated"]
            else asyncio.run(_run_all(chosen, options, given["jobs"]))
        )
        _tell_failures(finished)
        passed = sum(each.verdict.passed for each in finished)
        print(f"{passed} of {len(chosen)} scenarios passed")
        return finished
    if given["simulated"]:
        log = None if options.make_log is None else options.make_log(0.0)
        one = run_simulated(chosen[0], log=log, record=given["record"])
    else:
        one = asyncio.run(_run_one(chosen[0], options))
    if given["events"] == "jsonl":
        print(json.dumps(one.verdict.to_dict()), flush=True)
    else:
        for line in one.verdict.lines():
            print(line, flush=True)
    _tell_failures([one])
    return [one]


def _run_simulated(chosen: "list[Scenario]") -> "list[Finished]":
    from icom_sim.scenarios.conformance import run_simulated, table_line

    finished = []
    for scenario in chosen:
        finished.append(run_simulated(scenario))
        print(table_line(finished[-1]), flush=True)
    return finished


async def _run_one(scenario: "Scenario", options: "LiveOptions") -> "Finished":
    from icom_sim.scenarios.conformance import run_one
    from icom_sim.until_told import end_signals

    ended = asyncio.Event()
    with end_signals(ended):
        return await run_one(scenario, options, ended)


async def _run_all(
    scenarios: "list[Scenario]", options: "LiveOptions", jobs: int
) -> "list[Finished]":
    from icom_sim.scenarios.client_process import ClientError
    from icom_sim.scenarios.conformance import run_many
    from icom_sim.until_told import end_signals

    ended = asyncio.Event()
    with end_signals(ended):
        try:
            return await run_many(scenarios, options, ended, jobs=jobs)
        except* ClientError as group:
            raise ClientError(str(group.exceptions[0])) from group


def _tell_failures(finished: "list[Finished]") -> None:
    """How to have each failure again; for one alone what its client printed last."""
    failed = [each for each in finished if not each.verdict.passed]
    for each in failed:
        print(f"repeat: {each.command}", file=sys.stderr)
    if len(finished) == 1 and failed and failed[0].result.client_output.strip():
        print("the client printed last:", file=sys.stderr)
        for line in failed[0].result.client_output.splitlines()[-10:]:
            print(
                "  " + "".join(c if c.isprintable() else "?" for c in line),
                file=sys.stderr,
            )


def _write_junit(path: str, finished: "list[Finished]") -> None:
    from icom_sim.scenarios.conformance import write_junit

    try:
        write_junit(path, finished)
    except OSError as error:
        raise click.ClickException(
            f"cannot write {path!r}: {error.strerror}"
        ) from error


def _say(line: str) -> None:
    print(line, flush=True)
