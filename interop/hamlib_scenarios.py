"""Hamlib's rigctl against `icom-sim civ-port`: one row for each radio.

One run of rigctl sets, the next one reads; the radio's own record says what it refused.
"""

import json
import sys
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from interop.lab import Lab, Process, wait_until
from interop.peers import hamlib
from interop.peers.hamlib import RIGS, HamlibRig, Rigctl
from interop.report import Row

if TYPE_CHECKING:
    from interop.scenarios import Scenario

COLUMNS = (
    *("frequency", "mode", "levels", "functions", "RIT", "PTT", "meters"),
    *("split", "CW", "answers"),
)
START_S, CW_S = 10.0, 10.0
# What is set, and how Hamlib prints it. Its passband is the filter width of 1A 03.
MODES = {
    # Hamlib 4.5.4 sets no width in CW-R, and none in the mode that follows FM.
    ("CWR", "0"): "CWR",
    ("USB", "2400"): "USB 2400",
    ("LSB", "1800"): "LSB 1800",
    ("CW", "500"): "CW 500",
    ("RTTY", "2400"): "RTTY 2400",
    ("AM", "6000"): "AM 6000",
    ("PKTUSB", "3000"): "PKTUSB 3000",
    ("PKTLSB", "1200"): "PKTLSB 1200",
    # FM has no width to read (NG), and Hamlib prints the one it knew before.
    ("FM", "0"): "FM",
    ("PKTFM", "0"): "FM-D",
}
LEVELS: dict[str, float] = {
    "AF": 0.3,
    "RF": 0.8,
    "SQL": 0.25,
    "RFPOWER": 0.5,
    "MICGAIN": 0.4,
    "NR": 0.6,
    "NB": 0.55,
    "COMP": 0.2,
    "VOXGAIN": 0.7,
    "PBT_IN": 0.5,
    "MONITOR_GAIN": 0.1,
    "KEYSPD": 25,
    "CWPITCH": 700,
    "AGC": 2,
}
# Hamlib cuts off where it converts: a step of 255, and of the pitch 5 Hz.
TOLERANCES = {"KEYSPD": 1.0, "CWPITCH": 5.0, "AGC": 0.0}
FRACTION = 1 / 200
FUNCTIONS = ("NB", "NR", "COMP", "VOX", "MON", "ANF", "TSQL")
RIT_HZ = "150"
POWER = 0.5
S9_AT_POWER_ON_DB = range(-1, 1)  # raw 120, which an IC-7610 shows as -1
MORSE = "CQ CQ"
# Read where there is nothing to read, which NG is the answer for: 1A 03 in FM.
REFUSED = frozenset({"1a 03"})


@dataclass(frozen=True, slots=True)
class CivPort:
    """`icom-sim civ-port`, running."""

    process: Process
    path: str

    def record(self) -> list[dict[str, Any]]:
        """The frames it heard, each with its answers."""
        events = [json.loads(line) for line in self.process.text().splitlines()]
        return [event for event in events if event["event"] == "civ"]


def hamlib_scenarios(make: "type[Scenario]") -> "list[Scenario]":
    return [
        make(
            name=f"hamlib-{rig.model}",
            title=f"rigctl -m {rig.number} (Hamlib) → icom-sim civ-port {rig.model}",
            condition="pseudo-terminal",
            columns=COLUMNS,
            install=hamlib.install,
            fill=partial(run_rigctl, rig),
            timeout_s=120.0,
        )
        for rig in RIGS
    ]


def run_rigctl(rig: HamlibRig, lab: Lab, row: Row) -> None:
    """All columns, in an order in which one does not disturb the next."""
    port = start_civ_port(lab, rig.model)
    rigctl = Rigctl(lab, rig, port.path)
    row.notes.append(f"with {rigctl.version()}")
    judge_frequency(row, rigctl)
    judge_modes(row, rigctl)
    judge_levels(row, rigctl)
    judge_functions(row, rigctl)
    judge_rit(row, rigctl)
    judge_transmission(row, rigctl)
    judge_split(row, rigctl)
    judge_cw(row, rigctl)
    judge_answers(row, port)


def start_civ_port(lab: Lab, model: str) -> CivPort:
    command = (sys.executable, "-m", "icom_sim", "civ-port", "--model", model)
    process = lab.start("civ-port", (*command, "--events", "jsonl", "--seed", "1"))
    process.wait_for_text("listening", START_S)
    wait_until(lambda: "\n" in process.text(), START_S, "no whole line came")
    return CivPort(process, json.loads(process.text().splitlines()[0])["path"])


def judge_frequency(row: Row, rigctl: Rigctl) -> None:
    rigctl("F", str(rigctl.rig.dial_hz))
    [read] = rigctl("f")
    row.judge("frequency", read == str(rigctl.rig.dial_hz), f"{read} Hz")


def judge_modes(row: Row, rigctl: Rigctl) -> None:
    wrong = []
    for (mode, passband), wanted in MODES.items():
        rigctl("M", mode, passband)
        read = " ".join(rigctl("m"))
        if not f"{read} ".startswith(f"{wanted} "):
            wrong.append(f"{mode} {passband} reads {read}")
    figure = f"{len(MODES) - len(wrong)} of {len(MODES)}"
    row.judge("mode", not wrong, "; ".join((figure, *wrong)))


def judge_levels(row: Row, rigctl: Rigctl) -> None:
    """All in one run, read back in another; and the attenuator, in dB."""
    levels = dict(LEVELS)
    if rigctl.rig.attenuator_db is None:
        row.notes.append("no attenuator: Hamlib sends the number of its step for dB")
    else:
        levels["ATT"] = rigctl.rig.attenuator_db
    rigctl(
        *(word for name, value in levels.items() for word in ("L", name, f"{value}"))
    )
    read = rigctl(*(word for name in levels for word in ("l", name)))
    wrong = [
        f"{name} {value} reads {text}"
        for (name, value), text in zip(levels.items(), read, strict=True)
        if abs(float(text) - value) > TOLERANCES.get(name, FRACTION)
    ]
    row.judge(
        "levels", not wrong, "; ".join(wrong) or f"{len(levels)} of {len(levels)}"
    )
    rigctl("L", "ATT", "0", "L", "SQL", "0")  # else the S-meter rests


def judge_functions(row: Row, rigctl: Rigctl) -> None:
    reads = [word for name in FUNCTIONS for word in ("u", name)]
    read = {}
    for value in ("1", "0"):
        rigctl(*(word for name in FUNCTIONS for word in ("U", name, value)))
        read[value] = rigctl(*reads)
    good = all(set(values) == {value} for value, values in read.items())
    row.judge("functions", good, f"{len(FUNCTIONS)} on and off" if good else f"{read}")


def judge_rit(row: Row, rigctl: Rigctl) -> None:
    rigctl("J", RIT_HZ)
    [read] = rigctl("j")
    row.judge("RIT", read == RIT_HZ, f"{read} Hz")
    rigctl("J", "0")


def judge_transmission(row: Row, rigctl: Rigctl) -> None:
    """PTT on and off, seen by another run each time; meters in both states."""
    rigctl("M", "FM", "0", "L", "RFPOWER", str(POWER))
    strength = int(rigctl("l", "STRENGTH")[0])
    rigctl("T", "1")
    keyed, power, swr, alc = rigctl(
        *("t", "l", "RFPOWER_METER", "l", "SWR", "l", "ALC"),
    )
    rigctl("T", "0")
    released, idle_power = rigctl("t", "l", "RFPOWER_METER")
    row.judge("PTT", (keyed, released) == ("1", "0"), f"{keyed}, then {released}")
    good = (
        strength in S9_AT_POWER_ON_DB
        and abs(float(power) - POWER) < 0.02
        and float(idle_power) == 0
        and 1 <= float(swr) < 1.5
        and float(alc) == 0
    )
    figure = f"S9{strength:+} dB; power {float(power):.2f}, SWR {float(swr):.2f}"
    row.judge("meters", good, figure)


def judge_split(row: Row, rigctl: Rigctl) -> None:
    rig = rigctl.rig
    rigctl("S", "1", "VFOB", "I", str(rig.split_hz))
    on = rigctl("s", "i", "f")
    wanted = ["1", rig.transmit_vfo, str(rig.split_hz), str(rig.dial_hz)]
    rigctl("S", "0", "VFOA")
    off = rigctl("s")[0]
    figure = f"{' '.join(on[:2])} on {' '.join(on[2:3])} Hz, then {off}"
    row.judge("split", on == wanted and off == "0", figure)


def judge_cw(row: Row, rigctl: Rigctl) -> None:
    """Text keys the radio by itself, with full break-in, and lets go at its end."""
    rigctl("M", "CW", "500", "L", "KEYSPD", "40", "U", "FBKIN", "1")
    rigctl("b", MORSE)
    keyed = rigctl("t") == ["1"]
    wait_until(lambda: rigctl("t") == ["0"], CW_S, "CW did not end")
    row.judge("CW", keyed, "keyed by text, then released")


def judge_answers(row: Row, port: CivPort) -> None:
    """The radio was never silent, and refused only what there is not."""
    record = port.record()
    silent = [event["frame"] for event in record if not event["answers"]]
    refused = Counter(
        bytes.fromhex(event["frame"])[4:-1].hex(" ")
        for event in record
        if any(answer.endswith("fafd") for answer in event["answers"])
    )
    status = port.process.stop()
    good = not silent and refused.keys() <= REFUSED and status == 0
    figure = f"{len(record)} frames, refused: {dict(refused) or 'none'}, exit {status}"
    row.judge("answers", good, f"{figure}, unanswered: {silent}" if silent else figure)
