"""Scenarios that come with icom-sim: one TOML file each, named after what happens."""

from functools import cache
from pathlib import Path

from icom_sim.scenarios.model import Scenario, ScenarioError
from icom_sim.scenarios.parse import load_scenario, parse_scenario
from icom_sim.scenarios.vocabulary import not_among

_FOLDER = Path(__file__).parent
_SUFFIX = ".toml"


@cache
def names() -> tuple[str, ...]:
    """In alphabetical order."""
    return tuple(sorted(file.stem for file in _FOLDER.glob(f"*{_SUFFIX}")))


def text_of(name: str) -> str:
    """The file of one. ScenarioError if there is none of this name."""
    if name not in names():
        raise ScenarioError(not_among("scenario", name, names()))
    return (_FOLDER / f"{name}{_SUFFIX}").read_text(encoding="utf-8")


def scenario_of(name: str) -> Scenario:
    """One of the gallery, or one in a file: what has a dot or a slash is a path."""
    if name.endswith(_SUFFIX) or "/" in name:
        return load_scenario(name)
    return parse_scenario(text_of(name), name)


def gallery() -> tuple[Scenario, ...]:
    """All of them."""
    return tuple(map(scenario_of, names()))
