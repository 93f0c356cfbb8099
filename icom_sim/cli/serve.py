"""`icom-sim serve`: what can be given, and what can be wrong with it."""

import random
import sys
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from icom_sim.cli.choices import chosen_model, positive_duration

if TYPE_CHECKING:
    from icom_sim.network import Network
    from icom_sim.serve import ServeOptions

PORT = click.IntRange(0, 0xFFFF)


class Given(TypedDict):
    """The options as click hands them over."""

    model: str
    host: str
    port: int
    civ_port: int | None
    audio_port: int | None
    username: str
    password: str
    audio: str
    connection_type: str
    refuse_stereo: bool
    loss: float
    duplicate: float
    reorder: float
    corrupt: float
    delay: float
    jitter: float
    network: str | None
    direction: str
    seed: int | None
    record: str | None
    save_tx: str | None
    duration: float | None
    events: str


class ServeCommand(click.Command):
    """Its help ends with what the networks are made of, looked up when asked for."""

    def format_epilog(
        self, _ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        from icom_sim.network.presets import PRESETS

        with formatter.section("Networks, before what --loss and the others add"):
            formatter.write_dl(list(PRESETS.items()))


@click.command(
    cls=ServeCommand,
    short_help="Run a fake radio on three UDP ports.",
    context_settings={"show_default": True},
)
@click.option(
    "--model", default="IC-7610", metavar="NAME", help="See `icom-sim models`."
)
@click.option("--host", default="127.0.0.1", metavar="IP", help="Where to listen.")
@click.option("--port", type=PORT, default=50001, help="Control port; 0: any free one.")
@click.option("--civ-port", type=PORT, help="CI-V port; default: control port + 1.")
@click.option("--audio-port", type=PORT, help="Audio port; default: control port + 2.")
@click.option(
    "--username", default="icom", show_envvar=True, envvar="ICOM_SIM_USERNAME"
)
@click.option(
    "--password", default="icom", show_envvar=True, envvar="ICOM_SIM_PASSWORD"
)
@click.option(
    "--audio",
    default="tone:1000",
    metavar="SOURCE",
    help="What it hears: tone:HZ, noise, silence, sweep or FILE.wav.",
)
@click.option(
    "--connection-type",
    type=click.Choice(["FTTH", "WFVIEW"]),
    default="FTTH",
    help="What it calls its connection; WFVIEW offers Opus.",
)
@click.option(
    "--refuse-stereo", is_flag=True, help="Refuse stereo, whatever the model can."
)
@click.option("--loss", type=float, default=0, help="Lost datagrams in percent.")
@click.option("--duplicate", type=float, default=0, help="Doubled ones in percent.")
@click.option("--reorder", type=float, default=0, help="Overtaken ones in percent.")
@click.option("--corrupt", type=float, default=0, help="Damaged ones in percent.")
@click.option("--delay", type=float, default=0, help="Milliseconds, each way.")
@click.option("--jitter", type=float, default=0, help="0 to so many milliseconds more.")
@click.option("--network", metavar="PRESET", help="See below.")
@click.option(
    "--direction",
    type=click.Choice(["both", "to-client", "to-radio"]),
    default="both",
    help="Which way the network is bad.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Repeats a run; default: any.")
@click.option(
    "--record",
    metavar="FILE.pcap",
    help="Capture what passes the ports, login and all.",
)
@click.option("--save-tx", metavar="FILE.wav", help="Record what the client transmits.")
@click.option("--duration", type=float, metavar="SECONDS", help="End after this time.")
@click.option(
    "--events",
    type=click.Choice(["text", "jsonl"]),
    default="text",
    help="How to tell what happens.",
)
def serve(**given: Unpack[Given]) -> int:
    """Run a fake radio on three UDP ports until Ctrl-C."""
    from icom_sim import serve as server
    from icom_sim.audio_source import AudioSourceError
    from icom_sim.captures.pcap_writer import CaptureWriteError
    from icom_sim.radio_server import PortError
    from icom_sim.tx_recorder import RecordingError

    options = _options(given)
    try:
        troubles = server.serve(options)
    except (AudioSourceError, CaptureWriteError, RecordingError) as error:
        raise click.UsageError(str(error)) from error
    except PortError as error:
        raise click.ClickException(str(error)) from error
    for trouble in troubles:
        print(f"icom-sim: {trouble}", file=sys.stderr)
    return 1 if troubles else 0


def _options(given: Given) -> "ServeOptions":
    from icom_proto.errors import LocalProtocolError
    from icom_sim.audio_source import AudioSourceError, check_source
    from icom_sim.event_log import Style
    from icom_sim.network import ConditionError
    from icom_sim.radio_setup import RadioSetup
    from icom_sim.serve import ServeOptions

    seed = given["seed"]
    if seed is None:
        seed = random.Random().randrange(1 << 32)
    try:
        setup = RadioSetup(
            model=chosen_model(given["model"]),
            username=given["username"],
            password=given["password"],
            audio=given["audio"],
            refuse_stereo=given["refuse_stereo"],
            seed=seed,
        ).turned("connection", given["connection_type"])
        check_source(given["audio"])
        network = _network(given, seed)
    except (LocalProtocolError, AudioSourceError, ConditionError) as error:
        raise click.UsageError(str(error)) from error
    return ServeOptions(
        setup=setup,
        network=network,
        host=given["host"],
        port=given["port"],
        civ_port=given["civ_port"],
        audio_port=given["audio_port"],
        save_tx=given["save_tx"],
        record=given["record"],
        duration_s=positive_duration(given["duration"]),
        style=Style(given["events"]),
    )


def _network(given: Given, seed: int) -> "Network":
    from icom_sim.network import Direction, Network
    from icom_sim.network.presets import preset_rules

    preset = given["network"]
    direction = {"to-client": Direction.TO_CLIENT, "to-radio": Direction.TO_RADIO}.get(
        given["direction"]
    )
    return Network.from_percent(
        loss=given["loss"],
        duplicate=given["duplicate"],
        reorder=given["reorder"],
        corrupt=given["corrupt"],
        delay_ms=given["delay"],
        jitter_ms=given["jitter"],
        before=preset_rules(preset) if preset is not None else (),
        direction=direction,
        seed=seed,
    )
