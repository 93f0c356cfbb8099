"""Fake radios for tests: in a thread of their own, or in simulated time.

What `icom_sim.pytest_plugin` gives to tests, usable from any other test runner too.
"""

from icom_sim.harness.ear import Ear, NotHeardError
from icom_sim.harness.handle import RadioHandle
from icom_sim.harness.loop_thread import LoopThread
from icom_sim.harness.recipe import Recipe, RecipeError, recipe_of
from icom_sim.harness.record import NotSeenError
from icom_sim.harness.recorded import ScenarioFailedError
from icom_sim.harness.virtual import VirtualRadio

__all__ = [
    "Ear",
    "LoopThread",
    "NotHeardError",
    "NotSeenError",
    "RadioHandle",
    "Recipe",
    "RecipeError",
    "ScenarioFailedError",
    "VirtualRadio",
    "recipe_of",
]
