"""`icom-sim decode --summary --plot`: what a capture tells as a whole."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from icom_sim.cli.output import print_all, write_whole

if TYPE_CHECKING:
    from icom_sim.captures.timeline import Timeline


def tell_summary(
    file: str,
    plot: str | None,
    sessions: tuple[int, ...],
    *,
    as_json: bool,
    filtered: bool,
) -> int:
    """Print it, and draw it if asked to; the exit status of the command."""
    from icom_sim.captures.reader import CaptureError, CaptureReader
    from icom_sim.captures.summary import summarize
    from icom_sim.captures.timeline import Timeline

    if filtered:
        raise click.UsageError("--summary and --plot take no filter but --session")
    reader, timeline = CaptureReader(file), Timeline()
    try:
        print_all(
            f"{json.dumps(each.to_dict())}\n"
            if as_json
            else "\n".join((*each.lines(), "", ""))
            for each in summarize(reader, timeline)
            if not sessions or each.number in sessions
        )
    except CaptureError as error:
        raise click.ClickException(str(error)) from error
    for note in reader.notes:
        print(f"icom-sim: {note}", file=sys.stderr)
    if not timeline.sessions:
        print(f"icom-sim: no Icom traffic in {file!r}", file=sys.stderr)
        return 1
    if plot is not None:
        _draw(timeline, file, plot)
    return 0


def _draw(timeline: "Timeline", file: str, path: str) -> None:
    from icom_sim.captures.plot import PlotError, draw

    try:
        picture = draw(timeline, Path(file).name)
    except PlotError as error:
        raise click.ClickException(str(error)) from error
    write_whole(path, picture)
