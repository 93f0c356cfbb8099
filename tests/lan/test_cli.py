"""The `icom-lan` command: what it prints, its exit status, what it leaves behind."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from icom_lan.cli import main
from icom_proto.events import ClientAudioStarted
from lan.cli_runs import (
    ENVIRONMENT,
    assert_one_line,
    outcome,
    point_at,
    start_program,
    status_of,
)
from lan.radio_server import LOOPBACK, PASSWORD, RECORD
from lan.server_thread import ServerThread, server_thread

STATUS_ANSWERS: dict[bytes, bytes | None] = {
    b"\x04": b"\x04\x07\x01",
    b"\x15\x02": b"\x15\x02\x01\x60",
    b"\x1c\x00": b"\x1c\x00\x00",
}


@pytest.fixture
def radio(monkeypatch: pytest.MonkeyPatch) -> Iterator[ServerThread]:
    with server_thread() as running:
        point_at(running.port, monkeypatch)
        running.server.answers |= STATUS_ANSWERS
        yield running
        running.run(running.server.released())


# ---- what it does --------------------------------------------------------------------


@pytest.mark.usefixtures("radio")
def test_freq_prints_the_frequency(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["freq"]) == 0
    assert capsys.readouterr() == ("14074000\n", "")


def test_freq_sets_and_prints_what_the_radio_then_has(
    radio: ServerThread, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["freq", "7100000", "--json"]) == 0
    assert radio.server.bodies == [b"\x05\x00\x00\x10\x07\x00", b"\x03"]
    printed = json.loads(capsys.readouterr().out)
    assert printed == {"command": "freq", "frequency_hz": 14_074_000}


@pytest.mark.usefixtures("radio")
def test_status_for_people_and_for_programs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["status"]) == 0
    text = capsys.readouterr().out
    for part in ("IC-7610", "14074000 Hz", "CW-R", "S9+20 dB", "transmits  no"):
        assert part in text
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "command": "status",
        "name": "IC-7610",
        "civ_address": 0x98,
        "model_id": 0x98,
        "frequency_hz": 14_074_000,
        "mode": "CW-R",
        "s_meter": 160,
        "transmitting": False,
    }


def test_status_of_a_receiver(
    radio: ServerThread, capsys: pytest.CaptureFixture[str]
) -> None:
    radio.server.answers[b"\x1c\x00"] = b"\xfa"
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["transmitting"] is None


# ---- what it refuses -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "COMMAND"),
        (["freq", "14.074M"], "'14.074M'"),
        (["freq", "1" * 13], "number of Hz"),
        (["freq", "--port", "70000"], "1 to 65535"),
        (["freq", "--timeout", "-1"], "above 0"),
        (["freq", "--username", "a" * 17], "at most 16"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_status_2(
    arguments: Sequence[str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # Port 9 of loopback: had anything been sent, the status would be 1.
    assert status_of([*arguments, "--host", LOOPBACK] if arguments else []) == 2
    assert_one_line(capsys.readouterr().err, part)


def test_without_a_host_it_says_how_to_give_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ICOM_HOST", raising=False)
    assert status_of(["freq"]) == 2
    assert_one_line(capsys.readouterr().err, "ICOM_HOST")


def test_a_wrong_port_in_the_environment_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ICOM_PORT", "ten")
    assert status_of(["freq", "--host", LOOPBACK]) == 2
    assert_one_line(capsys.readouterr().err, "ICOM_PORT", "'ten'")


def test_the_command_line_goes_before_the_environment_and_warns_about_a_password(
    radio: ServerThread,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ICOM_PORT", "9")
    monkeypatch.setenv("ICOM_PASS", "wrong")
    port = str(radio.port)
    assert main(["--port", port, "freq", "--password", PASSWORD]) == 0
    printed, warning = capsys.readouterr()
    assert printed == "14074000\n"
    assert_one_line(warning, "ICOM_PASS")


# ---- what fails ----------------------------------------------------------------------


@pytest.mark.usefixtures("radio")
def test_a_wrong_password_is_one_line_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ICOM_PASS", "Wr0ng")
    assert main(["freq"]) == 1
    printed, error = capsys.readouterr()
    assert printed == ""
    assert_one_line(error, "check user name and password")
    assert "Wr0ng" not in error


def test_a_host_that_does_not_answer_is_one_line_and_status_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind((LOOPBACK, 0))
        port = str(deaf.getsockname()[1])
        where = ["--host", LOOPBACK, "--port", port, "--timeout", "0.2"]
        assert main(["status", *where]) == 1
    assert_one_line(capsys.readouterr().err, f"{LOOPBACK}:{port}", "check host")


def test_a_name_that_cannot_be_resolved_is_one_line_and_status_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["freq", "--host", "no-such-host.invalid"]) == 1
    assert_one_line(capsys.readouterr().err, "no-such-host.invalid", "check")


def test_a_busy_radio_is_one_line_and_status_1(
    radio: ServerThread, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "held.wav")
    with start_program("audio", "rx", "--out", out, "--seconds", "60") as holder:
        radio.run(radio.server.until(ClientAudioStarted))
        assert main(["freq"]) == 1
        holder.terminate()
        holder.communicate(timeout=20)
    assert_one_line(capsys.readouterr().err, "in use by another client")


def test_a_name_from_the_network_does_nothing_to_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with server_thread(record=replace(RECORD, name=b"\x1b]0;x\a\nIC")) as named:
        point_at(named.port, monkeypatch)
        named.server.answers |= STATUS_ANSWERS
        assert main(["status"]) == 0
    assert capsys.readouterr().out.startswith("radio      ?]0;x??IC at ")


# ---- how it ends ---------------------------------------------------------------------


def test_a_closed_pipe_is_no_traceback(radio: ServerThread) -> None:
    with start_program("freq") as program:
        assert program.stdout is not None
        program.stdout.close()
        assert program.stderr is not None
        error = program.stderr.read()
        program.wait(20)
    assert (program.returncode, error) == (1, b"")
    assert radio.server.bodies == [b"\x03"]


def test_a_terminal_without_the_letters_of_a_name_shows_it_escaped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    with server_thread(record=replace(RECORD, name="Jürgen".encode())) as named:
        point_at(named.port, monkeypatch)
        named.server.answers |= STATUS_ANSWERS
        with start_program("status") as program:
            status, printed, error = outcome(program)
    assert (status, error) == (0, "")
    assert printed.startswith(r"radio      J\xfcrgen at ")


@pytest.mark.usefixtures("radio")
def test_a_closed_standard_output_is_no_traceback() -> None:
    # A shell's `>&-`, which Popen cannot say.
    program = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -m icom_lan freq >&-', sys.executable],
        capture_output=True,
        text=True,
        timeout=20,
        env=os.environ | ENVIRONMENT,
    )
    assert (program.returncode, program.stderr) == (0, "")


def test_ctrl_c_while_modules_are_imported_is_no_traceback(tmp_path: Path) -> None:
    # Where the slow import would be, another one that interrupts.
    code = (
        "import sys\n"
        "class Interrupts:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'asyncio':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupts())\n"
        "from icom_lan.cli import main\n"
        "sys.exit(main())\n"
    )
    program = subprocess.run(
        [sys.executable, "-c", code, "freq"],
        capture_output=True,
        text=True,
        timeout=20,
        cwd=tmp_path,
        env=os.environ | ENVIRONMENT,
    )
    assert (program.returncode, program.stderr) == (130, "")
