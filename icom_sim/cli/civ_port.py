"""`icom-sim civ-port`."""

import random
import sys

import click


@click.command(name="civ-port", context_settings={"show_default": True})
@click.option(
    "--model", default="IC-7610", metavar="NAME", help="See `icom-sim models`."
)
@click.option("--address", metavar="HH", help="CI-V address; default: the model's.")
@click.option("--echo/--no-echo", default=False, help="Send back what was heard.")
@click.option("--seed", type=click.IntRange(min=0), help="Repeats a run; default: any.")
@click.option("--duration", type=float, metavar="SECONDS", help="End after this time.")
@click.option(
    "--events",
    type=click.Choice(["text", "jsonl"]),
    default="text",
    help="text: the name of the terminal, on the first line; jsonl: each frame too.",
)
def civ_port(
    model: str,
    address: str | None,
    echo: bool,
    seed: int | None,
    duration: float | None,
    events: str,
) -> int:
    """Run a rig alone on a pseudo-terminal, as a serial CI-V port.

    Prints the name of the terminal to open, and runs until Ctrl-C:

        rigctl -m 3078 -r /dev/pts/3 f
    """
    from icom_sim.cli.choices import chosen_model, positive_duration
    from icom_sim.event_log import Style

    try:
        from icom_sim.civ_port import CivPortOptions, run
    except ModuleNotFoundError as error:
        if error.name not in ("pty", "tty", "termios"):
            raise
        raise click.ClickException("this system has no pseudo-terminals") from error
    radio = chosen_model(model)
    options = CivPortOptions(
        model=radio,
        civ_address=radio.civ_address if address is None else _address(address),
        echo=echo,
        seed=random.Random().randrange(1 << 32) if seed is None else seed,
        duration_s=positive_duration(duration),
        style=Style(events),
    )
    try:
        troubles = run(options)
    except OSError as error:
        raise click.ClickException(f"no pseudo-terminal: {error.strerror}") from error
    for trouble in troubles:
        print(f"icom-sim: {trouble}", file=sys.stderr)
    return 1 if troubles else 0


# 00 is for everybody, E0 to EF are controllers, and FC to FE have other meanings.
ADDRESSES = range(0x01, 0xE0)


def _address(text: str) -> int:
    try:
        address = int(text, 16)
    except ValueError:
        address = -1
    if address not in ADDRESSES:
        raise click.UsageError(
            f"a radio's CI-V address is 01 to DF in hexadecimal, not {text!r}"
        )
    return address
