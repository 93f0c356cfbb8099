"""What a scenario asks of a client and what the client reports, whoever wrote it."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from interop.lab import Lab, LabError, Process
from interop.tone import tone_block, tone_seconds

# The lab's login. No radio anywhere uses it.
USERNAME, PASSWORD, WRONG_PASSWORD = "tester", "secret-Pa55", "wrong-Pa55"
START_FREQUENCY_HZ, NEW_FREQUENCY_HZ = 14_074_000, 14_100_000
# The fake radio starts in USB.
NEW_MODE = "LSB"
# LPCM16 mono at 48 kHz: 1920 bytes each 20 ms, split into 1364 and 556 (PROTOCOL 8.3).
DATAGRAMS_PER_S = 100


@dataclass(frozen=True, slots=True)
class Model:
    """A radio model as clients have to be told it."""

    name: str
    civ_address: int


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a radio listens; `ports` are control, CI-V and audio."""

    host: str
    ports: tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a client is to do between login and goodbye; 0 seconds: it is left out."""

    tunes: bool = False
    watches_scope: bool = False
    rx_s: float = 0.0
    tx_s: float = 0.0


LOOK_IN = Visit()
SHORT = Visit(tunes=True, rx_s=3.0, tx_s=1.0)
WHOLE = Visit(tunes=True, watches_scope=True, rx_s=5.0, tx_s=3.0)


@dataclass(frozen=True, slots=True)
class Seen:
    """Whether there was what had to be seen, and in which figure."""

    good: bool
    figure: str


@dataclass(slots=True)
class ClientReport:
    """What one session of one client achieved, as far as it came."""

    connected: bool = False
    error: str = ""
    frequency_read_hz: int | None = None
    mode_read: str = ""
    scope: Seen | None = None
    rx_s: float = 0.0
    rx_expected: float = 0.0
    rx_got: float = 0.0
    rx_unit: str = "datagrams"
    rx_tone_s: float = 0.0
    tx_s: float = 0.0
    exit_status: int | None = None
    # By step, what the client had against it.
    faults: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def rx_share(self) -> float:
        """What arrived of the audio that had to, 0 to 1 and a little more."""
        return self.rx_got / self.rx_expected if self.rx_expected else 0.0


def session_orders(
    lab: Lab, who: str, radio: Endpoint, visit: Visit, password: str = PASSWORD
) -> dict[str, Any]:
    """What a session script is told; it answers with two files in the lab."""
    report, received = _answers(lab, who)
    for old in (report, received):
        old.unlink(missing_ok=True)
    return {
        "host": radio.host,
        "port": radio.ports[0],
        "username": USERNAME,
        "password": password,
        "frequency_hz": NEW_FREQUENCY_HZ,
        "mode": NEW_MODE,
        **asdict(visit),
        "hold_s": 0.0,
        "tx_block": tone_block(0).hex(),
        "rx_file": str(received),
        "report": str(report),
    }


def read_report(lab: Lab, process: Process) -> ClientReport:
    """What a session script reported and received; LabError if it left no report."""
    answer, received = _answers(lab, process.name)
    try:
        heard = json.loads(answer.read_text())
        rx_tone_s = tone_seconds(received.read_bytes())
    except OSError:
        raise LabError(f"{process.name}, no report: {process.last_line()}") from None
    status = process.popen.returncode
    frames = heard["scope_pixels"]
    return ClientReport(
        connected=heard["connected"],
        error=process.last_line() if status else "",
        frequency_read_hz=heard["frequency_hz"],
        mode_read=heard["mode"],
        scope=Seen(len(frames) > 0, f"{len(frames)} sweeps of {max(frames)} pixels")
        if frames
        else None,
        rx_s=heard["rx_s"],
        rx_expected=heard["rx_s"] * DATAGRAMS_PER_S,
        rx_got=heard["rx_datagrams"],
        rx_tone_s=rx_tone_s,
        tx_s=heard["tx_s"],
        exit_status=status,
        faults=heard["faults"],
        notes=heard["notes"],
    )


def _answers(lab: Lab, who: str) -> tuple[Path, Path]:
    return lab.directory / f"{who}.json", lab.directory / f"{who}.raw"
