"""`icom-sim hostile`."""

import asyncio
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from icom_sim.hostile.soak import Sample

COLUMNS = "{:>9} {:>8} {:>9} {:>5} {:>8} {:>8} {:>9}"
HEAD = "hostile", "answers", "audio", "lost", "silence", "kB", "back/byte"


@click.command(
    short_help="Flood a fake radio with hostile datagrams and watch it.",
    context_settings={"show_default": True},
)
@click.option(
    "--datagrams",
    type=click.IntRange(min=10),
    default=1_000_000,
    help="So many; a million take some minutes.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, help="What is sent.")
def hostile(datagrams: int, seed: int) -> int:
    """Run `icom-sim serve` in a process of its own and flood it: garbage, real
    datagrams cut, damaged and replayed with the ids of the session, retransmit storms,
    logins with wrong passwords. Beside it a proper client asks and listens.

    A line for each tenth: what was sent, answers and audio the client got, what it
    lost and its longest silence, memory of the radio, bytes that strangers got for each
    byte they sent.
    Status 1 if the radio ended, grew, answered strangers too much, or left its client
    alone.
    """
    from icom_sim.hostile.soak import soak

    print(COLUMNS.format(*HEAD))
    report = asyncio.run(soak(datagrams, seed, _show))
    print(", ".join(f"{count} {kind}" for kind, count in sorted(report.kinds.items())))
    for fault in report.faults:
        print(f"icom-sim: {fault}", file=sys.stderr)
    print("something is wrong" if report.faults else "the client was served throughout")
    return 1 if report.faults else 0


def _show(sample: "Sample") -> None:
    memory = "?" if sample.memory_kb is None else sample.memory_kb
    counts = sample.sent, sample.answers, sample.audio, sample.audio_lost
    silence = f"{sample.silence_s:.2f} s"
    line = COLUMNS.format(*counts, silence, memory, f"{sample.back:.3f}")
    print(line, flush=True)
