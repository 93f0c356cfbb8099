"""`icom-sim check`: does a recorded session keep the rules of the protocol?"""

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from icom_sim.cli.output import print_all, write_whole

if TYPE_CHECKING:
    from icom_sim.captures.checks.findings import Check
    from icom_sim.captures.checks.run import Report
    from icom_sim.captures.reader import CaptureReader

_SHOWN = 5


class Given(TypedDict):
    """The options as click hands them over."""

    file: str | None
    only: tuple[str, ...]
    ignore: tuple[str, ...]
    junit: str | None
    as_json: bool
    strict: bool
    every: bool
    list_checks: bool


@click.command(short_help="Hold a capture against the rules of the protocol.")
@click.argument("file", required=False, metavar="FILE")
@click.option("--only", multiple=True, metavar="N[,N]", help="These checks: L6,S22.")
@click.option("--ignore", multiple=True, metavar="N[,N]", help="All but these checks.")
@click.option("--junit", metavar="OUT.xml", help="Write the findings as JUnit XML.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a finding.")
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@click.option("--every", is_flag=True, help=f"Not only {_SHOWN} findings of a check.")
@click.option("--list", "list_checks", is_flag=True, help="Tell the checks; no FILE.")
def check(**given: Unpack[Given]) -> int:
    """Hold the sessions in FILE (pcap, pcapng, "-" for a pipe) against the protocol.

    Each finding has the number of its check, the side that broke the rule, the time
    since the first datagram, and the number of the packet in FILE. Status 0: no error
    was found, 1: there are errors (with --strict: or warnings), 2: nothing to check.
    """
    from icom_sim.captures.checks.run import check_capture
    from icom_sim.captures.reader import CaptureError, CaptureReader

    checks = _chosen(given["only"], given["ignore"])
    if given["list_checks"]:
        print_all(_listed(checks, as_json=given["as_json"]))
        return 0
    if given["file"] is None:
        raise click.UsageError("give a capture, or --list")
    reader = CaptureReader(given["file"])
    try:
        report = check_capture(reader, checks)
    except CaptureError as error:
        raise click.UsageError(str(error)) from error
    _tell_notes(reader)
    if not report.datagrams:
        raise click.UsageError(f"no Icom traffic in {given['file']!r}")
    if given["as_json"]:
        print_all(f"{json.dumps(each.to_dict())}\n" for each in report.findings)
    else:
        print_all(_told(report, checks, None if given["every"] else _SHOWN))
    if given["junit"] is not None:
        _write_junit(given["junit"], given["file"], report, checks)
    return _status(report, strict=given["strict"])


def _chosen(only: tuple[str, ...], ignore: tuple[str, ...]) -> "list[Check]":
    from icom_sim.captures.checks.catalogue import CHECKS

    if only and ignore:
        raise click.UsageError("--only and --ignore exclude each other")
    ids = [each.id for each in CHECKS]
    named = [
        each.strip().upper() for text in only or ignore for each in text.split(",")
    ]
    for name in named:
        if name not in ids:
            raise click.UsageError(
                f"there is no check {name!r}: {ids[0]} to {ids[-1]}, see --list"
            )
    if not named:
        return list(CHECKS)
    return [each for each in CHECKS if (each.id in named) is bool(only)]


def _listed(checks: "list[Check]", *, as_json: bool) -> Iterator[str]:
    for each in checks:
        sides = " and ".join(side.value for side in each.sides)
        if as_json:
            fields = {
                "check": each.id,
                "title": each.title,
                "sides": [side.value for side in each.sides],
                "severity": each.severity.value,
                "source": each.source,
                "fidelity": each.fidelity.value,
            }
            yield f"{json.dumps(fields)}\n"
        else:
            yield f"{each.id:<4} {each.title} ({sides})\n"
            yield f"     {each.severity}; PROTOCOL.md {each.source}, {each.fidelity}\n"


def _tell_notes(reader: "CaptureReader") -> None:
    for note in reader.notes:
        print(f"icom-sim: {note}", file=sys.stderr)


def _told(report: "Report", checks: "list[Check]", shown: int | None) -> Iterator[str]:
    from icom_sim.captures.checks.findings import Severity

    for each in checks:
        found = [finding for finding in report.findings if finding.check is each]
        if not found:
            continue
        yield f"{each.id} {each.severity}: {each.title} (PROTOCOL.md {each.source})\n"
        for finding in found[:shown]:
            yield f"  {finding.line()}\n"
        more = report.count(each) - len(found[:shown])
        if more:
            yield f"  and {more} more\n"
    judged = sum(report.is_judged(each) for each in checks)
    kept = sum(report.is_judged(each) and not report.count(each) for each in checks)
    yield (
        f"{report.sessions} {'session' if report.sessions == 1 else 'sessions'}, "
        f"{report.datagrams} datagrams, {report.seconds:.1f} s: "
        f"{report.total(Severity.ERROR)} errors, "
        f"{report.total(Severity.WARNING)} warnings; {kept} of {len(checks)} checks "
        f"kept, {len(checks) - judged} not applicable\n"
    )


def _write_junit(path: str, file: str, report: "Report", checks: "list[Check]") -> None:
    from icom_sim.captures.checks.junit import junit_of

    write_whole(path, junit_of(file, report, checks).encode())


def _status(report: "Report", *, strict: bool) -> int:
    from icom_sim.captures.checks.findings import Severity

    bad = report.total(Severity.ERROR)
    if strict:
        bad += report.total(Severity.WARNING)
    return 1 if bad else 0
