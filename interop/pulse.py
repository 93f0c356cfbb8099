"""A PulseAudio server without hardware, for the programs that insist on sound.

One source that is fed the tone, one sink whose monitor can be recorded. Others may
add devices of their own, as kappanhang does.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from interop.lab import Lab, LabError, Process, wait_until
from interop.tone import RATE_HZ

SOURCE = "interop_tone"
SINK = "interop_speaker"
FORMAT = ("--format=s16le", f"--rate={RATE_HZ}", "--channels=1", "--raw")
PROGRAMS = {"pulseaudio": "pulseaudio", "pactl": "pulseaudio-utils"}
START_S = 10.0
BACKLOG_S = 1.0


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that is under way."""

    process: Process
    output: Path

    def size(self) -> int:
        """How many bytes there are, whole samples only."""
        return self.output.stat().st_size // 2 * 2

    def stop(self) -> bytes:
        """End it; the samples."""
        self.process.stop()
        return self.output.read_bytes()


@dataclass(frozen=True, slots=True)
class Pulse:
    """A running server; `environment` is what its clients need."""

    lab: Lab
    environment: dict[str, str]

    def devices(self, kind: str) -> list[str]:
        """The names of the `sources` or `sinks` there are now."""
        done = subprocess.run(
            ("pactl", "list", "short", kind),
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
        )
        return [line.split("\t")[1] for line in done.stdout.splitlines()]

    def start_recording(self, source: str) -> "Recording":
        """Record s16le mono samples from a source from now on."""
        output = self.lab.directory / f"{source}.raw"
        output.write_bytes(b"")
        command = ("parec", "-d", source, "--latency-msec=20", *FORMAT, str(output))
        process = self.lab.start("parec", command, environment=self.environment)
        return Recording(process, output)

    def record(self, source: str, seconds: float) -> bytes:
        """What a source delivers within so long, without what had piled up before."""
        recording = self.start_recording(source)
        time.sleep(BACKLOG_S)
        skipped = recording.size()
        time.sleep(seconds)
        until = recording.size()
        return recording.stop()[skipped:until]

    def play(self, sink: str, pcm: bytes, timeout_s: float) -> None:
        """Play s16le mono samples to their end."""
        recording = self.lab.directory / "played.raw"
        recording.write_bytes(pcm)
        command = ("pacat", "-p", "-d", sink, "--latency-msec=60", *FORMAT, recording)
        self.lab.run("pacat", command, timeout_s, environment=self.environment)


def start_pulse(lab: Lab) -> Pulse:
    """Start a server and feed its source; LabError if it does not come up.

    `module-sine-source` would be simpler, but it delivers about two seconds at once.
    """
    home = lab.scratch
    address, fifo = home / "socket", home / "tone"
    script = home / "default.pa"
    script.write_text(_server_script(address, fifo))
    environment = {
        "PULSE_SERVER": f"unix:{address}",
        "XDG_RUNTIME_DIR": str(home),
        "HOME": str(home),
    }
    options = ("--exit-idle-time=-1", "--daemonize=no", "--use-pid-file=no")
    command = ("pulseaudio", "-n", "-F", str(script), *options, "--disallow-exit")
    server = lab.start("pulseaudio", command, environment=environment)
    pulse = Pulse(lab, environment)
    wait_until(
        lambda: server.popen.poll() is not None or SOURCE in pulse.devices("sources"),
        START_S,
        "PulseAudio did not start",
    )
    if server.popen.poll() is not None:
        raise LabError(f"PulseAudio ended early: {server.last_line()}")
    lab.start("tone_feeder", (sys.executable, "-m", "interop.tone_feeder", fifo))
    return pulse


def _server_script(address: Path, fifo: Path) -> str:
    tone = f"source_name={SOURCE} file={fifo} rate={RATE_HZ} channels=1 format=s16le"
    listen = f"socket={address} auth-anonymous=1"
    return "\n".join(
        (
            f"load-module module-native-protocol-unix {listen}",
            f"load-module module-null-sink sink_name={SINK} rate={RATE_HZ} channels=2",
            f"load-module module-pipe-source {tone}",
            f"set-default-sink {SINK}",
            f"set-default-source {SOURCE}",
            "",
        )
    )
