"""What options of all commands share: their errors, their values, the radio's own."""

import argparse
import sys
from typing import NoReturn, TextIO

DEFAULT_PORT = 50001
DEFAULT_TIMEOUT_S = 5.0


class UsageError(Exception):
    """The command line asks for what cannot be; found before anything is sent."""


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage text around it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help tells more)\n")


def is_terminal(file: TextIO | None) -> bool:
    """Whether somebody looks. A closed standard file is None."""
    return file is not None and file.isatty()


def say(text: str) -> None:
    """To standard error. Where that is closed, `print` would take the other one."""
    if sys.stderr is not None:
        print(text, file=sys.stderr)


def radio_options() -> OneLineParser:
    """Options that may stand on either side of the command: absent if not given."""
    common = OneLineParser(add_help=False, argument_default=argparse.SUPPRESS)
    radio = common.add_argument_group("radio")
    radio.add_argument("--host", help="name or address of the radio")
    radio.add_argument("--port", type=port, help=f"control port ({DEFAULT_PORT})")
    radio.add_argument("--username", help="network user")
    radio.add_argument("--password", help="better in ICOM_PASS")
    radio.add_argument(
        "--timeout", type=seconds, help=f"seconds to wait ({DEFAULT_TIMEOUT_S:g})"
    )
    return common


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 0x10000:
        raise argparse.ArgumentTypeError(f"a port is 1 to 65535, not {text!r}")
    return int(text)


def seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"a time is seconds above 0, not {text!r}")
    return value
