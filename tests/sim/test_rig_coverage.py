"""`icom-sim models`: every command has words and a label, and what is NG is said."""

import pytest
from click.testing import CliRunner

from icom_sim.cli.models import models as models_command
from icom_sim.dialects.knobs import Fidelity
from icom_sim.rig.behaviours import BEHAVIOURS
from icom_sim.rig.catalogue import MODELS
from icom_sim.rig.command_facts import COMMAND_FACTS, ITEM_FACTS
from icom_sim.rig.coverage import (
    behaviours_of,
    codes_of,
    entries_of,
    not_modelled_of,
    refused_by,
)
from icom_sim.rig.models import RigModel
from rig_bench import NG, Bench

models = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
PREFIX = b"\x29"


@models
def test_every_command_of_every_model_has_words_and_a_label(model: RigModel) -> None:
    assert codes_of(model) <= COMMAND_FACTS.keys()
    assert model.settings.keys() <= ITEM_FACTS.keys()
    entries = entries_of(model)
    assert len(entries) == len(codes_of(model)) - 1 + len(model.settings)
    for entry in (*entries, *behaviours_of(model)):
        assert entry.text
        assert entry.fidelity in set(Fidelity)
        assert entry.source.startswith("CIV.md ")


def test_every_fact_is_about_a_model_that_is_here() -> None:
    used = set[bytes]().union(*(codes_of(model) for model in MODELS.values()))
    assert used == COMMAND_FACTS.keys()
    items = {item for model in MODELS.values() for item in model.settings}
    assert items == ITEM_FACTS.keys()
    facts = [*COMMAND_FACTS.values(), *ITEM_FACTS.values()]
    seen_on = [each.fact.seen_on for each in BEHAVIOURS] + [f.seen_on for f in facts]
    assert set().union(*seen_on) <= MODELS.keys()
    for each in BEHAVIOURS:
        assert any(each.concerns(model) for model in MODELS.values()), each.fact.text


@models
def test_what_is_said_to_be_ng_is_ng(model: RigModel) -> None:
    """Whatever follows: bare, and with one to three bytes of data."""
    bench = Bench(model.name)
    refused = {code for code, _ in (*refused_by(model), *not_modelled_of(model))}
    for code in refused - {"1A 05"}:
        for data in ("", " 00", " 01", " 00 01", " 00 00 01"):
            assert bench.ask(code + data) == NG, code


@models
def test_what_is_said_to_be_modelled_is_not_always_ng(model: RigModel) -> None:
    """A command may be NG bare, and with data that are none of its own."""
    for code in codes_of(model) - {PREFIX, b"\x1a\x05"}:
        bench = Bench(model.name)
        # A channel that can be displayed, a mode that has everything.
        bench.set("06 01 01", "09")
        asked = (code.hex(" ") + data for data in DATA)
        assert any(bench.ask(text) != NG for text in asked), code.hex()


FREQUENCIES = (" 00 00 00 45 01", " 00 40 07 14 00")
DATA = (
    *("", " 00", " 01", " 00 00", " 00 01", " 01 01", " 01 00 01", " 00 00 00"),
    *(" 00 00 00 01", " 43 51", " 01 01 01", *FREQUENCIES),
)


def test_a_command_without_facts_would_be_noticed() -> None:
    codes = codes_of(MODELS["IC-7610"])
    assert {b"\x03", b"\x07\xb0", b"\x14\x0a", b"\x16\x02", b"\x29"} <= codes
    assert not {b"\x14", b"\x15", b"\x16", b"\x07\x00", b"\x08\xa0"} & codes
    assert b"\x08\xa0" in codes_of(MODELS["IC-R8600"])


@pytest.mark.parametrize(
    ("model", "code", "fidelity", "source"),
    [
        ("IC-705", "16 40", Fidelity.OBSERVED, "CIV.md 3.6 [L]"),
        ("IC-7610", "16 40", Fidelity.INFERRED, "CIV.md 3.6 [T]"),
        ("IC-7760", "16 66", Fidelity.ASSUMED, "CIV.md 3.6 [I]"),
        ("IC-7300MK2", "1A 05 00 89", Fidelity.OBSERVED, "CIV.md 3.11 [L]"),
    ],
)
def test_a_label_is_observed_only_where_it_was_seen(
    model: str, code: str, fidelity: Fidelity, source: str
) -> None:
    (entry,) = [each for each in entries_of(MODELS[model]) if each.code == code]
    assert (entry.fidelity, entry.source) == (fidelity, source)


def printed(*words: str) -> str:
    result = CliRunner().invoke(models_command, words)
    assert result.exit_code == 0, result.output
    return result.output


def test_verbose_lists_commands_and_what_answers_ng() -> None:
    output = printed("IC-R8600", "--verbose")
    assert not output.startswith("IC-705")
    assert "receives 0.01-3000 MHz; transmits nowhere" in output
    modelled, missing, refused = (
        part.split("\n    ")[1:]
        for part in output.split("modelled:")[1].split("\n  NG")
    )
    assert "03           operating frequency" in modelled
    assert "27 20        marker of the scope" in missing
    assert "1C 00        PTT, and whether it transmits" in [r.strip() for r in refused]


def test_fidelity_labels_commands_and_behaviour() -> None:
    output = printed("IC-9700", "--fidelity")
    lines = [line.split(maxsplit=4) for line in output.splitlines()[1:]]
    assert {words[0] for words in lines} == {"observed", "inferred", "assumed"}
    assert "observed  CIV.md 6 [L]                  in standby CI-V is silent" in output


def test_an_unknown_model_is_named_with_those_there_are() -> None:
    result = CliRunner().invoke(models_command, ["IC-7000"])
    assert result.exit_code == 2
    for name in ("IC-7000", *MODELS):
        assert name in result.output
