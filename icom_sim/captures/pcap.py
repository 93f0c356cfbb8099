"""The headers of classic pcap files, and of what they hold: declared layouts.

Read by `file_formats` and `frames`, written by `pcap_writer`.
"""

from dataclasses import dataclass
from typing import Annotated

from icom_proto.codec import Record, record
from icom_proto.fields import U8, U16BE, U32LE, Raw

# The first four bytes of a file: is it big-endian, and seconds per fraction unit.
MAGIC = {
    bytes.fromhex("d4c3b2a1"): (False, 1e-6),
    bytes.fromhex("a1b2c3d4"): (True, 1e-6),
    bytes.fromhex("4d3cb2a1"): (False, 1e-9),
    bytes.fromhex("a1b23c4d"): (True, 1e-9),
}


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


def turned(raw: bytes) -> bytes:
    """The same words of four bytes in the other byte order."""
    return b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))
