"""What judges other people's programs (`interop/`) is judged here, without them."""

import math
import random
from array import array
from pathlib import Path

import pytest

import interop_package  # noqa: F401 - finds `interop`
from interop.fake_radio import MODES, TUNING, last_set
from interop.limits import LIMITS
from interop.report import Check, Outcome, Row, load, markdown, merge, save
from interop.scenarios import SCENARIOS
from interop.tone import BLOCK_S, RATE_HZ, tone_block, tone_seconds

COLUMNS = ("login", "tune", "scope")


def row(name: str, figure: str = "") -> Row:
    made = Row(name, f"{name} -> radio", "clean", COLUMNS, made="today")
    made.judge("login", True, figure)
    made.judge("tune", False, "deaf")
    made.leave_open("scope", "it has none")
    return made


def test_a_new_row_replaces_the_old_one_and_leaves_the_others() -> None:
    old = [row("a", "old"), row("b", "old"), row("gone")]
    merged = merge(old, [row("b", "new"), row("c", "new")], ["c", "a", "b", "later"])
    assert [(each.scenario, each.checks["login"].detail) for each in merged] == [
        ("c", "new"),
        ("a", "old"),
        ("b", "new"),
    ]


def test_rows_that_were_saved_are_read_again(tmp_path: Path) -> None:
    path = tmp_path / "results" / "matrix.json"
    assert load(path) == []
    rows = [row("a", "14100000 Hz"), row("b")]
    save(rows, path)
    assert load(path) == rows


def test_the_report_shows_each_cell_and_why_one_is_not_ok() -> None:
    text = markdown([row("a", "100 | 0")])
    assert "| a -> radio | clean | ok: 100 \\| 0 | FAIL | hole |" in text
    assert "- a, tune: deaf\n" in text
    assert "- a, scope: it has none\n" in text
    assert "- today: a\n" in text


def test_a_known_limit_makes_a_hole_of_a_failure_and_of_nothing_else() -> None:
    excused = row("a")
    excused.excuse("known")
    assert excused.checks == {
        "login": Check(Outcome.PASSED, ""),
        "tune": Check(Outcome.HOLE, "known; deaf"),
        "scope": Check(Outcome.HOLE, "it has none"),
    }


def test_each_limit_belongs_to_a_row_and_names_stay_different() -> None:
    names = [scenario.name for scenario in SCENARIOS]
    assert len(set(names)) == len(names)
    for (client, case), limit in LIMITS.items():
        slug = client.replace(" ", "-")
        turned = f"{slug}-as-{case}-but"
        assert (turned in names) == bool(limit.knobs)


@pytest.mark.parametrize(
    ("frames", "tuned", "mode"),
    [
        ([("05 00 00 10 14 00", "FB")], "00 00 10 14 00", ""),
        ([("00 00 00 10 14 00", "")], "00 00 10 14 00", ""),
        ([("29 00 05 00 00 10 14 00", "FB")], "00 00 10 14 00", ""),
        ([("25 00 00 00 10 14 00", "FB"), ("25 00", "25 00")], "00 00 10 14 00", ""),
        ([("05 00 00 10 14 00", "FA"), ("03", "03")], "", ""),
        ([("06 00", "FB"), ("26 00 01 00 02", "FB"), ("04", "04")], "", "01 00 02"),
    ],
)
def test_what_a_client_set_is_what_the_radio_took(
    frames: list[tuple[str, str]], tuned: str, mode: str
) -> None:
    events = [
        {
            "frame": f"FEFE98E0{question}FD",
            "answers": [f"FEFEE098{answer}FD"] if answer else [],
        }
        for question, answer in frames
    ]
    assert last_set(events, TUNING) == bytes.fromhex(tuned)
    assert last_set(events, MODES) == bytes.fromhex(mode)


def samples(wave: str) -> bytes:
    rng = random.Random(1)
    values = array("h", b"".join(tone_block(number) for number in range(10)))
    match wave:
        case "offset":
            values = array("h", (value // 2 + 16_000 for value in values))
        case "noise":
            values = array("h", (rng.randrange(-8000, 8000) for _ in values))
        case "other":
            step = 2 * math.pi * 700 / RATE_HZ
            numbers = range(len(values))
            values = array("h", (int(8000 * math.sin(step * at)) for at in numbers))
        case "silence":
            values = array("h", bytes(2 * len(values)))
        case _:
            assert wave == "tone"
    return values.tobytes()


@pytest.mark.parametrize(
    ("wave", "share"),
    [("tone", 1), ("offset", 1), ("noise", 0), ("other", 0), ("silence", 0)],
)
def test_the_tone_is_told_from_everything_else(wave: str, share: int) -> None:
    assert tone_seconds(samples(wave)) == pytest.approx(share * 10 * BLOCK_S)
