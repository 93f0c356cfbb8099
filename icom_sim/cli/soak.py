"""`icom-sim soak`."""

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from icom_sim.virtual.soak import Sample

COLUMNS = "{:>8} {:>12} {:>9} {:>10} {:>7} {:>8} {:>9}"


@click.command(context_settings={"show_default": True})
@click.option(
    "--hours",
    type=click.FloatRange(min=0, min_open=True),
    default=12.0,
    help="Simulated hours; twelve take some four minutes.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, help="Repeats a run.")
def soak(hours: float, seed: int) -> int:
    """Simulate hours of full duplex on a bad network, and look for what is left.

    A line for each hour: audio datagrams of both ways, what both ends hold, and the
    memory blocks of this process. Status 1 if anything was out of order, grew, or was
    left behind.
    """
    from icom_sim.virtual.soak import HOUR_S, soak

    print(COLUMNS.format("hour", "sent", "lost", "healed", "wraps", "kB", "blocks"))
    report = soak(hours * HOUR_S, seed, tell=_show)
    for fault in report.faults:
        print(f"icom-sim: {fault}", file=sys.stderr)
    print("something is wrong" if report.faults else "nothing is left behind")
    return 1 if report.faults else 0


def _show(sample: "Sample") -> None:
    from icom_sim.virtual.soak import HOUR_S

    hour = f"{sample.seconds / HOUR_S:.2f}"
    counts = sample.sent, sample.lost, sample.healed, sample.wraps
    line = COLUMNS.format(hour, *counts, sample.held_kb, sample.blocks)
    print(line, flush=True)
