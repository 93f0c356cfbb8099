"""A million hostile datagrams at a fake radio in a process of its own.

Beside them a proper client asks and listens all the time; that it is answered paces the
flood, since what a kernel drops hurts nobody. Watched: that the radio stays up and says
nothing on its standard error, that its memory stays what it is, that strangers get no
more than three times the bytes they send, and that the client has what it wants.
"""

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from icom_proto.client_requests import ClientConfig
from icom_proto.link_output import AMPLIFICATION_MAX
from icom_sim.hostile.client import ProperClient
from icom_sim.hostile.datagrams import Hostility
from icom_sim.hostile.strangers import Strangers

CONFIG = ClientConfig(username="icom", password="icom")
BURST = 100
SAMPLES = 10
# By then histories and buffers are full.
SETTLED_SAMPLES = 2
# An allocator gives and takes. One object kept of each datagram would be 50 MB.
GROWTH_KB_MAX = 4096
END_S_MAX = 10.0
# Audio comes each 20 ms; a busy machine may stop everybody for a while.
SILENCE_S_MAX = 3.0


@dataclass(frozen=True)
class Sample:
    """How it stands after so many hostile datagrams."""

    sent: int
    answers: int  # to the proper client's questions
    audio: int
    audio_lost: int
    silence_s: float  # the longest so far
    memory_kb: int | None  # resident; None where the system does not tell
    back: float  # bytes that strangers got for each byte they sent


@dataclass
class Report:
    """What was sent, what came of it, and what is wrong."""

    samples: list[Sample] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


class RadioProcess:
    """`icom-sim serve` in a process of its own."""

    def __init__(
        self, process: asyncio.subprocess.Process, ports: tuple[int, ...]
    ) -> None:
        self._process, self.ports = process, ports
        self._lines = asyncio.create_task(self._swallow())
        self._complaints = asyncio.create_task(self._complain())

    @property
    def has_ended(self) -> bool:
        return self._process.returncode is not None

    def memory_kb(self) -> int | None:
        """What of it is in memory now."""
        try:
            pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        except OSError:
            return None
        return int(pages) * os.sysconf("SC_PAGE_SIZE") // 1024

    async def end(self) -> list[str]:
        """Tell it to end; what was wrong with that."""
        ended_early = self.has_ended
        if not ended_early:
            self._process.send_signal(signal.SIGINT)
        try:
            async with asyncio.timeout(END_S_MAX):
                status = await self._process.wait()
        except TimeoutError:
            self._process.kill()
            status = await self._process.wait()
        await self._lines
        complaints = (await self._complaints).decode(errors="replace").strip()
        faults = ["the radio ended by itself"] if ended_early else []
        if status != 0:
            faults.append(f"the radio ended with status {status}")
        if complaints:
            faults.append(f"the radio says: {complaints.splitlines()[-1]}")
        return faults

    async def _swallow(self) -> None:
        assert self._process.stdout is not None
        while await self._process.stdout.read(1 << 16):
            pass

    async def _complain(self) -> bytes:
        assert self._process.stderr is not None
        return await self._process.stderr.read()


@asynccontextmanager
async def radio_process(seed: int, report: Report) -> AsyncIterator[RadioProcess]:
    """Runs one; at the end what was wrong with it stands in the report."""
    free = ("--port", "0", "--civ-port", "0", "--audio-port", "0")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "icom_sim", "serve", *free),
        *("--events", "jsonl", "--seed", str(seed)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    told = json.loads(await process.stdout.readline())
    ports = tuple(told[name] for name in ("control_port", "civ_port", "audio_port"))
    radio = RadioProcess(process, ports)
    try:
        yield radio
    finally:
        report.faults += await radio.end()


async def soak(count: int, seed: int, tell: Callable[[Sample], None]) -> Report:
    """Send so many; `tell` is called ten times meanwhile."""
    report = Report()
    async with radio_process(seed, report) as radio:
        async with ProperClient(radio.ports[0], CONFIG, seed) as client:
            while not client.heard:
                await client.ask()
            hostility = Hostility(random.Random(f"{seed}/hostility"), client.heard)
            strangers = Strangers(radio.ports, hostility, seed)
            try:
                await _attack(count, strangers, client, radio, report, tell)
            finally:
                strangers.close()
            report.kinds = dict(strangers.tally.kinds)
            report.faults += [f"the client was told {end}" for end in client.endings]
        if not radio.has_ended:
            await _come_back(radio, seed, report)
    report.faults += faults_of(report.samples)
    return report


async def _attack(
    count: int,
    strangers: Strangers,
    client: ProperClient,
    radio: RadioProcess,
    report: Report,
    tell: Callable[[Sample], None],
) -> None:
    tally = strangers.tally
    while tally.sent < count:
        strangers.send(min(BURST, count - tally.sent))
        is_answered = await client.ask()
        strangers.listen()
        if not is_answered:
            report.faults.append(f"no answer after {tally.sent} hostile datagrams")
        if tally.sent >= count * (len(report.samples) + 1) / SAMPLES:
            report.samples.append(
                Sample(
                    sent=tally.sent,
                    answers=client.answers,
                    audio=client.audio,
                    audio_lost=client.audio_lost,
                    silence_s=client.longest_silence_s,
                    memory_kb=radio.memory_kb(),
                    back=tally.bytes_received / tally.bytes_sent,
                )
            )
            tell(report.samples[-1])
        if radio.has_ended or client.endings:
            return


async def _come_back(radio: RadioProcess, seed: int, report: Report) -> None:
    """After it all somebody else is let in."""
    try:
        async with ProperClient(radio.ports[0], CONFIG, seed + 1) as next_client:
            if not await next_client.ask():
                report.faults.append("the next client got no answer")
    except TimeoutError:
        report.faults.append("the next client was not let in")


def faults_of(samples: list[Sample]) -> list[str]:
    """What is wrong with these figures."""
    if not samples:
        return ["nothing was measured"]
    faults, last = [], samples[-1]
    settled = samples[SETTLED_SAMPLES - 1 :]
    if last.silence_s > SILENCE_S_MAX:
        faults.append(f"the client heard nothing for {last.silence_s:.1f} s")
    if last.audio_lost:
        faults.append(f"the client lost {last.audio_lost} datagrams of audio")
    if last.back > AMPLIFICATION_MAX:
        faults.append(f"strangers got {last.back:.2f} bytes for each byte they sent")
    memory = [each.memory_kb for each in settled if each.memory_kb is not None]
    if memory and memory[-1] - memory[0] > GROWTH_KB_MAX:
        faults.append(f"memory grew from {memory[0]} to {memory[-1]} kB")
    return faults
