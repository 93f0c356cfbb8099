"""`icom-sim record`."""

import re
import sys

import click

PORT_MAX = 0xFFFF
_PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


@click.command(
    short_help="Record sessions on an interface.",
    context_settings={"show_default": True},
)
@click.option(
    "--interface",
    default="any",
    metavar="NAME",
    help="Where to listen, such as lo or eth0; any: everywhere.",
)
@click.option("--out", required=True, metavar="FILE.pcap", help="Where to write.")
@click.option(
    "--ports",
    metavar="PORTS",
    help="UDP of these instead of what looks like Icom's, such as 50001-50003,50101.",
)
@click.option("--duration", type=float, metavar="SECONDS", help="End after this time.")
def record(interface: str, out: str, ports: str | None, duration: float | None) -> int:
    """Record the sessions that pass an interface of this machine, until Ctrl-C.

    Login and all: see `icom-sim scrub` before you show it to others.
    """
    from icom_sim.captures.pcap_writer import CaptureWriteError
    from icom_sim.cli.choices import positive_duration
    from icom_sim.cli.output import print_all
    from icom_sim.proxy import sniffer

    options = sniffer.RecordOptions(
        interface=interface,
        path=out,
        ports=() if ports is None else _ranges(ports),
        duration_s=positive_duration(duration),
    )
    try:
        report = sniffer.record(options)
    except (CaptureWriteError, sniffer.SnifferError) as error:
        raise click.ClickException(str(error)) from error
    for trouble in report.troubles:
        print(f"icom-sim: {trouble}", file=sys.stderr)
    print_all([f"{out}: {report.kept} of {report.heard} packets\n"])
    return 1 if report.troubles else 0


def _ranges(text: str) -> tuple[range, ...]:
    ranges = []
    for part in text.split(","):
        found = _PORTS.fullmatch(part.strip())
        low, high = (int(n or found[1]) for n in found.groups()) if found else (1, 0)
        if not 0 < low <= high <= PORT_MAX:
            raise click.UsageError(
                f"ports are 1 to {PORT_MAX}, as 50001-50003,50101, not {text!r}"
            )
        ranges.append(range(low, high + 1))
    return tuple(ranges)
