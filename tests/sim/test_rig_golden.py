"""The exchanges of spec CIV.md section 9, byte for byte, against the fake radio.

They stand in `fixtures/civ/golden.txt`, which explains its lines.
"""

import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from icom_proto.civ_frames import (
    OK,
    CivSplitter,
    build_frame,
    frame_source,
    frame_to,
)
from icom_proto.civ_values import Mode
from icom_sim.rig.catalogue import IC_705, MODELS
from icom_sim.rig.rig import Rig

GOLDEN = Path(__file__).parents[2] / "fixtures" / "civ" / "golden.txt"


SECTION = "# ---- "


@dataclass
class Case:
    """One exchange: its section and its lines as (mark, text), without comments."""

    section: str
    lines: list[tuple[str, str]]


def cases() -> dict[str, Case]:
    found: dict[str, Case] = {}
    section = ""
    for block in GOLDEN.read_text("utf-8").split("\n\n"):
        if block.startswith(SECTION):
            section = block.removeprefix(SECTION).split()[0]
            continue
        lines = [(line[0], line[1:].strip()) for line in block.splitlines() if line]
        names = [text for mark, text in lines if mark == "#"]
        steps = [(mark, text) for mark, text in lines if mark != "#"]
        if steps:
            assert names[0] not in found, f"two cases are named {names[0]!r}"
            found[names[0]] = Case(section, steps)
    return found


CASES = cases()
PARSED = [name for name, case in CASES.items() if case.section == "9.7"]
SPOKEN = [name for name, case in CASES.items() if case.section != "9.7"]


class Bench:
    """A radio on the table, and the clock on the wall."""

    def __init__(self) -> None:
        self.now = 0.0
        self.rig = Rig(MODELS["IC-705"], rng=random.Random(1))

    def set_up(self, text: str) -> None:
        verb, *words = text.split()
        match verb, words:
            case "model", [name]:
                self.rig = Rig(MODELS[name], rng=random.Random(1))
            case "model", [name, "at", address]:
                self.rig = Rig(
                    MODELS[name], rng=random.Random(1), civ_address=int(address, 16)
                )
            case "set", body:
                assert self.ask(bytes.fromhex(" ".join(body))) == [self.answer(OK)]
            case "signal", [raw]:
                self.rig.s_meter_raw = int(raw)
            case "audio", [level]:
                self.rig.handle_tx_audio(float(level), self.now)
            case "swr", [ratio]:
                self.rig.state.transmitter.swr = float(ratio)
            case "wait", [seconds]:
                self.now += float(seconds)
                self.rig.handle_timeout(self.now)
            case "dial", [hz]:
                assert self.rig.turn_dial(int(hz))
            case "mode", [name, filter_number]:
                assert self.rig.press_mode(Mode[name], int(filter_number))
            case _:
                pytest.fail(f"no such set-up: {text!r}")

    def ask(self, body: bytes) -> list[bytes]:
        frame = build_frame(self.rig.civ_address, 0xE0, body)
        return self.rig.handle_frame(frame, self.now)

    def answer(self, body: bytes) -> bytes:
        return build_frame(0xE0, self.rig.civ_address, body)

    def run(self, case: Case) -> list[tuple[str, str]]:
        """What was said, in the form of the file: set-ups, questions, answers."""
        said: list[tuple[str, str]] = []
        for mark, text in case.lines:
            if mark not in ("@", ">"):
                continue
            said.append((mark, text))
            if mark == "@":
                self.set_up(text)
            else:
                answers = self.rig.handle_frame(bytes.fromhex(text), self.now)
                said += [("<", frame.hex(" ").upper()) for frame in answers]
            while (frame := self.rig.poll_unsolicited()) is not None:
                said.append(("~", frame.hex(" ").upper()))
        return said


@pytest.mark.parametrize("name", SPOKEN)
def test_the_radio_answers_as_recorded(name: str) -> None:
    case = CASES[name]
    assert Bench().run(case) == case.lines


@pytest.mark.parametrize("name", PARSED)
def test_the_splitter_finds_the_frames_of_the_vector(name: str) -> None:
    splitter, found = CivSplitter(), []
    case = CASES[name]
    for datagram in (text for mark, text in case.lines if mark == "|"):
        found += splitter.feed(bytes.fromhex(datagram), 0.0)
    ours = {0xE0, IC_705.civ_address}
    marked = [
        ("=" if {frame_to(frame), frame_source(frame)} == ours else "x", frame)
        for frame in found
    ]
    expected = [line for line in case.lines if line[0] != "|"]
    assert [(mark, frame.hex(" ").upper()) for mark, frame in marked] == expected


def test_the_file_holds_every_section_and_case() -> None:
    """A parser that lost cases would make the other tests pass by testing nothing."""
    text = GOLDEN.read_text("utf-8")
    sections = dict.fromkeys(case.section for case in CASES.values())
    assert list(sections) == [f"9.{part}" for part in range(1, 9)]
    lines = [line for case in CASES.values() for line in case.lines]
    for mark in ">|":
        asked = [each for each, _ in lines if each == mark]
        assert len(asked) == text.count(f"\n{mark} ")
    assert len(SPOKEN) == text.count("\n@ model")
