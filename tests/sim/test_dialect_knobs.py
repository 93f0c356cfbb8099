"""The list of knobs and presets: complete, tested, readable, and strict."""

import ast
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from icom_proto.link_dialect import LinkDialect
from icom_proto.session_dialect import PortsZero, SessionDialect
from icom_sim.dialects.dialect import KNOBS, Dialect
from icom_sim.dialects.knobs import (
    SWITCH,
    DialectError,
    Fidelity,
    Hex,
    Knob,
    Name,
    Number,
    Subset,
    Values,
    Whole,
)
from icom_sim.dialects.link_knobs import LINK_KNOBS
from icom_sim.dialects.presets import (
    DIALECTS,
    PRESETS,
    dialect_named,
    dialect_of_model,
)
from icom_sim.dialects.radio_dialect import RadioDialect
from icom_sim.dialects.radio_knobs import RADIO_KNOBS
from icom_sim.dialects.session_knobs import SESSION_KNOBS
from icom_sim.rig.catalogue import MODELS

TESTS = Path(__file__).parent.parent
PARTS = [
    (SessionDialect, SESSION_KNOBS),
    (LinkDialect, LINK_KNOBS),
    (RadioDialect, RADIO_KNOBS),
]


@pytest.mark.parametrize(("part", "knobs"), PARTS)
def test_each_field_of_a_dialect_has_its_knob_and_each_knob_its_field(
    part: type[SessionDialect | LinkDialect | RadioDialect], knobs: tuple[Knob, ...]
) -> None:
    assert sorted(knob.name for knob in knobs) == sorted(f.name for f in fields(part))
    usual = part()
    for knob in knobs:
        assert knob.default == getattr(usual, knob.name)
        assert knob.parse(knob.show(knob.default)) == knob.default
        assert isinstance(knob.fidelity, Fidelity)
        assert knob.source
        assert knob.text


def test_no_two_knobs_have_the_same_name() -> None:
    assert len(KNOBS) == sum(len(knobs) for _, knobs in PARTS)


def test_each_knob_is_shown_by_a_test() -> None:
    """Those that carry `@shows("its name", ...)`."""
    shown: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                shown |= {name for each in node.decorator_list for name in names(each)}
    assert sorted(shown - KNOBS.keys()) == [], "no knob has this name"
    assert sorted(KNOBS.keys() - shown) == [], "no test shows what it does"


def names(decorator: ast.expr) -> set[str]:
    is_shows = (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Name)
        and decorator.func.id == "shows"
    )
    if not is_shows:
        return set()
    return {
        node.value
        for node in ast.walk(decorator)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize(
    ("values", "good", "bad"),
    [
        (SWITCH, {"on": True, "off": False}, ["", "yes", "ON"]),
        (Whole(1, 4), {"1": 1, "0x4": 4}, ["0", "5", "-1", "1.5", "x", ""]),
        (Number(0, 60), {"3.5": 3.5}, ["-1", "61", "nan", "inf", "x", ""]),
        (Hex(2), {"0707": b"\7\7", "model": None}, ["07", "070707", "0x", "zz", ""]),
        (Name(4), {"abc": b"abc", "model": None}, ["", "abcde", "µ", "a\n"]),
        (
            Subset(PortsZero),
            {
                "none": frozenset(),
                "identity,repeat": frozenset({PortsZero.IDENTITY, PortsZero.REPEAT}),
            },
            ["", "identity,", "x", "identity repeat"],
        ),
    ],
)
def test_a_value_is_read_from_its_text_or_refused_in_one_line(
    values: Values, good: dict[str, object], bad: list[str]
) -> None:
    knob = Knob("it", values, None, "source", Fidelity.ASSUMED, "text")
    for text, value in good.items():
        assert knob.parse(text) == value
        assert knob.parse(knob.show(value)) == value
    for text in bad:
        with pytest.raises(DialectError) as error:
            knob.parse(text)
        line = str(error.value)
        assert line == f"knob it cannot be {text!r}: allowed are {values.allowed}"
        assert "\n" not in line


def test_a_knob_is_turned_by_its_name() -> None:
    turned = (
        Dialect()
        .with_knob("login_rr", "1")
        .with_knob("ping_len", "ws")
        .with_knob("ulaw", "wfview")
    )
    assert turned.settings() == {"login_rr": "1", "ping_len": "ws", "ulaw": "wfview"}
    assert turned.session == SessionDialect(login_rr=1)


@pytest.mark.parametrize(
    ("name", "allowed"), [("stale_hold", "stale_hold_s"), ("x", "login_rr")]
)
def test_an_unknown_knob_is_refused_with_what_could_be_meant(
    name: str, allowed: str
) -> None:
    with pytest.raises(DialectError) as error:
        Dialect().with_knob(name, "1")
    assert repr(name) in str(error.value)
    assert allowed in str(error.value)


@pytest.mark.parametrize("name", DIALECTS)
def test_a_preset_can_be_written_down_and_turned_back(name: str) -> None:
    dialect = Dialect()
    for knob, text in dialect_named(name).settings().items():
        dialect = dialect.with_knob(knob, text)
    assert dialect == DIALECTS[name]
    assert PRESETS.keys() == DIALECTS.keys()


@pytest.mark.parametrize("model", MODELS)
def test_each_model_has_a_dialect_that_tells_what_the_model_does(model: str) -> None:
    facts, session = MODELS[model].network, dialect_of_model(model).session
    assert session.conn_computer is facts.tells_who_is_connected
    assert session.conn_ip is facts.tells_who_is_connected
    assert session.login_byte_50 == facts.login_reserved_50[0]
    assert session.conn_type in (None, facts.connection_type)
    presets = {own for own, _ in PRESETS.values()}
    assert model in presets or session.name is None


def test_the_command_lists_presets_and_knobs_and_one_preset() -> None:
    listed = icom_sim("dialects")
    lines = listed.stdout.splitlines()
    assert len(lines) == len(DIALECTS) + 1 + len(KNOBS)
    for line, name in zip(lines, [*DIALECTS, "", *KNOBS], strict=True):
        assert line.startswith(name)
    assert any(
        line.startswith("stale_hold_s=15 (0.1 to 86400 s) how long")
        and line.endswith("[observed: #51 IC-7300MK2 15 s; others minutes]")
        for line in lines
    )
    one = icom_sim("dialects", "ic9700").stdout
    assert "ports_zero_on=identity,sometimes" in one
    wrong = icom_sim("dialects", "ic9701")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith(
        "icom-sim: unknown dialect 'ic9701': did you mean ic9700"
    )
    assert wrong.stderr.count("\n") == 1


def icom_sim(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "icom_sim", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)
