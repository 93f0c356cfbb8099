"""Strangers and garbage on all three ports while a client works.

The garbage is random bytes of all lengths, cut and altered copies of real datagrams,
and those of another session; it comes from other ports of the client's own machine,
which is the hardest case, since the owner's address differs in the port only.
"""

import asyncio
import random
from itertools import cycle
from pathlib import Path

import pytest

from icom_proto.audio_formats import block_size
from icom_proto.civ_commands import read_frequency, set_frequency
from icom_proto.codes import Codec
from icom_proto.events import AudioLost, ClientLeft, ClientLoggedIn, StreamsClosed
from icom_sim.captures.pcap import read_pcap
from icom_sim.captures.pcap_writer import PcapWriter
from sim.udp_client import LOOPBACK, UdpClient
from sim.watched_server import WatchedServer

BURSTS, BURST = 60, 10
AMPLIFICATION_MAX = 3


class Stranger(asyncio.DatagramProtocol):
    """Counts what it is sent back."""

    def __init__(self) -> None:
        self.bytes_received = 0

    def datagram_received(self, data: bytes, _addr: object) -> None:
        self.bytes_received += len(data)


async def real_datagrams(path: Path) -> list[bytes]:
    """What client and radio send each other in a short session."""
    with PcapWriter(str(path)) as capture:
        async with (
            WatchedServer(capture=capture) as server,
            UdpClient(server.control_port) as client,
        ):
            await client.ask(read_frequency())
            await client.hear(2000)
    return [each.data for each in read_pcap(path)]


def garbage(rng: random.Random, real: list[bytes]) -> bytes:
    match rng.randrange(4):
        case 0:
            return rng.randbytes(rng.randrange(0, 100))
        case 1:
            return rng.randbytes(rng.randrange(1000, 4000))
        case 2:
            datagram = rng.choice(real)
            return datagram[: rng.randrange(len(datagram) + 1)]
        case _:
            damaged = bytearray(rng.choice(real))
            for _ in range(rng.randrange(4)):
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
            return bytes(damaged)


@pytest.mark.parametrize("seed", [1, 2])
async def test_garbage_on_all_ports_leaves_a_client_alone(
    seed: int, tmp_path: Path
) -> None:
    rng, loop = random.Random(seed), asyncio.get_running_loop()
    real = await real_datagrams(tmp_path / "session.pcap")
    async with WatchedServer() as server, UdpClient(server.control_port) as client:
        ports = (server.control_port, server.civ_port, server.audio_port)
        strangers = [
            await loop.create_datagram_endpoint(
                Stranger, remote_addr=(LOOPBACK, port), family=0
            )
            for port in ports
        ]
        sent = 0
        for burst, (transport, _) in zip(range(BURSTS), cycle(strangers), strict=False):
            for _ in range(BURST):
                data = garbage(rng, real)
                transport.sendto(data)
                sent += len(data)
            assert await client.ask(set_frequency(14_000_000 + burst)) is not None
        before = len(client.watch.seen)
        await client.watch.once(lambda: len(client.watch.seen) > before + 20 or None)
        for transport, _ in strangers:
            transport.close()
        assert server.touch(lambda rig: rig.state.vfo.frequency_hz) == 14_000_059
        assert client.watch.of(AudioLost) == []
        assert client.watch.of(StreamsClosed) == []
        assert server.watch.of(ClientLeft) == []
        assert len(server.watch.of(ClientLoggedIn)) == 1
        received = sum(stranger.bytes_received for _, stranger in strangers)
        assert received <= AMPLIFICATION_MAX * sent
        size = block_size(Codec.PCM16_MONO, 48000)
        heard = await client.hear(size)
        assert len(heard) >= size
