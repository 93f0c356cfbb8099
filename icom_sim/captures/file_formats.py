"""The packets of a capture file: pcap and pcapng, as they come.

pcap is so simple, and so much of it is read, that it is read here: measured, scapy's
reader takes three times as long, and importing it longer than a short capture. pcapng
scapy knows (GPL-2.0-only: imported when such a capture is read, and nowhere else).
"""

from collections.abc import Iterator
from typing import Any, Protocol
from zlib import error as ZlibError

from icom_proto.codec import head_struct, size_of
from icom_proto.codegen import StructError
from icom_sim.captures.pcap import MAGIC, FileHeader, PacketHeader, turned

PCAPNG = bytes.fromhex("0a0d0d0a")
MAGICS = {*MAGIC, PCAPNG}

# libpcap's largest snapshot; files say how much they allow, and damage says anything.
_PACKET_MAX = 1 << 18
# A packet or block that claims more is not read into memory. Blocks with keys or names
# may be larger than packets.
_READ_MAX = 1 << 24
_CHUNK = 1 << 16
_LINK_TYPE_MASK = 0x0FFF_FFFF  # above are the size and kind of a checksum
_HEADER_SIZE = size_of(PacketHeader)

_CUT = "it ends in the middle of a packet"

# Link type, bytes, and time if there is one.
Packet = tuple[int, bytes, float | None]


class DamagedError(Exception):
    """From here on the file cannot be read; says why in a few words."""


class Readable(Protocol):
    """A binary file or pipe. `read1` gives what is there, up to a size."""

    def read(self, size: int = -1, /) -> bytes: ...
    def read1(self, size: int = -1, /) -> bytes: ...


def packets(file: Readable, magic: bytes) -> Iterator[Packet]:
    """The packets behind the magic number of a file. Raises `DamagedError`."""
    read = _pcapng_packets if magic == PCAPNG else _pcap_packets
    try:
        yield from read(file, magic)
    except (OSError, EOFError, ZlibError) as error:
        raise DamagedError(why(error)) from error


def why(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())


def _pcap_packets(file: Readable, magic: bytes) -> Iterator[Packet]:
    big, unit = MAGIC[magic]
    start = magic + file.read(size_of(FileHeader) - len(magic))
    if len(start) < size_of(FileHeader):
        raise DamagedError("it ends inside its header")
    about = FileHeader.decode(turned(start) if big else start)
    link_type = about.link_type & _LINK_TYPE_MASK
    packet_max = max(_PACKET_MAX, min(about.snap_length, _READ_MAX))
    header, waiting, at = head_struct(PacketHeader).unpack_from, b"", 0
    while True:
        if len(waiting) - at < _HEADER_SIZE:
            waiting, at = _more(file, waiting[at:], _HEADER_SIZE), 0
            if not waiting:
                return
        raw = turned(waiting[at : at + _HEADER_SIZE]) if big else waiting
        seconds, fraction, recorded, _ = header(raw, 0 if big else at)
        if recorded > packet_max:
            raise DamagedError(f"it claims a packet of {recorded} bytes")
        begin = at + _HEADER_SIZE
        at = begin + recorded
        if at > len(waiting):
            waiting = _more(file, waiting[begin:], recorded)
            begin, at = 0, recorded
        yield link_type, waiting[begin:at], seconds + fraction * unit


def _more(file: Readable, waiting: bytes, size: int) -> bytes:
    """What is waiting and comes, at least `size` bytes; or nothing, at the end."""
    pieces, held = [waiting], len(waiting)
    while held < size:
        piece = file.read1(_CHUNK)
        if not piece:
            if held or size != _HEADER_SIZE:
                raise DamagedError(_CUT)
            return b""
        pieces.append(piece)
        held += len(piece)
    return b"".join(pieces)


# ---- pcapng --------------------------------------------------------------------------


def _pcapng_packets(file: Readable, magic: bytes) -> Iterator[Packet]:
    from scapy.error import Scapy_Exception, log_runtime
    from scapy.utils import RawPcapNgReader

    log_runtime.disabled = True  # what it would tell on stderr is told by us
    open_file: Any = RawPcapNgReader  # typed as if it took names alone
    guarded = _Guarded(file, magic)
    try:
        for frame, about in open_file(guarded):
            t = None
            if about.tshigh is not None and about.tsresol:
                # Integers: nanoseconds since 1970 are more than a float holds.
                t = ((about.tshigh << 32) + about.tslow) / int(about.tsresol)
            yield about.linktype, frame, t
    except (Scapy_Exception, StructError, ValueError, LookupError) as error:
        raise DamagedError(f"it is damaged: {why(error)}") from error
    if guarded.short:
        raise DamagedError(_CUT)


class _Guarded:
    """The file that scapy reads: it notices a sudden end, and refuses absurd sizes."""

    name = "capture"

    def __init__(self, file: Readable, start: bytes) -> None:
        self._file, self._start = file, start
        self.short = False  # it ended inside a block
        self._words = 0  # read one after the other, the last of them now

    def read(self, size: int) -> bytes:
        if self._start:
            data, self._start = self._start[:size], self._start[size:]
            return data
        if not 0 <= size <= _READ_MAX:
            raise DamagedError(f"it claims a packet of {size} bytes")
        data = self._file.read(size)
        self._words = self._words + 1 if size == 4 else 0
        if len(data) < size and not self._is_end(data, size):
            self.short = True
        return data

    def _is_end(self, data: bytes, size: int) -> bool:
        """May a whole file end here? In front of a block.

        A block is read as two words, its body, and a word that ends it; a body of one
        word makes that four in a row.
        """
        return not data and size == 4 and self._words % 4 == 2

    def close(self) -> None:
        """scapy closes what it reads; whoever opened it does that here."""
