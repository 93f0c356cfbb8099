"""`icom-sim replay` at the command line, and the files in fixtures/."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from icom_sim.captures.decode import KINDS
from icom_sim.cli.replay import replay
from icom_sim.dialects.presets import DIALECTS
from sources import ROOT

FIXTURES = ROOT / "fixtures"
GOLDEN = FIXTURES / "golden"
BUSY = FIXTURES / "synthetic" / "failure-busy.pcap"


def icom_sim(*words: object) -> Result:
    return CliRunner().invoke(replay, [str(word) for word in words])


def status(*words: object) -> object:
    given = [str(word) for word in words]
    return CliRunner().invoke(replay, given, standalone_mode=False).return_value


def test_all_fixtures_are_what_their_command_makes() -> None:
    """Regenerated, decoded and replayed: every capture and every golden log."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "fixture_files.py"), "--check"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, (
        f"{done.stdout}{done.stderr}python tools/fixture_files.py writes them anew"
    )


def test_there_is_a_fixture_for_every_kind_of_packet_and_every_dialect() -> None:
    names = {path.stem for path in (FIXTURES / "synthetic").glob("*.pcap")}
    assert {f"dialect-{name}" for name in DIALECTS} <= names
    kinds = {
        json.loads(line).get("kind")
        for name in names
        for line in (GOLDEN / f"{name}.decode.jsonl").read_text("utf-8").splitlines()
    }
    assert set(KINDS) <= kinds


def test_the_log_is_told_for_people_and_for_programs() -> None:
    shown = icom_sim(BUSY, "--as", "client").stdout.splitlines()
    events = icom_sim(BUSY, "--as", "client", "--json").stdout.splitlines()
    assert len(shown) == len(events) > 10
    assert shown[0].split() == ["0.000", "client", "1", "control", "link_up"]
    assert json.loads(events[0])["event"] == "link_up"
    second = icom_sim(BUSY, "--session", "2", "--json").stdout.splitlines()
    assert {json.loads(line)["session"] for line in second} <= {0, 2}


def test_a_golden_log_is_written_compared_and_its_difference_shown(
    tmp_path: Path,
) -> None:
    golden = tmp_path / "new" / "busy.jsonl"
    assert status(BUSY, "--golden", golden, "--update") == 0
    assert status(BUSY, "--golden", golden) == 0
    text = golden.read_text("utf-8")
    golden.write_text(text.replace('"streams_refused"', '"bad_credentials"'), "utf-8")
    assert status(BUSY, "--golden", golden) == 1
    shown = icom_sim(BUSY, "--golden", golden).stdout
    assert "session_closed  reason=bad_credentials" in shown
    assert "session_closed  reason=streams_refused" in shown


MISTAKES = {
    (FIXTURES / "none.pcap",): "cannot read capture",
    (ROOT / "README.md",): "is no capture",
    (BUSY, "--session", "7"): "has no session 7: there are 1, 2",
    (BUSY, "--golden", FIXTURES / "none.jsonl"): "cannot read",
    (BUSY, "--golden", ROOT / "README.md"): "is no golden log: line 1 is no event",
    (BUSY, "--golden", BUSY): "is no golden log: it is no text",
    (BUSY, "--update"): "--update needs --golden FILE",
    (BUSY, "--speed", "2"): "--speed has no meaning here (offline)",
    (BUSY, "--serve", "--as", "client"): "--as has no meaning here (--serve)",
    (BUSY, "--serve", "--transmit"): "--transmit has no meaning here (--serve)",
    (BUSY, "--serve", "--speed", "fast"): "a speed is 0.1 to 100, or max, not 'fast'",
    (BUSY, "--serve", "--fallback", "IC-1"): "unknown model 'IC-1': there are IC-705",
    (BUSY, "--serve", "--session", "1"): "was never granted its streams",
    (BUSY, "--serve", "--password", "a" * 17): "at most 16 characters",
    (BUSY, "--serve", "--host", "192.0.2.1"): "cannot listen on UDP port 50001",
    (BUSY, "--serve", "--connect", "radio"): "--serve and --connect exclude each other",
    (BUSY, "--connect", ":0"): "--connect: ':0' is no HOST or HOST:PORT",
    (BUSY, "--connect", "radio.invalid"): "no address for 'radio.invalid'",
}


@pytest.mark.parametrize(("words", "said"), MISTAKES.items())
def test_a_mistake_is_one_line(words: tuple[object, ...], said: str) -> None:
    result = icom_sim(*words)
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code in (1, 2)
    (line,) = [each for each in result.stderr.splitlines() if "Error: " in each]
    assert said in line


def test_a_session_that_began_before_the_capture_is_told(tmp_path: Path) -> None:
    data, middle = BUSY.read_bytes(), tmp_path / "middle.pcap"
    # The first packets gone: 24 bytes of file header, then 16 + 58 each.
    middle.write_bytes(data[:24] + data[24 + 8 * 74 :])
    result = icom_sim(middle, "--as", "client", "--session", "1")
    assert "begins in the middle: a client needs its handshake" in result.stderr
