"""What is modelled of a radio, command by command, and what is not.

`icom-sim models --verbose` and `--fidelity` print it. It is worked out from the model
and the tables of facts, so that a command cannot be there without a label.
"""

from dataclasses import dataclass

from icom_sim.dialects.knobs import Fidelity
from icom_sim.rig.behaviours import BEHAVIOURS, is_of_kind
from icom_sim.rig.command_facts import (
    COMMAND_FACTS,
    ITEM_FACTS,
    NOT_MODELLED,
    Fact,
)
from icom_sim.rig.commands_vfo import vfo_keys
from icom_sim.rig.models import RigModel

_MENU = b"\x1a\x05"
_CHOOSE_GROUP = b"\x08\xa0"
_PREFIX = b"\x29"


@dataclass(frozen=True, slots=True)
class Entry:
    """One command of a model: its code as text, what it does, how well it is known."""

    code: str
    text: str
    fidelity: Fidelity
    source: str


def entries_of(model: RigModel) -> list[Entry]:
    """Every command that the model answers, in the order of the codes."""
    entries = []
    for code in sorted(codes_of(model)):
        if code == _MENU:
            entries += _menu(model)
        else:
            entries.append(_entry(model, code.hex(" ").upper(), COMMAND_FACTS[code]))
    return entries


def codes_of(model: RigModel) -> set[bytes]:
    """With their sub-commands, but for the numbers of menu settings."""
    registers = {
        b"\x14": model.levels,
        b"\x15": model.meter_subs,
        b"\x16": model.functions,
    }
    found = {code for code in model.commands if code not in registers}
    for command, subs in registers.items():
        found |= {command + bytes((sub,)) for sub in subs}
    found |= {b"\x07" + key for key in vfo_keys(model.layout)}
    if model.memory.has_groups:
        found.add(_CHOOSE_GROUP)
    if model.prefixed:
        found.add(_PREFIX)
    return found


def refused_by(model: RigModel) -> list[tuple[str, str]]:
    """Commands of other radios, which this one answers with NG, as it would."""
    missing = COMMAND_FACTS.keys() - codes_of(model)
    return [
        (code.hex(" ").upper(), COMMAND_FACTS[code].text) for code in sorted(missing)
    ]


def not_modelled_of(model: RigModel) -> list[tuple[str, str]]:
    """What the radio has and the simulator has not: NG here."""
    found = [
        (each.code.hex(" ").upper(), each.text)
        for each in NOT_MODELLED
        if is_of_kind(model, each.kind)
    ]
    return [*found, ("1A 05", "every menu setting that is not listed")]


def behaviours_of(model: RigModel) -> list[Entry]:
    return [_entry(model, "", each.fact) for each in BEHAVIOURS if each.concerns(model)]


def _menu(model: RigModel) -> list[Entry]:
    items = {number: item for item, number in model.settings.items()}
    return [
        _entry(model, f"1A 05 {number // 100:02} {number % 100:02}", ITEM_FACTS[item])
        for number, item in sorted(items.items())
    ]


def _entry(model: RigModel, code: str, fact: Fact) -> Entry:
    return Entry(code, fact.text, fact.fidelity(model.name), fact.source(model.name))
