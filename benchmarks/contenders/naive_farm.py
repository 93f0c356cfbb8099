"""Row farm, beside ours: what one writes first. A task for each radio, which sleeps
until its block is due, builds the datagrams and sends them; and a bare timer.

The naive radio sends as many pings and idles as ours. It has no session, keeps no
history, and nothing is sent to it.
"""

import asyncio
import struct
from threading import Thread
from time import monotonic, perf_counter, process_time, sleep

from benchmarks.contenders import Figures, Sample
from benchmarks.contenders.our_farm import STEP_MS, percentile_ms

BLOCK_S = 0.02
PARTS = (bytes(1364), bytes(556))
# Of 50 blocks a second: so often 2 idles and 2 pings, and 2 pings for audio.
KEEPALIVES_EVERY, AUDIO_PINGS_EVERY = 5, 25
STEPS = 1000

_header = struct.Struct("<IHHII").pack
_audio = struct.Struct(">HHHH").pack
_ping = struct.Struct("<BI").pack


class Emitter:
    """Radios that only send, to these ports of this machine."""

    def __init__(self, count: int, ports: list[int]) -> None:
        self._count, self._ports = count, ports
        self.sent = 0  # audio datagrams
        self.late = [0] * STEPS

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for at in range(self._count):
                tasks.create_task(self._radio(at))

    async def _radio(self, at: int) -> None:
        loop = asyncio.get_running_loop()
        sink = "127.0.0.1", self._ports[at % len(self._ports)]
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=sink
        )
        sendto = transport.sendto
        due = loop.time() + 0.5 + BLOCK_S * at / self._count
        seq = block = 0
        while True:
            await asyncio.sleep(max(due - loop.time(), 0))
            for number, part in enumerate(PARTS):
                header = _header(24 + len(part), 0, seq, 1, 2)
                head = _audio(0x8006 if number else 0x8106, seq, 0, len(part))
                sendto(header + head + part)
                seq = seq + 1 & 0xFFFF
                self.sent += 1
            block += 1
            pings = 2 * (not block % KEEPALIVES_EVERY) + (not block % AUDIO_PINGS_EVERY)
            for _ in range(pings):
                sendto(_header(21, 7, block & 0xFFFF, 1, 2) + _ping(0, block))
            for _ in range(2 * (not block % KEEPALIVES_EVERY)):
                sendto(_header(16, 0, block & 0xFFFF, 1, 2))
            step = int((loop.time() - due) * 1e3 / STEP_MS)
            self.late[min(step, STEPS - 1)] += 1
            due += BLOCK_S


def emit(count: int, ports: list[int], seconds: float) -> Sample:
    """A sample is what they do in so many seconds."""
    emitter = Emitter(count, ports)
    Thread(target=lambda: asyncio.run(emitter.run()), daemon=True).start()
    sleep(2)

    def sample() -> Figures:
        sent, late = emitter.sent, list(emitter.late)
        cpu, start = process_time(), perf_counter()
        sleep(seconds)
        cpu, elapsed = process_time() - cpu, perf_counter() - start
        sent = emitter.sent - sent
        late = [now - then for now, then in zip(emitter.late, late, strict=True)]
        return {
            "us": cpu * 1e6 / sent,
            "percent": 100 * cpu / elapsed,
            "p50_ms": percentile_ms(late, 0.5),
            "p99_ms": percentile_ms(late, 0.99),
        }

    return sample


def bare_timer(seconds: float) -> Sample:
    """Sleeps a thousand times a second and does nothing: how late this machine is."""

    def sample() -> Figures:
        late = [0] * STEPS
        due = monotonic()
        for _ in range(int(seconds * 1000)):
            due += 0.001
            sleep(max(due - monotonic(), 0))
            step = int((monotonic() - due) * 1e3 / STEP_MS)
            late[min(step, STEPS - 1)] += 1
        return {"p50_ms": percentile_ms(late, 0.5), "p99_ms": percentile_ms(late, 0.99)}

    return sample
