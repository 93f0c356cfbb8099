"""How the commands on captures print and write: all of it, and never half a file."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click


def print_all(pieces: Iterable[str]) -> None:
    """To standard output; who reads it may stop when it has seen enough."""
    if sys.stdout is None:  # as when it was closed by who started us
        raise click.ClickException("cannot write: there is no standard output")
    try:
        sys.stdout.writelines(pieces)
        sys.stdout.flush()
    except OSError as error:
        # Else the interpreter complains when it flushes what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise click.ClickException(f"cannot write: {error.strerror}") from error


def write_whole(path: str, data: bytes) -> None:
    """All of a file, or nothing: what was there before stays until it is whole.

    A pipe or device, as /dev/stdout, is written to and not replaced.
    """
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as file:
                file.write(data)
        else:
            _replace(os.path.realpath(path), data)
    except OSError as error:
        raise click.ClickException(
            f"cannot write {path!r}: {error.strerror}"
        ) from error


def _replace(path: str, data: bytes) -> None:
    unfinished = f"{path}.unfinished"
    try:
        with open(unfinished, "wb") as file:
            file.write(data)
        os.replace(unfinished, path)
    except OSError:
        Path(unfinished).unlink(missing_ok=True)
        raise
