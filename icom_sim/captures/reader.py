"""Reads the UDP datagrams of a capture, one by one, whatever tool recorded it.

pcap and pcapng in both byte orders, also compressed with gzip, from a file or a pipe.
scapy knows the two formats (GPL-2.0-only: imported when a capture is read, and nowhere
else); `frames` knows what is inside. A capture that is damaged gives all that is whole
before the damage, and `notes` tell the rest in one line each.
"""

import gzip
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Protocol, cast
from zlib import error as ZlibError

from icom_proto.codegen import StructError
from icom_proto.events import Address
from icom_proto.quick_dataclass import fast_constructor
from icom_sim.captures.frames import FrameReader
from icom_sim.captures.pcap import CaptureError

__all__ = ["CaptureError", "CaptureReader", "CapturedDatagram"]

STANDARD_INPUT = "-"

_GZIP = b"\x1f\x8b"
_PCAPNG = bytes.fromhex("0a0d0d0a")
_MAGICS = {
    *map(bytes.fromhex, ("d4c3b2a1", "a1b2c3d4", "4d3cb2a1", "a1b23c4d")),
    _PCAPNG,
}
# libpcap's largest snapshot; a packet or block that claims more is damage, and is not
# read into memory. pcapng blocks with keys or names may be larger than a packet.
_READ_MAX = 1 << 24
# The clock of a capture: packets swap places by less, and sessions pause for less.
_STEP_BACK_S, _STEP_AHEAD_S = 1.0, 3600.0
_STEPS_NOTED = 5


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
        _require_scapy()
        with ExitStack() as opened:
            file = self._open(opened)
            yield from _Reading(self.name, file, self.notes).datagrams()

    def _open(self, opened: ExitStack) -> "_Guarded":
        self.notes.clear()
        try:
            file: _Readable = sys.stdin.buffer
            if self._path != STANDARD_INPUT:
                raw = open(self._path, "rb")  # noqa: SIM115  see the next line
                file = opened.enter_context(raw)
            magic = file.read(4)
            if magic[:2] == _GZIP:
                packed = cast(IO[bytes], _Rejoined(magic, file))
                file = opened.enter_context(gzip.GzipFile(fileobj=packed))
                magic = file.read(4)
        except (OSError, EOFError, ZlibError) as error:
            raise CaptureError(
                f"cannot read capture {self._path!r}: {_why(error)}"
            ) from error
        if not magic:
            raise CaptureError(f"{self._path!r} is no capture: it is empty")
        if magic not in _MAGICS:
            raise CaptureError(
                f"{self._path!r} is no capture: it begins with {magic.hex(' ')}, and "
                "not as pcap or pcapng do"
            )
        return _Guarded(file, magic)


def _require_scapy() -> None:
    if find_spec("scapy") is None:
        raise CaptureError(
            "reading captures needs scapy: pip install 'icom-lan-kit[sim]'"
        )


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class _Rejoined:
    """A pipe of which the first bytes were read to see what it holds."""

    def __init__(self, start: bytes, file: _Readable) -> None:
        self._start, self._file = start, file

    def read(self, size: int = -1, /) -> bytes:
        if not self._start:
            return self._file.read(size)
        size = len(self._start) if size < 0 else size
        data, self._start = self._start[:size], self._start[size:]
        return data


class _Guarded:
    """The file that scapy reads: it notices a sudden end, and refuses absurd sizes."""

    name = "capture"

    def __init__(self, file: _Readable, start: bytes) -> None:
        self._file, self._start = file, start
        self.magic = start
        self.short = False  # it ended inside something
        self._words = 0  # read one after the other, the last of them now

    def read(self, size: int) -> bytes:
        if self._start:
            data, self._start = self._start[:size], self._start[size:]
            return data
        if size > _READ_MAX or size < 0:
            raise _DamagedError(f"it claims a packet of {size} bytes")
        try:
            data = self._file.read(size)
        except (OSError, EOFError, ZlibError) as error:
            raise _DamagedError(_why(error)) from error
        self._words = self._words + 1 if size == 4 else 0
        if len(data) < size and not self._is_end(data, size):
            self.short = True
        return data

    def _is_end(self, data: bytes, size: int) -> bool:
        """May a whole file end here? pcap in front of any packet.

        pcapng in front of a block. A block is read as two words, its body, and a word
        that ends it; a body of one word makes that four in a row.
        """
        if data:
            return False
        return self.magic != _PCAPNG or (size == 4 and self._words % 4 == 2)

    def close(self) -> None:
        """scapy closes what it reads; whoever opened it does that here."""


class _DamagedError(Exception):
    """From here on the file cannot be read."""


class _Reading:
    """One pass through a file."""

    def __init__(self, name: str, file: _Guarded, notes: list[str]) -> None:
        self._name, self._file, self._notes = name, file, notes
        self._frames = FrameReader()
        self._packets = self._datagrams = self._cut = self._steps = 0
        self._last = 0.0

    def datagrams(self) -> Iterator[CapturedDatagram]:
        try:
            yield from self._read()
        except _DamagedError as error:
            self._note_damage(str(error))
        else:
            if self._file.short:
                self._note_damage("it ends in the middle of a packet")
        self._sum_up()

    def _read(self) -> Iterator[CapturedDatagram]:
        datagram_of = self._frames.datagram_of
        for frame, link_type, t, whole in _packets(self._file):
            if not whole:
                self._file.short = True
                return
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


# Bytes, link type, time if there is one, and whether the bytes are all that the file
# announced.
_Packet = tuple[bytes, int, float | None, bool]


def _packets(file: _Guarded) -> Iterator[_Packet]:
    from scapy.error import Scapy_Exception, log_runtime

    log_runtime.disabled = True  # what it would tell on stderr is in the notes
    read = _pcapng_packets if file.magic == _PCAPNG else _pcap_packets
    damage = (Scapy_Exception, StructError, EOFError, ValueError, LookupError)
    try:
        yield from read(file)
    except damage as error:
        raise _DamagedError(f"it is damaged: {_why(error)}") from error


def _pcap_packets(file: _Guarded) -> Iterator[_Packet]:
    from scapy.utils import RawPcapReader

    open_file: Any = RawPcapReader  # typed as if it took names alone
    packets = open_file(file)
    link_type, unit = packets.linktype, 1e-9 if packets.nano else 1e-6
    for frame, (seconds, fraction, _, recorded) in packets:
        yield frame, link_type, seconds + fraction * unit, len(frame) == recorded


def _pcapng_packets(file: _Guarded) -> Iterator[_Packet]:
    from scapy.utils import RawPcapNgReader

    open_file: Any = RawPcapNgReader  # typed as if it took names alone
    for frame, about in open_file(file):
        t = None
        if about.tshigh is not None and about.tsresol:
            # Integers, because nanoseconds since 1970 are more than a float holds.
            t = ((about.tshigh << 32) + about.tslow) / int(about.tsresol)
        yield frame, about.linktype, t, True


def _why(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())
