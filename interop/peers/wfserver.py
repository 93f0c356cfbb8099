"""wfserver 1.60, a radio server, from Debian's package wfview.

It wants a serial radio (our CI-V emulator on a pseudo-terminal) and sound devices. It
takes about 60 % of a core for as long as it runs.
"""

import sys
from dataclasses import dataclass

from interop.install import install_debian_packages
from interop.lab import Lab, LabError, Process, free_udp_ports, wait_until
from interop.pulse import PROGRAMS, SINK, SOURCE, Pulse, start_pulse
from interop.session import PASSWORD, USERNAME, Endpoint, Model

START_S = 15.0
FORGET_S = 5.0
MODEL = Model("IC-7610", 0x98)

SETTINGS = """\
[General]
AudioSystem=0
[Radios]
1\\AudioInput={source}
1\\AudioOutput={sink}
1\\ForceRTSasPTT=false
1\\GUID={{e7250447-e43e-4d9d-bcac-e4c0093b311c}}
1\\RigCIVuInt={civ_address}
1\\RigName={name}
1\\SerialPortBaud=115200
1\\SerialPortRadio={terminal}
1\\WaterfallFormat=0
size=1
[Server]
ServerAudioPort={ports[2]}
ServerCivPort={ports[1]}
ServerControlPort={ports[0]}
ServerEnabled=true
Users\\1\\Password={password}
Users\\1\\UserType=0
Users\\1\\Username={username}
Users\\size=1
"""


@dataclass(frozen=True, slots=True)
class WfServer:
    """A running server, its endpoint and the PulseAudio it plays to."""

    process: Process
    endpoint: Endpoint
    pulse: Pulse

    def wait_until_forgotten(self) -> None:
        """Return when its log says that nobody is left; LabError otherwise."""
        wait_until(self._is_empty, FORGET_S, "wfserver did not forget the client")
        if status := self.process.popen.poll():
            raise LabError(f"wfserver died of it, exit status {status}")

    def _is_empty(self) -> bool:
        # The three streams of a client go one after the other, control last; a second
        # goodbye creates a connection and deletes it at once.
        text = self.process.text()
        return text.count("New Control connection") == text.count('Deleting "Control"')


def install() -> str | None:
    """None, or why it cannot be had."""
    return install_debian_packages(
        {"wfserver": "wfview", "iptables": "iptables", **PROGRAMS}
    )


def start_wfserver(lab: Lab) -> WfServer:
    """Start emulator, PulseAudio and server, and wait for its ports."""
    pulse = start_pulse(lab)
    emulator = lab.start(
        "civ_emulator",
        (sys.executable, "-m", "interop.peers.civ_emulator", hex(MODEL.civ_address)),
    )
    emulator.wait_for_text("/dev/", START_S)
    control, civ, audio = free_udp_ports(3)
    settings = lab.directory / "wfserver.ini"
    settings.write_text(
        SETTINGS.format(
            source=SOURCE,
            sink=SINK,
            civ_address=MODEL.civ_address,
            name=MODEL.name,
            terminal=emulator.text().splitlines()[0],
            ports=(control, civ, audio),
            username=USERNAME,
            password=PASSWORD,
        )
    )
    log = lab.directory / "wfserver.log"
    log.unlink(missing_ok=True)
    process = lab.start(
        "wfserver",
        ("wfserver", "-s", settings, "-d", "-l", log),
        environment=pulse.environment | {"QT_QPA_PLATFORM": "offscreen"},
    )
    # Its log goes to that file and not to its output.
    logged = Process(process.name, process.popen, log)
    wait_until(log.exists, START_S, "wfserver wrote no log")
    logged.wait_for_text("Received rig state", START_S)
    return WfServer(logged, Endpoint("127.0.0.1", (control, civ, audio)), pulse)
