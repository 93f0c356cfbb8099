"""What a sniffed frame carries, if it is a UDP datagram: link layer, IP, UDP.

Every layout is declared like those of the protocol itself; numbers are those of the
registries (link types of tcpdump.org, EtherTypes and protocol numbers of IANA). What
is passed over is counted, so that a reader can tell why a capture gave so little.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, NamedTuple

from icom_proto.codec import Record, head_struct, offset_of, record, size_of
from icom_proto.errors import DecodeError
from icom_proto.events import Address
from icom_proto.fields import U8, U16BE, U32BE, U32LE, Raw
from icom_sim.captures.pcap import Ethernet, Ipv4, Udp

_IPV4, _IPV6 = 0x0800, 0x86DD
# 802.1Q, 802.1ad, and what some switches use for the outer of two tags.
_VLAN_TAGS = (0x8100, 0x88A8, 0x9100)
_VLAN_MAX = 4

_UDP = 17
_HOP_BY_HOP, _ROUTING, _FRAGMENT, _OPTIONS = 0, 43, 44, 60
_EXTENSIONS = (_HOP_BY_HOP, _ROUTING, _FRAGMENT, _OPTIONS)
_EXTENSIONS_MAX = 8
# Of the 16 bits of IPv4, and of those of an IPv6 fragment header.
_V4_OFFSET, _V4_MORE = 0x1FFF, 0x2000
_V6_OFFSET, _V6_MORE = 0xFFF8, 0x0001

# Address families of BSD loopback: IPv4 everywhere, IPv6 by system.
_FAMILIES = {2: _IPV4, 10: _IPV6, 24: _IPV6, 28: _IPV6, 30: _IPV6}

# Flows whose addresses are kept as text. More than any capture has that is not hostile.
_FLOWS_KEPT = 4096


@record(size=4)
@dataclass(frozen=True, slots=True, kw_only=True)
class VlanTag(Record):
    """Behind the addresses of Ethernet, or behind another tag."""

    control: Annotated[U16BE, "priority, and number of the virtual LAN"]
    ether_type: U16BE


@record(size=16)
@dataclass(frozen=True, slots=True, kw_only=True)
class CookedV1(Record):
    """Linux "any" interface, link type 113."""

    packet_type: U16BE
    hardware: U16BE
    address_length: U16BE
    address: Annotated[bytes, Raw(8)]
    ether_type: U16BE


@record(size=20)
@dataclass(frozen=True, slots=True, kw_only=True)
class CookedV2(Record):
    """Linux "any" interface, link type 276."""

    ether_type: U16BE
    reserved: U16BE
    interface: U32BE
    hardware: U16BE
    packet_type: U8
    address_length: U8
    address: Annotated[bytes, Raw(8)]


@record(size=4)
@dataclass(frozen=True, slots=True, kw_only=True)
class Family(Record):
    """BSD loopback: in the byte order of whoever recorded, so a small number decides"""

    little: U32LE

    @property
    def ether_type(self) -> int:
        number = self.little if self.little < 0x10000 else self.little >> 24
        return _FAMILIES.get(number, 0)


@record(size=40)
@dataclass(frozen=True, slots=True, kw_only=True)
class Ipv6(Record):
    version_class_flow: U32BE
    payload_length: U16BE
    next_header: U8
    hop_limit: U8
    source: Annotated[bytes, Raw(16)]
    destination: Annotated[bytes, Raw(16)]


@record(size=8)
@dataclass(frozen=True, slots=True, kw_only=True)
class Ipv6Extension(Record):
    """The first 8 bytes of an extension header; `fragment` in those of fragments."""

    next_header: U8
    more_words: Annotated[U8, "length in words of 8 bytes, less the first"]
    fragment: Annotated[U16BE, "high 13 bits: offset"]
    rest: Annotated[bytes, Raw(4)]


# Source, destination, payload, and whether that is cut: less than the headers say. A
# plain tuple, of which there are millions.
CarriedUdp = tuple[Address, Address, bytes, bool]


class PassedOver(NamedTuple):
    """Why a frame gave no datagram; `plain` where that is no fault of the capture."""

    text: str
    plain: bool


_NOT_IP = PassedOver("no IP", True)
_NOT_UDP = PassedOver("no UDP", True)
_FRAGMENT_LEFT = PassedOver("later fragments of IP packets", False)
_TOO_SHORT = PassedOver("cut or damaged before the UDP payload", False)


def _link_behind(
    header: type[Ethernet | CookedV1 | CookedV2 | Family],
) -> Callable[[bytes], tuple[int, int]]:
    size = size_of(header)

    def network_of(frame: bytes) -> tuple[int, int]:
        return header.decode(frame).ether_type, size

    return network_of


def _raw_ip(frame: bytes) -> tuple[int, int]:
    """The version of the protocol is the first half byte of its header."""
    if not frame:
        raise DecodeError("an empty frame")
    return {4: _IPV4, 6: _IPV6}.get(frame[0] >> 4, 0), 0


# EtherType and where the network layer begins, by link type.
_LINKS: dict[int, Callable[[bytes], tuple[int, int]]] = {
    0: _link_behind(Family),
    1: _link_behind(Ethernet),
    108: _link_behind(Family),
    113: _link_behind(CookedV1),
    276: _link_behind(CookedV2),
    # Raw IP has three numbers, because systems disagreed; 228 and 229 are one version.
    **dict.fromkeys((12, 14, 101, 228, 229), _raw_ip),
}
LINK_TYPES_READ = "Ethernet, VLAN, Linux cooked v1 and v2, loopback and raw IP are read"

_UDP_SIZE = size_of(Udp)
_udp_fields = head_struct(Udp).unpack_from

# The short way for what nearly all captures hold: plain Ethernet, IPv4 without options.
_TYPE_AND_VERSION = slice(offset_of(Ethernet, "ether_type"), size_of(Ethernet) + 1)
_PLAIN_IPV4 = b"\x08\x00\x45"
_FRAGMENT_AT = size_of(Ethernet) + offset_of(Ipv4, "fragment")
_WHOLE = (b"\x00\x00", b"\x40\x00")  # not a fragment; the second forbids making one
_PROTOCOL_AT = size_of(Ethernet) + offset_of(Ipv4, "protocol")
_PLAIN_UDP_AT = size_of(Ethernet) + size_of(Ipv4)
_PLAIN_DATA_AT = _PLAIN_UDP_AT + _UDP_SIZE
_ENDS = slice(
    size_of(Ethernet) + offset_of(Ipv4, "source"),
    _PLAIN_UDP_AT + offset_of(Udp, "length"),
)


class FrameReader:
    """Frames in, datagrams out. Memory is bounded by `_FLOWS_KEPT`."""

    def __init__(self) -> None:
        self.passed_over: Counter[PassedOver] = Counter()
        self._plain: dict[bytes, tuple[Address, Address]] = {}
        self._hosts: dict[bytes, str] = {}

    def datagram_of(self, link_type: int, frame: bytes) -> CarriedUdp | None:
        """What the frame carries; None, and one more in `passed_over`, if no UDP."""
        if (
            link_type == 1
            and frame[_TYPE_AND_VERSION] == _PLAIN_IPV4
            and frame[_FRAGMENT_AT : _FRAGMENT_AT + 2] in _WHOLE
            and len(frame) >= _PLAIN_DATA_AT
            and frame[_PROTOCOL_AT] == _UDP
        ):
            ends = self._plain.get(frame[_ENDS])
            if ends is not None:
                length = _udp_fields(frame, _PLAIN_UDP_AT)[2]
                data = frame[_PLAIN_DATA_AT : _PLAIN_UDP_AT + length]
                if length >= _UDP_SIZE:
                    return *ends, data, len(data) + _UDP_SIZE < length
        found = self._slowly(link_type, frame)
        if isinstance(found, PassedOver):
            self.passed_over[found] += 1
            return None
        if frame[_TYPE_AND_VERSION] == _PLAIN_IPV4:
            if len(self._plain) >= _FLOWS_KEPT:
                self._plain.clear()
            self._plain[frame[_ENDS]] = found[:2]
        return found

    def _slowly(self, link_type: int, frame: bytes) -> CarriedUdp | PassedOver:
        network_of = _LINKS.get(link_type)
        if network_of is None:
            return PassedOver(f"of link type {link_type}; {LINK_TYPES_READ}", False)
        try:
            ether_type, at = _behind_tags(frame, *network_of(frame))
            if ether_type == _IPV4:
                return self._ipv4(frame, at)
            if ether_type == _IPV6:
                return self._ipv6(frame, at)
        except DecodeError:
            return _TOO_SHORT
        return _NOT_IP

    def _ipv4(self, frame: bytes, at: int) -> CarriedUdp | PassedOver:
        ip = Ipv4.decode(frame, at)
        if ip.protocol != _UDP:
            return _NOT_UDP
        if ip.fragment & _V4_OFFSET:
            return _FRAGMENT_LEFT
        udp_at = at + (ip.version_and_words & 0x0F) * 4
        return self._udp(frame, udp_at, ip, bool(ip.fragment & _V4_MORE))

    def _ipv6(self, frame: bytes, at: int) -> CarriedUdp | PassedOver:
        ip = Ipv6.decode(frame, at)
        kind, at, more = ip.next_header, at + size_of(Ipv6), False
        for _ in range(_EXTENSIONS_MAX):
            if kind not in _EXTENSIONS:
                break
            extension = Ipv6Extension.decode(frame, at)
            if kind == _FRAGMENT:
                if extension.fragment & _V6_OFFSET:
                    return _FRAGMENT_LEFT
                more = bool(extension.fragment & _V6_MORE)
            words = 0 if kind == _FRAGMENT else extension.more_words
            kind, at = extension.next_header, at + 8 + 8 * words
        return self._udp(frame, at, ip, more) if kind == _UDP else _NOT_UDP

    def _udp(
        self, frame: bytes, at: int, ip: Ipv4 | Ipv6, more: bool
    ) -> CarriedUdp | PassedOver:
        udp = Udp.decode(frame, at)
        if udp.length < _UDP_SIZE:
            return _TOO_SHORT
        data = frame[at + _UDP_SIZE : at + udp.length]
        return (
            Address(self._host(ip.source), udp.source_port),
            Address(self._host(ip.destination), udp.destination_port),
            data,
            more or len(data) + _UDP_SIZE < udp.length,
        )

    def _host(self, address: bytes) -> str:
        host = self._hosts.get(address)
        if host is None:
            if len(self._hosts) >= _FLOWS_KEPT:
                self._hosts.clear()
            kind = IPv4Address if len(address) == 4 else IPv6Address
            host = self._hosts[address] = str(kind(address))
        return host


def _behind_tags(frame: bytes, ether_type: int, at: int) -> tuple[int, int]:
    """What the virtual LAN tags, if any, stand in front of."""
    for _ in range(_VLAN_MAX):
        if ether_type not in _VLAN_TAGS:
            break
        ether_type = VlanTag.decode(frame, at).ether_type
        at += size_of(VlanTag)
    return ether_type, at
