"""Captures played to other people's clients: `icom-sim replay --serve`.

Each client gets a capture of itself with wfserver. It has to come in, read the recorded
frequency, and hand over the recorded audio, byte for byte from the first block on.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from icom_sim.replay.recorded import load
from icom_sim.replay.script import Script
from interop.lab import ROOT, Lab, LabError, free_udp_ports, wait_until
from interop.ours import program
from interop.peers.python_client import ICOM_LAN_1_1, RIGPLANE, PythonClient
from interop.report import Row
from interop.session import PASSWORD, USERNAME, Endpoint, Model, Visit

T = TypeVar("T")
COLUMNS = ("login", "frequency", "audio byte for byte", "close")
HOST = "127.0.0.1"
START_S, LEAVE_S, SERVE_MAX_S = 20.0, 15.0, 200
# What a client of wfserver was told to set in these captures, and read.
RECORDED_HZ = 14_100_000
VISIT = Visit(tunes=True, rx_s=4.0)


@dataclass(frozen=True, slots=True)
class Case:
    """A client, told what the capture has, and the capture."""

    client: PythonClient
    file: str

    @property
    def path(self) -> str:
        return str(ROOT / "fixtures" / "captures" / self.file)


def _case(client: PythonClient, file: str) -> Case:
    model = Model("IC-7300", 0x94)
    return Case(replace(client, model=model, rate_hz=16_000), file)


CASES = (
    _case(ICOM_LAN_1_1, "wfserver160__icomlan110__session.pcap"),
    _case(RIGPLANE, "wfserver160__rigplane__session.pcap"),
)


def replay_scenarios(make: Callable[..., T]) -> list[T]:
    """A row for each client."""
    return [
        make(
            name=f"{case.client.name.replace(' ', '-')}-replayed",
            title=f"{case.client.name} → icom-sim replay",
            condition=case.file,
            columns=COLUMNS,
            install=case.client.install,
            fill=partial(run_replay, case),
            timeout_s=150.0,
        )
        for case in CASES
    ]


def run_replay(case: Case, lab: Lab, row: Row) -> None:
    """Fill the row."""
    script = Script(load(case.path).session())
    control, civ, audio = free_udp_ports(3)
    words = ("--host", HOST, "--port", str(control), "--duration", str(SERVE_MAX_S))
    login = ("--username", USERNAME, "--password", PASSWORD)
    replayed = (*program("icom_sim.cli"), "replay", case.path, "--serve", "--json")
    process = lab.start("icom_sim", (*replayed, *words, *login))
    process.wait_for_text('"listening"', START_S)

    report = case.client.run(lab, Endpoint(HOST, (control, civ, audio)), VISIT)
    events = [json.loads(line) for line in process.text().splitlines()]
    granted = any(each["event"] == "streams_granted" for each in events)
    row.judge("login", report.connected and granted, report.error)
    read = report.frequency_read_hz
    row.judge("frequency", read == RECORDED_HZ, f"{read} Hz")

    received = (lab.directory / f"{case.client.name}.raw").read_bytes()
    played = b"".join(each.data for each in script.rx)
    at = played.find(received)
    same = len(received) > len(played) // 4 and at >= 0
    figure = f"{len(received)} of {len(played)} bytes, from {at} on"
    row.judge("audio byte for byte", same, figure)
    try:
        wait_until(
            lambda: '"session_closed"' in process.text(), LEAVE_S, "did not leave"
        )
        row.judge("close", report.exit_status == 0, report.error)
    except LabError as error:
        row.judge("close", False, str(error))
