"""The command `icom-sim`. Each command imports what it needs when it runs."""

import sys

INTERRUPTED = 130  # as shells say it: 128 and the number of the signal


def main() -> None:
    """Run the command line and end the process with its status."""
    try:
        from icom_sim.cli.commands import run

        status = run()
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        print("icom-sim: needs click: pip install 'icom-lan-kit[sim]'", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        status = INTERRUPTED
    sys.exit(status)
