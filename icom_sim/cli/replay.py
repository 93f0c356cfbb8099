"""`icom-sim replay`: a capture through the core, or live as its radio or its client."""

import asyncio
import sys
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

if TYPE_CHECKING:
    from icom_proto.events import Address
    from icom_sim.replay.events import LoggedEvent
    from icom_sim.replay.pace import Pace
    from icom_sim.replay.recorded import Recorded
    from icom_sim.replay.script import Script
    from icom_sim.replay.visit import VisitReport

CONTROL_PORT = 50001
PORT_MAX = 0xFFFF - 2
_SIDES = ("client", "radio", "both")


class Given(TypedDict):
    """The options as click hands them over."""

    file: str
    side: str | None
    session: int | None
    golden: str | None
    update: bool
    as_json: bool
    serve: bool
    connect: str | None
    host: str | None
    port: int | None
    username: str | None
    password: str | None
    speed: str | None
    loop: bool
    fallback: str | None
    transmit: bool
    duration: float | None


@click.command(
    short_help="Play a capture again: offline, as its radio or as its client."
)
@click.argument("file", metavar="FILE")
@click.option(
    "--as",
    "side",
    type=click.Choice(_SIDES),
    help="Offline: our core in place of the client, the radio, or both (default).",
)
@click.option("--session", type=click.IntRange(1), help="Only this one.")
@click.option("--golden", metavar="FILE.jsonl", help="The log must be as in this file.")
@click.option("--update", is_flag=True, help="Write the log to the --golden file.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object an event.")
@click.option("--serve", is_flag=True, help="Live: be the radio of the capture.")
@click.option(
    "--connect", metavar="HOST[:PORT]", help="Live: be its client, with that radio."
)
@click.option("--host", metavar="IP", help="--serve: where; default: 127.0.0.1.")
@click.option(
    "--port",
    type=click.IntRange(0, PORT_MAX),
    help=f"--serve: control port, 0 is any; default: {CONTROL_PORT}.",
)
@click.option(
    "--username",
    envvar=["ICOM_SIM_USERNAME", "ICOM_USER"],
    show_envvar=True,
    help="Live: those of the capture are not used; default: icom.",
)
@click.option(
    "--password",
    envvar=["ICOM_SIM_PASSWORD", "ICOM_PASS"],
    show_envvar=True,
    help="Better in the environment.",
)
@click.option("--speed", metavar="N|max", help="Live: so many times as fast.")
@click.option("--loop", is_flag=True, help="--serve: begin again at the end.")
@click.option(
    "--fallback", metavar="MODEL", help="--serve: who answers what was never asked."
)
@click.option(
    "--transmit", is_flag=True, help="--connect: key the radio too, and send audio."
)
@click.option("--duration", type=float, metavar="SECONDS", help="--serve: end then.")
def replay(**given: Unpack[Given]) -> int:
    """Play a capture (pcap, pcapng) again.

    Offline it goes through our core with the recorded times, and the events of the core
    are told, or compared with a golden log. Live, our side leads a session of its own:
    as the radio it answers as the recorded one did, as the client it asks as the
    recorded one did and compares the answers.
    """
    from icom_proto.errors import LocalProtocolError
    from icom_sim.captures.reader import CaptureError
    from icom_sim.radio_server import PortError
    from icom_sim.replay.golden import GoldenError
    from icom_sim.replay.recorded import ReplayError, load
    from icom_sim.replay.visit import VisitError

    _check(given)
    try:
        recorded = load(given["file"])
        for note in recorded.notes:
            print(f"icom-sim: {note}", file=sys.stderr)
        if given["serve"]:
            return _serve(recorded, given)
        if given["connect"] is not None:
            return _connect(recorded, given)
        return _offline(recorded, given)
    except (CaptureError, GoldenError, LocalProtocolError, ReplayError) as error:
        raise click.UsageError(str(error)) from error
    except (PortError, VisitError) as error:
        raise click.ClickException(str(error)) from error


def _check(given: Given) -> None:
    """Options of another mode would be without effect."""
    if given["serve"] and given["connect"] is not None:
        raise click.UsageError("--serve and --connect exclude each other")
    mode = "--serve" if given["serve"] else "offline"
    mode = "--connect" if given["connect"] is not None else mode
    offline = ("side", "golden", "update")
    serving = ("host", "port", "loop", "fallback", "duration")
    wrong = {
        "offline": (*serving, "speed", "transmit"),
        "--serve": (*offline, "transmit"),
        "--connect": (*offline, *serving),
    }[mode]
    options = dict(given)
    for name in wrong:
        if options[name] not in (None, False):
            option = "as" if name == "side" else name
            raise click.UsageError(f"--{option} has no meaning here ({mode})")
    if given["update"] and given["golden"] is None:
        raise click.UsageError("--update needs --golden FILE")


# ---- offline -------------------------------------------------------------------------


def _offline(recorded: "Recorded", given: Given) -> int:
    from icom_sim.replay.golden import diff_text, differences, load_log, save_log
    from icom_sim.replay.runs import replay

    side = given["side"] or "both"
    events, notes = replay(recorded, side, given["session"])
    for note in notes:
        print(f"icom-sim: {note}", file=sys.stderr)
    golden = given["golden"]
    if golden is None:
        _tell(events, as_json=given["as_json"])
        return 0
    if given["update"]:
        save_log(golden, events)
        print(f"{golden}: {len(events)} events")
        return 0
    lines = differences(load_log(golden), events)
    if lines:
        print(diff_text(golden, lines))
        return 1
    print(f"as {golden}: {len(events)} events")
    return 0


def _tell(events: "list[LoggedEvent]", *, as_json: bool) -> None:
    for each in events:
        print(each.line() if as_json else each.text().rstrip())


# ---- live ----------------------------------------------------------------------------


def _login(given: Given) -> tuple[str, str]:
    return given["username"] or "icom", given["password"] or "icom"


def _script(recorded: "Recorded", given: Given) -> "Script":
    from icom_sim.replay.script import Script

    return Script(recorded.session(given["session"]))


def _serve(recorded: "Recorded", given: Given) -> int:
    from icom_sim.cli.choices import chosen_model, positive_duration
    from icom_sim.replay.pace import Pace
    from icom_sim.replay.serve import serve
    from icom_sim.replay.server import ReplaySetup

    fallback, (username, password) = given["fallback"], _login(given)
    setup = ReplaySetup(
        script=_script(recorded, given),
        pace=_pace(given) or Pace(),
        loop=given["loop"],
        fallback=None if fallback is None else chosen_model(fallback),
        username=username,
        password=password,
    )
    port = CONTROL_PORT if given["port"] is None else given["port"]
    asyncio.run(
        serve(
            setup,
            host=given["host"] or "127.0.0.1",
            port=port,
            duration_s=positive_duration(given["duration"]),
            as_json=given["as_json"],
        )
    )
    return 0


def _connect(recorded: "Recorded", given: Given) -> int:
    from icom_sim.replay.pace import Pace
    from icom_sim.replay.visit import Verdict, Visit

    visit = Visit(
        _script(recorded, given),
        _login(given),
        pace=_pace(given) or Pace(),
        transmit=given["transmit"],
    )
    remote = _remote(given["connect"] or "")
    try:
        report = asyncio.run(visit.run(remote))
    except OSError as error:
        raise click.ClickException(
            f"cannot reach {remote.host}:{remote.port}: {error.strerror}"
        ) from error
    _tell_report(report)
    return 1 if report.count(Verdict.OTHER_KIND) else 0


def _tell_report(report: "VisitReport") -> None:
    from icom_sim.replay.visit import Verdict

    for each in report.compared:
        if each.verdict is not Verdict.SAME:
            print(each.line())
    counts = ", ".join(f"{report.count(each)} {each}" for each in Verdict)
    print(
        f"{len(report.compared)} requests: {counts}; audio: "
        f"{report.audio_received} datagrams received, {report.audio_sent} sent"
    )


def _pace(given: Given) -> "Pace | None":
    from icom_sim.replay.pace import parse_pace

    if given["speed"] is None:
        return None
    try:
        return parse_pace(given["speed"])
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _remote(text: str) -> "Address":
    """Raises click.ClickException for a name that nobody knows."""
    import socket

    from icom_proto.events import Address

    host, _, port = text.rpartition(":") if ":" in text else (text, "", "")
    number = int(port) if port.isdecimal() else CONTROL_PORT if not port else 0
    if not host or not 0 < number <= PORT_MAX:
        raise click.UsageError(f"--connect: {text!r} is no HOST or HOST:PORT")
    try:
        found = socket.getaddrinfo(host, number, socket.AF_INET, socket.SOCK_DGRAM)
    except OSError as error:
        raise click.ClickException(
            f"no address for {host!r}: {error.strerror}"
        ) from error
    return Address(str(found[0][4][0]), number)
