"""Which fake radio a test asks for: the markers of the pytest plugin, checked."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any, Final

from icom_sim.audio_source import AudioSourceError, check_source
from icom_sim.dialects.knobs import DialectError
from icom_sim.dialects.presets import dialect_named
from icom_sim.network import ConditionError, Network
from icom_sim.network.only import Only
from icom_sim.network.presets import PRESETS, preset_rules
from icom_sim.network.rule_text import parse_rule
from icom_sim.network.verdicts import Rule
from icom_sim.radio_setup import RadioSetup
from icom_sim.rig.catalogue import MODELS
from icom_sim.scenarios import Scenario, ScenarioError
from icom_sim.scenarios.gallery import scenario_of
from icom_sim.scenarios.radio import radio_setup

SEED_MAX: Final = 1 << 32
# What a marker was given, in order and by name.
Marks = Mapping[str, tuple[tuple[Any, ...], Mapping[str, Any]]]


class RecipeError(ValueError):
    """A marker that cannot be: one line with what was given and what is allowed."""


_MISTAKES = (AudioSourceError, ConditionError, DialectError, RecipeError, ScenarioError)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One kind of radio, on one kind of network."""

    setup: RadioSetup
    rules: tuple[str, ...] = ()
    scenario: Scenario | None = None

    def network(self) -> Network:
        """A fresh one: rules have a memory."""
        return Network(_rules(self.rules), seed=self.setup.seed)

    @property
    def description(self) -> str:
        """In one line, for the report of a test that failed."""
        words = [self.setup.model.name]
        words += [f"{k}={v}" for k, v in self.setup.behaviour.settings().items()]
        words += self.rules
        if self.scenario is not None:
            words.append(f"scenario {self.scenario.name}")
        return " ".join(words)


def recipe_of(marks: Marks, *, seed: int | None, default_seed: int) -> Recipe:
    """Of markers without their prefix. Raises RecipeError.

    `seed` is worth more than that of a marker, and that more than a scenario's own;
    where there is none, `default_seed` holds.
    """
    unknown = marks.keys() - _CHANGES.keys()
    if unknown:
        raise RecipeError(
            f"unknown {', '.join(sorted(unknown))}: there are {', '.join(_CHANGES)}"
        )
    recipe = Recipe(RadioSetup(seed=default_seed))
    for name, change in _CHANGES.items():
        if name in marks:
            given, named = marks[name]
            _check_arguments(name, change, given, named)
            try:
                recipe = change(recipe, *given, **named)
            except _MISTAKES as error:
                raise RecipeError(f"icom_{name}: {error}") from error
    return recipe if seed is None else _seed(recipe, seed)


def _scenario(recipe: Recipe, name: str) -> Recipe:
    scenario = scenario_of(_text(name))
    return replace(recipe, setup=radio_setup(scenario), scenario=scenario)


def _seed(recipe: Recipe, number: int) -> Recipe:
    if type(number) is not int or not 0 <= number < SEED_MAX:
        raise RecipeError(f"a seed is 0 to {SEED_MAX - 1}, not {number!r}")
    scenario = recipe.scenario and replace(recipe.scenario, seed=number)
    return replace(recipe, setup=replace(recipe.setup, seed=number), scenario=scenario)


def _model(recipe: Recipe, name: str) -> Recipe:
    model = MODELS.get(_text(name).upper())
    if model is None:
        raise RecipeError(f"unknown model {name!r}: there are {', '.join(MODELS)}")
    return replace(recipe, setup=replace(recipe.setup, model=model))


def _dialect(recipe: Recipe, name: str | None = None, **knobs: object) -> Recipe:
    setup = recipe.setup
    if name is not None:
        setup = replace(setup, dialect=dialect_named(_text(name)))
    for knob, value in knobs.items():
        word = ("off", "on")[value] if isinstance(value, bool) else str(value)
        setup = setup.turned(knob, word)
    return replace(recipe, setup=setup)


def _network(recipe: Recipe, *rules: str) -> Recipe:
    list(_rules(map(_text, rules)))
    return replace(recipe, rules=rules)


def _audio(recipe: Recipe, source: str) -> Recipe:
    check_source(_text(source))
    return replace(recipe, setup=replace(recipe.setup, audio=source))


# In this order: a scenario says all, the others change it.
_CHANGES: Final[Mapping[str, Callable[..., Recipe]]] = {
    "scenario": _scenario,
    "seed": _seed,
    "model": _model,
    "dialect": _dialect,
    "network": _network,
    "audio": _audio,
}


def _rules(texts: Iterable[str]) -> Iterable[Rule | Only]:
    for text in texts:
        if text in PRESETS:
            yield from preset_rules(text)
        else:
            yield parse_rule(text)


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise RecipeError(f"{given!r} is no text")
    return given


def _check_arguments(
    name: str,
    change: Callable[..., Recipe],
    given: tuple[Any, ...],
    named: Mapping[str, Any],
) -> None:
    takes = signature(change)
    try:
        takes.bind(None, *given, **named)
    except TypeError as error:
        words = [str(each) for each in takes.parameters.values()][1:]
        allowed = ", ".join(word.partition(":")[0] for word in words)
        raise RecipeError(f"icom_{name}: {error}; it takes ({allowed})") from error
