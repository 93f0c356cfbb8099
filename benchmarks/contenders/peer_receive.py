"""Row 7a, peers: the transport's datagram handling and the AudioStream loop to a
callback.

PERFORMANCE.md section 4 feeds `IcomTransport._handle_packet`, the method that the
peer's asyncio protocol calls for each datagram. It is the only name here that is not
public.
"""

import asyncio
import importlib
from collections.abc import Callable
from time import process_time
from types import ModuleType

from benchmarks.contenders import Figures, Sample
from benchmarks.workload import audio_datagrams

Expect = Callable[[int], asyncio.Future[None]]
Callback = Callable[[object], None]


def countdown() -> tuple[Expect, Callback]:
    """A callback that tells when it has been called often enough: `expect` gives a
    future for that. No polling: the loop does nothing but the contender's work. And a
    closure, the cheapest callback there is, because it is in everyone's figure.
    """
    left = 0
    done: asyncio.Future[None]

    def expect(count: int) -> asyncio.Future[None]:
        nonlocal left, done
        left, done = count, asyncio.get_running_loop().create_future()
        return done

    def callback(_packet: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            done.set_result(None)

    return expect, callback


def full(package: str, burst: int, count: int) -> Sample:
    """Datagrams in bursts; each is handled until the callback had all of it."""
    library = importlib.import_module(package)
    datagrams = audio_datagrams(count)
    bursts = [datagrams[at : at + burst] for at in range(0, count, burst)]

    def sample() -> Figures:
        return asyncio.run(_receive(library, bursts))

    return sample


async def _receive(library: ModuleType, bursts: list[list[bytes]]) -> Figures:
    transport = library.IcomTransport()
    stream = library.AudioStream(transport)
    expect, callback = countdown()
    await stream.start_rx(callback)
    handle = transport._handle_packet
    start = process_time()
    for burst in bursts:
        done = expect(len(burst))
        for datagram in burst:
            handle(datagram)
        await done
    elapsed = process_time() - start
    await stream.stop_rx()
    return {"per_s": sum(map(len, bursts)) / elapsed}
