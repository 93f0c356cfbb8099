"""The fake radio that a scenario asks for, and how its rig stands."""

from icom_sim.radio_setup import RadioSetup
from icom_sim.rig.catalogue import MODELS
from icom_sim.rig.rig import Rig
from icom_sim.scenarios.model import Scalar, Scenario


def radio_setup(scenario: Scenario) -> RadioSetup:
    """The radio before its `opening` steps."""
    return RadioSetup(
        model=MODELS[scenario.model],
        username=scenario.username,
        password=scenario.password,
        audio=scenario.audio,
        seed=scenario.seed,
    )


def rig_state(rig: Rig) -> dict[str, Scalar]:
    """What `rig = ...` of an expectation looks at: `vocabulary.RIG_STATES`."""
    vfo = rig.state.vfo
    return {
        "frequency_hz": vfo.frequency_hz,
        "mode": vfo.mode.name,
        "data": vfo.data,
        "filter": vfo.filter_number,
        "ptt": rig.transmitting,
        "power": rig.state.power.state.value,
    }
