"""wfview 1.60, a client with a window, from Debian.

It has a screen of its own (Xvfb), so that it can be closed as a person closes it, and
so that what it draws can be looked at. Sound is PulseAudio's; it is driven through its
own rigctl server.
"""

import shutil
import socket
import time
from array import array
from dataclasses import dataclass
from pathlib import Path

from interop.install import install_debian_packages, install_python_package, venv_python
from interop.lab import Lab, LabError, Process, wait_until
from interop.pulse import PROGRAMS, SINK, SOURCE, Pulse, start_pulse
from interop.rigctl_client import HOST, Rigctl, attempt, connected_rigctl
from interop.session import (
    PASSWORD,
    USERNAME,
    ClientReport,
    Endpoint,
    Model,
    Seen,
    Visit,
)
from interop.tone import tone_seconds

IC_7610 = Model("IC-7610", 0x98)
XLIB = "python-xlib==0.33"
CLOSER = Path(__file__).with_name("window_closer.py")
SCREEN = ("-screen", "0", "1280x1024x24", "-nolisten", "tcp")
START_S, CONNECT_S, LEAVE_S = 15.0, 15.0, 10.0
EARLY_ANSWER_S = 1.0
# Between two looks at the screen, and how much has to differ: a moving waterfall is
# 100,000 pixels, everything else on the screen a thousand.
LOOKS_APART_S, MOVING_MIN = 1.0, 20_000
CODECS = {
    1: "µ-law",
    2: "PCM8",
    4: "PCM16",
    8: "PCM8 stereo",
    16: "PCM16 stereo",
    64: "Opus",
    65: "Opus stereo",
}
# A radio refuses stereo from a client (PROTOCOL.md 10, #43).
TX_CODEC = {8: 2, 16: 4, 65: 64}
PCM16, OPUS_MIN = 4, 64

SETTINGS = """\
[Interface]
ConfirmExit=false
[Radio]
RigCIVuInt=0
SerialPortRadio=auto
AudioSystem=0
[Controls]
EnablePTT=true
[LAN]
EnableLAN=true
EnableRigCtlD=true
RigCtlPort={rigctl_port}
IPAddress={host}
ControlLANPort={ports[0]}
SerialLANPort={ports[1]}
AudioLANPort={ports[2]}
Username={username}
Password={password}
ClientName=lab-wfview
HalfDuplex=false
AudioRXLatency=400
AudioTXLatency=150
AudioRXSampleRate=48000
AudioRXCodec={rx_codec}
AudioTXSampleRate=48000
AudioTXCodec={tx_codec}
AudioOutput={sink}
AudioInput={source}
"""


@dataclass(frozen=True, slots=True)
class WfView:
    """The one release that Debian has, with one of its codecs."""

    codec: int = PCM16
    model: Model = IC_7610
    name: str = "wfview 1.60"
    no_scope: str = ""
    talks_always: bool = True
    # Listened to at its loudspeaker, which stutters where the processor is short.
    audio_min: float = 0.9

    def install(self) -> str | None:
        """None, or why it cannot be had."""
        programs = {"wfview": "wfview", "Xvfb": "xvfb", **PROGRAMS}
        return install_debian_packages(programs) or install_python_package(XLIB)

    def run(self, lab: Lab, radio: Endpoint, visit: Visit) -> ClientReport:
        """One whole session against this radio."""
        running = self._start(lab, radio)
        report = ClientReport(rx_unit="s of tone")
        try:
            running.wait_until_in()
            report.connected = True
            with connected_rigctl(running.rigctl_port, CONNECT_S) as rigctl:
                running.use(rigctl, visit, report)
        except LabError as error:
            report.error = str(error)
        try:
            report.exit_status = running.close()
        except LabError as error:
            report.error = report.error or str(error)
        return report

    def hold(self, lab: Lab, radio: Endpoint) -> Process:
        """A session that stays; LabError if it is not let in."""
        running = self._start(lab, radio)
        running.wait_until_in()
        return running.process

    def _start(self, lab: Lab, radio: Endpoint) -> "Running":
        pulse = start_pulse(lab)
        rigctl_port = _free_tcp_port()
        # Left to choose, Xvfb takes a number that is free in this network namespace,
        # and the socket of one that runs in another.
        display = f":{rigctl_port}"
        screen = ("Xvfb", display, "-displayfd", "1", *SCREEN, "-fbdir", lab.scratch)
        lab.start("Xvfb", screen).wait_for_text("\n", START_S)
        settings = lab.directory / "wfview.ini"
        settings.write_text(
            SETTINGS.format(
                rigctl_port=rigctl_port,
                host=radio.host,
                ports=radio.ports,
                username=USERNAME,
                password=PASSWORD,
                rx_codec=self.codec,
                tx_codec=TX_CODEC.get(self.codec, self.codec),
                sink=SINK,
                source=SOURCE,
            )
        )
        log = lab.directory / "wfview.log"
        log.unlink(missing_ok=True)
        process = lab.start(
            "wfview",
            ("wfview", "-s", settings, "-l", log),
            environment=pulse.environment
            | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"},
        )
        logged = Process(process.name, process.popen, log)
        wait_until(log.exists, START_S, "wfview wrote no log")
        return Running(lab, pulse, logged, display, rigctl_port)


@dataclass(frozen=True, slots=True)
class Running:
    """A window on its screen."""

    lab: Lab
    pulse: Pulse
    process: Process
    display: str
    rigctl_port: int

    def wait_until_in(self) -> None:
        """Return when it shows a frequency; LabError with what it says otherwise."""
        try:
            wait_until(self._shows_frequency, CONNECT_S, "no frequency")
        except LabError as error:
            raise LabError(self._last_words() or str(error)) from None

    def _shows_frequency(self) -> bool:
        """Asked by a new connection: one that came too early never gets an answer."""
        try:
            with connected_rigctl(self.rigctl_port, CONNECT_S) as rigctl:
                return rigctl.frequency_hz(EARLY_ANSWER_S) > 0
        except LabError:
            return False

    def _last_words(self) -> str:
        """What it last said about its connection, lost datagrams left out."""
        lines = self.process.text().splitlines()
        said = [line.partition(" udp: ")[2] for line in lines if " udp: " in line]
        said = [text for text in said if "missing packet" not in text]
        return said[-1] if said else ""

    def use(self, rigctl: Rigctl, visit: Visit, report: ClientReport) -> None:
        """What the visit asks for, one after the other."""
        if visit.tunes:
            with attempt(report, "tune"):
                rigctl.tune(report)
            with attempt(report, "mode"):
                rigctl.change_mode(report)
        if visit.watches_scope:
            report.scope = self._look()
        if visit.rx_s:
            with attempt(report, "audio in"):
                heard = self.pulse.record(f"{SINK}.monitor", visit.rx_s)
                report.rx_tone_s = report.rx_got = tone_seconds(heard)
                report.rx_s = report.rx_expected = visit.rx_s
        if visit.tx_s:
            with attempt(report, "key"), rigctl.keyed():
                time.sleep(visit.tx_s)
                report.tx_s = visit.tx_s

    def _look(self) -> Seen:
        """How much of its picture moves."""
        before = self._pixels()
        time.sleep(LOOKS_APART_S)
        after = self._pixels()
        moving = sum(one != other for one, other in zip(before, after, strict=True))
        return Seen(moving >= MOVING_MIN, f"{moving} pixels of it move")

    def _pixels(self) -> "array[int]":
        picture = self.lab.directory / "screen.xwd"
        shutil.copyfile(self.lab.scratch / "Xvfb_screen0", picture)
        data = picture.read_bytes()
        return array("I", data[: len(data) // 4 * 4])

    def close(self) -> int:
        """Close its window; the exit status."""
        if self.process.popen.poll() is None:
            command = (venv_python(XLIB), "-I", CLOSER, self.display)
            self.lab.run("window_closer", command, LEAVE_S)
        return self.process.wait(LEAVE_S)


def _free_tcp_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
