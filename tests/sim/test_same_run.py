"""Same seed, same run: what happens and what travels, to the byte, in any process."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from icom_sim.captures.reader import CaptureReader
from sim.icom_sim_process import ENVIRONMENT

# Everything at once: loss both ways, jitter, reordering, damage, a change of the source
# port, scope and audio both ways.
EVERYTHING = """
title = "Everything at once"
task = "key the transmitter for a second, and send audio meanwhile"
audio = "noise"
seed = 5
rules = ["loss:5", "jitter:20", "reorder:5", "duplicate:2", "corrupt:1"]
duration = 6

[[steps]]
at = 3
do = "signal"
dbm = -90

[[steps]]
at = 4
do = "rebind"

[[expect]]
event = "ptt"
match = { on = true }

[[expect]]
rig = "ptt"
is = false
"""
GALLERY = ("two-clients", "reboot", "wfserver")
PROGRAM = """
import sys
from icom_sim.cli import main
for name in sys.argv[1:]:
    print(name, flush=True)
    stem = name.removesuffix(".toml")
    sys.argv = ["icom-sim", "run", name, "--simulated", "--events", "jsonl"]
    sys.argv += ["--record", f"{stem}.pcap"]
    try:
        main()
    except SystemExit as end:
        print(end.code, flush=True)
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two processes that differ in the order of their sets, each in a directory."""
    paths = [tmp_path_factory.mktemp("run") for _ in range(2)]
    processes = []
    for number, path in enumerate(paths):
        (path / "everything.toml").write_text(EVERYTHING, encoding="utf-8")
        with (path / "told.jsonl").open("wb") as told:
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-c", PROGRAM, "everything.toml", *GALLERY],
                    cwd=path,
                    env=ENVIRONMENT | {"PYTHONHASHSEED": str(number + 1)},
                    stdout=told,
                )
            )
    for process in processes:
        assert process.wait(60) == 0
    return paths


def test_events_and_captures_are_the_same_bytes(runs: list[Path]) -> None:
    first, second = [
        {each.name: each.read_bytes() for each in run.iterdir()} for run in runs
    ]
    assert first.keys() == second.keys()
    assert len(first) == 3 + len(GALLERY)
    assert [name for name in first if first[name] != second[name]] == []


def test_there_was_something_to_be_the_same(runs: list[Path]) -> None:
    lines = (runs[0] / "told.jsonl").read_text("utf-8").splitlines()
    events = [json.loads(line) for line in lines if line.startswith("{")]
    names = {event["event"] for event in events}
    assert {"ptt", "audio_started", "streams_granted", "session_closed"} < names
    assert sum(event["event"] == "verdict" for event in events) == 1 + len(GALLERY)
    audio = [
        each.destination.port == 50003
        for each in CaptureReader(runs[0] / "everything.pcap")
        if 50003 in (each.destination.port, each.source.port) and len(each.data) > 300
    ]
    assert audio.count(True) > 30
    assert audio.count(False) > 100
