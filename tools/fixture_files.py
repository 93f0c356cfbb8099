"""Writes the synthetic captures and all golden logs of fixtures/; `--check` compares.

Each capture, recorded or synthetic, has beside it what `icom-sim decode --json` makes
of it (in short: see `decode_golden`) and the event log of `icom-sim replay`. Synthetic
ones are sessions of our own simulator in simulated time: every dialect, and every
failure that is short enough to keep. The same seed makes the same bytes.
"""

import hashlib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from icom_proto.codes import Codec
from icom_sim.captures.decode import Decoder
from icom_sim.captures.json_lines import JsonLines
from icom_sim.dialects.presets import DIALECTS
from icom_sim.replay.events import lines_of
from icom_sim.replay.recorded import Recorded, load
from icom_sim.replay.runs import replay
from icom_sim.scenarios.gallery import scenario_of
from icom_sim.scenarios.model import Scenario
from icom_sim.scenarios.parse import parse_scenario
from icom_sim.scenarios.reference_client import (
    KEYING,
    Habits,
    ReferenceClient,
    habits_for,
)
from icom_sim.scenarios.simulated import SimulatedRun
from icom_sim.scenarios.simulated_capture import SimulatedCapture

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
RECORDED = FIXTURES / "captures"
SYNTHETIC = FIXTURES / "synthetic"
GOLDEN = FIXTURES / "golden"

# Of the gallery, those whose capture is short.
GALLERY = (
    *("calls-ignored", "capabilities-lost", "first-call-unanswered"),
    *("forced-disconnect", "immediate-reconnect", "login-lost", "no-conn-info"),
    *("pong-before-login", "reboot", "stereo-refused", "wrong-password"),
)
# What a network does to a short session that speaks and listens.
NETWORKS = {
    "loss": ["loss:5"],
    "bursts": ["burst-loss:5,4"],
    "late": ["delay:30", "jitter:20"],
    "reordered": ["reorder:10,30"],
    "doubled": ["duplicate:20"],
    "cut": ["truncate:5,16"],
    "damaged": ["corrupt:5"],
}
# What a radio does to it.
FAILURES = {
    "busy": (11.0, 'steps = [{at = 0, do = "refuse-streams", count = 1}]'),
    "streams-taken": (1.5, 'steps = [{at = 1.0, do = "disconnect"}]'),
    "civ-silent": (2.0, 'steps = [{at = 0.5, do = "stall-civ", seconds = 1.0}]'),
    "cut-off": (1.5, 'steps = [{at = 0.5, do = "blackout", seconds = 0.5}]'),
    "killed": (1.5, 'steps = [{at = 1.2, do = "client-kill"}]'),
    "grant-late": (1.5, "knobs = {grant_delay_s = 0.5}"),
    "no-notice": (2.0, "knobs = {conninfo_pre = false}"),
}
SHORT = """
title = "{title}"
duration = {seconds}
dialect = "{dialect}"
rules = {rules}
"""
# Eight bits at 8 kHz are the least that a second of audio takes.
SMALL = replace(
    KEYING,
    polls_every_s=0.3,
    config=replace(KEYING.config, rx_codec=Codec.ULAW_MONO),
)

# Decoded lines that are kept whole; of each of these kinds the first of a session.
MANY = {"ping": 1, "idle": 1, "audio-data": 1, "civ-data": 3}
FEW = 2
HASHED = 500


def synthetic() -> Iterator[tuple[str, Scenario, Habits]]:
    for name in DIALECTS:
        yield f"dialect-{name}", short(name, dialect=name), SMALL
    for name, rules in NETWORKS.items():
        yield f"network-{name}", short(name, rules=rules), SMALL
    for name, (seconds, more) in FAILURES.items():
        scenario = short(name, seconds=seconds, more=more)
        yield f"failure-{name}", scenario, SMALL
    for name in GALLERY:
        scenario = scenario_of(name)
        yield f"scenario-{name}", scenario, habits_for(scenario.task)


def short(
    name: str,
    *,
    seconds: float = 1.5,
    dialect: str = "",
    rules: Sequence[str] = (),
    more: str = "",
) -> Scenario:
    text = SHORT.format(title=name, seconds=seconds, dialect=dialect, rules=list(rules))
    return parse_scenario(text + more, name)


def capture(scenario: Scenario, habits: Habits, path: Path) -> None:
    with SimulatedCapture(str(path)) as file:
        SimulatedRun(
            scenario,
            lambda number: ReferenceClient(number, habits),
            on_datagram=file.note,
        ).run()


def decode_golden(recorded: Recorded) -> str:
    """Of what comes a thousand times the first ones; of all of it, hashes."""
    decoder, lines = Decoder(), JsonLines()
    text, seen = [], Counter[tuple[int, str, str, str]]()
    digest, hashed = hashlib.sha256(), 0
    for placed in recorded.placed:
        decoded = decoder.decode(placed)
        line = lines.line(decoded)
        digest.update(line.encode())
        hashed += 1
        key = (placed.session, placed.stream.name, placed.direction.name, decoded.kind)
        seen[key] += 1
        if seen[key] <= MANY.get(decoded.kind, FEW):
            text.append(line)
        if hashed == HASHED or placed is recorded.placed[-1]:
            last = placed.datagram.number
            text.append(f'{{"until":{last},"sha256":"{digest.hexdigest()[:16]}"}}\n')
            digest, hashed = hashlib.sha256(), 0
    return "".join(text)


def goldens(path: Path) -> Iterator[tuple[Path, bytes]]:
    """What belongs to a capture."""
    recorded = load(str(path))
    events, _ = replay(recorded, "both")
    yield GOLDEN / f"{path.stem}.decode.jsonl", decode_golden(recorded).encode()
    yield GOLDEN / f"{path.stem}.events.jsonl", lines_of(events).encode()


def made() -> Iterator[tuple[Path, bytes]]:
    """All files and what stands in them."""
    for path in sorted(RECORDED.glob("*.pcap")):
        yield from goldens(path)
    with TemporaryDirectory() as directory:
        for name, scenario, habits in synthetic():
            path = Path(directory, f"{name}.pcap")
            capture(scenario, habits, path)
            yield SYNTHETIC / path.name, path.read_bytes()
            yield from goldens(path)


def main() -> int:
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        print("usage: fixture_files.py [--check]", file=sys.stderr)
        return 2
    wanted = dict(made())
    existing = {*SYNTHETIC.glob("*"), *GOLDEN.glob("*")}
    wrong = [f"{path.name}: nothing makes it" for path in existing - wanted.keys()]
    for path, content in wanted.items():
        if path in existing and path.read_bytes() == content:
            continue
        wrong.append(f"{path.name}: {'differs' if path in existing else 'is missing'}")
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
    if not check:
        for path in existing - wanted.keys():
            path.unlink()
        print(f"{len(wrong)} of {len(wanted)} files written")
        return 0
    for line in sorted(wrong):
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
