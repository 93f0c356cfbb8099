"""`icom-sim decode --summary --plot`: what a capture tells as a whole."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

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
    told = False
    try:
        for session in summarize(reader, timeline):
            told = True
            if sessions and session.number not in sessions:
                continue
            if as_json:
                print(json.dumps(session.to_dict()))
            else:
                print("\n".join(session.lines()), end="\n\n")
    except CaptureError as error:
        raise click.ClickException(str(error)) from error
    for note in reader.notes:
        print(f"icom-sim: {note}", file=sys.stderr)
    if not told:
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


def write_whole(path: str, data: bytes) -> None:
    """All of a file, or nothing: what was there before stays until it is whole."""
    unfinished = f"{path}.unfinished"
    try:
        try:
            with open(unfinished, "wb") as file:
                file.write(data)
            os.replace(unfinished, path)
        except OSError:
            Path(unfinished).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise click.ClickException(
            f"cannot write {path!r}: {error.strerror}"
        ) from error
