"""`icom-sim models`: a line each, command by command, or how well each is known."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from icom_sim.rig.models import Band, RigModel


@click.command()
@click.argument("names", nargs=-1, metavar="[MODEL]...")
@click.option("-v", "--verbose", is_flag=True, help="Each command, and what is NG.")
@click.option("--fidelity", is_flag=True, help="Each behaviour: observed or assumed.")
def models(names: tuple[str, ...], verbose: bool, fidelity: bool) -> None:
    """List the radios that `serve --model` can be, all or those that are named.

    --fidelity labels what a radio does: observed (on a radio, or in a capture),
    inferred (command tables or clients agree on it), or assumed (somebody decided),
    with the place where that stands.
    """
    from icom_sim.rig.catalogue import MODELS

    for name in names:
        if name not in MODELS:
            raise click.UsageError(
                f"unknown model {name!r}: there are {', '.join(MODELS)}"
            )
    for model in (MODELS[name] for name in names or MODELS):
        kind = "transceiver" if model.transmit else "receiver"
        print(f"{model.name:<12} CI-V {model.civ_address:02X}h  {kind}")
        if verbose:
            _print_commands(model)
        if fidelity:
            _print_fidelity(model)


def _print_commands(model: "RigModel") -> None:
    from icom_sim.rig.coverage import entries_of, not_modelled_of, refused_by

    print(f"  {model.layout.value}; receives {_ranges(model.receive)} MHz;", end="")
    print(f" transmits {_ranges(model.transmit) or 'nowhere'}")
    print(f"  modes {' '.join(mode.name for mode in sorted(model.modes))}")
    print("  modelled:")
    for entry in entries_of(model):
        print(f"    {entry.code:<12} {entry.text}")
    print("  NG here, though the radio has it:")
    for code, text in not_modelled_of(model):
        print(f"    {code:<12} {text}")
    print("  NG, as this radio has no such command:")
    for code, text in refused_by(model):
        print(f"    {code:<12} {text}")


def _print_fidelity(model: "RigModel") -> None:
    from icom_sim.rig.coverage import behaviours_of, entries_of

    for each in (*entries_of(model), *behaviours_of(model)):
        print(f"  {each.fidelity:<9} {each.source:<16} {each.code:<12} {each.text}")


def _ranges(bands: "tuple[Band, ...]") -> str:
    return ", ".join(
        f"{band.low_hz / 1e6:.10g}-{band.high_hz / 1e6:.10g}" for band in bands
    )
