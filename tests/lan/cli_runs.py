"""The `icom-lan` command in tests: as a call, and as a program of its own."""

import os
import subprocess
import sys
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from icom_lan.cli import main
from icom_proto.events import AudioReceived
from lan.radio_server import LOOPBACK, PASSWORD, USERNAME, RadioServer

# A block of 20 ms: 48 kHz, mono, 16 bit.
TONE = bytes(range(256)) * 7 + bytes(128)
ENVIRONMENT = {"PYTHONPATH": os.pathsep.join(sys.path)}


def point_at(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The radio that commands without options use, programs too."""
    for name, value in {
        "ICOM_HOST": LOOPBACK,
        "ICOM_PORT": str(port),
        "ICOM_USER": USERNAME,
        "ICOM_PASS": PASSWORD,
    }.items():
        monkeypatch.setenv(name, value)


def assert_one_line(text: str, *parts: str) -> None:
    assert text.count("\n") == 1, text
    assert text.startswith("icom-lan")
    assert PASSWORD not in text
    for part in parts:
        assert part in text


def status_of(arguments: Sequence[str]) -> object:
    """The exit status, whichever way it is given."""
    try:
        return main(arguments)
    except SystemExit as leaving:
        return leaving.code


@contextmanager
def start_program(*arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The command with pipes on all three sides."""
    with subprocess.Popen(
        [sys.executable, "-m", "icom_lan", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | ENVIRONMENT,
    ) as program:
        try:
            yield program
        finally:
            program.kill()  # it has ended, or the test has failed


def outcome(
    program: "subprocess.Popen[bytes]", given: bytes | None = None
) -> tuple[int, str, str]:
    """Status, standard output and standard error, once it has ended."""
    printed, error = program.communicate(given, timeout=20)
    assert program.returncode is not None
    return program.returncode, printed.decode(), error.decode()


def run_shell(command: str) -> "subprocess.CompletedProcess[bytes]":
    """With a shell's pipes and closed files. `$0` is Python."""
    return subprocess.run(
        ["/bin/sh", "-c", command, sys.executable],
        check=False,
        capture_output=True,
        timeout=40,
        env=os.environ | ENVIRONMENT,
    )


def write_wav(
    path: Path, pcm: bytes, *, rate: int = 48000, channels: int = 1, width: int = 2
) -> Path:
    with wave.open(str(path), "wb") as wav:
        wav.setparams((channels, width, rate, 0, "NONE", "NONE"))
        wav.writeframesraw(pcm)
    return path


def read_wav(path: Path, *, rate: int = 48000, channels: int = 1) -> bytes:
    """The samples of a file that is whole."""
    with wave.open(str(path)) as wav:
        assert wav.getparams()[:3] == (channels, 2, rate)
        data: bytes = wav.readframes(wav.getnframes())
        assert len(data) == 2 * channels * wav.getnframes()
        assert path.stat().st_size == 44 + len(data)
        return data


def has_data(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 44


def sent_audio(server: RadioServer) -> bytes:
    """What the radio was sent, in order."""
    heard = [each for each in server.events if isinstance(each, AudioReceived)]
    return b"".join(each.data for each in heard)
