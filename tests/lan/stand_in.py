"""A stand-in for a transport, and what tests of `AudioStream` do with one."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from icom_lan.audio import (
    AudioPacket,
    AudioStream,
    build_audio_packet,
    parse_audio_packet,
)

WAIT_S = 100.0  # of the fast clock
BLOCK = bytes(1364) + b"\1" * 556


def datagram(seq: int, payload: bytes = bytes(960)) -> bytes:
    return build_audio_packet(payload, sender_id=1, receiver_id=2, send_seq=seq)


async def until(condition: Callable[[], bool]) -> None:
    """Returns when it is true; for what tells nobody."""
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0)


def received(stream: AudioStream) -> int:
    count: int = stream.get_audio_stats()["rx_packets_received"]
    return count


class StandIn:
    """The four things that a stream needs of a transport, and nothing else."""

    def __init__(self) -> None:
        self.my_id = 0x1234
        self.remote_id = 0x5678
        self.sent: list[bytes] = []
        self.timeouts: list[float] = []
        self._queue: deque[bytes] = deque()
        self._came = asyncio.Event()

    async def send_tracked(self, data: bytes) -> None:
        self.sent.append(data)

    async def receive_packet(self, timeout: float = 5.0) -> bytes:  # noqa: ASYNC109
        self.timeouts.append(timeout)
        while not self._queue:
            self._came.clear()
            async with asyncio.timeout(timeout):
                await self._came.wait()
        return self._queue.popleft()

    def arrive(self, *datagrams: bytes) -> None:
        self._queue += datagrams
        self._came.set()

    @property
    def packets(self) -> list[AudioPacket]:
        return [each for each in map(parse_audio_packet, self.sent) if each is not None]


class Listener:
    """A callback that can be waited for."""

    def __init__(self) -> None:
        self.heard: list[int | None] = []
        self.packets: list[AudioPacket] = []
        self._changed = asyncio.Event()

    def __call__(self, packet: AudioPacket | None) -> str:
        self.heard.append(None if packet is None else packet.send_seq)
        if packet is not None:
            self.packets.append(packet)
        self._changed.set()
        return "ignored"

    async def until(self, count: int) -> list[int | None]:
        async with asyncio.timeout(WAIT_S):
            while len(self.heard) < count:
                self._changed.clear()
                await self._changed.wait()
        return self.heard


@asynccontextmanager
async def listening(
    *seqs: int, depth: int = 0, heard: int | None = None
) -> AsyncIterator[tuple[AudioStream, Listener, StandIn]]:
    """A stream that has taken packets with these numbers."""
    transport, listener = StandIn(), Listener()
    stream = AudioStream(transport, jitter_depth=depth)
    await stream.start_rx(listener)
    transport.arrive(*map(datagram, seqs))
    await listener.until(len(seqs) if heard is None else heard)
    yield stream, listener, transport
    await stream.stop_rx()
    await stream.stop_tx()
