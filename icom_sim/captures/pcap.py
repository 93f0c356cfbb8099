"""Reads UDP datagrams from classic pcap files, as tcpdump writes them.

Both byte orders, microseconds or nanoseconds, Ethernet, IPv4. Other frames (ARP, IPv6,
TCP, fragments) are passed over. A file that ends in the middle of a packet gives all
packets before it and then `CaptureError`: a recording that was killed is still worth
reading. The layouts are declared like those of the protocol itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from icom_proto.codec import Record, record, size_of
from icom_proto.errors import DecodeError
from icom_proto.events import Address
from icom_proto.fields import U8, U16BE, U32LE, Raw

# The first four bytes of a file: is it big-endian, and seconds per fraction unit.
MAGIC = {
    bytes.fromhex("d4c3b2a1"): (False, 1e-6),
    bytes.fromhex("a1b2c3d4"): (True, 1e-6),
    bytes.fromhex("4d3cb2a1"): (False, 1e-9),
    bytes.fromhex("a1b23c4d"): (True, 1e-9),
}
_ETHERNET = 1
_IPV4 = 0x0800
_UDP = 17
_FRAGMENT_OFFSET = 0x1FFF
_MORE_FRAGMENTS = 0x2000


class CaptureError(Exception):
    """The file is no capture of a kind that can be read here, or ends too early."""


@dataclass(frozen=True, slots=True)
class CapturedDatagram:
    """One UDP datagram. `number` counts all packets of the file, from 1."""

    number: int
    time: float
    source: Address
    destination: Address
    data: bytes


@record(size=24)
@dataclass(frozen=True, slots=True, kw_only=True)
class FileHeader(Record):
    """In little-endian files; the words of others are turned round before."""

    magic: Annotated[bytes, Raw(4)]
    version: U32LE
    zone: U32LE
    accuracy: U32LE
    snap_length: U32LE
    link_type: U32LE


@record(size=16)
@dataclass(frozen=True, slots=True, kw_only=True)
class PacketHeader(Record):
    """In front of each packet of a file; turned round like `FileHeader`."""

    seconds: Annotated[U32LE, "since 1970"]
    fraction: Annotated[U32LE, "microseconds or nanoseconds"]
    recorded: Annotated[U32LE, "bytes that follow"]
    original: Annotated[U32LE, "bytes that were on the wire"]


@record(size=14)
@dataclass(frozen=True, slots=True, kw_only=True)
class Ethernet(Record):
    destination: Annotated[bytes, Raw(6)]
    source: Annotated[bytes, Raw(6)]
    ether_type: U16BE


@record(size=20)
@dataclass(frozen=True, slots=True, kw_only=True)
class Ipv4(Record):
    version_and_words: Annotated[U8, "low half: header length in words of 4 bytes"]
    service: U8
    total_length: U16BE
    identification: U16BE
    fragment: Annotated[U16BE, "low 13 bits: offset"]
    time_to_live: U8
    protocol: U8
    checksum: U16BE
    source: Annotated[bytes, Raw(4)]
    destination: Annotated[bytes, Raw(4)]


@record(size=8)
@dataclass(frozen=True, slots=True, kw_only=True)
class Udp(Record):
    source_port: U16BE
    destination_port: U16BE
    length: Annotated[U16BE, "header included"]
    checksum: U16BE


_FILE_HEADER_SIZE = size_of(FileHeader)
_PACKET_HEADER_SIZE = size_of(PacketHeader)
_ETHERNET_SIZE = size_of(Ethernet)
_UDP_SIZE = size_of(Udp)


def read_pcap(path: Path) -> Iterator[CapturedDatagram]:
    """The UDP datagrams of a file, in its order."""
    for number, (time, frame) in enumerate(_frames(path.read_bytes()), start=1):
        try:
            datagram = _datagram_of(number, time, frame)
        except DecodeError as error:
            raise CaptureError(f"packet {number} is not whole: {error}") from error
        if datagram is not None:
            yield datagram


def _frames(content: bytes) -> Iterator[tuple[float, bytes]]:
    """Time and bytes of every packet of a file, whatever it carries."""
    big, unit = _file_format(content)
    at = _FILE_HEADER_SIZE
    while at < len(content):
        raw = content[at : at + _PACKET_HEADER_SIZE]
        at += _PACKET_HEADER_SIZE
        if at > len(content):
            raise CaptureError("the file ends inside the header of a packet")
        header = PacketHeader.decode(turned(raw) if big else raw)
        frame = content[at : at + header.recorded]
        at += header.recorded
        if at > len(content):
            raise CaptureError("the file ends inside a packet")
        yield header.seconds + header.fraction * unit, frame


def _file_format(content: bytes) -> tuple[bool, float]:
    """Whether the file is big-endian, and the unit of its fractions of a second."""
    raw = content[:_FILE_HEADER_SIZE]
    if raw[:4] not in MAGIC or len(raw) < _FILE_HEADER_SIZE:
        raise CaptureError("not a classic pcap file")
    big, unit = MAGIC[raw[:4]]
    link_type = FileHeader.decode(turned(raw) if big else raw).link_type
    if link_type != _ETHERNET:
        raise CaptureError(f"link type {link_type}: only Ethernet (1) can be read")
    return big, unit


def turned(raw: bytes) -> bytes:
    """The same words of four bytes in the other byte order."""
    return b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))


def _datagram_of(number: int, time: float, frame: bytes) -> CapturedDatagram | None:
    """What an Ethernet frame carries, if it is a whole UDP datagram over IPv4."""
    if Ethernet.decode(frame).ether_type != _IPV4:
        return None
    ip = Ipv4.decode(frame, _ETHERNET_SIZE)
    if ip.protocol != _UDP or ip.fragment & (_FRAGMENT_OFFSET | _MORE_FRAGMENTS):
        return None
    udp_at = _ETHERNET_SIZE + (ip.version_and_words & 0x0F) * 4
    udp = Udp.decode(frame, udp_at)
    data = frame[udp_at + _UDP_SIZE : udp_at + udp.length]
    if len(data) + _UDP_SIZE != udp.length:
        raise DecodeError(f"{len(data):#x} bytes of a UDP length of {udp.length:#x}")
    return CapturedDatagram(
        number=number,
        time=time,
        source=Address(_dotted(ip.source), udp.source_port),
        destination=Address(_dotted(ip.destination), udp.destination_port),
        data=data,
    )


def _dotted(address: bytes) -> str:
    return ".".join(str(byte) for byte in address)
