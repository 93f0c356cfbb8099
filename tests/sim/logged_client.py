"""A client on sockets whose events are logged, and a proxy that records what it does.

In simulated time or real time: the same program in either event loop.
"""

import asyncio
import random
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from icom_lan.driver import Driver, UdpEndpoint
from icom_proto.civ_commands import read_frequency, set_frequency
from icom_proto.civ_frames import build_frame
from icom_proto.client_connection import ClientConnection, Phase
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import Codec, Role, Stream
from icom_proto.events import (
    Address,
    AudioReceived,
    CivAnswered,
    CivExpired,
    CivRefused,
    Output,
    SessionClosed,
    SessionReady,
    StreamsGranted,
)
from icom_sim.captures.follow import Follower
from icom_sim.captures.reader import CapturedDatagram
from icom_sim.captures.scrub import Cleaner, ScrubOptions, clean, look
from icom_sim.captures.scrub_substitutes import Substitutes
from icom_sim.network import Network
from icom_sim.network.rule_text import parse_rule
from icom_sim.proxy.recording import MemoryCapture, Recording
from icom_sim.proxy.server import ProxyServer
from icom_sim.radio_server import RadioServer
from icom_sim.radio_setup import RadioSetup
from icom_sim.replay.events import LoggedEvent, ReplayLog
from icom_sim.replay.recorded import Recorded, recorded_of
from icom_sim.virtual.loop import VirtualLoop

RIG, CONTROLLER = 0x98, 0xE0
CONFIG = ClientConfig(
    username="icom",
    password="icom",
    computer="here",
    rx_codec=Codec.ULAW_MONO,
    rx_rate_hz=8000,
    tx_codec=Codec.PCM16_MONO,
    tx_rate_hz=8000,
)
POLL_S = 0.1


@dataclass(frozen=True)
class Lived:
    """A session: what the client told, and what the proxy recorded."""

    events: list[LoggedEvent]
    datagrams: list[CapturedDatagram]


class LoggedClient:
    """Connects, asks, hears and speaks for a while, and leaves."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._log = ReplayLog(Role.CLIENT)
        self._loop = asyncio.get_running_loop()
        self._ready = self._loop.create_future()
        self._closed = self._loop.create_future()
        self._heard = asyncio.Event()
        self._pending: set[int] = set()

    async def run(self, remote: Address, seconds: float) -> list[LoggedEvent]:
        endpoints = self._endpoints = {stream: UdpEndpoint() for stream in Stream}
        endpoints[Stream.CONTROL].connect(remote)
        ports = [endpoints[stream].local.port for stream in Stream]
        core = ClientConnection(
            CONFIG,
            rng=random.Random(self._seed),
            local_ports=(ports[0], ports[1], ports[2]),
        )
        driver = Driver(core, endpoints, self._on_event, strict=True)
        for stream, endpoint in endpoints.items():
            receive = partial(core.handle_datagram, stream)
            await endpoint.read_connected(receive, driver.apply)
        self._start = self._loop.time()
        driver.apply(core.open)
        await asyncio.wait([self._ready, self._closed], timeout=15.0, **FIRST)
        if core.phase is Phase.READY:
            await self._use(core, driver, seconds)
            # Right behind a block of audio, so that nothing else is under way.
            is_quiet = False
            while not is_quiet:
                self._heard.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._heard.wait(), 1.0)
                is_quiet = not self._pending
            driver.apply(core.close)
        await self._closed
        driver.close()
        return self._log.end()

    async def _use(
        self, core: ClientConnection, driver: Driver, seconds: float
    ) -> None:
        rng, end = random.Random(self._seed), self._loop.time() + seconds
        while self._loop.time() < end and core.phase is Phase.READY:
            body = read_frequency()
            if rng.random() < 0.3:
                body = set_frequency(rng.randrange(7_000_000, 7_200_000))
            frame = build_frame(RIG, CONTROLLER, body)
            self._pending.add(driver.apply(partial(core.send_civ, frame)))
            driver.apply(partial(core.send_audio, bytes(320)))
            await pass_time(POLL_S)

    def _on_event(self, event: Output) -> None:
        self._log.add(event, self._loop.time() - self._start)
        match event:
            case StreamsGranted(civ_port=civ_port, audio_port=audio_port):
                ports = {Stream.CIV: civ_port, Stream.AUDIO: audio_port}
                for stream, port in ports.items():
                    self._endpoints[stream].connect(Address("127.0.0.1", port))
            case CivAnswered(number) | CivRefused(number) | CivExpired(number):
                self._pending.discard(number)
            case AudioReceived():
                self._heard.set()
            case SessionReady():
                self._ready.set_result(None)
            case SessionClosed():
                self._closed.set_result(None)
            case _:
                pass


FIRST = {"return_when": asyncio.FIRST_COMPLETED}


async def pass_time(seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().create_future()


async def live(seed: int, rules: Iterable[str], seconds: float) -> Lived:
    """A client, a proxy with these rules that records, and a fake radio."""
    network = Network([parse_rule(rule) for rule in rules], seed=seed)
    capture = MemoryCapture()
    radio = RadioServer(RadioSetup(seed=seed), listener=lambda *_: None)
    async with radio:
        proxy = ProxyServer(
            Address("127.0.0.1", radio.control_port),
            listener=lambda *_: None,
            network=network,
            recording=Recording(capture),
        )
        async with proxy:
            client = LoggedClient(seed)
            events = await client.run(proxy.address(Stream.CONTROL), seconds)
    return Lived(events, capture.datagrams)


def live_virtually(seed: int, rules: Iterable[str], seconds: float) -> Lived:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(live(seed, rules, seconds))


def scrubbed(datagrams: list[CapturedDatagram]) -> Recorded:
    """As `icom-sim scrub` writes it, with the microseconds of a file."""
    options = ScrubOptions(seed=7)
    secrets, _ = look(datagrams, options)
    cleaner = Cleaner(Substitutes(secrets, options.seed), options)
    follower = Follower()
    cleaned = (
        replace(each, t=round(each.t, 6)) for each in clean(datagrams, cleaner, options)
    )
    return recorded_of("recorded", list(follower.follow(cleaned)))
