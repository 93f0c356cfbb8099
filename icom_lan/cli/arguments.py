"""What can be said on the command line, and in the environment instead."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from icom_lan import __version__

DEFAULT_PORT = 50001
DEFAULT_TIMEOUT_S = 5.0
HERTZ_DIGITS_MAX = 12  # of the longest frequency in CI-V
PASSWORD_WARNING = (
    "icom-lan: warning: other users of this computer can see a password on the command"
    " line; set ICOM_PASS instead"
)


class UsageError(Exception):
    """The command line asks for what cannot be; found before anything is sent."""


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage text around it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help tells more)\n")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments, completed from the environment. Leaves by SystemExit if wrong."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    given = vars(arguments)
    if "password" in given:
        print(PASSWORD_WARNING, file=sys.stderr)
    for name, variable, default in (
        ("host", "ICOM_HOST", None),
        ("username", "ICOM_USER", ""),
        ("password", "ICOM_PASS", ""),
    ):
        given.setdefault(name, os.environ.get(variable, default))
    if "port" not in given:
        try:
            arguments.port = _port(os.environ.get("ICOM_PORT", str(DEFAULT_PORT)))
        except argparse.ArgumentTypeError as error:
            parser.error(f"ICOM_PORT: {error}")
    given.setdefault("timeout", DEFAULT_TIMEOUT_S)
    if not arguments.host:
        parser.error("no radio: give --host or set ICOM_HOST")
    return arguments


def _parser() -> OneLineParser:
    common = _common()
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
    _add_json(status)

    freq = commands.add_parser("freq", parents=[common], help="read or set frequency")
    freq.add_argument("hz", nargs="?", type=_hertz, help="set this first, in Hz")
    _add_json(freq)

    audio = commands.add_parser("audio", help="receive audio")
    audio_commands = audio.add_subparsers(
        dest="audio_command", required=True, metavar="COMMAND"
    )
    rx = audio_commands.add_parser("rx", parents=[common], help="record to a WAV file")
    rx.add_argument("--out", required=True, metavar="FILE.wav", help="where to")
    rx.add_argument(
        "--seconds", type=_seconds, default=10.0, help="how long (default 10)"
    )
    rx.add_argument("--stats", action="store_true", help="add the counters")
    _add_json(rx)
    return parser


def _common() -> OneLineParser:
    """Options that may stand on either side of the command: absent if not given."""
    common = OneLineParser(add_help=False, argument_default=argparse.SUPPRESS)
    radio = common.add_argument_group("radio")
    radio.add_argument("--host", help="name or address of the radio")
    radio.add_argument("--port", type=_port, help=f"control port ({DEFAULT_PORT})")
    radio.add_argument("--username", help="network user")
    radio.add_argument("--password", help="better in ICOM_PASS")
    radio.add_argument(
        "--timeout", type=_seconds, help=f"seconds to wait ({DEFAULT_TIMEOUT_S:g})"
    )
    return common


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 0x10000:
        raise argparse.ArgumentTypeError(f"a port is 1 to 65535, not {text!r}")
    return int(text)


def _hertz(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > HERTZ_DIGITS_MAX:
        raise argparse.ArgumentTypeError(
            f"a frequency is a number of Hz such as 14074000, not {text!r}"
        )
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"a time is seconds above 0, not {text!r}")
    return seconds
