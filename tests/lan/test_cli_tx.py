"""`icom-lan audio tx`: what is sent, when the radio transmits, and what is refused."""

import asyncio
import json
import signal
import sys
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from icom_lan import AudioError, ConnectionError
from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.cli import main
from icom_lan.cli.sender import Input, Sending
from icom_proto.audio_formats import samples_of
from icom_proto.events import AudioReceived, CivFrameReceived
from lan.cli_runs import (
    TONE,
    assert_one_line,
    outcome,
    point_at,
    run_shell,
    sent_audio,
    start_program,
    status_of,
    write_wav,
)
from lan.fake_pcm_radio import FakePcmRadio
from lan.fast_loop import fast
from lan.radio_server import LOOPBACK
from lan.server_thread import ServerThread, server_thread

KEY, UNKEY = b"\x1c\x00\x01", b"\x1c\x00\x00"
FORMAT = PcmAudioFormat(48000, 1, 20)


@pytest.fixture
def radio(monkeypatch: pytest.MonkeyPatch) -> Iterator[ServerThread]:
    with server_thread() as running:
        point_at(running.port, monkeypatch)
        yield running
        running.run(running.server.released())


class Frames:
    """A source for tests."""

    def __init__(self, *frames: bytes, endless: bool = False) -> None:
        self._frames, self._endless = list(frames), endless
        self.bytes_read = 0

    async def read(self, size: int) -> bytes:
        await asyncio.sleep(0)
        if self._endless:
            return bytes(size)
        return self._frames.pop(0) if self._frames else b""


async def send(radio: FakePcmRadio, source: Frames, *, ptt: bool) -> Sending:
    sending = Sending(Input("test", source, 48000, FORMAT, None))
    await sending.begin()
    async with sending.allowed(radio):
        await sending.run(radio, ptt=ptt)
    return sending


# ---- what is sent --------------------------------------------------------------------


def test_a_file_is_sent_and_its_last_frame_padded(
    radio: ServerThread, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_wav(tmp_path / "tx.wav", TONE * 4 + TONE[:100])
    assert main(["audio", "tx", "--in", str(path), "--json"]) == 0
    printed, progress = capsys.readouterr()
    assert progress == ""  # no terminal here
    report = json.loads(printed)
    assert report.pop("seconds_elapsed") >= 0.08  # in its own time, not at once
    assert report == {
        "command": "audio tx",
        "input_file": str(path),
        "sample_rate": 48000,
        "channels": 1,
        "tx_frames": 5,
        "bytes_read": 4 * 1920 + 100,
    }
    radio.run(radio.server.released())
    assert sent_audio(radio.server) == TONE * 4 + TONE[:100] + bytes(1820)
    assert KEY not in radio.server.bodies


def test_a_file_of_another_rate_and_in_stereo_is_sent_too(
    radio: ServerThread, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_wav(tmp_path / "tx.wav", b"\0\1" * 3200, rate=8000, channels=2)
    assert main(["audio", "tx", "--in", str(path)]) == 0
    assert capsys.readouterr() == (f"{path}: 0.20 s sent\n", "")
    radio.run(radio.server.released())
    assert sent_audio(radio.server) == b"\0\1" * 1600


def test_a_file_at_the_rate_of_a_cd_is_resampled(
    radio: ServerThread, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pcm = b"\0\x20" * 13230
    path = write_wav(tmp_path / "tx.wav", pcm, rate=44100)
    assert main(["audio", "tx", "--in", str(path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["sample_rate"], report["bytes_read"]) == (44100, len(pcm))
    assert report["tx_frames"] == 15
    radio.run(radio.server.released())
    sent = samples_of(sent_audio(radio.server))
    assert len(sent) == 14400
    assert all(abs(each - 0x2000) < 50 for each in sent[100:-100])


def test_without_a_resampler_it_says_what_to_install(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "soxr", None)
    path = write_wav(tmp_path / "tx.wav", TONE, rate=44100)
    where = ["--host", LOOPBACK, "--port", "9"]
    assert main(["audio", "tx", "--in", str(path), *where]) == 1
    assert_one_line(capsys.readouterr().err, "soxr", "pip install")


@pytest.mark.usefixtures("radio")
def test_counters_are_added_when_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_wav(tmp_path / "tx.wav", TONE * 5)
    assert main(["audio", "tx", "--in", str(path), "--json", "--stats"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["runtime_stats"]["tx_packets_sent"] == 10
    assert report["stats"]["audio"]["audio_sent"] == 10


def test_no_more_is_sent_than_asked_for(radio: ServerThread, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "tx.wav", TONE * 50)
    assert main(["audio", "tx", "--in", str(path), "--seconds", "0.1"]) == 0
    radio.run(radio.server.released())
    assert sent_audio(radio.server) == TONE * 5


def test_raw_samples_come_from_a_pipe(radio: ServerThread) -> None:
    with start_program("audio", "tx", "--in", "-", "--json") as program:
        status, printed, error = outcome(program, TONE * 3 + TONE[:7])
    assert (status, error) == (0, "")
    report = json.loads(printed)
    assert (report["input_file"], report["tx_frames"]) == ("-", 4)
    radio.run(radio.server.released())
    assert sent_audio(radio.server) == TONE * 3 + TONE[:7] + bytes(1913)


def test_what_one_command_receives_another_may_send(radio: ServerThread) -> None:
    radio.call(radio.server.play, TONE)
    with server_thread() as other:
        done = run_shell(
            '"$0" -m icom_lan audio rx --out - --seconds 0.2'
            f' | "$0" -m icom_lan audio tx --in - --port {other.port}'
        )
        assert (done.returncode, done.stdout, done.stderr) == (
            *(0, b"-: 0.20 s sent\n", b""),
        )
        other.run(other.server.released())
        assert sent_audio(other.server) == TONE * 10


# ---- when the radio transmits --------------------------------------------------------


def test_ptt_is_on_before_the_first_block_and_off_after_the_last(
    radio: ServerThread, tmp_path: Path
) -> None:
    path = write_wav(tmp_path / "tx.wav", TONE * 5)
    assert main(["audio", "tx", "--in", str(path), "--ptt"]) == 0
    radio.run(radio.server.released())
    happened = [
        "audio" if isinstance(each, AudioReceived) else each.frame[4:-1]
        for each in radio.server.events
        if isinstance(each, AudioReceived | CivFrameReceived)
    ]
    keyed, unkeyed = happened.index(KEY), happened.index(UNKEY)
    heard = [at for at, each in enumerate(happened) if each == "audio"]
    assert len(heard) == 10
    assert keyed < heard[0] < heard[-1] < unkeyed


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
)
def test_a_signal_unkeys_and_releases_the_radio(
    radio: ServerThread, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    path = str(write_wav(tmp_path / "tx.wav", TONE * 3000))
    with start_program("audio", "tx", "--in", path, "--ptt") as program:
        radio.run(radio.server.until(AudioReceived))
        program.send_signal(number)
        assert outcome(program) == (status, "", "")
    radio.run(radio.server.released())
    assert UNKEY in radio.server.bodies


def test_a_silent_pipe_does_not_hold_up_ctrl_c(radio: ServerThread) -> None:
    with start_program("audio", "tx", "--in", "-", "--ptt") as program:
        assert program.stdin is not None
        program.stdin.write(TONE)
        program.stdin.flush()
        radio.run(radio.server.until(AudioReceived))
        program.send_signal(signal.SIGINT)
        program.wait(20)
        assert (program.returncode, outcome(program)[2]) == (130, "")
    radio.run(radio.server.released())
    assert UNKEY in radio.server.bodies


async def test_a_failure_unkeys_and_is_what_is_raised() -> None:
    radio = FakePcmRadio()

    def fail() -> None:
        raise AudioError("the reason")

    radio.on_push = fail
    with pytest.raises(AudioError, match="the reason"):
        await send(radio, Frames(endless=True), ptt=True)
    assert radio.done == [
        *("start tx 48000 1 20", "ptt on", "push", "ptt off", "stop tx")
    ]


async def test_a_radio_that_leaves_ends_it_and_unkeying_is_tried() -> None:
    radio = FakePcmRadio()
    radio.is_stuck, radio.on_push = True, radio.lose
    with pytest.raises(ConnectionError, match="goodbye"):
        await send(radio, Frames(endless=True), ptt=True)
    assert radio.done[-3:] == ["push", "ptt off", "stop tx"]


@fast
async def test_unkeying_waits_until_the_radio_has_played_its_buffer() -> None:
    radio, loop = FakePcmRadio(), asyncio.get_running_loop()
    began = loop.time()
    await send(radio, Frames(*[TONE] * 50), ptt=True)
    assert loop.time() - began >= 1.15
    assert radio.done[-2:] == ["ptt off", "stop tx"]


async def test_without_ptt_the_radio_is_not_keyed() -> None:
    radio = FakePcmRadio()
    sending = await send(radio, Frames(TONE), ptt=False)
    assert radio.done == ["start tx 48000 1 20", "push", "stop tx"]
    assert sending.seconds_sent == 0.02


# ---- what is refused, before anything is sent ----------------------------------------


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "--in"),
        (["--in", "missing.wav"], "missing.wav: No such file"),
        (["--in", "."], "cannot read ."),
        (["--in", "text.wav"], "no WAV file"),
        (["--in", "short.wav"], "no WAV file"),
        (["--in", "bytes.wav"], "8 bits"),
        (["--in", "many.wav"], "channels"),
        (["--in", "odd.wav"], "1000"),
        (["--in", "empty.wav"], "no audio"),
        (["--in", "good.wav", "--sample-rate", "16000"], "says 48000"),
        (["--in", "good.wav", "--channels", "2"], "says 1"),
        (["--in", "good.wav", "--codec", "mp3"], "PCM_1CH_16BIT"),
        (["--in", "good.wav", "--device", "1"], "--mic"),
        (["--in", "good.wav", "--mic"], "not allowed"),
    ],
)
def test_what_cannot_be_sent_is_one_line_and_status_2(
    arguments: Sequence[str],
    part: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.wav").write_text("not a WAV file at all", "utf-8")
    Path("short.wav").write_bytes(b"RIFF")
    write_wav(Path("bytes.wav"), TONE, width=1)
    write_wav(Path("many.wav"), TONE, channels=4)
    write_wav(Path("odd.wav"), TONE, rate=1000)
    write_wav(Path("empty.wav"), b"")
    write_wav(Path("good.wav"), TONE)
    # Port 9 of loopback: had anything been sent, the status would be 1.
    where = ["--host", LOOPBACK, "--port", "9", "--timeout", "0.2"]
    assert status_of(["audio", "tx", *arguments, *where]) == 2
    assert_one_line(capsys.readouterr().err, part)


@pytest.mark.parametrize(
    ("command", "part"),
    [
        ("exec {tx} < /dev/null", "no audio"),
        ("exec {tx} <&-", "standard input is closed"),
        ("exec {tx} < wave.wav", "WAV file"),
    ],
)
def test_standard_input_that_cannot_be_sent_is_one_line(
    command: str, part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_wav(Path("wave.wav"), TONE)
    tx = '"$0" -m icom_lan audio tx --in - --host 127.0.0.1 --port 9'
    done = run_shell(command.format(tx=tx))
    assert done.returncode == 2
    assert_one_line(done.stderr.decode(), part)


def test_a_file_whose_header_promises_more_is_sent_as_far_as_it_goes(
    radio: ServerThread, tmp_path: Path
) -> None:
    path = write_wav(tmp_path / "tx.wav", TONE * 10)
    path.write_bytes(path.read_bytes()[: 44 + 2 * len(TONE)])
    with wave.open(str(path)) as wav:
        assert wav.getnframes() == 9600
    assert main(["audio", "tx", "--in", str(path)]) == 0
    radio.run(radio.server.released())
    assert sent_audio(radio.server) == TONE * 2
