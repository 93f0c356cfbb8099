"""Row decode: a capture to JSON lines, how fast and in how much memory.

The capture is one of the fixtures, again and again, each time later: the client comes
back on the same ports. It goes through a pipe, so that a gigabyte needs no disk.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.environments import ROOT
from benchmarks.report import Measured, Report
from benchmarks.rounds import Summary
from benchmarks.settings import Settings
from icom_proto.codec import packer
from icom_sim.captures.pcap import PacketHeader

RATE, MORE_MB = 50_000.0, 4.0
CAPTURE = (
    ROOT / "fixtures" / "captures" / "wfserver160__wfview160__session-pcm16-48k.pcap"
)
MB = 1_000_000
SMALL_MB, LARGE_MB, QUICK_LARGE_MB = 50, 1000, 200
# Long enough that the start of the process is a few per cent of it.
SPEED_MB = 250
ROUNDS_MAX = 5
_COMMAND = ["-m", "icom_sim", "decode", "-", "--json"]
_FILE_HEADER_SIZE, _HEADER_SIZE = 24, 16


@dataclass(frozen=True)
class Run:
    """One process that decoded a capture of so many datagrams."""

    datagrams: int
    cpu_s: float
    peak_mb: float

    @property
    def rate(self) -> float:
        return self.datagrams / self.cpu_s


def run(settings: Settings) -> Report:
    """A few runs for the speed, one more for the memory."""
    report = Report("decode", "icom-sim decode --json, 48 kHz LPCM16 session")
    rounds = 1 if settings.quick else min(ROUNDS_MAX, settings.rounds)
    timed = [decode(SPEED_MB) for _ in range(rounds)]
    small = decode(SMALL_MB)
    large_mb = QUICK_LARGE_MB if settings.quick else LARGE_MB
    large = decode(large_mb)
    rate = Summary.of([each.rate for each in [*timed, large]])
    report.at_least("datagrams a second of one core", rate, RATE, "datagrams/s")
    for size, each in ((SMALL_MB, small), (large_mb, large)):
        peak = Summary.of([each.peak_mb])
        report.measured.append(Measured(f"{size} MB, peak of memory", "MB", peak))
    more = Summary.of([large.peak_mb - small.peak_mb])
    what = f"more memory for {large_mb} MB than for {SMALL_MB} MB"
    report.at_most(what, more, MORE_MB, "MB")
    report.notes += [
        "CPU time of the whole process, its start included; output to /dev/null.",
        f"{large.datagrams} datagrams in the larger capture, one session in "
        f"{len(packets_of())}.",
    ]
    return report


def decode(megabytes: int) -> Run:
    """Let a process decode about so much, and take what the kernel says of it."""
    command = [sys.executable, *_COMMAND]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    assert process.stdin is not None, "asked for above"
    datagrams = 0
    with process.stdin as pipe:
        for count, data in repeated(megabytes * MB):
            pipe.write(data)
            datagrams += count
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    kilobytes = usage.ru_maxrss
    return Run(datagrams, usage.ru_utime + usage.ru_stime, kilobytes * 1024 / MB)


def packets_of() -> list[tuple[PacketHeader, bytes]]:
    """The packets of the fixture, all of which are datagrams of a session."""
    content, found = CAPTURE.read_bytes(), []
    at = _FILE_HEADER_SIZE
    while at < len(content):
        header = PacketHeader.decode(content, at)
        at += _HEADER_SIZE
        found.append((header, content[at : at + header.recorded]))
        at += header.recorded
    return found


def repeated(size: int) -> Iterator[tuple[int, bytes]]:
    """The fixture until there are `size` bytes, as (datagrams, bytes)."""
    yield 0, CAPTURE.read_bytes()[:_FILE_HEADER_SIZE]
    packets, pack, written, later = packets_of(), packer(PacketHeader), 0, 0
    while written < size:
        pieces = []
        for header, frame in packets:
            seconds, recorded = header.seconds + later, header.recorded
            pieces.append(pack(seconds, header.fraction, recorded, recorded))
            pieces.append(frame)
        data = b"".join(pieces)
        yield len(packets), data
        written += len(data)
        later += 10
