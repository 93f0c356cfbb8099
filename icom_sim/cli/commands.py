"""What `icom-sim` understands, and how it says no: one line, status 2 or 1."""

import sys

import click

from icom_sim.cli.check import check
from icom_sim.cli.civ_port import civ_port
from icom_sim.cli.ctl import ctl
from icom_sim.cli.decode import decode
from icom_sim.cli.dialects import dialects
from icom_sim.cli.dissector import dissector
from icom_sim.cli.hostile import hostile
from icom_sim.cli.models import models
from icom_sim.cli.net import net
from icom_sim.cli.proxy import proxy
from icom_sim.cli.record import record
from icom_sim.cli.replay import replay
from icom_sim.cli.run import run as run_scenario
from icom_sim.cli.scenarios import scenarios
from icom_sim.cli.scrub import scrub
from icom_sim.cli.serve import serve
from icom_sim.cli.soak import soak


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """A fake Icom network radio, on a network as bad as you ask for."""


cli.add_command(serve)
cli.add_command(models)
cli.add_command(dialects)
cli.add_command(net)
cli.add_command(ctl)
cli.add_command(run_scenario)
cli.add_command(scenarios)
cli.add_command(soak)
cli.add_command(hostile)
cli.add_command(civ_port)
cli.add_command(scrub)
cli.add_command(proxy)
cli.add_command(record)
cli.add_command(decode)
cli.add_command(check)
cli.add_command(replay)
cli.add_command(dissector)


def run() -> int:
    """The exit status: 0, 1 for a failure of radio or network, 2 for a usage error."""
    try:
        status: int | None = cli.main(prog_name="icom-sim", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message())
        return 2
    except click.ClickException as error:
        where = ""
        if isinstance(error, click.UsageError) and error.ctx is not None:
            where = f" (see {error.ctx.command_path} --help)"
        message = " ".join(error.format_message().split())
        print(f"icom-sim: {message}{where}", file=sys.stderr)
        return error.exit_code
    except click.Abort:
        return 130
    return status or 0
