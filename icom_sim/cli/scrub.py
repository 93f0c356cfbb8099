"""`icom-sim scrub`."""

import os
import signal
import sys
from types import FrameType

import click

# As for captures, shorter ones are anywhere by chance.
SECRET_MIN = 4
PASSWORD_VARIABLE = "ICOM_PASS"


@click.command(
    short_help="Make a capture that can be shown.",
    context_settings={"show_default": True},
)
@click.argument("source", metavar="IN")
@click.argument("destination", metavar="OUT.pcap")
@click.option(
    "--secret",
    metavar="TEXT",
    multiple=True,
    help="Must not be left either, wherever it stands; also what ICOM_PASS holds. May"
    " be given again.",
)
@click.option(
    "--silence-audio", is_flag=True, help="Silence of the same codec and length."
)
@click.option(
    "--keep-civ",
    is_flag=True,
    help="Keep positions, CW, memories, menu texts and D-STAR calls as they are.",
)
@click.option(
    "--keep-others",
    is_flag=True,
    help="Keep UDP that is not Icom's; known secrets are replaced in it too.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, help="Of what is put instead."
)
def scrub(
    source: str,
    destination: str,
    secret: tuple[str, ...],
    silence_audio: bool,
    keep_civ: bool,
    keep_others: bool,
    seed: int,
) -> int:
    """Make a capture that can be shown to others.

    Without user names, passwords, tokens, names of computers and radios, MAC and IP
    addresses. Lengths, times and sequence numbers stay. Nothing is written if a secret
    is still found in it.
    """
    from icom_sim.captures.reader import CaptureError
    from icom_sim.captures.scrub import ScrubError, ScrubOptions, scrub_file
    from icom_sim.cli.output import print_all

    options = ScrubOptions(
        seed=seed,
        secrets=_secrets(secret),
        silence_audio=silence_audio,
        keep_civ=keep_civ,
        keep_others=keep_others,
    )
    signal.signal(signal.SIGTERM, _end)  # else a half-written file would stay
    try:
        report = scrub_file(source, destination, options)
    except (CaptureError, ScrubError) as error:
        raise click.ClickException(str(error)) from error
    for note in report.notes:
        print(f"icom-sim: {note}", file=sys.stderr)
    others = "kept" if keep_others else "left out"
    line = (
        f"{destination}: {report.datagrams} datagrams of {report.sessions} sessions;"
        f" replaced {report.texts} names and passwords, {report.tokens} tokens,"
        f" {report.hardware} MACs and GUIDs, {report.hosts} addresses;"
        f" {report.others} other datagrams {others}\n"
    )
    print_all([line])
    return 0


def _secrets(given: tuple[str, ...]) -> tuple[bytes, ...]:
    known = os.environ.get(PASSWORD_VARIABLE, "")
    for text in given:
        if len(text) < SECRET_MIN:
            raise click.UsageError(
                f"a --secret has at least {SECRET_MIN} characters, this one has"
                f" {len(text)}: shorter ones are everywhere by chance"
            )
    found = (*given, known) if len(known) >= SECRET_MIN else given
    return tuple(text.encode(errors="surrogateescape") for text in found)


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
