"""Processes of one scenario: started, watched, and all ended whatever happens.

Every process leads its own process group and writes to a file of the scenario's
directory, where a person can read afterwards what it said.
"""

import contextlib
import fcntl
import os
import pty
import signal
import socket
import subprocess
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

POLL_S = 0.05
STOP_S = 5.0
NICE = -10
ROOT = Path(__file__).resolve().parent.parent


class LabError(Exception):
    """Something in the lab did not happen in time; the text says what."""


@dataclass(frozen=True, slots=True)
class Process:
    """A running program, its output file, and the terminal it was given, if any."""

    name: str
    popen: "subprocess.Popen[bytes]"
    output: Path

    def text(self) -> str:
        """What it has written so far, standard error included."""
        return self.output.read_text(errors="replace")

    def last_line(self) -> str:
        """The last thing it said, for a message about its end."""
        lines = [line.strip() for line in self.text().splitlines() if line.strip()]
        return lines[-1][:200] if lines else "no output"

    def wait(self, timeout_s: float) -> int:
        """Its exit status; LabError when it does not end in time."""
        try:
            return self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.name} did not end within {timeout_s:g} s") from None

    def wait_for_text(self, wanted: str, timeout_s: float) -> None:
        """Return when its output contains this; LabError if it ends or is silent."""
        wait_until(
            lambda: wanted in self.text() or self.popen.poll() is not None,
            timeout_s,
            f"{self.name} did not say {wanted!r}",
        )
        if wanted not in self.text():
            raise LabError(f"{self.name} ended early: {self.last_line()}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, insist after a while; its exit status."""
        if self.popen.poll() is None:
            self._signal(how)
        try:
            return self.popen.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            return self.popen.wait(STOP_S)

    def end_group(self) -> None:
        """Kill what is left of its process group; the leader may be gone already."""
        self._signal(signal.SIGKILL)
        self.popen.wait(STOP_S)

    def _signal(self, how: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, how)


class Lab:
    """The directory and the processes of one scenario; a context manager."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._processes: list[Process] = []
        self._terminals: list[int] = []
        self._scratch = tempfile.TemporaryDirectory(prefix="icom-lab-")

    @property
    def scratch(self) -> Path:
        """A directory with a short name, as sockets need it; gone afterwards."""
        return Path(self._scratch.name)

    def __enter__(self) -> "Lab":
        self.directory.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            process.end_group()
        for terminal in self._terminals:
            os.close(terminal)
        self._scratch.cleanup()

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        terminal: bool = False,
    ) -> Process:
        """Start a program; with `terminal` it has one, as input and to control it."""
        output = self.directory / f"{name}.out"
        stdin = self._new_terminal() if terminal else subprocess.DEVNULL
        with output.open("wb") as sink:
            popen = subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | dict(environment or {}),
                stdin=stdin,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_control_terminal if terminal else None,
            )
        _prefer(popen.pid)
        process = Process(name, popen, output)
        self._processes.append(process)
        return process

    def run(
        self,
        name: str,
        command: Sequence[str | Path],
        timeout_s: float,
        *,
        environment: Mapping[str, str] | None = None,
    ) -> Process:
        """Run a program to its end; LabError when that takes too long."""
        process = self.start(name, command, environment=environment)
        process.wait(timeout_s)
        return process

    def _new_terminal(self) -> int:
        # The near end stays open until the lab closes: a terminal whose other end
        # is gone reads as end-of-file.
        near, far = pty.openpty()
        self._terminals += [near, far]
        return far


def _prefer(pid: int) -> None:
    """Sound is judged: what else the machine does shall not be heard.

    Each process group is a group of its own for Linux's scheduler, too. Only root may.
    """
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(NICE))


def _control_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def wait_until(condition: Callable[[], bool], timeout_s: float, fault: str) -> None:
    """Return as soon as the condition holds; LabError with `fault` if it never does."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise LabError(f"{fault} within {timeout_s:g} s")
        time.sleep(POLL_S)


def free_udp_ports(count: int) -> list[int]:
    """Consecutive ports on which nothing listens now.

    From below those that Linux hands out by itself, so that no client gets one first.
    """
    for first in range(21_001, 32_000, 10):
        with contextlib.ExitStack() as sockets, contextlib.suppress(OSError):
            for port in range(first, first + count):
                probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                sockets.enter_context(probe).bind(("0.0.0.0", port))
            return list(range(first, first + count))
    raise LabError(f"no {count} free UDP ports in a row")


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise LabError in the main thread when the body takes longer."""

    def on_alarm(_signal: int, _frame: FrameType | None) -> None:
        raise LabError(f"the scenario took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
