"""Scenarios: what a radio and its network do, when, and what is expected of a client.

scenario = load_scenario("mine.toml")     # or a Scenario made in Python
run = ScenarioRun(scenario, perform, now) # sans-IO; `live` and `simulated` drive it
"""

from icom_sim.scenarios.engine import ScenarioRun
from icom_sim.scenarios.model import (
    Bounds,
    CivSight,
    ClosedCleanly,
    Counter,
    DatagramSight,
    EventSight,
    Moment,
    RigState,
    Scenario,
    ScenarioError,
    Seen,
    Step,
    TxField,
)
from icom_sim.scenarios.parse import load_scenario, parse_scenario
from icom_sim.scenarios.verdict import Outcome, Verdict

__all__ = [
    "Bounds",
    "CivSight",
    "ClosedCleanly",
    "Counter",
    "DatagramSight",
    "EventSight",
    "Moment",
    "Outcome",
    "RigState",
    "Scenario",
    "ScenarioError",
    "ScenarioRun",
    "Seen",
    "Step",
    "TxField",
    "Verdict",
    "load_scenario",
    "parse_scenario",
]
