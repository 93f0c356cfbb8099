"""The options of `icom-lan audio ...`."""

import argparse

from icom_lan.cli.options import OneLineParser, add_json, seconds

DEFAULT_SECONDS = 10.0


def add_audio(audio: argparse.ArgumentParser, common: OneLineParser) -> None:
    """The four commands below `audio`."""
    commands = audio.add_subparsers(
        dest="audio_command", required=True, metavar="COMMAND"
    )
    caps = commands.add_parser(
        "caps", parents=[common], help="codecs, rates and channels there are"
    )
    caps.add_argument(
        "--stats", action="store_true", help="receive for 1 s and add the counters"
    )
    add_json(caps)

    rx = commands.add_parser("rx", parents=[common], help="record, or listen")
    rx.add_argument(
        "--out", metavar="FILE.wav|-", help="a WAV file; - is raw PCM to a pipe"
    )
    rx.add_argument(
        "--play", action="store_true", help="to the loudspeaker (extra live)"
    )
    rx.add_argument(
        "--seconds",
        type=seconds,
        help=f"how long (default {DEFAULT_SECONDS:g}; only --play: until Ctrl-C)",
    )
    _add_device(rx)
    _add_format(rx)

    tx = commands.add_parser("tx", parents=[common], help="send audio to the radio")
    source = tx.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--in",
        dest="input",
        metavar="FILE.wav|-",
        help="a WAV file of 16 bit; - is raw PCM from a pipe",
    )
    source.add_argument(
        "--mic", action="store_true", help="from the microphone (extra live)"
    )
    tx.add_argument("--ptt", action="store_true", help="transmit while sending")
    tx.add_argument(
        "--seconds", type=seconds, help="at most so long (default: until it ends)"
    )
    _add_device(tx)
    _add_format(tx, "; a WAV file says its own")

    loopback = commands.add_parser(
        "loopback", parents=[common], help="send back what is received"
    )
    loopback.add_argument(
        "--seconds",
        type=seconds,
        default=DEFAULT_SECONDS,
        help=f"how long (default {DEFAULT_SECONDS:g})",
    )
    _add_format(loopback)


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device", metavar="NAME|NUMBER", help="sound card (default: the system's)"
    )


def _add_format(parser: argparse.ArgumentParser, note: str = "") -> None:
    parser.add_argument(
        "--sample-rate",
        type=_count,
        metavar="HZ",
        help=f"of the PCM (default 48000{note})",
    )
    parser.add_argument(
        "--channels",
        type=int,
        choices=(1, 2),
        help=f"of the PCM (default 1, or those of --codec{note})",
    )
    parser.add_argument(
        "--codec", metavar="NAME", help="how audio travels: a name from `audio caps`"
    )
    parser.add_argument("--stats", action="store_true", help="add the counters")
    add_json(parser)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 1_000_000:
        raise argparse.ArgumentTypeError(
            f"a rate is samples per second such as 48000, not {text!r}"
        )
    return int(text)
