"""What `icom-sim net` and `icom-sim ctl` share: which radio, and how it says no."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from icom_sim.control.client import ControlClient

CONTROL = click.option(
    "--control",
    metavar="ADDRESS",
    help="Where the radio takes orders; default: ICOM_SIM_CONTROL, else your own path.",
)


@contextmanager
def radio_at(control: str | None) -> Iterator["ControlClient"]:
    """A connection to the radio that runs there; what goes wrong is one line."""
    from icom_sim.control.addresses import (
        ControlError,
        default_address,
        parse_address,
    )
    from icom_sim.control.client import ControlClient, OrderRefusedError

    try:
        if control is None:
            address = default_address(os.environ)
        else:
            address = parse_address(control)
    except ControlError as error:
        raise click.UsageError(str(error)) from error
    try:
        with ControlClient(address) as radio:
            yield radio
    except (ControlError, OrderRefusedError) as error:
        raise click.ClickException(str(error)) from error
