"""Listening on an interface: what `icom-sim record` does. Linux, and with the rights.

The kernel hands over packets without their link layer, whatever the interface is, with
the time at which it saw them. Only UDP is looked at and only Icom's is kept.
"""

import asyncio
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Final

from icom_sim.captures.follow import Follower
from icom_sim.captures.frames import FrameReader
from icom_sim.captures.pcap_writer import CaptureWriteError, PcapWriter
from icom_sim.captures.reader import CapturedDatagram
from icom_sim.until_told import end_signals, until

ANY_INTERFACE: Final = "any"
_RAW_IP: Final = 101  # link type
_PACKET_MAX: Final = 0xFFFF
_BURST_MAX: Final = 256
# Two seconds of audio both ways, in case the disk is slow.
_BUFFER: Final = 1 << 22

# Of <linux/if_packet.h>, <linux/if_ether.h>, <net/if_arp.h> and <asm/socket.h>.
_ALL_PROTOCOLS: Final = 0x0003
_OUTGOING: Final = 4
_LOOPBACK_HARDWARE: Final = 772
_SOL_PACKET, _STATISTICS, _STATISTICS_SIZE = 263, 6, 8
_TIMESTAMP: Final = 35
_TIMESTAMP_SIZE: Final = 16


class SnifferError(Exception):
    """Nothing can be heard there: one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOptions:
    """What the command line asks for, checked. No ports: whatever is Icom's."""

    interface: str
    path: str
    ports: tuple[range, ...] = ()
    duration_s: float | None = None


@dataclass(slots=True)
class Report:
    """What was heard and kept, and what went wrong, a line each."""

    kept: int = 0
    heard: int = 0
    troubles: list[str] = field(default_factory=list)


class Selection:
    """Which IP packets are kept, in which form."""

    def __init__(self, ports: tuple[range, ...] = ()) -> None:
        self._ports = ports
        self._frames, self._follower = FrameReader(), Follower()
        self._number = 0

    def take(self, packet: bytes, t: float) -> CapturedDatagram | None:
        """The datagram, if it is one to keep."""
        carried = self._frames.datagram_of(_RAW_IP, packet)
        if carried is None:
            return None
        source, destination, data, cut = carried
        if ":" in source.host:  # radios have IPv4 only (1.1)
            return None
        self._number += 1
        datagram = CapturedDatagram(self._number, t, source, destination, data, cut)
        if self._ports:
            wanted = source.port, destination.port
            is_kept = any(port in each for each in self._ports for port in wanted)
            return datagram if is_kept else None
        return None if self._follower.place(datagram) is None else datagram


def record(options: RecordOptions) -> Report:
    """Raises SnifferError and CaptureWriteError if it cannot begin."""
    with (
        _listening(options.interface) as listening,
        PcapWriter(options.path) as capture,
    ):
        return asyncio.run(_run(options, listening, capture))


async def _run(
    options: RecordOptions, listening: socket.socket, capture: PcapWriter
) -> Report:
    report, selection = Report(), Selection(options.ports)
    ended, loop = asyncio.Event(), asyncio.get_running_loop()

    def read() -> None:
        try:
            _read(listening, selection, capture, report)
        except CaptureWriteError as error:
            report.troubles.append(str(error))
            loop.remove_reader(listening)
            ended.set()

    with end_signals(ended):
        loop.add_reader(listening, read)
        await until(ended, options.duration_s)
        loop.remove_reader(listening)
    dropped = _dropped(listening)
    if dropped:
        report.troubles.append(f"{dropped} packets came too fast and are missing")
    return report


def _read(
    listening: socket.socket,
    selection: Selection,
    capture: PcapWriter,
    report: Report,
) -> None:
    for _ in range(_BURST_MAX):
        try:
            packet, ancillary, _, address = listening.recvmsg(_PACKET_MAX, 64)
        except (BlockingIOError, OSError):  # no more, or the interface went down
            return
        _, _, kind, hardware, _ = address
        if kind == _OUTGOING and hardware == _LOOPBACK_HARDWARE:
            continue  # it comes in again
        report.heard += 1
        found = selection.take(packet, _time_in(ancillary))
        if found is not None:
            capture.note(found.source, found.destination, found.data, t=found.t)
            report.kept += 1


def _time_in(ancillary: list[tuple[int, int, bytes]]) -> float:
    """When the kernel saw the packet, if it says so."""
    for _, kind, data in ancillary:
        if kind == _TIMESTAMP and len(data) == _TIMESTAMP_SIZE:
            seconds, nanoseconds = memoryview(data).cast("q")
            return float(seconds + nanoseconds * 1e-9)
    return time.time()


def _listening(interface: str) -> socket.socket:
    if sys.platform != "linux":
        raise SnifferError(
            "listening on an interface is for Linux: record with tcpdump, or with"
            " `icom-sim proxy --record`, which needs no rights"
        )
    opened = None
    try:
        opened = socket.socket(
            socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ALL_PROTOCOLS)
        )
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        opened.setsockopt(socket.SOL_SOCKET, _TIMESTAMP, 1)
        if interface != ANY_INTERFACE:
            opened.bind((interface, _ALL_PROTOCOLS))
    except PermissionError as error:
        raise SnifferError(
            "listening on an interface needs root or CAP_NET_RAW (sudo, or setcap"
            " cap_net_raw+ep on the Python); `icom-sim proxy --record` needs neither"
        ) from error
    except OSError as error:
        if opened is not None:
            opened.close()
        names = ", ".join(name for _, name in socket.if_nameindex())
        raise SnifferError(
            f"cannot listen on interface {interface!r}: {error.strerror or error};"
            f" there are {names}, and {ANY_INTERFACE}"
        ) from error
    return opened


def _dropped(listening: socket.socket) -> int:
    """Packets that the kernel had no room for."""
    counts = listening.getsockopt(_SOL_PACKET, _STATISTICS, _STATISTICS_SIZE)
    return int(memoryview(counts).cast("I")[1])
