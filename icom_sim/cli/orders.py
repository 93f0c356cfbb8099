"""What `icom-sim net` and `icom-sim ctl` share: which radio, and how it says no."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from icom_sim.control.addresses import ControlAddress
    from icom_sim.control.client import ControlClient

CONTROL = click.option(
    "--control",
    metavar="ADDRESS",
    help="Where the radio takes orders; default: ICOM_SIM_CONTROL, else your own path.",
)


def address_of(control: str | None) -> "ControlAddress":
    """What `--control` says; the default if it is not there or has no value."""
    from icom_sim.control.addresses import (
        ControlError,
        default_address,
        parse_address,
    )

    try:
        return parse_address(control) if control else default_address(os.environ)
    except ControlError as error:
        raise click.UsageError(str(error)) from error


@contextmanager
def radio_at(control: str | None) -> Iterator["ControlClient"]:
    """A connection to the radio that runs there; what goes wrong is one line."""
    from icom_sim.control.addresses import ControlError
    from icom_sim.control.client import ControlClient, OrderRefusedError

    address = address_of(control)
    try:
        with ControlClient(address) as radio:
            yield radio
    except (ControlError, OrderRefusedError) as error:
        raise click.ClickException(str(error)) from error
