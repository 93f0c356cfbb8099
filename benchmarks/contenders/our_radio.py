"""Rows 7b, 7d and 7e, ours: `icom_lan.IcomRadio` as its users use it."""

import asyncio
from time import perf_counter, process_time

from benchmarks.bursts import LOST_AFTER_S, BurstRemote
from benchmarks.contenders import Figures, Sample
from benchmarks.contenders.peer_receive import countdown
from benchmarks.latency import timed
from icom_lan import IcomRadio


def connect(port: int, username: str, password: str) -> Sample:
    """From the constructor's return to `connect()`'s; the disconnect is not timed."""
    runner = asyncio.Runner()

    async def once() -> Figures:
        radio = _radio(port, username, password)
        start = perf_counter()
        await radio.connect()
        elapsed = perf_counter() - start
        await radio.disconnect()
        return {"ms": elapsed * 1e3}

    return lambda: runner.run(once())


def civ_read(port: int, username: str, password: str, count: int) -> Sample:
    """The frequency, `count` times, on one connection that stays open."""
    runner = asyncio.Runner()
    radio = _radio(port, username, password)
    runner.run(radio.connect())
    return lambda: runner.run(timed(radio.get_frequency, count))


def burst(port: int, command_port: int, count: int, bursts: int) -> Sample:
    """`count` audio datagrams wait in the kernel; until the callback had them all."""
    runner = asyncio.Runner()
    remote = BurstRemote(command_port)
    expect, callback = countdown()
    radio = _radio(port, "bench", "bench")

    async def start() -> None:
        await radio.connect()
        await radio.start_audio_rx_opus(callback)

    async def receive() -> Figures:
        elapsed = 0.0
        for _ in range(bursts):
            done = expect(count)
            remote.queue(count)
            start = process_time()
            async with asyncio.timeout(LOST_AFTER_S):
                await done
            elapsed += process_time() - start
        return {"per_s": bursts * count / elapsed}

    runner.run(start())
    return lambda: runner.run(receive())


def _radio(port: int, username: str, password: str) -> IcomRadio:
    return IcomRadio("127.0.0.1", port=port, username=username, password=password)
