"""kappanhang 1.3, a client in Go, from Debian.

What it needs here: a terminal as standard input (without one it hangs for ever), the
local ports 50001 to 50003 for itself, so the radio is reached through a redirected
address, and PulseAudio, in which it makes a source (what it receives) and a sink (what
it sends). It is driven through its own rigctl server.
"""

import signal
import socket
import time
from dataclasses import dataclass

from interop.install import install_debian_packages
from interop.lab import Lab, LabError, Process, wait_until
from interop.namespace import redirected_host
from interop.pulse import PROGRAMS, Pulse, start_pulse
from interop.session import (
    NEW_FREQUENCY_HZ,
    RX_S,
    TX_S,
    USERNAME,
    ClientReport,
    Endpoint,
    Model,
)
from interop.tone import BLOCK_S, tone_block, tone_seconds

IC_705 = Model("IC-705", 0xA4)
RIGCTL_PORT = 4532
CONNECT_S = 25.0
ANSWER_S = 5.0
LEAVE_S = 10.0
# Its sink hands on what it was given in blocks; wait before the key goes up.
SINK_DELAY_S = 1.0


@dataclass(frozen=True, slots=True)
class Kappanhang:
    """The one release that Debian has."""

    model: Model = IC_705
    name: str = "kappanhang 1.3"

    def install(self) -> str | None:
        """None, or why it cannot be had."""
        return install_debian_packages(
            {"kappanhang": "kappanhang", "iptables": "iptables", **PROGRAMS}
        )

    def run(self, lab: Lab, radio: Endpoint, password: str) -> ClientReport:
        """One whole session against this radio."""
        pulse = start_pulse(lab)
        command = (
            *(
                "kappanhang",
                "-a",
                redirected_host(radio.ports),
                "-u",
                USERNAME,
                "-p",
                password,
            ),
            *("-c", str(self.model.civ_address), "-v", "-i", "1000", "-o", "-"),
        )
        process = lab.start(
            "kappanhang", command, environment=pulse.environment, terminal=True
        )
        report = ClientReport(rx_unit="s of tone")
        try:
            process.wait_for_text("rigctld: starting", CONNECT_S)
            report.connected = True
            self._use(pulse, report)
        except LabError as error:
            report.error = str(error)
        _leave(process, report)
        return report

    def _use(self, pulse: Pulse, report: ClientReport) -> None:
        with socket.create_connection(("127.0.0.1", RIGCTL_PORT), ANSWER_S) as control:
            rigctl = Rigctl(control)
            report.frequency_read_hz = _tune(rigctl)
            source = _device(pulse, "sources")
            heard = pulse.record(source, RX_S)
            report.rx_tone_s = report.rx_got = tone_seconds(heard)
            report.rx_s = report.rx_expected = RX_S
            rigctl.ask("T 1")
            blocks = int(TX_S / BLOCK_S)
            pcm = b"".join(tone_block(number) for number in range(blocks))
            pulse.play(_device(pulse, "sinks"), pcm, TX_S + ANSWER_S)
            time.sleep(SINK_DELAY_S)
            report.tx_s = TX_S
            rigctl.ask("T 0")


class Rigctl:
    """A line out, a line back, over an open connection."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        control.settimeout(ANSWER_S)

    def ask(self, command: str) -> str:
        """Its answer; LabError when there is none."""
        try:
            self._control.sendall(f"{command}\n".encode())
            return self._control.recv(200).decode().strip()
        except OSError as error:
            raise LabError(f"rigctl {command!r}: {error}") from None


def _tune(rigctl: Rigctl) -> int:
    """Set the frequency and read it until it is the new one, or time is up."""
    rigctl.ask(f"F {NEW_FREQUENCY_HZ}")
    answers = [""]

    def is_tuned() -> bool:
        answers[0] = rigctl.ask("f")
        return answers[0] == str(NEW_FREQUENCY_HZ)

    wait_until(is_tuned, ANSWER_S, "the frequency set did not read back")
    return int(answers[0])


def _device(pulse: Pulse, kind: str) -> str:
    own = [name for name in pulse.devices(kind) if name.startswith("kappanhang")]
    devices = [name for name in own if not name.endswith(".monitor")]
    if not devices:
        raise LabError(f"kappanhang made none of PulseAudio's {kind}")
    return devices[0]


def _leave(process: Process, report: ClientReport) -> None:
    if process.popen.poll() is None:
        process.popen.send_signal(signal.SIGINT)
    try:
        report.exit_status = process.wait(LEAVE_S)
    except LabError as error:
        report.error = report.error or str(error)
    counts = [part for part in process.text().split("retx ")[1:] if "lost" in part]
    if counts:
        report.notes.append(f"its own count: retx {counts[-1].splitlines()[0].strip()}")
