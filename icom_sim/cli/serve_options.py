"""From the options of `icom-sim serve` to radios and networks, or one clear line."""

import random
from dataclasses import replace

import click
from click.core import ParameterSource

from icom_proto.errors import LocalProtocolError
from icom_sim.audio_source import AudioSourceError, check_source
from icom_sim.cli.choices import chosen_model, positive_duration
from icom_sim.cli.network_options import network_of
from icom_sim.cli.orders import address_of
from icom_sim.cli.serve import Given
from icom_sim.dialects.knobs import DialectError
from icom_sim.dialects.presets import PRESETS, dialect_named
from icom_sim.event_log import Style
from icom_sim.farm import farm_setups
from icom_sim.network import ConditionError
from icom_sim.radio_setup import RadioSetup
from icom_sim.rig.catalogue import IC_7610
from icom_sim.sample_clock import SampleClock, SampleClockError
from icom_sim.scenarios import Scenario, ScenarioError
from icom_sim.scenarios.gallery import scenario_of
from icom_sim.scenarios.radio import radio_setup
from icom_sim.serve import ServeOptions

# What belongs to one radio and could not be shared by several.
_OF_ONE = (
    *("civ_port", "audio_port", "record", "save_tx", "save_air"),
    *("scenario", "civ_pty", "tui"),
)


def serve_options(given: Given) -> ServeOptions:
    """Raises click.UsageError."""
    _check_count(given)
    try:
        scenario = scenario_of(given["scenario"]) if given["scenario"] else None
        setup = _setup(given, scenario)
        check_source(setup.audio)
        SampleClock(setup.clock_ppm)
        network_of(given, setup.seed)  # what is wrong with it is told now
    except (
        *(AudioSourceError, ConditionError, DialectError),
        *(LocalProtocolError, SampleClockError, ScenarioError),
    ) as error:
        raise click.UsageError(str(error)) from error
    control = given["control"]
    return ServeOptions(
        setups=farm_setups(setup, given["count"]),
        make_network=lambda each: network_of(given, each.seed),
        host=given["host"],
        port=given["port"],
        civ_port=given["civ_port"],
        audio_port=given["audio_port"],
        save_tx=given["save_tx"],
        save_air=given["save_air"],
        record=given["record"],
        duration_s=positive_duration(given["duration"]),
        style=Style(given["events"]),
        control=None if control is None else address_of(control),
        scenario=scenario,
        civ_pty=given["civ_pty"],
        tui=given["tui"],
    )


def _check_count(given: Given) -> None:
    if given["count"] == 1:
        return
    options = dict(given)
    for name in _OF_ONE:
        if options[name] not in (None, False):
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(
                f"{option} is for one radio, and --count is {given['count']}"
            )


def _setup(given: Given, scenario: Scenario | None) -> RadioSetup:
    seed, model = given["seed"], given["model"]
    if scenario is not None:
        setup = _setup_of(scenario, given)
    else:
        setup = RadioSetup(
            username=given["username"],
            password=given["password"],
            audio=given["audio"],
            seed=random.Random().randrange(1 << 32),
        )
    if seed is not None:
        setup = replace(setup, seed=seed)
    setup = replace(
        setup, refuse_stereo=given["refuse_stereo"], clock_ppm=given["clock_ppm"]
    )
    if given["dialect"] is not None:
        dialect = dialect_named(given["dialect"])
        own_model = PRESETS[given["dialect"]][0] or IC_7610.name
        setup = replace(setup, dialect=dialect, model=chosen_model(own_model))
    if model is not None:
        setup = replace(setup, model=chosen_model(model))
    if given["connection_type"] is not None:
        setup = setup.turned("connection", given["connection_type"])
    for text in given["knob"]:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.UsageError(f"a knob is given as NAME=VALUE, not {text!r}")
        setup = setup.turned(name, value)
    return setup


def _setup_of(scenario: Scenario, given: Given) -> RadioSetup:
    """What is said on the command line goes before what the scenario says."""
    setup = radio_setup(scenario)
    source = click.get_current_context().get_parameter_source
    if source("username") is not ParameterSource.DEFAULT:
        setup = replace(setup, username=given["username"])
    if source("password") is not ParameterSource.DEFAULT:
        setup = replace(setup, password=given["password"])
    if source("audio") is not ParameterSource.DEFAULT:
        setup = replace(setup, audio=given["audio"])
    return setup
