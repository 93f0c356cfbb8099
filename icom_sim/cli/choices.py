"""What several commands let people choose, and what is wrong with what they chose."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from icom_sim.rig.models import RigModel


def chosen_model(name: str) -> "RigModel":
    from icom_sim.rig.catalogue import MODELS

    model = MODELS.get(name.upper())
    if model is None:
        raise click.UsageError(f"unknown model {name!r}: there are {', '.join(MODELS)}")
    return model


def positive_duration(seconds: float | None) -> float | None:
    if seconds is not None and not seconds > 0:
        raise click.UsageError(f"duration must be more than 0 s, not {seconds:g}")
    return seconds
