"""The fixtures `icom_replay` and `icom_golden` of the pytest plugin, run by pytest."""

import pytest

from icom_lan import sync
from icom_sim.harness.golden import GoldenLog
from icom_sim.harness.replayed import ReplayedRadio
from sources import ROOT

pytest_plugins = ["pytester"]

# Imported before the run that uses them; see test_pytest_plugin.py.
USED = (sync.IcomRadio, GoldenLog, ReplayedRadio)
CAPTURE = ROOT / "fixtures" / "captures" / "wfserver160__icomlan110__session.pcap"
INI = """
[pytest]
asyncio_default_fixture_loop_scope = function
addopts = --strict-markers
filterwarnings = error
"""
PAGE = (ROOT / "docs" / "replay.md").read_text("utf-8")
TESTS = (
    PAGE.split("```py\n")[1].split("```")[0]
    + """
import pytest

@pytest.mark.icom_replay("session.pcap", speed="max")
def test_marked(icom_replay):
    radio = icom_replay()
    assert radio.rx_audio and radio.civ_address == 0x94
"""
)
WRONG = f"""
import pytest
def test_no_file(icom_replay):
    icom_replay("none.pcap")

def test_nothing(icom_replay):
    icom_replay()

def test_option(icom_replay):
    icom_replay({str(CAPTURE)!r}, sped=2)

def test_golden(icom_golden):
    icom_golden("none", [])
"""


def test_a_client_is_held_against_a_capture_and_a_golden_log(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeini(INI)
    pytester.makepyfile(TESTS)
    (pytester.path / "session.pcap").write_bytes(CAPTURE.read_bytes())
    missing = pytester.runpytest_inprocess()
    missing.assert_outcomes(passed=1, failed=1)
    missing.stdout.fnmatch_lines(
        ["*there is no *my-client.jsonl: write it with pytest --icom-update-golden"]
    )
    pytester.runpytest_inprocess("--icom-update-golden").assert_outcomes(passed=2)
    golden = pytester.path / "golden" / "my-client.jsonl"
    text = golden.read_text("utf-8")
    assert '"event":"civ"' in text
    pytester.runpytest_inprocess().assert_outcomes(passed=2)
    golden.write_text(text.replace("fefe94e003fd", "fefe94e004fd"), "utf-8")
    changed = pytester.runpytest_inprocess()
    changed.assert_outcomes(passed=1, failed=1)
    changed.stdout.fnmatch_lines(["E*- *civ*frame=fefe94e004fd*"])


def test_what_cannot_be_replayed_is_one_line(pytester: pytest.Pytester) -> None:
    pytester.makeini(INI)
    pytester.makepyfile(WRONG)
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines_random(
        [
            "icom_replay: cannot read capture *",
            "icom_replay takes one capture, not 0",
            "icom_replay: unknown sped: there are session, speed, loop, fallback",
        ]
    )
