"""`icom-sim serve`: what can be given, and what can be wrong with it."""

import sys
from typing import Unpack

import click

from icom_sim.cli.network_options import NetworkGiven, network_options

PORT = click.IntRange(0, 0xFFFF)
COUNT_MAX = 20_000  # three ports each
PPM_MAX = 10_000  # a percent: no crystal is so bad


class Given(NetworkGiven):
    """The options as click hands them over."""

    model: str
    count: int
    dialect: str | None
    knob: tuple[str, ...]
    scenario: str | None
    host: str
    port: int
    civ_port: int | None
    audio_port: int | None
    username: str
    password: str
    audio: str
    clock_ppm: float
    connection_type: str | None
    refuse_stereo: bool
    record: str | None
    save_tx: str | None
    save_air: str | None
    civ_pty: bool
    control: str | None
    tui: bool
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
    "--model",
    metavar="NAME",
    help="See `icom-sim models`; default: IC-7610, or what goes with the dialect.",
)
@click.option(
    "--dialect", metavar="PRESET", help="How it behaves; see `icom-sim dialects`."
)
@click.option(
    "--knob",
    metavar="NAME=VALUE",
    multiple=True,
    help="One behaviour; see `icom-sim dialects`. May be given again.",
)
@click.option(
    "--scenario",
    metavar="NAME|FILE.toml",
    help="What happens and is expected; see `icom-sim scenarios`.",
)
@click.option(
    "--count",
    type=click.IntRange(1, COUNT_MAX),
    default=1,
    help="So many radios, each with three ports of its own.",
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
    help="What it hears: tone:HZ, noise, silence, sweep, FILE.wav, -:HZ (raw samples of"
    " 16 bits on standard input) or air (what the other radios send).",
)
@click.option(
    "--clock-ppm",
    type=click.FloatRange(-PPM_MAX, PPM_MAX),
    default=0,
    help="How much too fast its sample clock runs.",
)
@click.option(
    "--connection-type",
    type=click.Choice(["FTTH", "WFVIEW"]),
    help="What it calls its connection, as --knob connection=; WFVIEW offers Opus.",
)
@click.option(
    "--refuse-stereo", is_flag=True, help="Refuse stereo, whatever the model can."
)
@network_options
@click.option(
    "--record",
    metavar="FILE.pcap",
    help="Capture what passes the ports, login and all.",
)
@click.option("--save-tx", metavar="FILE.wav", help="Record what the client sends.")
@click.option(
    "--save-air", metavar="FILE.wav", help="Record what would be heard on the air."
)
@click.option(
    "--civ-pty", is_flag=True, help="Also a serial CI-V port, on a pseudo-terminal."
)
@click.option(
    "--control",
    is_flag=False,
    flag_value="",
    metavar="[ADDRESS]",
    help="Take orders of `icom-sim net` and `icom-sim ctl` there.",
)
@click.option(
    "--tui", is_flag=True, help="Show it in the terminal, and let it be used."
)
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
    from icom_sim.cli.serve_options import serve_options
    from icom_sim.control.addresses import ControlError
    from icom_sim.farm import FileLimitError
    from icom_sim.radio_server import PortError
    from icom_sim.tx_recorder import RecordingError

    options = serve_options(given)
    if options.tui:
        _check_terminal()
    try:
        troubles = server.serve(options)
    except (AudioSourceError, CaptureWriteError, RecordingError) as error:
        raise click.UsageError(str(error)) from error
    except (ControlError, FileLimitError, PortError) as error:
        raise click.ClickException(str(error)) from error
    for trouble in troubles:
        print(f"icom-sim: {trouble}", file=sys.stderr)
    return 1 if troubles else 0


def _check_terminal() -> None:
    from icom_sim.tui.terminal import TerminalError, check_terminal

    try:
        check_terminal()
    except TerminalError as error:
        raise click.UsageError(str(error)) from error
