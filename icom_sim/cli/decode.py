"""`icom-sim decode`: what a capture holds, a line a datagram."""

import math
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

import click

# `Stream` by its words; the core is imported when the command runs.
_STREAMS = ("control", "civ", "audio")


@click.command(short_help="Show what a capture holds, a line a datagram.")
@click.argument("file", metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a datagram.")
@click.option(
    "--stream", "streams", multiple=True, type=click.Choice(_STREAMS), help="Only this."
)
@click.option("--kind", "kinds", multiple=True, help="Only this kind of packet.")
@click.option(
    "--civ",
    multiple=True,
    metavar="COMMAND",
    help="Only CI-V frames of a command (1502, 14) or with words (S-meter).",
)
@click.option(
    "--session", "sessions", multiple=True, type=click.IntRange(1), help="Only this."
)
@click.option(
    "--since", metavar="TIME", help="Seconds from the start, or date and time."
)
@click.option("--until", metavar="TIME", help="The same.")
@click.option("--payload", is_flag=True, help="Show audio too, in hexadecimal.")
@click.option("--secrets", is_flag=True, help="Show user name and password in clear.")
@click.option("--summary", is_flag=True, help="Each session's story and figures.")
@click.option("--plot", metavar="OUT.png", help="The same, and a picture of it.")
@click.pass_context
def decode(
    context: click.Context,
    file: str,
    as_json: bool,
    streams: tuple[str, ...],
    kinds: tuple[str, ...],
    civ: tuple[str, ...],
    sessions: tuple[int, ...],
    since: str | None,
    until: str | None,
    payload: bool,
    secrets: bool,
    summary: bool,
    plot: str | None,
) -> None:
    """Show what a capture holds: pcap or pcapng, gzip too, "-" for standard input.

    Streams and sessions are found on any ports. Filters that are given twice mean
    either, different filters mean both.
    """
    from icom_proto.codes import Stream
    from icom_sim.captures.decode import Filters
    from icom_sim.captures.lines import CaptureLines, Shown
    from icom_sim.captures.reader import CaptureReader

    if summary or plot is not None:
        from icom_sim.cli.decode_summary import tell_summary

        others = (streams, kinds, civ, since, until, payload, secrets)
        context.exit(
            tell_summary(file, plot, sessions, as_json=as_json, filtered=any(others))
        )
    since_start, since_clock = _moment("--since", since)
    until_start, until_clock = _moment("--until", until)
    shown = Shown(
        as_json=as_json,
        secrets=secrets,
        payload=payload,
        since_start=since_start,
        until_start=until_start,
        filters=Filters(
            streams=tuple(Stream[name.upper()] for name in streams),
            kinds=_known_kinds(kinds),
            civ=civ,
            sessions=sessions,
            since=since_clock,
            until=until_clock,
        ),
    )
    lines = CaptureLines(CaptureReader(file), shown)
    _print(lines)
    for note in lines.notes:
        print(f"icom-sim: {note}", file=sys.stderr)
    context.exit(0 if lines.has_traffic else 1)


def _print(lines: Iterable[str]) -> None:
    from icom_sim.captures.reader import CaptureError
    from icom_sim.cli.output import print_all

    try:
        print_all(lines)
    except CaptureError as error:
        raise click.ClickException(str(error)) from error


def _known_kinds(kinds: tuple[str, ...]) -> tuple[str, ...]:
    from icom_sim.captures.decode import KINDS

    for kind in kinds:
        if kind not in KINDS:
            raise click.UsageError(
                f"unknown kind {kind!r}: there are {', '.join(KINDS)}"
            )
    return kinds


def _moment(option: str, text: str | None) -> tuple[float | None, float | None]:
    """Seconds from the start, or else of the clock."""
    if text is None:
        return None, None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isnan(seconds):
        return seconds, None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(
            f"{option}: {text!r} is neither seconds from the start of the capture"
            " (12.5) nor a date and time (2026-09-26T14:30:00)"
        ) from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return None, when.timestamp()
