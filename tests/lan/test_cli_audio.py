"""`icom-lan audio caps`, `rx` and `loopback`: files, pipes, ends and failures."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from icom_lan import AudioError
from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.cli import main
from icom_lan.cli.loopback import WAITING_FRAMES_MAX, Loopback
from icom_lan.cli.progress import level_of
from icom_lan.cli.reception import Reception
from icom_lan.cli.sinks import HEADER_EVERY_FRAMES, WavSink, gaps_filled
from icom_proto.events import ClientAudioStarted, ClientLeft
from lan.cli_runs import (
    ENVIRONMENT,
    TONE,
    assert_one_line,
    has_data,
    outcome,
    point_at,
    read_wav,
    run_shell,
    sent_audio,
    start_program,
    status_of,
)
from lan.fake_pcm_radio import FakePcmRadio
from lan.radio_server import LOOPBACK
from lan.server_thread import ServerThread, server_thread

SILENCE = bytes(len(TONE))


@pytest.fixture
def radio(monkeypatch: pytest.MonkeyPatch) -> Iterator[ServerThread]:
    with server_thread() as running:
        point_at(running.port, monkeypatch)
        yield running
        running.run(running.server.released())


# ---- caps ----------------------------------------------------------------------------


def test_caps_needs_no_radio(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ICOM_HOST", raising=False)
    assert main(["audio", "caps"]) == 0
    printed, error = capsys.readouterr()
    assert error == ""
    for part in ("PCM_1CH_16BIT   0x04 (default)", "48000 (default) Hz", "channels"):
        assert part in printed
    assert main(["audio", "caps", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == [
        "command",
        "supported_codecs",
        "supported_sample_rates_hz",
        "supported_channels",
        "default_codec",
        "default_sample_rate_hz",
        "default_channels",
    ]
    assert told["default_codec"] == {"name": "PCM_1CH_16BIT", "value": 4}


def test_caps_with_stats_wants_a_radio_and_listens_for_a_second(
    radio: ServerThread, capsys: pytest.CaptureFixture[str]
) -> None:
    radio.call(radio.server.play, TONE)
    assert main(["audio", "caps", "--stats", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["command"] == "audio caps"
    assert told["runtime_stats"]["state"] == "receiving"
    assert told["runtime_stats"]["rx_packets_received"] >= 100
    assert told["stats"]["audio"]["received"] >= 100


def test_caps_with_stats_without_a_host_says_how_to_give_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ICOM_HOST", raising=False)
    assert status_of(["audio", "caps", "--stats"]) == 2
    assert_one_line(capsys.readouterr().err, "ICOM_HOST")


# ---- rx ------------------------------------------------------------------------------


def test_audio_is_recorded_and_told(
    radio: ServerThread, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    radio.call(radio.server.play, TONE)
    out = tmp_path / "rx.wav"
    assert main(["audio", "rx", "--out", str(out), "--seconds", "0.2", "--json"]) == 0
    printed, progress = capsys.readouterr()
    assert progress == ""  # no terminal here
    report = json.loads(printed)
    assert 0.1 < report.pop("seconds_elapsed") < 20
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


async def test_a_lost_frame_is_silence_of_exactly_its_length(tmp_path: Path) -> None:
    first, third = TONE, TONE[::-1]
    path, audio_format = tmp_path / "rx.wav", PcmAudioFormat(48000, 1, 20)
    radio = FakePcmRadio(first, None, third)
    with closing(WavSink(path, audio_format)) as sink:
        take = gaps_filled(sink, audio_format)
        reception = Reception(audio_format, take, seconds=0.06, stall_s=20)
        async with reception.receiving(radio):
            await reception.enough(radio)
    assert read_wav(path) == first + SILENCE + third
    report = reception.report()
    assert (report["rx_frames"], report["gap_frames"]) == (2, 1)
    assert radio.done == ["start rx 48000 1 20", "stop rx"]


def test_a_recording_has_the_rate_and_channels_that_were_asked_for(
    radio: ServerThread, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    radio.call(radio.server.play, bytes(640))
    out = tmp_path / "rx.wav"
    words = ["--seconds", "0.1", "--sample-rate", "8000", "--channels", "2", "--json"]
    assert main(["audio", "rx", "--out", str(out), *words]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["sample_rate"], report["channels"]) == (8000, 2)
    assert report["bytes_written"] == 3200
    assert len(read_wav(out, rate=8000, channels=2)) == 3200


def test_counters_are_added_when_asked_for(
    radio: ServerThread, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    radio.call(radio.server.play, TONE)
    rx = ["audio", "rx", "--out", str(tmp_path / "rx.wav"), "--seconds", "0.1"]
    assert main([*rx, "--json", "--stats"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["stats"]["audio"]["received"] >= 10
    assert report["runtime_stats"]["rx_packets_received"] >= 10
    assert main([*rx, "--stats"]) == 0
    printed = capsys.readouterr().out
    assert "audio: received" in printed
    assert "runtime_stats: " in printed


def test_raw_samples_go_to_a_pipe_and_nothing_else_does(radio: ServerThread) -> None:
    radio.call(radio.server.play, TONE)
    with start_program("audio", "rx", "--out", "-", "--seconds", "0.2") as program:
        printed, error = program.communicate(timeout=20)
    assert (program.returncode, error) == (0, b"")
    assert printed == TONE * 10


def test_the_report_goes_beside_the_audio(radio: ServerThread) -> None:
    radio.call(radio.server.play, TONE)
    words = ["--out", "-", "--seconds", "0.2", "--json"]
    with start_program("audio", "rx", *words) as program:
        printed, error = program.communicate(timeout=20)
    assert printed == TONE * 10
    report = json.loads(error)
    assert (report["output_file"], report["bytes_written"]) == ("-", 19200)


def test_a_reader_that_leaves_ends_it_without_a_word(radio: ServerThread) -> None:
    radio.call(radio.server.play, TONE)
    with start_program("audio", "rx", "--out", "-", "--seconds", "60") as program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert program.stdout.read(1000) == TONE[:1000]
        program.stdout.close()
        error = program.stderr.read()
        program.wait(20)
    assert (program.returncode, error) == (1, b"")


def test_a_reader_that_never_reads_does_not_hold_up_ctrl_c(
    radio: ServerThread,
) -> None:
    radio.call(radio.server.play, TONE)
    blocks = count()
    with start_program("audio", "rx", "--out", "-", "--seconds", "60") as program:
        radio.run(radio.server.until(ClientAudioStarted))
        # More than a pipe holds. Each block lets us look.
        radio.run(radio.server.once(lambda: next(blocks) > 60 or None))
        program.send_signal(signal.SIGINT)
        program.wait(20)
    assert program.returncode == 130


def test_the_radio_is_released_before_a_slow_reader_has_read_the_rest(
    radio: ServerThread,
) -> None:
    radio.call(radio.server.play, TONE)
    # 96000 bytes: more than a pipe holds.
    with start_program("audio", "rx", "--out", "-", "--seconds", "1") as program:
        radio.run(radio.server.until(ClientLeft))
        assert program.poll() is None
        printed, error = program.communicate(timeout=20)
    assert (program.returncode, error) == (0, b"")
    assert printed == TONE * 50


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["rx"], "--out"),
        (["rx", "--out", "x.wav", "--seconds", "soon"], "'soon'"),
        (["rx", "--out", "/no/such/folder/x.wav"], "/no/such/folder/x.wav"),
        (["rx", "--out", "/"], "cannot write /"),
        (["rx", "--out", "x.wav", "--codec", "mp3"], "PCM_1CH_16BIT"),
        (["rx", "--out", "x.wav", "--sample-rate", "44101"], "48000"),
        (["rx", "--out", "x.wav", "--sample-rate", "48k"], "'48k'"),
        (["rx", "--out", "x.wav", "--channels", "3"], "--channels"),
        (["rx", "--out", "x.wav", "--seconds", "50000"], "--out -"),
        (["rx", "--out", "x.wav", "--device", "1"], "--device"),
        (["loopback", "--sample-rate", "44101"], "48000"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_status_2(
    arguments: Sequence[str],
    part: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    # Port 9 of loopback: had anything been sent, the status would be 1.
    where = ["--host", LOOPBACK, "--port", "9", "--timeout", "0.2"]
    assert status_of(["audio", *arguments, *where]) == 2
    assert_one_line(capsys.readouterr().err, part)
    assert not list(tmp_path.iterdir())


def test_a_closed_standard_output_is_refused() -> None:
    done = run_shell('exec "$0" -m icom_lan audio rx --out - --host 127.0.0.1 >&-')
    assert done.returncode == 2
    assert_one_line(done.stderr.decode(), "standard output is closed")


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
    assert not out.exists()
    assert radio.server.events


def test_a_recording_is_readable_while_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "rx.wav"
    with closing(WavSink(path, PcmAudioFormat())) as sink:
        for _ in range(HEADER_EVERY_FRAMES):
            sink.write(TONE)
        assert read_wav(path) == TONE * HEADER_EVERY_FRAMES


def test_a_closed_standard_error_does_not_put_words_into_the_audio(
    radio: ServerThread,
) -> None:
    radio.call(radio.server.play, TONE)
    rx = "audio rx --out - --seconds 0.1 --json --stats"
    done = run_shell(f'exec "$0" -m icom_lan {rx} 2>&-')
    assert (done.returncode, done.stdout) == (0, TONE * 5)


@pytest.mark.usefixtures("radio")
def test_audio_that_never_comes_leaves_recordings_as_they_were(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rx.wav"
    out.write_bytes(b"a recording of yesterday")
    assert main(["audio", "rx", "--out", str(out), "--timeout", "1"]) == 1
    assert_one_line(capsys.readouterr().err, "no audio for 1 s")
    assert out.read_bytes() == b"a recording of yesterday"


def test_a_full_disk_is_one_line_that_names_the_file(
    radio: ServerThread, capsys: pytest.CaptureFixture[str]
) -> None:
    full = Path("/dev/full")
    if not full.is_char_device():
        pytest.skip("this system has no device that is always full")
    radio.call(radio.server.play, TONE)
    assert main(["audio", "rx", "--out", str(full), "--seconds", "0.1"]) == 1
    assert_one_line(capsys.readouterr().err, "/dev/full", "No space left")


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
        assert outcome(program) == (status, "", "")
    radio.run(radio.server.released())
    read_wav(out)


# ---- loopback ------------------------------------------------------------------------


def test_what_is_received_is_sent_back_in_order(
    radio: ServerThread, capsys: pytest.CaptureFixture[str]
) -> None:
    radio.call(radio.server.play, TONE)
    assert main(["audio", "loopback", "--seconds", "0.4", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert 0.1 < report.pop("seconds_elapsed") < 20
    sent, dropped = report.pop("tx_frames"), report.pop("dropped_frames")
    assert report == {
        "command": "audio loopback",
        "seconds_requested": 0.4,
        "sample_rate": 48000,
        "channels": 1,
        "rx_frames": 20,
        "gap_frames": 0,
    }
    assert sent + dropped == 20
    assert sent
    radio.run(radio.server.released())
    assert sent_audio(radio.server) == TONE * sent


def test_a_loopback_tells_people_what_it_did(
    radio: ServerThread, capsys: pytest.CaptureFixture[str]
) -> None:
    radio.call(radio.server.play, TONE)
    assert main(["audio", "loopback", "--seconds", "0.1"]) == 0
    printed, progress = capsys.readouterr()
    assert progress == ""
    assert printed.startswith("0.10 s, 0 of 5 frames lost, ")


def test_a_radio_that_leaves_ends_a_loopback_with_one_line(
    radio: ServerThread, capsys: pytest.CaptureFixture[str]
) -> None:
    radio.call(radio.server.play, TONE, 20)
    assert main(["audio", "loopback", "--seconds", "60"]) == 1
    assert_one_line(capsys.readouterr().err, "said goodbye", "check")


async def test_a_loopback_receives_first_and_counts_what_it_drops() -> None:
    """The reference starts to send first, which forbids receiving."""
    frames = WAITING_FRAMES_MAX + 5
    radio = FakePcmRadio(*[TONE] * frames)
    audio_format = PcmAudioFormat(48000, 1, 20)
    loopback = Loopback(radio, audio_format)
    reception = Reception(audio_format, loopback.take, seconds=frames / 50, stall_s=20)
    async with loopback.running(reception):
        await reception.enough(radio)
    assert radio.done[:2] == ["start rx 48000 1 20", "start tx 48000 1 20"]
    assert radio.done[-2:] == ["stop tx", "stop rx"]
    assert loopback.sent == len(radio.pushed) == WAITING_FRAMES_MAX
    assert loopback.dropped == 5


async def test_a_loopback_that_cannot_send_ends_with_the_reason() -> None:
    radio = FakePcmRadio(*[TONE] * 100)
    audio_format = PcmAudioFormat(48000, 1, 20)
    loopback = Loopback(radio, audio_format)

    def fail() -> None:
        raise AudioError("the reason")

    radio.on_push = fail
    reception = Reception(audio_format, loopback.take, seconds=60, stall_s=20)
    with pytest.raises(AudioError, match="the reason"):
        async with loopback.running(reception):
            await reception.enough(radio)
    assert radio.done[-2:] == ["stop tx", "stop rx"]


# ---- on a terminal -------------------------------------------------------------------


def test_a_terminal_sees_time_level_and_losses(
    radio: ServerThread, tmp_path: Path
) -> None:
    radio.call(radio.server.play, b"\x00\x40\x00\xc0" * 480)
    ours, theirs = os.openpty()
    words = ["audio", "rx", "--out", str(tmp_path / "rx.wav"), "--seconds", "0.2"]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "icom_lan", *words],
            check=False,
            stdout=subprocess.PIPE,
            stderr=theirs,
            timeout=20,
            env=os.environ | ENVIRONMENT,
        )
        shown = os.read(ours, 10000).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 0
    *_, last = shown.removesuffix("\r\n").split("\r")
    assert last == "0.2 of 0.2 s, -6 dBFS, 0 frames lost"


def test_a_level_is_told_as_engineers_do() -> None:
    assert level_of(bytes(100)) == "silence"
    assert level_of(b"\xff\x7f\x01\x80" * 50) == "0 dBFS"
    assert level_of(b"\x00\x40\x00\xc0" * 50) == "-6 dBFS"
