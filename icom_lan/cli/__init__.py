"""The `icom-lan` command. What it does is imported when it runs, and so is asyncio.

Ctrl-C during the imports, which take longer than most commands, is no traceback either.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130  # as shells say it: 128 and the number of the signal


def main(argv: "Sequence[str] | None" = None) -> int:
    """Run one command; returns the exit status. The parser leaves by SystemExit."""
    try:
        from icom_lan.cli.program import run_program

        return run_program(argv)
    except KeyboardInterrupt:
        return INTERRUPTED
