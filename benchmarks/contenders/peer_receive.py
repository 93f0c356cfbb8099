"""Row 7a, peers: the transport's datagram handling and the AudioStream loop to a
callback.

PERFORMANCE.md section 4 feeds `IcomTransport._handle_packet`, the method that the
peer's asyncio protocol calls for each datagram. It is the only name here that is not
public.
"""

import asyncio
import importlib
from time import process_time
from types import ModuleType

from benchmarks.contenders import Figures, Sample
from benchmarks.workload import audio_datagrams


class Countdown:
    """An application callback that tells when it has been called often enough.

    A future, and no polling: the loop does nothing in this benchmark but the peer's
    work.
    """

    def __init__(self) -> None:
        self._left = 0
        self._done: asyncio.Future[None] | None = None

    def expect(self, count: int) -> asyncio.Future[None]:
        """Done after `count` more packets."""
        self._left = count
        self._done = asyncio.get_running_loop().create_future()
        return self._done

    def __call__(self, _packet: object) -> None:
        self._left -= 1
        if self._left == 0 and self._done is not None:
            self._done.set_result(None)


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
    countdown = Countdown()
    await stream.start_rx(countdown)
    handle = transport._handle_packet
    start = process_time()
    for burst in bursts:
        done = countdown.expect(len(burst))
        for datagram in burst:
            handle(datagram)
        await done
    elapsed = process_time() - start
    await stream.stop_rx()
    return {"per_s": sum(map(len, bursts)) / elapsed}
