"""Talk to the rigctl server that kappanhang and wfview have: a line out, lines back."""

import contextlib
import socket
import time
from collections.abc import Iterator

from interop.lab import LabError, wait_until
from interop.session import NEW_FREQUENCY_HZ, NEW_MODE, ClientReport

HOST = "127.0.0.1"
ANSWER_S = 5.0
# A transceiver that is asked four times a second shows a change within this time, also
# when a command got lost and the program sends it again.
TAKEN_S = 10.0
PASSBAND_HZ = 2400
# More lines of one answer follow at once, if any.
REST_S = 0.2


class Rigctl:
    """An open connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def ask(self, command: str, timeout_s: float = ANSWER_S) -> list[str]:
        """The words of its answer; LabError when there is none."""
        try:
            self._connection.settimeout(timeout_s)
            self._connection.sendall(f"{command}\n".encode())
            answer = self._connection.recv(4096)
            self._connection.settimeout(REST_S)
            with contextlib.suppress(TimeoutError):
                answer += self._connection.recv(4096)
        except OSError as error:
            raise LabError(f"rigctl {command!r}: {error}") from None
        return answer.decode(errors="replace").split()

    def frequency_hz(self, timeout_s: float = ANSWER_S) -> int:
        """What it shows; 0 for what is no number."""
        words = self.ask("f", timeout_s)
        return int(words[0]) if words and words[0].isdigit() else 0

    def tune(self, report: ClientReport) -> None:
        """Set the frequency and wait until it shows; what it shows is in the report."""
        self.ask(f"F {NEW_FREQUENCY_HZ}")

        def is_tuned() -> bool:
            report.frequency_read_hz = self.frequency_hz()
            return report.frequency_read_hz == NEW_FREQUENCY_HZ

        wait_until(is_tuned, TAKEN_S, f"`F {NEW_FREQUENCY_HZ}` did not show")

    def change_mode(self, report: ClientReport) -> None:
        """Set the mode and wait until it shows; what it shows is in the report."""
        command = f"M {NEW_MODE} {PASSBAND_HZ}"
        self.ask(command)

        def is_changed() -> bool:
            report.mode_read = " ".join(self.ask("m"))
            return NEW_MODE in report.mode_read

        wait_until(is_changed, TAKEN_S, f"`{command}` did not show")

    @contextlib.contextmanager
    def keyed(self) -> Iterator[None]:
        """The transmitter on, and off again whatever happened."""
        self.ask("T 1")
        try:
            yield
        finally:
            self.ask("T 0")


@contextlib.contextmanager
def connected_rigctl(port: int, patience_s: float) -> Iterator[Rigctl]:
    """A connection as soon as there is somebody; LabError if there is nobody."""
    with _connect(port, time.monotonic() + patience_s) as connection:
        yield Rigctl(connection)


def _connect(port: int, deadline: float) -> socket.socket:
    while True:
        try:
            return socket.create_connection((HOST, port), ANSWER_S)
        except OSError as error:
            if time.monotonic() > deadline:
                raise LabError(f"its rigctl server: {error}") from None
            time.sleep(REST_S)


@contextlib.contextmanager
def attempt(report: ClientReport, step: str) -> Iterator[None]:
    """What a step has against it goes into the report, and the next one is tried."""
    try:
        yield
    except LabError as error:
        report.faults[step] = str(error)
