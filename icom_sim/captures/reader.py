"""Reads the UDP datagrams of a capture, one by one, whatever tool recorded it.

pcap and pcapng, also compressed with gzip, from a file or a pipe. `file_formats` knows
the packets of a file, `frames` what is inside them. A capture that is damaged gives all
that is whole before the damage, and `notes` tell the rest in one line each.
"""

import gzip
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, cast
from zlib import error as ZlibError

from icom_proto.events import Address
from icom_proto.quick_dataclass import fast_constructor
from icom_sim.captures.file_formats import (
    MAGICS,
    PCAPNG,
    DamagedError,
    Packet,
    Readable,
    packets,
    why,
)
from icom_sim.captures.frames import FrameReader

STANDARD_INPUT = "-"

_GZIP = b"\x1f\x8b"
# The clock of a capture: packets swap places by less, and sessions pause for less.
_STEP_BACK_S, _STEP_AHEAD_S = 1.0, 3600.0
_STEPS_NOTED = 5


class CaptureError(Exception):
    """The file is no capture, or none that can be read: one line with its name."""


@dataclass(frozen=True, slots=True)
class CapturedDatagram:
    """One UDP datagram.

    `number` counts all packets of the file, from 1; `t` is in seconds of the clock of
    whoever recorded. `cut`: not all of it was recorded, `data` is the beginning.
    """

    number: int
    t: float
    source: Address
    destination: Address
    data: bytes
    cut: bool = False


_captured = fast_constructor(CapturedDatagram)


class CaptureReader:
    """The datagrams of one capture; "-" is the standard input.

    Iterating opens the file, and raises `CaptureError` if it is no capture. It needs
    no more memory for a larger file. A file may be iterated again, a pipe may not.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = str(path)
        self.name = repr(self._path)
        self.notes: list[str] = []

    def __iter__(self) -> Iterator[CapturedDatagram]:
        self.notes.clear()
        with ExitStack() as opened:
            file, magic = self._open(opened)
            if magic == PCAPNG:
                _require("scapy")
            reading = _Reading(self.name, self.notes)
            yield from reading.datagrams(packets(file, magic))

    def _open(self, opened: ExitStack) -> tuple[Readable, bytes]:
        """The file behind its magic number, and that."""
        try:
            if self._path == STANDARD_INPUT:
                if sys.stdin is None:  # as when it was closed by who started us
                    raise CaptureError("there is no standard input")
                file = cast(Readable, sys.stdin.buffer)
            else:
                raw = open(self._path, "rb")  # noqa: SIM115  see the next line
                file = opened.enter_context(raw)
            magic = file.read(4)
            if magic[:2] == _GZIP:
                packed = cast(IO[bytes], _Rejoined(magic, file))
                file = opened.enter_context(gzip.GzipFile(fileobj=packed))
                magic = file.read(4)
        except (OSError, EOFError, ZlibError) as error:
            raise CaptureError(
                f"cannot read capture {self._path!r}: {why(error)}"
            ) from error
        if not magic:
            raise CaptureError(f"{self._path!r} is no capture: it is empty")
        if magic not in MAGICS:
            raise CaptureError(
                f"{self._path!r} is no capture: it begins with {magic.hex(' ')}, and "
                "not as pcap or pcapng do"
            )
        return file, magic


def _require(module: str) -> None:
    if find_spec(module) is None:
        raise CaptureError(
            f"reading pcapng needs {module}: pip install 'icom-lan-kit[sim]'"
        )


class _Rejoined:
    """A pipe of which the first bytes were read to see what it holds."""

    def __init__(self, start: bytes, file: Readable) -> None:
        self._start, self._file = start, file

    def read(self, size: int = -1, /) -> bytes:
        if not self._start:
            return self._file.read(size)
        size = len(self._start) if size < 0 else size
        data, self._start = self._start[:size], self._start[size:]
        return data


class _Reading:
    """One pass through a file."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self._name, self._notes = name, notes
        self._frames = FrameReader()
        self._packets = self._datagrams = self._cut = self._steps = 0
        self._last = 0.0

    def datagrams(self, packets: Iterable[Packet]) -> Iterator[CapturedDatagram]:
        try:
            yield from self._read(packets)
        except DamagedError as error:
            self._note_damage(str(error))
        self._sum_up()

    def _read(self, packets: Iterable[Packet]) -> Iterator[CapturedDatagram]:
        datagram_of = self._frames.datagram_of
        for link_type, frame, t in packets:
            self._packets += 1
            if t is None:
                t = self._last
            elif not -_STEP_BACK_S < t - self._last < _STEP_AHEAD_S:
                self._note_step(t)
            self._last = t
            found = datagram_of(link_type, frame)
            if found is not None:
                self._datagrams += 1
                source, destination, data, cut = found
                self._cut += cut
                yield _captured(self._packets, t, source, destination, data, cut)

    def _note_step(self, t: float) -> None:
        if self._packets == 1:
            return
        self._steps += 1
        if self._steps <= _STEPS_NOTED:
            way = "back" if t < self._last else "ahead"
            self._note(
                f"the clock goes {way} by {abs(t - self._last):.3f} s at packet "
                f"{self._packets}; times are as recorded"
            )

    def _note_damage(self, what: str) -> None:
        if not self._packets:
            raise CaptureError(f"{self._name}: {what}; nothing of it is usable")
        self._note(f"{what}; the {self._packets} packets before that are usable")

    def _sum_up(self) -> None:
        if self._steps > _STEPS_NOTED:
            self._note(f"the clock steps {self._steps} times in all")
        if self._cut:
            self._note(
                f"{self._cut} of {self._datagrams} datagrams were not recorded whole "
                "(snaplen too short, or fragments); their headers are usable"
            )
        for what, count in self._frames.passed_over.items():
            if not what.plain:
                self._note(f"{count} packets {what.text}: passed over")
        if not self._datagrams:
            self._note(f"no UDP datagram in {self._packets} packets")

    def _note(self, text: str) -> None:
        self._notes.append(f"{self._name}: {text}")
