"""The command `icom-sim`. Each command imports what it needs when it runs."""

import sys


def main() -> None:
    """Run the command line and end the process with its status."""
    try:
        from icom_sim.cli.commands import run
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        print("icom-sim: needs click: pip install 'icom-lan-kit[sim]'", file=sys.stderr)
        sys.exit(1)
    sys.exit(run())
