"""Findings for a CI: a test case a check, by the writer that scenarios use."""

from collections.abc import Sequence
from pathlib import PurePath

from icom_sim.captures.checks.findings import Check
from icom_sim.captures.checks.run import Report
from icom_sim.scenarios.junit import junit_xml
from icom_sim.scenarios.verdict import Outcome, Verdict

_TOLD = 20


def junit_of(file: str, report: Report, checks: Sequence[Check]) -> str:
    """Checks that had nothing to judge are no cases. Warnings fail here as errors do.

    The exit status tells whether there were errors; `--ignore` leaves out what a
    project does not mind.
    """
    outcomes = tuple(
        _outcome(each, report) for each in checks if report.is_judged(each)
    )
    name = PurePath(file).name
    verdict = Verdict(
        scenario=f"check {name}", seed=0, seconds=report.seconds, outcomes=outcomes
    )
    return junit_xml([verdict])


def _outcome(check: Check, report: Report) -> Outcome:
    found = [each for each in report.findings if each.check is check]
    lines = [each.line().strip() for each in found[:_TOLD]]
    more = report.count(check) - len(lines)
    if more:
        lines.append(f"and {more} more")
    return Outcome(
        expected=f"{check.id} {check.title} ({check.severity})",
        passed=not report.count(check),
        told="; ".join(lines),
        t=found[0].at if found else 0.0,
    )
