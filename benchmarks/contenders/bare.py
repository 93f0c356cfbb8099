"""The limits beside the contenders: what the kernel and plain Python do with no
protocol.
"""

import asyncio
import socket
from heapq import heappop, heappush
from time import perf_counter, process_time

from benchmarks.bursts import BurstRemote, roomy_socket
from benchmarks.contenders import Figures, Sample
from benchmarks.latency import figures, timed

_ARE_YOU_THERE = bytes.fromhex("10000000 0300 0000 78560000 00000000")


def recv(audio_port: int, command_port: int, count: int, bursts: int) -> Sample:
    """Row 7b: `count` queued datagrams, one `recv` each, and nothing done with them.

    They come from the same radio in another process as those of the contenders.
    """
    receiver = roomy_socket()
    receiver.connect(("127.0.0.1", audio_port))
    receiver.send(_ARE_YOU_THERE)
    receiver.settimeout(5)
    receiver.recv(2048)  # the answer: the radio knows us now
    receiver.setblocking(False)
    remote = BurstRemote(command_port)

    def sample() -> Figures:
        elapsed = 0.0
        for _ in range(bursts):
            remote.queue(count)
            elapsed += _drain(receiver, count)
        return {"per_s": bursts * count / elapsed}

    return sample


def _drain(receiver: socket.socket, count: int) -> float:
    read = receiver.recv
    start = process_time()
    for _ in range(count):
        read(2048)
    return process_time() - start


def udp_echo(port: int, count: int) -> Sample:
    """Row 7e: a blocking socket against a blocking echo, datagrams of CI-V size."""
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect(("127.0.0.1", port))
    client.settimeout(5)
    question = bytes(27)

    def sample() -> Figures:
        taken = []
        for _ in range(count):
            start = perf_counter()
            client.send(question)
            client.recv(2048)
            taken.append(perf_counter() - start)
        return figures(taken)

    return sample


def asyncio_echo(port: int, count: int) -> Sample:
    """Row 7e: the same question from an event loop, one future each, nothing else."""
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect(("127.0.0.1", port))
    client.setblocking(False)
    question = bytes(27)
    runner = asyncio.Runner()
    loop = runner.get_loop()
    waiting: list[asyncio.Future[bytes]] = []
    loop.add_reader(client, lambda: waiting.pop().set_result(client.recv(2048)))

    async def ask() -> None:
        waiting.append(loop.create_future())
        client.send(question)
        await waiting[0]

    return lambda: runner.run(timed(ask, count))


def heap(seconds: float) -> Sample:
    """Row 8: a clock and a heap with 150 events a second that do nothing else.

    It tells how fast the machine is just now: 16,900 simulated s/s where the targets
    were set (PERFORMANCE.md section 9).
    """
    step = 1 / 150

    def sample() -> Figures:
        agenda = [(step * n, n) for n in range(8)]
        now = 0.0
        start = process_time()
        while now < seconds:
            now, order = heappop(agenda)
            heappush(agenda, (now + 8 * step, order))
        return {"simulated_per_s": seconds / (process_time() - start)}

    return sample
