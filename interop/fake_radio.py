"""`icom-sim serve` as its own process, and what it saw of a client."""

import json
import time
import wave
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from icom_proto.civ_commands import RECEIVER_PREFIX
from icom_proto.civ_frames import NG, frame_body
from icom_proto.civ_values import Mode, decode_frequency
from interop.lab import Lab, LabError, Process, free_udp_ports, wait_until
from interop.ours import program
from interop.session import PASSWORD, USERNAME, Endpoint, Model
from interop.tone import TONE_HZ, read_wav, tone_seconds

HOST = "127.0.0.1"
START_S = 20.0
# Longer than the radio holds a session of a client that fell silent: icom-lan 0.7.0
# says goodbye once, and that may be lost.
LEAVE_S = 25.0
SERVE_MAX_S = 900
# The radio's own 15 s (PROTOCOL.md 2.16) would make a run long.
HOLD_S = 4.0

# What sets the frequency or the mode, of the selected VFO.
TUNING = (b"\x00", b"\x05", b"\x25\x00")
MODES = (b"\x01", b"\x06", b"\x26\x00")

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What kind of radio, behind what kind of network."""

    model: Model
    loss_percent: float = 0.0
    jitter_ms: float = 0.0
    seed: int = 1
    dialect: str = ""
    knobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FakeRadio:
    """A running `icom-sim serve` and what it says."""

    process: Process
    endpoint: Endpoint
    recording: Path
    started_at: float

    def events(self, name: str = "") -> list[Event]:
        """What it reported so far; a line still being written is left for later."""
        lines = self.process.text().splitlines(keepends=True)
        told = [json.loads(each) for each in lines if each[0] + each[-1] == "{\n"]
        return [each for each in told if name in ("", each["event"])]

    def saw(self, event: str) -> bool:
        """Whether this event was reported."""
        return bool(self.events(event))

    def dial_hz(self) -> int | None:
        """Where the client last tuned to, with the radio's consent."""
        data = last_set(self.events("civ"), TUNING)
        return decode_frequency(data) if data else None

    def mode(self) -> str:
        """Into which mode the client last put it."""
        data = last_set(self.events("civ"), MODES)
        return Mode(data[0]).name if data else ""

    def keyed_s(self) -> float:
        """How long the transmitter was on, if it is off again."""
        changes = [(event["on"], event["t"]) for event in self.events("ptt")]
        if not changes or changes[-1][0]:
            return 0.0
        return float(sum(-t if on else t for on, t in changes))

    def reason_for_leaving(self, sessions: int) -> str | None:
        """Why so many sessions have ended, as the radio has it of the last; or None."""
        try:
            wait_until(
                lambda: len(self.events("session_closed")) >= sessions,
                LEAVE_S,
                "no session ended",
            )
        except LabError:
            return None
        return str(self.events("session_closed")[-1]["reason"])

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
        (summary,) = self.events("summary")
        lost = [
            f"{stream['dropped']} of {stream['sent']} of {name} {direction}"
            for direction, streams in summary["datagrams"].items()
            for name, stream in streams.items()
            if stream["dropped"]
        ]
        dropped = ", ".join(lost).replace("_", " ") or "none"
        return f"datagrams that the network of icom-sim dropped: {dropped}"

    def tone_heard_s(self, *, while_keyed: bool) -> float:
        """Seconds of tone in the recording of what the client sent.

        `while_keyed` cuts the transmission out of what somebody sent all the time.
        """
        if not self.saw("audio_started"):
            return 0.0
        try:
            pcm, rate_hz = read_wav(self.recording)
            keyed = self.events("ptt")
            if while_keyed and keyed:
                began = self.events("audio_started")[0]["t"]
                first, end = keyed[0]["t"] - began, keyed[-1]["t"] - began
                pcm = pcm[2 * round(first * rate_hz) : 2 * round(end * rate_hz)]
            return tone_seconds(pcm, rate_hz)
        except (OSError, wave.Error, EOFError) as error:
            fault = str(error) or "empty"
            raise LabError(f"recording of the sent audio: {fault}") from None


def last_set(events: Sequence[Event], commands: Collection[bytes]) -> bytes:
    """The data of the last of these commands that the radio took; b"" if none."""
    for event in reversed(events):
        body = frame_body(bytes.fromhex(event["frame"]))
        if body[:1] == bytes((RECEIVER_PREFIX,)):
            body = body[2:]
        for command in commands:
            data = body.removeprefix(command)
            if data and data != body and not any(map(_is_refusal, event["answers"])):
                return data
    return b""


def _is_refusal(answer: str) -> bool:
    return frame_body(bytes.fromhex(answer)) == NG


def start_fake_radio(lab: Lab, conditions: Conditions) -> FakeRadio:
    """Start it on free ports with the tone as its audio, and wait until it listens."""
    recording = lab.directory / "sent.wav"
    recording.unlink(missing_ok=True)
    control, civ, audio = free_udp_ports(3)
    options = {
        "--model": conditions.model.name,
        "--host": HOST,
        "--port": control,
        "--civ-port": civ,
        "--audio-port": audio,
        "--username": USERNAME,
        "--password": PASSWORD,
        "--audio": f"tone:{TONE_HZ}",
        "--loss": conditions.loss_percent,
        "--jitter": conditions.jitter_ms,
        "--seed": conditions.seed,
        "--save-tx": recording,
        "--duration": SERVE_MAX_S,
        "--events": "jsonl",
    }
    words = [str(word) for option in options.items() for word in option]
    if conditions.dialect:
        words += ["--dialect", conditions.dialect]
    for knob in (f"stale_hold_s={HOLD_S:g}", *conditions.knobs):
        words += ["--knob", knob]
    process = lab.start("icom_sim", (*program("icom_sim.cli"), "serve", *words))
    process.wait_for_text('"listening"', START_S)
    endpoint = Endpoint(HOST, (control, civ, audio))
    return FakeRadio(process, endpoint, recording, time.monotonic())
