"""Runs tshark with the shipped dissector over datagrams, and gives what it found."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from icom_proto.events import Address
from icom_sim.captures.lua_dissector import SHIPPED
from icom_sim.captures.pcap_writer import PcapWriter

_MANY = "\x1f"  # between the values of a field that occurs several times


@dataclass(frozen=True, slots=True)
class Sent:
    """One datagram for a capture."""

    t: float
    source: Address
    destination: Address
    data: bytes


@dataclass(slots=True)
class Row:
    """What tshark says of one datagram: the values of each field that it has."""

    number: int
    values: dict[str, list[str]] = field(default_factory=dict)

    def one(self, name: str) -> str | None:
        found = self.values.get(name)
        return found[0] if found else None


def write_capture(path: Path, sent: Iterable[Sent]) -> None:
    now = 0.0
    with PcapWriter(str(path), clock=lambda: now) as writer:
        for each in sent:
            now = each.t
            writer.note(each.source, each.destination, each.data)


def cut_short(source: Path, target: Path, size: int) -> None:
    """A copy whose packets end after so many bytes, by a tool of Wireshark's own."""
    _tshark()
    arguments = ["editcap", "-s", str(size), str(source), str(target)]
    subprocess.run(arguments, check=True, capture_output=True)


def run_tshark(path: Path, home: Path, *arguments: str) -> str:
    """Its output; a message of Lua is a failure. Nobody's own settings are read."""
    quicker = home / "quicker.lua"  # collecting garbage would take a fifth of the time
    quicker.write_text('collectgarbage("setpause", 1000)', "ascii")
    scripts = [f"-Xlua_script:{script}" for script in (quicker, SHIPPED)]
    done = subprocess.run(
        [_tshark(), "-n", *scripts, "-r", str(path), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"HOME": str(home), "WIRESHARK_CONFIG_DIR": str(home)},
    )
    assert done.returncode == 0, done.stderr
    assert "Lua" not in done.stderr, done.stderr
    return done.stdout


def rows(path: Path, home: Path, names: Sequence[str], *more: str) -> list[Row]:
    """The fields of these names, datagram by datagram."""
    wanted = ["frame.number", *names]
    columns = [argument for name in wanted for argument in ("-e", name)]
    layout = ("-T", "fields", "-E", f"aggregator={_MANY}")
    output = run_tshark(path, home, *layout, *columns, *more)
    return [_row(line.split("\t"), wanted) for line in output.splitlines()]


def _row(cells: list[str], names: list[str]) -> Row:
    found = zip(names, cells, strict=True)
    values = {
        name: cell.split(_MANY) if _MANY in cell else [cell]
        for name, cell in found
        if cell
    }
    return Row(int(values.pop("frame.number")[0]), values)


def _tshark() -> str:
    """Where it is. `make test` installs it where it can, and there it must not miss."""
    found = shutil.which("tshark")
    if found is not None:
        return found
    text = "tshark is not installed (Debian: apt-get install tshark)"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        pytest.fail(text)
    pytest.skip(text)
