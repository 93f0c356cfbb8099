"""A radio of a farm on real UDP: it rests, and nobody notices."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from icom_proto.audio_send_lane import JOINED_SIZE
from icom_proto.codes import Stream
from icom_proto.events import (
    AudioReceived,
    ClientLeft,
    SessionClosed,
    StreamsClosed,
)
from icom_sim.fake_radio import FakeRadio
from icom_sim.farm_driver import FarmDriver
from icom_sim.happenings import Happening
from icom_sim.network import Network
from icom_sim.radio_endpoint import RadioEndpoint
from icom_sim.radio_setup import RadioSetup
from icom_sim.shared_loop import SharedLoop
from sim.udp_client import UdpClient, say
from sim.watch import Watch

LOOPBACK = "127.0.0.1"
FREQUENCY_READ = b"\x03"


class Driven:
    """One radio and its driver, and what happened there."""

    def __init__(self, setup: RadioSetup, shared: SharedLoop) -> None:
        self.shared = shared
        self.happened: Watch[Happening] = Watch()
        self.endpoints = {stream: RadioEndpoint(LOOPBACK) for stream in Stream}
        ports = {stream: each.local.port for stream, each in self.endpoints.items()}
        self.port, self.ports = ports[Stream.CONTROL], ports
        joins = self.endpoints[Stream.AUDIO].cut_at(JOINED_SIZE)
        self.radio = FakeRadio(
            setup,
            civ_port=ports[Stream.CIV],
            audio_port=ports[Stream.AUDIO],
            network=Network(seed=1),
            listener=lambda happening, _now: self.happened.note(happening),
            joins_audio=joins,
        )
        self.radio.network.start(shared.time())
        self.driver = FarmDriver(self.radio, self.endpoints, shared)

    async def rests(self, client: UdpClient) -> None:
        """Returns when it does; looks whenever the client hears something."""
        await client.watch.once(lambda: self.driver.is_resting or None)


@asynccontextmanager
async def driven(setup: RadioSetup | None = None) -> AsyncIterator[Driven]:
    shared = SharedLoop()
    each = Driven(setup or RadioSetup(seed=7), shared)
    try:
        yield each
        each.driver.apply(each.radio.close)
    finally:
        each.driver.close()
        shared.close()


async def test_a_radio_with_a_client_that_only_listens_rests_and_is_heard() -> None:
    async with driven() as one, UdpClient(one.port) as client:
        await one.rests(client)
        before = len(client.watch.of(AudioReceived))
        await client.watch.until(AudioReceived, before + 40)
        assert one.driver.is_resting
        summary = one.driver.apply(lambda _now: one.radio.summary())
        heard = len(client.watch.of(AudioReceived))
        # The latest are still under way, and two datagrams make a block.
        assert heard <= summary["datagrams"]["to_client"]["audio"]["sent"] <= heard + 20
        assert not one.driver.is_resting


async def test_a_command_wakes_the_radio_and_it_rests_again() -> None:
    async with driven() as one, UdpClient(one.port) as client:
        for _ in range(2):
            await one.rests(client)
            answer = await client.ask(FREQUENCY_READ)
            assert answer is not None
            assert not one.driver.is_resting


async def test_a_stranger_wakes_the_radio_and_disturbs_nobody() -> None:
    async with driven() as one, UdpClient(one.port) as client:
        await one.rests(client)
        stranger = await say(b"\x10" + bytes(15), one.ports[Stream.AUDIO])
        await client.watch.once(lambda: not one.driver.is_resting or None)
        await one.rests(client)
        stranger.close()
        assert client.watch.of(SessionClosed) == []


async def test_of_a_client_that_vanishes_the_radio_rids_itself() -> None:
    setup = RadioSetup(seed=7).turned("stale_hold_s", "1")
    async with driven(setup) as one:
        async with UdpClient(one.port) as client:
            await one.rests(client)
            client.vanish()
            await one.happened.until(ClientLeft)
            assert not one.driver.is_resting
        async with UdpClient(one.port) as client:
            await one.rests(client)


async def test_what_is_done_at_the_radio_is_done_while_it_rests() -> None:
    async with driven() as one, UdpClient(one.port) as client:
        await one.rests(client)
        one.driver.apply(
            lambda now: one.radio.order(lambda radio: radio.force_disconnect(now), now)
        )
        await client.watch.until(StreamsClosed)
        assert not one.driver.is_resting


async def test_closing_ends_all_at_once_and_twice_is_once() -> None:
    async with driven() as one, UdpClient(one.port) as client:
        await one.rests(client)
        one.driver.close()
        one.driver.close()
        assert not one.driver.is_resting
        one.driver.apply(one.radio.handle_timeout)
        assert one.endpoints[Stream.AUDIO].fileno() == -1
        client.vanish()


async def test_something_that_raises_leaves_nobody_deaf() -> None:
    loop, raised = asyncio.get_running_loop(), list[object]()
    loop.set_exception_handler(lambda _, context: raised.append(context["exception"]))
    failure = RuntimeError("as a listener might")

    def fail() -> None:
        raise failure

    async with driven() as one, UdpClient(one.port) as client:
        one.shared.call_at(one.shared.time(), fail)
        await one.rests(client)
        assert await client.ask(FREQUENCY_READ) is not None
    assert raised == [failure]
