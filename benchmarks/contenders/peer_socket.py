"""Row 7b, peers: a full kernel socket through event loop, transport and AudioStream.

As in PERFORMANCE.md section 5b. The transport is given a socket of ours, whose buffer
can hold the burst: that is the `sock` parameter of `IcomTransport.connect` since 1.1.0.
"""

import asyncio
import importlib
from time import process_time

from benchmarks.bursts import LOST_AFTER_S, BurstRemote, roomy_socket
from benchmarks.contenders import Figures, Sample
from benchmarks.contenders.peer_receive import countdown


def burst(
    package: str, audio_port: int, command_port: int, count: int, bursts: int
) -> Sample:
    """`count` datagrams wait in the kernel; until the callback had them all."""
    library = importlib.import_module(package)
    runner = asyncio.Runner()
    remote = BurstRemote(command_port)
    expect, callback = countdown()
    transport = library.IcomTransport()
    stream = library.AudioStream(transport)

    async def start() -> None:
        await transport.connect("127.0.0.1", audio_port, sock=roomy_socket())
        await stream.start_rx(callback)

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
