"""The command `icom-sim check`: what it prints, its status, and what it refuses."""

import json
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from icom_sim.captures.checks.catalogue import CHECKS
from icom_sim.cli.check import check
from sources import ROOT

CAPTURES = ROOT / "fixtures" / "captures"
WRONG = str(CAPTURES / "wfserver160__wfview160__wrong-password.pcap")


def run(*given: str) -> Result:
    return CliRunner().invoke(check, given, standalone_mode=True)


def status(*given: str) -> int:
    """Our command returns its status; `icom_sim.cli` makes it the program's."""
    value = CliRunner().invoke(check, given, standalone_mode=False).return_value
    assert isinstance(value, int)
    return value


def test_errors_fail_warnings_do_not_unless_they_are_to() -> None:
    assert status(WRONG) == 1
    assert status(WRONG, "--ignore", "S8") == 0
    assert status(WRONG, "--ignore", "s8", "--strict") == 1
    assert status(WRONG, "--only", "L1,L2", "--strict") == 0


def test_a_finding_says_check_side_time_and_datagram() -> None:
    told = run(WRONG).output.splitlines()
    assert told[0] == "S8 error: The login is accepted (PROTOCOL.md 2.11)"
    where = "0.001 #6 session 1 control client: "
    what = "refused with fffffffe: wrong user name or password"
    assert told[1].strip() == where + what
    assert "1 errors, 1 warnings" in told[-1]


def test_findings_as_json_are_an_object_a_line() -> None:
    findings = [json.loads(line) for line in run(WRONG, "--json").output.splitlines()]
    assert [each["check"] for each in findings] == ["S26", "S8"]
    assert findings[1]["number"] == 6
    assert findings[1]["side"] == "client"


def test_findings_as_junit_are_cases_of_the_checks(tmp_path: Path) -> None:
    out = tmp_path / "out.xml"
    run(WRONG, "--junit", str(out))
    cases = list(ElementTree.parse(out).iter("testcase"))
    failed = [
        case.get("name", "") for case in cases if case.find("failure") is not None
    ]
    assert len(cases) < len(CHECKS), "what there is nothing of is no case"
    assert [name.split()[1] for name in failed] == ["S8", "S26"]


def test_a_pipe_is_written_to_and_a_link_followed(tmp_path: Path) -> None:
    pipe, link, file = (tmp_path / name for name in ("pipe", "link", "file"))
    os.mkfifo(pipe)
    link.symlink_to(file)
    reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    for out in (pipe, link):
        run(WRONG, "--junit", str(out))
    assert os.read(reader, 5) == b"<?xml"
    os.close(reader)
    assert pipe.is_fifo()
    assert link.is_symlink()
    assert file.read_bytes().startswith(b"<?xml")


def test_the_checks_are_listed_with_their_sources() -> None:
    told = run("--list").output
    assert all(each.id in told and each.title in told for each in CHECKS)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "give a capture, or --list"),
        ([WRONG, "--only", "L99"], "there is no check 'L99'"),
        ([WRONG, "--only", "L1", "--ignore", "L2"], "exclude each other"),
        (["nothing.pcap"], "cannot read capture 'nothing.pcap'"),
        ([str(ROOT / "README.md")], "is no capture"),
        ([WRONG, "--junit", "no/such/place.xml"], "cannot write 'no/such/place.xml'"),
    ],
)
def test_mistakes_are_answered_in_one_line(given: list[str], told: str) -> None:
    done = run(*given)
    assert done.exit_code in (1, 2)
    assert told in " ".join(done.output.split())
    assert "Traceback" not in done.output


def test_a_capture_that_ends_early_is_judged_as_far_as_it_goes(tmp_path: Path) -> None:
    name = "wfserver160__wfview160__session-ulaw-8k.pcap"
    cut = tmp_path / "cut.pcap"
    cut.write_bytes((CAPTURES / name).read_bytes()[:40_000])
    done = run(str(cut), "--only", "L6,C1,S8")
    assert "it ends in the middle of a packet" in done.output
    assert "0 errors, 0 warnings" in done.output


def test_traffic_of_others_is_nothing_to_check(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(Path(WRONG).read_bytes()[:24])
    done = run(str(empty))
    assert done.exit_code == 2
    assert "no Icom traffic" in done.output
