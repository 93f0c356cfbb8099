"""`icom-sim run` and `icom-sim scenarios`, with client programs of a few lines."""

import asyncio
import json
import signal
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from icom_sim.cli import main
from icom_sim.scenarios.client_process import ClientError, filled, split_command
from icom_sim.scenarios.gallery import names, text_of
from icom_sim.scenarios.live import LiveOptions, LiveRun
from icom_sim.scenarios.parse import parse_scenario
from sim.icom_sim_process import Serve, run_icom_sim
from sim.udp_client import UdpClient

OK, FAILED, USAGE = 0, 1, 2

# One call from the client is enough for these.
CALLED = """\
title = "Somebody calls"
duration = 4

[credentials]
password = "sesame"

[[expect]]
datagram = "AreYouThere"
within = 4
"""
# Sends one "are you there", tells what it was told, and waits for its end.
CALLER = """\
import os, socket, sys, time
told = [os.environ[f"ICOM_{name}"] for name in sys.argv[2:]]
print(*told, flush=True)
call = bytes.fromhex("10000000030000000100000000000000")
address = (os.environ["ICOM_HOST"], int(sys.argv[1]))
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(call, address)
sys.stdin.read()
"""


@pytest.fixture
def called(tmp_path: Path) -> str:
    path = tmp_path / "called.toml"
    path.write_text(CALLED, encoding="utf-8")
    return str(path)


def icom_sim(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["icom-sim", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def caller(tmp_path: Path, *words: str) -> str:
    program = tmp_path / "caller.py"
    program.write_text(CALLER, encoding="utf-8")
    return f"{sys.executable} -S {program} {' '.join(words)}"


def test_a_client_that_does_what_is_expected_is_status_0(
    called: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    client = caller(tmp_path, "{port}")
    report = tmp_path / "report.xml"
    words = ("--events", "jsonl", "--seed", "7", "--junit", str(report))
    status = icom_sim(monkeypatch, "run", called, "--client", client, *words)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == OK
    assert [each["event"] for each in told] == [
        *("client_started", "client_exited", "verdict")
    ]
    assert (told[-1]["passed"], told[-1]["seed"]) == (True, 7)
    [suite] = ElementTree.parse(report).getroot()
    assert suite.attrib["failures"] == "0"


def test_a_client_that_does_not_is_status_1_and_its_last_words_are_shown(
    called: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # The discard port: it calls, but not the radio.
    client = caller(tmp_path, "9", "PASS", "CIV_ADDRESS", "SCENARIO")
    Path(called).write_text(CALLED.replace("4", "1"), encoding="utf-8")
    status = icom_sim(monkeypatch, "run", called, "--client", client)
    output, errors = capsys.readouterr()
    assert status == FAILED
    assert "called: FAILED" in output
    assert f"repeat: icom-sim run {called} --seed 1 --client" in errors
    assert "sesame 0x98 called" in errors


async def test_a_served_scenario_ends_with_its_verdict(called: str) -> None:
    """What is said on the command line goes before the scenario, whose seed is 1."""
    words = ("--scenario", called, "--username", "icom", "--password", "icom")
    async with Serve(*words) as radio:
        async with UdpClient(radio.control_port):
            pass
        status, errors = await radio.end(signal.SIGTERM)
    (verdict,) = [each for each in radio.events if each["event"] == "verdict"]
    assert list(verdict) == ["event", "t", "scenario", "seed", "passed", "outcomes"]
    assert (status, errors, verdict["passed"]) == (OK, "", True)
    assert radio.events[0]["seed"] == 1


async def test_a_served_scenario_without_a_client_is_no_success(called: str) -> None:
    status, _, errors = await run_icom_sim(
        *("serve", "--port", "0", "--scenario", called, "--duration", "0.1")
    )
    assert (status, errors) == (FAILED, "icom-sim: scenario called: no client called\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run",), ("--all",)),
        (("run", "busy", "--all"), ("--all",)),
        (("run", "--all"), ("--client",)),
        (("run", "--all", "--client", "x", "--record", "x.pcap"), ("--record",)),
        (("run", "busy", "--simulated", "--client", "x"), ("--simulated", "--client")),
        (("run", "bussy"), ("'bussy'", "did you mean 'busy'", "standby")),
        (("run", "no/such.toml"), ("no/such.toml", "No such file")),
        (("run", "busy", "--client", "no-such-program"), ("no-such-program",)),
        (("run", "busy", "--client", "'"), ("client command",)),
        (("run", "busy", "--client", " "), ("empty",)),
        (("scenarios", "show", "bussy"), ("'bussy'", "did you mean 'busy'")),
    ],
)
def test_a_mistake_is_one_line_and_status_2(
    words: tuple[str, ...],
    said: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert icom_sim(monkeypatch, *words) == USAGE
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("icom-sim: ")
    for word in said:
        assert word in line


def test_a_mistake_in_a_file_is_told_with_its_line(
    called: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(called).write_text("title = 'x'\nduraton = 4\n", encoding="utf-8")
    assert icom_sim(monkeypatch, "run", called) == USAGE
    assert f"{called}:2: " in capsys.readouterr().err


def test_the_gallery_is_listed_with_a_line_each_and_shown_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert icom_sim(monkeypatch, "scenarios", "list") == OK
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(names())
    assert icom_sim(monkeypatch, "scenarios", "show", "busy") == OK
    assert capsys.readouterr().out == text_of("busy")


def test_a_scenario_can_be_tried_with_our_own_client_in_no_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert icom_sim(monkeypatch, "run", "busy", "--simulated") == OK
    assert "busy: passed in" in capsys.readouterr().out


def test_a_command_is_cut_as_a_shell_does_and_its_places_are_filled() -> None:
    words = split_command("client --radio {host}:{port} 'a b'")
    values = {"host": "127.0.0.1", "port": "50001"}
    assert filled(words, values) == ["client", "--radio", "127.0.0.1:50001", "a b"]
    with pytest.raises(ClientError, match="empty"):
        split_command("")


def test_a_run_that_is_interrupted_has_not_passed() -> None:
    never = "title = 'x'\n[[expect]]\nevent = 'trouble'\nnever = true\n"

    async def interrupted() -> list[str]:
        ended = asyncio.Event()
        ended.set()
        client = LiveOptions(client=[sys.executable, "-S", "-c", ""])
        result = await LiveRun(parse_scenario(never, "mine"), client).run(ended)
        return [each.told for each in result.verdict.outcomes if not each.passed]

    assert asyncio.run(interrupted()) == ["it was interrupted"]
