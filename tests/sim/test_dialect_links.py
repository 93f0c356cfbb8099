"""The list of knobs of the links, and our own client under each of them.

What each knob does on the wire is shown in `tests/proto/test_link_dialect.py` and
`test_stream_dialect.py`.
"""

import ast
from dataclasses import fields

import pytest

from forge import of
from icom_proto.civ_commands import read_frequency, set_ptt
from icom_proto.events import AudioReceived, CivAnswered
from icom_proto.link_dialect import PLAIN
from icom_sim.dialects.dialect import KNOBS, Dialect
from icom_sim.dialects.knobs import DialectError, Knob
from icom_sim.dialects.link_knobs import LINK_KNOBS
from icom_sim.happenings import PttChanged
from icom_sim.network import Network
from icom_sim.network.rule_text import parse_rule
from icom_sim.radio_setup import RadioSetup
from sim.joined import Joined
from sources import dotted, expect_none, python_files

# Of the knobs that take numbers, one that makes a difference.
NUMBERS = {
    "ping_ms": ["1000"],
    "civ_ping_ms": ["1000"],
    "audio_ping_ms": ["100"],
    "ping_start": ["0xffff"],
    "data_calls_ignored": ["3"],
    "first_seq": ["0xfff0"],
    "seq_jump": ["40", "1000"],
    "idle_ms": ["1000"],
    "clock_stop_ms": ["2000"],
    "clock_stop_after_ms": ["0"],
    "rtx_spurious_ms": ["665"],
    "civ_inner_start": ["0xfff0"],
    "civ_warmup_ms": ["200"],
    "civ_broadcast_stall_s": ["1"],
    "civ_lost_fe": ["2"],
    "audio_seq_start": ["0xfff0"],
    "max_tx_payload": ["1364"],
}
TURNED = [
    (knob.name, text)
    for knob in LINK_KNOBS
    for text in NUMBERS.get(knob.name, knob.values.allowed.split(", "))
    if knob.parse(text) != knob.default
]


def test_every_field_has_a_knob_with_its_default() -> None:
    assert [knob.name for knob in LINK_KNOBS] == [each.name for each in fields(PLAIN)]
    for knob in LINK_KNOBS:
        assert knob.default == getattr(PLAIN, knob.name)
        assert knob.parse(knob.show(knob.default)) == knob.default
        assert knob.source
        assert knob.text


def test_every_knob_is_shown_on_the_wire() -> None:
    """By a test that says so."""
    shown = {
        argument.value
        for source in python_files("tests")
        for node in source.nodes
        if isinstance(node, ast.Call) and dotted(node.func) == "shows"
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
    names = {knob.name for knob in LINK_KNOBS}
    expect_none(sorted(names - shown), "show what the knob does, in bytes or in time")
    expect_none(sorted(shown - KNOBS.keys()), "there is no such knob")


@pytest.mark.parametrize("knob", LINK_KNOBS, ids=lambda knob: knob.name)
def test_a_value_that_a_knob_cannot_have_is_one_clear_line(knob: Knob) -> None:
    with pytest.raises(DialectError) as refused:
        knob.parse("sideways")
    line = str(refused.value)
    assert "\n" not in line
    assert knob.name in line
    assert "sideways" in line
    assert knob.values.allowed in line


@pytest.mark.parametrize(("name", "text"), TURNED)
def test_our_client_lives_with_each_knob(name: str, text: str) -> None:
    """Session, a CI-V answer, audio at its pace, transmitting and not any more."""
    network = Network(seed=1)
    if name.startswith("rtx_") and text != "none":
        network.add(parse_rule("loss:5"), 0.0)
    pair = Joined(RadioSetup(dialect=Dialect().with_knob(name, text)), network=network)
    pair.open()
    pair.run_for(1.2)
    asked = len(of(CivAnswered, pair.events))
    pair.ask(read_frequency())
    pair.run_for(0.8)
    assert len(of(CivAnswered, pair.events)) == asked + 1
    pair.ask(set_ptt(True))
    pair.ask(set_ptt(False))
    pair.run_for(0.8)
    ptt = [change.transmitting for change in of(PttChanged, pair.happened)]
    assert ptt == [True, False]
    assert len(of(AudioReceived, pair.events)) > 150
