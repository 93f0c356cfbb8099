"""What can be said on the command line, and in the environment instead."""

import argparse
import os
from collections.abc import Sequence

from icom_lan import __version__
from icom_lan.cli.audio_arguments import add_audio
from icom_lan.cli.options import (
    DEFAULT_PORT,
    DEFAULT_TIMEOUT_S,
    OneLineParser,
    add_json,
    port,
    radio_options,
    say,
)

HERTZ_DIGITS_MAX = 12  # of the longest frequency in CI-V
PASSWORD_WARNING = (
    "icom-lan: warning: other users of this computer can see a password on the command"
    " line; set ICOM_PASS instead"
)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments, completed from the environment. Leaves by SystemExit if wrong."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    given = vars(arguments)
    if "password" in given:
        say(PASSWORD_WARNING)
    for name, variable, default in (
        ("host", "ICOM_HOST", None),
        ("username", "ICOM_USER", ""),
        ("password", "ICOM_PASS", ""),
    ):
        given.setdefault(name, os.environ.get(variable, default))
    if "port" not in given:
        try:
            arguments.port = port(os.environ.get("ICOM_PORT", str(DEFAULT_PORT)))
        except argparse.ArgumentTypeError as error:
            parser.error(f"ICOM_PORT: {error}")
    given.setdefault("timeout", DEFAULT_TIMEOUT_S)
    if not arguments.host and _needs_radio(arguments):
        parser.error("no radio: give --host or set ICOM_HOST")
    return arguments


def _parser() -> OneLineParser:
    common = radio_options()
    parser = OneLineParser(
        prog="icom-lan",
        description="Control an Icom radio in the network.",
        epilog="The options of the radio may stand before or behind the command; the"
        " environment may hold them as ICOM_HOST, ICOM_PORT, ICOM_USER and ICOM_PASS.",
        parents=[common],
    )
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {__version__}"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    status = commands.add_parser("status", parents=[common], help="what the radio does")
    add_json(status)

    freq = commands.add_parser("freq", parents=[common], help="read or set frequency")
    freq.add_argument("hz", nargs="?", type=_hertz, help="set this first, in Hz")
    add_json(freq)

    add_audio(commands.add_parser("audio", help="receive and send audio"), common)
    return parser


def _needs_radio(arguments: argparse.Namespace) -> bool:
    """What the library can do, it knows by itself."""
    is_caps = arguments.command == "audio" and arguments.audio_command == "caps"
    return not is_caps or arguments.stats


def _hertz(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > HERTZ_DIGITS_MAX:
        raise argparse.ArgumentTypeError(
            f"a frequency is a number of Hz such as 14074000, not {text!r}"
        )
    return int(text)
