"""Our side of the table: `icom-sim serve` and `icom-lan`, each as its own process."""

import json
import sys
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interop.lab import Lab, LabError, Process, free_udp_ports, wait_until
from interop.session import (
    PASSWORD,
    USERNAME,
    ClientReport,
    Endpoint,
    Model,
    read_report,
    session_orders,
)
from interop.tone import TONE_HZ, read_wav, tone_seconds

HOST = "127.0.0.1"
START_S = 10.0
# Longer than the 15 s for which the radio holds a session of a client that fell
# silent: icom-lan 0.7.0 says goodbye once, and that may be lost.
LEAVE_S = 25.0
CLI_S = 30.0
SESSION_S = 40.0
SERVE_MAX_S = 180

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FakeRadio:
    """A running `icom-sim serve` and what it says."""

    process: Process
    endpoint: Endpoint
    recording: Path

    def events(self) -> list[Event]:
        """What it reported so far; a line still being written is left for later."""
        lines = self.process.text().splitlines(keepends=True)
        return [
            json.loads(line)
            for line in lines
            if line.startswith("{") and line.endswith("\n")
        ]

    def saw(self, event: str) -> bool:
        """Whether this event was reported."""
        return any(line["event"] == event for line in self.events())

    def reason_for_leaving(self) -> str | None:
        """Why a session ended, as the radio has it; None if none ends in time."""
        try:
            wait_until(lambda: self.saw("session_closed"), LEAVE_S, "no session ended")
        except LabError:
            return None
        closed = [e for e in self.events() if e["event"] == "session_closed"]
        return str(closed[-1]["reason"])

    def ends_well(self) -> tuple[bool, str]:
        """End it with SIGTERM; whether it did as promised, and the fault if not."""
        status = self.process.stop()
        if "Traceback" in self.process.text():
            return False, f"traceback: {self.process.last_line()}"
        if status != 0:
            return False, f"exit status {status}: {self.process.last_line()}"
        return self.saw("summary"), "no summary"

    def network_note(self) -> str:
        """How much its network lost, from the summary."""
        (summary,) = [line for line in self.events() if line["event"] == "summary"]
        lost = [
            f"{stream['dropped']} of {stream['sent']} of {name} {direction}"
            for direction, streams in summary["datagrams"].items()
            for name, stream in streams.items()
            if stream["dropped"]
        ]
        dropped = ", ".join(lost).replace("_", " ") or "none"
        return f"datagrams that the network of icom-sim dropped: {dropped}"

    def tone_heard_s(self) -> float:
        """Seconds of tone in the recording of what the client sent."""
        try:
            return tone_seconds(*read_wav(self.recording))
        except (OSError, wave.Error, EOFError) as error:
            raise LabError(f"recording of the sent audio: {error}") from None


def start_fake_radio(
    lab: Lab, model: Model, *, loss_percent: float, seed: int
) -> FakeRadio:
    """Start it on free ports with the tone as its audio, and wait until it listens."""
    recording = lab.directory / "sent.wav"
    recording.unlink(missing_ok=True)
    control, civ, audio = free_udp_ports(3)
    options = {
        "--model": model.name,
        "--host": HOST,
        "--port": control,
        "--civ-port": civ,
        "--audio-port": audio,
        "--username": USERNAME,
        "--password": PASSWORD,
        "--audio": f"tone:{TONE_HZ}",
        "--loss": loss_percent,
        "--seed": seed,
        "--save-tx": recording,
        "--duration": SERVE_MAX_S,
        "--events": "jsonl",
    }
    words = [str(word) for option in options.items() for word in option]
    process = lab.start("icom_sim", (*_program("icom_sim.cli"), "serve", *words))
    process.wait_for_text('"listening"', START_S)
    return FakeRadio(process, Endpoint(HOST, (control, civ, audio)), recording)


def run_cli(
    lab: Lab, radio: Endpoint, *words: str, password: str = PASSWORD
) -> Process:
    """Run one `icom-lan` command to its end; the login goes by the environment."""
    login = {
        "ICOM_HOST": radio.host,
        "ICOM_PORT": str(radio.ports[0]),
        "ICOM_USER": USERNAME,
        "ICOM_PASS": password,
    }
    name = "icom_lan " + " ".join(words[:2])
    command = (*_program("icom_lan.cli"), *words)
    return lab.run(name, command, CLI_S, environment=login)


def run_session(
    lab: Lab, radio: Endpoint, *, audio: bool = True, password: str = PASSWORD
) -> ClientReport:
    """One session of `icom_lan.IcomRadio`, by `our_session.py`."""
    orders = session_orders(lab, "our_session", radio, password) | {"audio": audio}
    command = (sys.executable, "-m", "interop.our_session", json.dumps(orders))
    process = lab.run("our_session", command, SESSION_S)
    return read_report(lab, process)


def _program(module: str) -> tuple[str, ...]:
    """A console script as its installation makes it, without the installation."""
    starter = f"import sys; from {module} import main; sys.exit(main())"
    return sys.executable, "-c", starter
