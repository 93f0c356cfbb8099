"""kappanhang 1.3, a client in Go, from Debian.

What it needs here: a terminal as standard input (without one it hangs for ever), the
local ports 50001 to 50003 for itself, so the radio is reached through a redirected
address, and PulseAudio, in which it makes a source (what it receives) and a sink (what
it sends). It is driven through its own rigctl server.
"""

import signal
import time
from dataclasses import dataclass

from interop.install import install_debian_packages
from interop.lab import Lab, LabError, Process
from interop.namespace import redirected_host
from interop.pulse import PROGRAMS, Pulse, start_pulse
from interop.rigctl_client import Rigctl, attempt, connected_rigctl
from interop.session import PASSWORD, USERNAME, ClientReport, Endpoint, Model, Visit
from interop.tone import BLOCK_S, tone_block, tone_seconds

IC_705 = Model("IC-705", 0xA4)
RIGCTL_PORT = 4532
CONNECT_S = 20.0
PLAY_S = 5.0
LEAVE_S = 10.0
# Its sink hands on what it was given in blocks; wait before the key goes up.
SINK_DELAY_S = 1.0


@dataclass(frozen=True, slots=True)
class Kappanhang:
    """The one release that Debian has."""

    model: Model = IC_705
    name: str = "kappanhang 1.3"
    no_scope: str = "it has none"
    talks_always: bool = False
    audio_min: float = 0.95

    def install(self) -> str | None:
        """None, or why it cannot be had."""
        return install_debian_packages(
            {"kappanhang": "kappanhang", "iptables": "iptables", **PROGRAMS}
        )

    def run(self, lab: Lab, radio: Endpoint, visit: Visit) -> ClientReport:
        """One whole session against this radio."""
        pulse, process = self._start(lab, radio)
        report = ClientReport(rx_unit="s of tone")
        try:
            _wait_until_ready(process)
            report.connected = True
            with connected_rigctl(RIGCTL_PORT, CONNECT_S) as rigctl:
                _use(rigctl, pulse, visit, report)
        except LabError as error:
            report.error = str(error)
        _leave(process, report)
        return report

    def hold(self, lab: Lab, radio: Endpoint) -> Process:
        """A session that stays; LabError if it is not let in."""
        _, process = self._start(lab, radio)
        _wait_until_ready(process)
        return process

    def _start(self, lab: Lab, radio: Endpoint) -> tuple[Pulse, Process]:
        pulse = start_pulse(lab)
        login = ("-a", redirected_host(radio.ports), "-u", USERNAME, "-p", PASSWORD)
        options = ("-c", str(self.model.civ_address), "-v", "-i", "1000", "-o", "-")
        process = lab.start(
            "kappanhang",
            ("kappanhang", *login, *options),
            environment=pulse.environment,
            terminal=True,
        )
        return pulse, process


def _wait_until_ready(process: Process) -> None:
    try:
        process.wait_for_text("rigctld: starting", CONNECT_S)
    except LabError as error:
        lines = process.text().splitlines()
        said = [line.partition("\terror\t")[2] for line in lines if "\terror\t" in line]
        raise LabError(said[-1] if said else str(error)) from None


def _use(rigctl: Rigctl, pulse: Pulse, visit: Visit, report: ClientReport) -> None:
    if visit.tunes:
        with attempt(report, "tune"):
            rigctl.tune(report)
        with attempt(report, "mode"):
            rigctl.change_mode(report)
    if visit.rx_s:
        with attempt(report, "audio in"):
            heard = pulse.record(_device(pulse, "sources"), visit.rx_s)
            report.rx_tone_s = report.rx_got = tone_seconds(heard)
            report.rx_s = report.rx_expected = visit.rx_s
    if visit.tx_s:
        with attempt(report, "key"), rigctl.keyed():
            blocks = int(visit.tx_s / BLOCK_S)
            pcm = b"".join(tone_block(number) for number in range(blocks))
            pulse.play(_device(pulse, "sinks"), pcm, visit.tx_s + PLAY_S)
            time.sleep(SINK_DELAY_S)
            report.tx_s = visit.tx_s


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
