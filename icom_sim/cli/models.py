"""`icom-sim models`."""

import click


@click.command()
def models() -> None:
    """List the radios that `serve --model` can be."""
    from icom_sim.rig.catalogue import MODELS

    for model in MODELS.values():
        kind = "transceiver" if model.transmit else "receiver"
        print(f"{model.name:<12} CI-V {model.civ_address:02X}h  {kind}")
