"""Capture files written by hand: every link layer, both formats, whole and damaged."""

from collections.abc import Sequence
from ipaddress import ip_address

from icom_proto.events import Address

CLIENT, RADIO = Address("192.168.1.10", 52001), Address("192.168.1.2", 50001)
CLIENT_6, RADIO_6 = Address("fe80::10", 52001), Address("fe80::2", 50001)
DATA = bytes.fromhex("10000000030000000a000000 00000000")
T = 1_700_000_000.25

IPV4_TYPE, IPV6_TYPE = bytes.fromhex("0800"), bytes.fromhex("86dd")
MACS = bytes.fromhex("0102030405060708090a0b0c")


def big(value: int, size: int) -> bytes:
    return value.to_bytes(size, "big")


def udp(data: bytes = DATA, source: Address = CLIENT, to: Address = RADIO) -> bytes:
    ports = big(source.port, 2) + big(to.port, 2)
    return ports + big(8 + len(data), 2) + bytes(2) + data


def ipv4(
    payload: bytes = b"",
    *,
    source: Address = CLIENT,
    to: Address = RADIO,
    fragment: int = 0,
    options: bytes = b"",
    protocol: int = 17,
) -> bytes:
    payload = payload or udp(source=source, to=to)
    words = 5 + len(options) // 4
    start = bytes((0x40 | words, 0)) + big(4 * words + len(payload), 2) + bytes(2)
    hosts = ip_address(source.host).packed + ip_address(to.host).packed
    rest = bytes((64, protocol, 0, 0)) + hosts
    return start + big(fragment, 2) + rest + options + payload


def ipv6(payload: bytes = b"", *, extensions: bytes = b"", first: int = 17) -> bytes:
    payload = extensions + (payload or udp(source=CLIENT_6, to=RADIO_6))
    start = bytes.fromhex("60000000") + big(len(payload), 2) + bytes((first, 64))
    hosts = ip_address(CLIENT_6.host).packed + ip_address(RADIO_6.host).packed
    return start + hosts + payload


def ethernet(packet: bytes | None = None, kind: bytes = IPV4_TYPE) -> bytes:
    return MACS + kind + (ipv4() if packet is None else packet)


def pcap(
    frames: Sequence[bytes],
    *,
    link_type: int = 1,
    order: str = "little",
    nano: bool = False,
    times: Sequence[float] = (),
    snaplen: int = 0xFFFF,
) -> bytes:
    """Frames a second apart from T on, unless `times` says otherwise."""

    def word(value: int) -> bytes:
        return big(value, 4) if order == "big" else big(value, 4)[::-1]

    magic = word(0xA1B23C4D if nano else 0xA1B2C3D4)
    version = bytes.fromhex("00020004") if order == "big" else b"\x02\0\x04\0"
    content = magic + version + bytes(8) + word(snaplen) + word(link_type)
    for at, frame in enumerate(frames):
        t = times[at] if times else T + at
        fraction = round(t % 1 * (1e9 if nano else 1e6))
        kept = frame[:snaplen]
        content += word(int(t)) + word(fraction) + word(len(kept)) + word(len(frame))
        content += kept
    return content


def block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    size = (12 + len(body)).to_bytes(4, "little")
    return kind.to_bytes(4, "little") + size + body + size


def pcapng(packets: Sequence[tuple[int, int, bytes]], links: Sequence[bytes]) -> bytes:
    """Packets as (interface, ticks, frame); `links` are the bodies of interfaces."""
    content = block(0x0A0D0D0A, bytes.fromhex("4d3c2b1a 01000000") + b"\xff" * 8)
    content += b"".join(block(1, link) for link in links)
    for interface, ticks, frame in packets:
        numbers = (interface, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
        body = b"".join(number.to_bytes(4, "little") for number in numbers) + frame
        content += block(6, body)
    return content


def interface(link_type: int, resolution: int | None = None) -> bytes:
    """Microseconds, or 10 or 2 to the minus `resolution` as its option has it."""
    body = link_type.to_bytes(2, "little") + bytes(2) + bytes.fromhex("ffff0000")
    if resolution is None:
        return body
    return body + bytes.fromhex("09000100") + bytes((resolution, 0, 0, 0)) + bytes(4)
