"""Row farm, beside ours: what one writes first. A task for each radio, which sleeps
until something is due, builds the datagrams and sends them; and a bare timer.

The naive radio sends what ours sends: audio, pings and idles. It has no session, keeps
no history, and nothing is sent to it.
"""

import asyncio
import random
import struct
from collections.abc import Callable
from heapq import heapify, heapreplace
from threading import Thread
from time import monotonic, perf_counter, process_time, sleep

from benchmarks.contenders import Figures, Sample
from benchmarks.contenders.our_farm import STEP_MS, percentile_ms

BLOCK_S = 0.02
PARTS, IDENTS = (bytes(1364), bytes(556)), (0x8106, 0x8006)
# What else a radio sends: of its control and its CI-V stream an idle and a ping each
# 0.1 s, of audio a ping each 0.5 s (PROTOCOL.md 6).
IDLES = PINGS = 2
KEEPALIVE_S, AUDIO_PING_S = 0.1, 0.5
STEPS = 1000

_header = struct.Struct("<IHHII").pack
_audio = struct.Struct(">HHHH").pack
_ping = struct.Struct("<BI").pack


class Emitter:
    """Radios that only send, to these ports of this machine."""

    def __init__(
        self, count: int, ports: list[int], *, keepalives: bool = True
    ) -> None:
        self._count, self._ports, self._keepalives = count, ports, keepalives
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
        radio = Radio(transport.sendto)
        first, rng = loop.time() + 0.5, random.Random(at)
        due = [(first + BLOCK_S * at / self._count, BLOCK_S, radio.send_block)]
        if self._keepalives:
            due += [
                (first + rng.uniform(0, pause_s), pause_s, send)
                for pause_s, send in (
                    *[(KEEPALIVE_S, radio.send_idle)] * IDLES,
                    *[(KEEPALIVE_S, radio.send_ping)] * PINGS,
                    (AUDIO_PING_S, radio.send_ping),
                )
            ]
        heapify(due)
        while True:
            when, pause_s, send = due[0]
            await asyncio.sleep(max(when - loop.time(), 0))
            self.sent += send()
            step = int((loop.time() - when) * 1e3 / STEP_MS)
            self.late[min(step, STEPS - 1)] += 1
            heapreplace(due, (when + pause_s, pause_s, send))


class Radio:
    """Builds the datagrams of one radio and sends them."""

    def __init__(self, sendto: Callable[[bytes], None]) -> None:
        self._sendto = sendto
        self._seq = self._number = self._ping = 0

    def send_block(self) -> int:
        """Both datagrams; how many those were."""
        for part, ident in zip(PARTS, IDENTS, strict=True):
            header = _header(24 + len(part), 0, self._next_seq(), 1, 2)
            head = _audio(ident, self._number, 0, len(part))
            self._sendto(header + head + part)
            self._number = self._number + 1 & 0xFFFF
        return len(PARTS)

    def send_idle(self) -> int:
        """An empty tracked datagram, which is no audio."""
        self._sendto(_header(16, 0, self._next_seq(), 1, 2))
        return 0

    def send_ping(self) -> int:
        """No audio either."""
        self._ping = self._ping + 1 & 0xFFFF
        self._sendto(_header(21, 7, self._ping, 1, 2) + _ping(0, self._ping))
        return 0

    def _next_seq(self) -> int:
        seq, self._seq = self._seq, self._seq + 1 & 0xFFFF
        return seq


def emit(count: int, ports: list[int], seconds: float, keepalives: bool) -> Sample:
    """A sample is what they do in so many seconds."""
    emitter = Emitter(count, ports, keepalives=keepalives)
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
