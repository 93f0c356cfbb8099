"""What the report of a failed test tells of its radios, and the captures it keeps."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from icom_sim.captures.pcap_writer import CaptureWriteError
from icom_sim.harness.recorded import RecordedRadio

# What a name of a file may have, less the suffix, on all file systems.
_NAME_MAX: Final = 200


def report_of(
    item: pytest.Item, radios: Sequence[RecordedRadio], captures: Path
) -> str:
    """A line for each radio, and the command that has the same run again."""
    here = item.config.invocation_params.dir
    lines = [
        f"radio {at}: {radio.description}, seed {radio.seed},"
        f" {_kept(radio, captures / _name(item, at), here)}"
        for at, radio in enumerate(radios)
    ]
    return "\n".join([*lines, f"repeat: {_command(item, radios[0].seed, here)}"])


def _kept(radio: RecordedRadio, path: Path, here: Path) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        radio.save_capture(path)
    except (OSError, CaptureWriteError) as error:
        return f"no capture ({error})"
    shown = path.relative_to(here) if path.is_relative_to(here) else path
    return f"capture {shown}"


def _name(item: pytest.Item, at: int) -> str:
    name = "".join(each if each.isalnum() else "_" for each in item.nodeid)
    return f"{name[-_NAME_MAX:]}-{at}.pcap"


def _command(item: pytest.Item, seed: int, here: Path) -> str:
    file, *names = item.nodeid.split("::")
    where = "::".join([os.path.relpath(item.config.rootpath / file, here), *names])
    return shlex.join(["pytest", where, "--icom-seed", str(seed)])
