"""Verdicts as JUnit XML, which every CI reads: a test case for each expectation."""

from collections.abc import Sequence
from xml.etree import ElementTree

from icom_sim.scenarios.verdict import Verdict


def junit_xml(verdicts: Sequence[Verdict]) -> str:
    """One suite for each scenario."""
    root = ElementTree.Element("testsuites", name="icom-sim")
    for verdict in verdicts:
        root.append(_suite(verdict))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(verdict: Verdict) -> ElementTree.Element:
    failures = sum(not outcome.passed for outcome in verdict.outcomes)
    scenario = _xml_text(verdict.scenario)
    suite = ElementTree.Element(
        "testsuite",
        name=scenario,
        tests=str(len(verdict.outcomes)),
        failures=str(failures),
        errors="0",
        skipped="0",
        time=f"{verdict.seconds:.3f}",
    )
    properties = ElementTree.SubElement(suite, "properties")
    ElementTree.SubElement(properties, "property", name="seed", value=str(verdict.seed))
    for number, outcome in enumerate(verdict.outcomes, 1):
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=f"icom-sim.{scenario}",
            # Two expectations may read alike; names of cases may not.
            name=_xml_text(f"{number}. {outcome.expected}"),
            time=f"{outcome.t:.3f}",
        )
        if not outcome.passed:
            told = _xml_text(outcome.told)
            ElementTree.SubElement(case, "failure", message=told).text = told
    return suite


def _xml_text(text: str) -> str:
    """Names come from files and the network; XML takes no control characters."""
    return "".join(each if each.isprintable() else "?" for each in text)
