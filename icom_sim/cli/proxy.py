"""`icom-sim proxy`."""

import random
import sys
from typing import TYPE_CHECKING, Unpack

import click

from icom_sim.cli.network_options import NetworkGiven, network_of, network_options

if TYPE_CHECKING:
    from icom_proto.events import Address
    from icom_sim.network import Network

RADIO_PORT = 50001
# The data ports are behind it.
PORT_MAX = 0xFFFF - 2
BEFORE_MAX_S = 600.0


class Given(NetworkGiven):
    """The options as click hands them over."""

    listen: str
    radio: str
    record: str | None
    record_from: str | None
    before: float
    control: str | None
    duration: float | None
    events: str


@click.command(
    short_help="Relay between clients and a radio.",
    context_settings={"show_default": True},
)
@click.option(
    "--listen",
    default=f"127.0.0.1:{RADIO_PORT}",
    metavar="IP:PORT",
    help="Where clients find it; CI-V and audio are on the next two ports.",
)
@click.option(
    "--radio", required=True, metavar="HOST[:PORT]", help="The radio's control port."
)
@click.option("--record", metavar="FILE.pcap", help="Keep what clients send and get.")
@click.option(
    "--record-from",
    metavar="EVENT",
    help="Begin when that happens; `list` tells what can. Until then only --before is"
    " kept.",
)
@click.option(
    "--before",
    type=click.FloatRange(0, BEFORE_MAX_S),
    default=10.0,
    metavar="SECONDS",
    help="So much of what was before --record-from.",
)
@network_options
@click.option(
    "--control",
    is_flag=False,
    flag_value="",
    metavar="[ADDRESS]",
    help="Take orders of `icom-sim net` and `icom-sim ctl` there.",
)
@click.option("--duration", type=float, metavar="SECONDS", help="End after this time.")
@click.option(
    "--events",
    type=click.Choice(["text", "jsonl"]),
    default="text",
    help="How to tell what happens.",
)
def proxy(**given: Unpack[Given]) -> int:
    """Relay between any number of clients and a radio, until Ctrl-C.

    Clients log in at the proxy as if it were the radio:

        icom-sim proxy --radio 192.168.1.5 --loss 2 --record session.pcap
    """
    from icom_sim.captures.pcap_writer import CaptureWriteError
    from icom_sim.cli.choices import positive_duration
    from icom_sim.cli.orders import address_of
    from icom_sim.control.addresses import ControlError
    from icom_sim.event_log import Style
    from icom_sim.proxy import run as running
    from icom_sim.radio_server import PortError

    seed = given["seed"]
    if seed is None:
        seed = random.Random().randrange(1 << 32)
    control = given["control"]
    listen, radio = _ends(given)
    options = running.ProxyOptions(
        radio=radio,
        listen=listen,
        network=_network(given, seed),
        seed=seed,
        record=given["record"],
        record_from=_event(given),
        before_s=given["before"],
        duration_s=positive_duration(given["duration"]),
        style=Style(given["events"]),
        control=None if control is None else address_of(control),
    )
    try:
        troubles = running.run(options)
    except CaptureWriteError as error:
        raise click.UsageError(str(error)) from error
    except (ControlError, PortError) as error:
        raise click.ClickException(str(error)) from error
    for trouble in troubles:
        print(f"icom-sim: {trouble}", file=sys.stderr)
    return 1 if troubles else 0


def _ends(given: Given) -> "tuple[Address, Address]":
    listen = _address("--listen", given["listen"], lowest=0)
    radio = _address("--radio", given["radio"], lowest=1)
    if listen == radio:
        raise click.UsageError(
            f"--listen and --radio are both {listen.host}:{listen.port}: it would talk"
            " to itself; give --listen another port, or 0 for any"
        )
    return listen, radio


def _address(option: str, text: str, *, lowest: int) -> "Address":
    import socket

    from icom_proto.events import Address

    host, _, digits = text.partition(":")
    port = int(digits) if digits.isascii() and digits.isdigit() else -1
    if ":" not in text:
        port = RADIO_PORT
    if not host or not lowest <= port <= PORT_MAX:
        raise click.UsageError(
            f"{option} is HOST or HOST:PORT with a port from {lowest} to {PORT_MAX},"
            f" not {text!r}"
        )
    try:
        found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no such name"
        raise click.UsageError(f"{option} {host!r}: {reason}") from error
    return Address(str(found[0][4][0]), port)


def _event(given: Given) -> str | None:
    from icom_sim.proxy.watch import EVENTS

    event = given["record_from"]
    if event is None:
        return None
    if event not in EVENTS:
        known = "; ".join(f"{name}: {text}" for name, text in EVENTS.items())
        raise click.UsageError(f"--record-from {event!r} is not one of {known}")
    if given["record"] is None:
        raise click.UsageError("--record-from says when; --record FILE says where to")
    return event


def _network(given: Given, seed: int) -> "Network":
    from icom_sim.network import ConditionError

    try:
        return network_of(given, seed)
    except ConditionError as error:
        raise click.UsageError(str(error)) from error
