"""Writes UDP datagrams into a classic pcap file, as a packet sniffer would.

Each datagram gets the Ethernet, IPv4 and UDP headers that it lost on its way to the
application. Every packet is one unbuffered write, so that the file of a process that is
killed ends with a whole packet.
"""

import time
from collections.abc import Callable
from typing import Self

from icom_proto.codec import size_of
from icom_proto.events import Address
from icom_sim.captures.pcap import Ethernet, FileHeader, Ipv4, PacketHeader, Udp

_FILE_HEADER = FileHeader(
    magic=bytes.fromhex("d4c3b2a1"),  # little-endian, microseconds
    version=0x0004_0002,  # 2.4, minor version in the high half
    zone=0,
    accuracy=0,
    snap_length=0xFFFF,
    link_type=1,
).encode()
# Ethernet does not say who sent it: nothing here asks for hardware addresses.
_ETHERNET_HEADER = Ethernet(
    destination=bytes(6), source=bytes(6), ether_type=0x0800
).encode()
_IPV4_WITHOUT_OPTIONS = 0x45
_DO_NOT_FRAGMENT = 0x4000
_UDP = 17
_SECONDS_MAX = 0xFFFF_FFFF
_HEADERS_SIZE = size_of(Ipv4) + size_of(Udp)


class CaptureWriteError(Exception):
    """The file cannot be written: one line with its name and the reason."""


class PcapWriter:
    """A capture that grows by what it is told. The file is created at once."""

    def __init__(self, path: str, *, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock = path, clock
        try:
            self._file = open(path, "wb", buffering=0)  # noqa: SIM115  see close()
        except OSError as error:
            raise self._failure(error) from error
        try:
            self._write(_FILE_HEADER)
        except CaptureWriteError:
            self._file.close()
            raise

    def note(
        self,
        source: Address,
        destination: Address,
        data: bytes,
        *,
        t: float | None = None,
        size: int | None = None,
    ) -> None:
        """This datagram passes now, or passed at `t`.

        `size` is what it had on the wire, if not all of it is known. Raises
        CaptureWriteError (the disk is full, or a damaged capture had that time).
        """
        size = len(data) if size is None else size
        frame = _ETHERNET_HEADER + _ip_packet(source, destination, data, size)
        microseconds = round((self._clock() if t is None else t) * 1e6)
        seconds, fraction = divmod(microseconds, 1_000_000)
        if not 0 <= seconds <= _SECONDS_MAX:
            raise CaptureWriteError(
                f"cannot write capture {self._path!r}: pcap files have times from 1970 "
                f"to 2106, and none of {seconds} s"
            )
        header = PacketHeader(
            seconds=seconds,
            fraction=fraction,
            recorded=len(frame),
            original=len(frame) - len(data) + size,
        )
        self._write(header.encode() + frame)

    def close(self) -> None:
        """May be called again."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> CaptureWriteError:
        return CaptureWriteError(
            f"cannot write capture {self._path!r}: {error.strerror}"
        )


def _ip_packet(source: Address, destination: Address, data: bytes, size: int) -> bytes:
    udp = Udp(
        source_port=source.port,
        destination_port=destination.port,
        length=size_of(Udp) + size,
        checksum=0,  # none, which IPv4 allows
    )
    header = _ip_header(source.host, destination.host, _HEADERS_SIZE + size, 0)
    checksum = _checksum(header)
    header = _ip_header(source.host, destination.host, _HEADERS_SIZE + size, checksum)
    return header + udp.encode() + data


def _ip_header(source: str, destination: str, length: int, checksum: int) -> bytes:
    return Ipv4(
        version_and_words=_IPV4_WITHOUT_OPTIONS,
        service=0,
        total_length=length,
        identification=0,
        fragment=_DO_NOT_FRAGMENT,
        time_to_live=64,
        protocol=_UDP,
        checksum=checksum,
        source=_four_bytes(source),
        destination=_four_bytes(destination),
    ).encode()


def _four_bytes(host: str) -> bytes:
    return bytes(map(int, host.split(".")))


def _checksum(header: bytes) -> int:
    """The one's complement of the one's complement sum of the words (RFC 791)."""
    total = 0x100 * sum(header[0::2]) + sum(header[1::2])
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
