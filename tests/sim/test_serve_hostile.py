"""Strangers and garbage on all three ports while a client works.

The garbage is that of `icom-sim hostile`, made of another session or of the client's
own; it comes from other ports of the client's machine, which is the hardest case, since
the owner's address differs in the port only.
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
from icom_proto.link_output import unpack_header
from icom_sim.captures.pcap_writer import PcapWriter
from icom_sim.captures.reader import CaptureReader
from icom_sim.hostile.datagrams import Hostility, Kind
from icom_sim.hostile.soak import GROWTH_KB_MAX, Sample, faults_of, soak
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
    return [each.data for each in CaptureReader(path)]


@pytest.mark.parametrize("seed", [1, 2])
async def test_garbage_on_all_ports_leaves_a_client_alone(
    seed: int, tmp_path: Path
) -> None:
    loop = asyncio.get_running_loop()
    real = await real_datagrams(tmp_path / "session.pcap")
    hostility = Hostility(random.Random(seed), real)
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
                _, data = hostility.make()
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


async def test_hostile_datagrams_are_what_they_say(tmp_path: Path) -> None:
    real = await real_datagrams(tmp_path / "session.pcap")
    hostility = Hostility(random.Random(1), real)
    made: dict[Kind, list[bytes]] = {kind: [] for kind in Kind}
    for _ in range(600):
        kind, data = hostility.make()
        made[kind].append(data)
    ids = {unpack_header(data)[3:] for data in real}
    ids |= {(own, peer) for peer, own in ids}
    assert all(made.values())
    assert all(data in real for data in made[Kind.REPLAYED])
    assert all(any(each.startswith(data) for each in real) for data in made[Kind.CUT])
    for kind in (Kind.TURNED, Kind.STORM, Kind.GOODBYE):
        assert all(unpack_header(data)[3:] in ids for data in made[kind])
    assert not any(unpack_header(data)[3:] in ids for data in made[Kind.CALL])
    assert min(map(len, made[Kind.LONG])) >= 1000


async def test_the_hostile_soak_finds_nothing_wrong() -> None:
    told = list[Sample]()
    report = await soak(600, 1, told.append)
    assert report.faults == []
    assert told == report.samples
    assert sum(report.kinds.values()) == 600
    assert report.kinds["login flood"] > 0
    assert told[-1].answers >= 4
    assert told[-1].audio > 0


def sample(
    *,
    lost: int = 0,
    silence_s: float = 0.0,
    memory_kb: int | None = None,
    back: float = 0.0,
) -> Sample:
    return Sample(1, 1, 1, lost, silence_s, memory_kb, back)


def test_the_hostile_soak_tells_what_is_wrong() -> None:
    fine = [sample(memory_kb=30_000) for _ in range(10)]
    assert faults_of(fine) == []
    deaf = [*fine, sample(silence_s=3.14, memory_kb=30_000)]
    assert faults_of(deaf) == ["the client heard nothing for 3.1 s"]
    grown = [*fine, sample(memory_kb=30_001 + GROWTH_KB_MAX)]
    assert faults_of(grown) == [
        f"memory grew from 30000 to {30_001 + GROWTH_KB_MAX} kB"
    ]
    lossy = [*fine, sample(lost=3)]
    assert faults_of(lossy) == ["the client lost 3 datagrams of audio"]
    loud = [*fine, sample(back=3.01)]
    assert faults_of(loud) == ["strangers got 3.01 bytes for each byte they sent"]
    assert faults_of([]) == ["nothing was measured"]
