"""The `icom-lan` command: what it prints, its exit status, what it leaves behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from icom_lan.cli import main
from icom_proto.events import ClientAudioStarted
from lan.radio_server import LOOPBACK, PASSWORD, RECORD, USERNAME
from lan.server_thread import ServerThread, server_thread

TONE = bytes(range(256)) * 7 + bytes(128)  # a block of 1920 bytes

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


def point_at(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ICOM_HOST": LOOPBACK,
        "ICOM_PORT": str(port),
        "ICOM_USER": USERNAME,
        "ICOM_PASS": PASSWORD,
    }.items():
        monkeypatch.setenv(name, value)


def assert_one_line(text: str, *parts: str) -> None:
    assert text.count("\n") == 1
    assert text.startswith("icom-lan")
    assert PASSWORD not in text
    for part in parts:
        assert part in text


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


def test_audio_is_recorded_and_told(
    radio: ServerThread, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    radio.call(radio.server.play, TONE)
    out = tmp_path / "rx.wav"
    assert main(["audio", "rx", "--out", str(out), "--seconds", "0.2", "--json"]) == 0
    printed, progress = capsys.readouterr()
    assert progress == ""  # no terminal here
    report = json.loads(printed)
    assert report.pop("seconds_elapsed") >= 0
    assert report == {
        "command": "audio rx",
        "output_file": str(out),
        "seconds_requested": 0.2,
        "sample_rate": 48000,
        "channels": 1,
        "rx_frames": 10,
        "gap_frames": 0,
        "bytes_written": 19200,
    }
    assert read_wav(out) == TONE * 10


def test_counters_are_added_when_asked_for(
    radio: ServerThread, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    radio.call(radio.server.play, TONE)
    rx = ["audio", "rx", "--out", str(tmp_path / "rx.wav"), "--seconds", "0.1"]
    assert main([*rx, "--json", "--stats"]) == 0
    assert json.loads(capsys.readouterr().out)["stats"]["audio"]["received"] >= 10
    assert main([*rx, "--stats"]) == 0
    assert "audio: received" in capsys.readouterr().out


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
        (["audio", "rx"], "--out"),
        (["audio", "rx", "--out", "x.wav", "--seconds", "soon"], "'soon'"),
        (["audio", "rx", "--out", "/no/such/folder/x.wav"], "/no/such/folder/x.wav"),
        (["audio", "rx", "--out", "/"], "cannot write /"),
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


def test_a_failed_connection_leaves_recordings_as_they_were(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.wav", tmp_path / "new.wav"
    old.write_bytes(b"a recording of yesterday")
    for path in (old, new):
        rx = ["audio", "rx", "--out", str(path), "--timeout", "0.2"]
        assert main([*rx, "--host", LOOPBACK, "--port", "9"]) == 1
    assert old.read_bytes() == b"a recording of yesterday"
    assert not new.exists()
    assert capsys.readouterr().out == ""


def test_a_radio_that_leaves_in_the_middle_is_one_line_status_1_and_a_whole_file(
    radio: ServerThread, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rx.wav"
    radio.call(radio.server.play, TONE, 20)
    assert main(["audio", "rx", "--out", str(out), "--seconds", "60"]) == 1
    assert_one_line(capsys.readouterr().err, "said goodbye", "check")
    assert 0 < len(read_wav(out)) <= 20 * len(TONE)


def test_audio_that_stops_is_one_line_and_status_1(
    radio: ServerThread, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rx.wav"
    rx = ["audio", "rx", "--out", str(out), "--seconds", "60", "--timeout", "1"]
    assert main(rx) == 1
    assert_one_line(capsys.readouterr().err, "no audio for 1 s", "check")
    assert read_wav(out) == b""
    assert radio.server.events


@pytest.mark.usefixtures("radio")
def test_a_full_disk_is_one_line_that_names_the_file(
    radio: ServerThread, capsys: pytest.CaptureFixture[str]
) -> None:
    full = Path("/dev/full")
    if not full.is_char_device():
        pytest.skip("this system has no device that is always full")
    radio.call(radio.server.play, TONE)
    assert main(["audio", "rx", "--out", str(full), "--seconds", "0.1"]) == 1
    assert_one_line(capsys.readouterr().err, "/dev/full", "No space left")


def test_a_name_from_the_network_does_nothing_to_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with server_thread(record=replace(RECORD, name=b"\x1b]0;x\a\nIC")) as named:
        point_at(named.port, monkeypatch)
        named.server.answers |= STATUS_ANSWERS
        assert main(["status"]) == 0
    assert capsys.readouterr().out.startswith("radio      ?]0;x??IC at ")


# ---- how it ends ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
)
def test_a_signal_releases_the_radio_and_leaves_a_whole_file(
    radio: ServerThread, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    out = tmp_path / "rx.wav"
    radio.call(radio.server.play, TONE)
    with start_program("audio", "rx", "--out", str(out), "--seconds", "60") as program:
        radio.run(radio.server.until(ClientAudioStarted))
        radio.run(radio.server.once(lambda: has_data(out) or None))
        program.send_signal(number)
        printed, error = program.communicate(timeout=20)
    assert (program.returncode, printed, error) == (status, "", "")
    radio.run(radio.server.released())
    read_wav(out)


def test_a_closed_pipe_is_no_traceback(radio: ServerThread) -> None:
    with start_program("freq") as program:
        assert program.stdout is not None
        program.stdout.close()
        assert program.stderr is not None
        error = program.stderr.read()
        program.wait(20)
    assert (program.returncode, error) == (1, "")
    assert radio.server.bodies == [b"\x03"]


def test_a_terminal_without_the_letters_of_a_name_shows_it_escaped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    with server_thread(record=replace(RECORD, name="Jürgen".encode())) as named:
        point_at(named.port, monkeypatch)
        named.server.answers |= STATUS_ANSWERS
        with start_program("status") as program:
            printed, error = program.communicate(timeout=20)
    assert (program.returncode, error) == (0, "")
    assert printed.startswith(r"radio      J\xfcrgen at ")


@pytest.mark.usefixtures("radio")
def test_a_closed_standard_output_is_no_traceback() -> None:
    # A shell's `>&-`, which Popen cannot say.
    program = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -m icom_lan freq >&-', sys.executable],
        capture_output=True,
        text=True,
        timeout=20,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
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
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (program.returncode, program.stderr) == (130, "")


@contextmanager
def start_program(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-m", "icom_lan", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as program:
        try:
            yield program
        finally:
            program.kill()  # it has ended, or the test has failed


def status_of(arguments: Sequence[str]) -> object:
    """The exit status, whichever way it is given."""
    try:
        return main(arguments)
    except SystemExit as leaving:
        return leaving.code


def has_data(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 44


def read_wav(path: Path) -> bytes:
    with wave.open(str(path)) as wav:
        assert wav.getparams()[:3] == (1, 2, 48000)
        data: bytes = wav.readframes(wav.getnframes())
        assert len(data) == 2 * wav.getnframes()
        assert path.stat().st_size == 44 + len(data)
        return data
