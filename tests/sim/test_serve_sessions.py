"""The fake radio on real UDP: sessions, owners, and clients that vanish."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from icom_proto.civ_commands import read_frequency, set_frequency, set_ptt
from icom_proto.civ_frames import frame_body
from icom_proto.civ_values import encode_frequency
from icom_proto.events import (
    Address,
    CivFrameReceived,
    ClientCivOpened,
    ClientLeft,
    ClientLoggedIn,
    ClientRefused,
    CloseReason,
    SessionClosed,
    StreamsClosed,
)
from icom_sim.captures.pcap_writer import CaptureWriteError, PcapWriter
from icom_sim.captures.reader import CaptureReader
from icom_sim.farm import RadioFarm, farm_setups
from icom_sim.happenings import CivPushed, PttChanged, Trouble
from icom_sim.network import Network
from icom_sim.radio_server import PortError, RadioServer, open_endpoints
from icom_sim.radio_setup import RadioSetup
from icom_sim.rig.catalogue import MODELS
from icom_sim.rig.models import RigModel
from sim.udp_client import CONFIG, UdpClient
from sim.watched_server import WatchedServer

HOLD_S = 0.5

HOLDING = RadioSetup().turned("stale_hold_s", str(HOLD_S))


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
async def test_every_model_opens_a_session_and_is_tuned(model: RigModel) -> None:
    async with (
        WatchedServer(RadioSetup(model=model)) as server,
        UdpClient(server.control_port) as client,
    ):
        hz = model.power_on[0][0].frequency_hz + 1000
        assert client.core.radio is not None
        assert client.core.radio.name == model.name.encode()
        assert await client.ask(set_frequency(hz), model.civ_address) is not None
        answer = await client.ask(read_frequency(), model.civ_address)
        assert answer is not None
        assert frame_body(answer)[1:] == encode_frequency(hz)


async def test_who_turns_the_dial_tells_the_client() -> None:
    async with WatchedServer() as server, UdpClient(server.control_port) as client:
        await server.watch.until(ClientCivOpened)
        assert server.touch(lambda rig: rig.turn_dial(14_100_000))
        [pushed] = server.watch.of(CivPushed)
        assert frame_body(pushed.frame) == b"\0" + encode_frequency(14_100_000)
        await client.watch.once(
            lambda: CivFrameReceived(pushed.frame) in client.watch.seen or None
        )


async def test_a_wrong_password_is_refused_and_told() -> None:
    async with WatchedServer() as server:
        client = UdpClient(server.control_port, replace(CONFIG, password="wrong"))
        await client.open()
        closed = await client.watch.until(SessionClosed)
        client.vanish()
        assert closed.reason is CloseReason.BAD_CREDENTIALS
        refused = await server.watch.until(ClientRefused)
        assert refused.reason is CloseReason.BAD_CREDENTIALS
        assert server.watch.of(ClientLoggedIn) == []


async def test_a_second_client_is_told_that_the_radio_is_busy() -> None:
    async with WatchedServer() as server, UdpClient(server.control_port) as owner:
        second = UdpClient(server.control_port)
        await second.open()
        closed = await second.watch.until(SessionClosed)
        second.vanish()
        assert closed.reason is CloseReason.BUSY
        assert await owner.ask(read_frequency()) is not None


async def test_the_end_finds_words_for_clients_that_were_refused() -> None:
    async with WatchedServer() as server:
        owner = await UdpClient(server.control_port).__aenter__()
        refused = UdpClient(server.control_port)
        await refused.open()
        await server.watch.until(ClientRefused)
        refused.vanish()  # it stays logged in, and never leaves
    owner.vanish()
    reasons = [each.reason for each in server.watch.of(ClientLeft)]
    assert reasons == [CloseReason.LOCAL, CloseReason.LOCAL]


async def test_the_radio_is_free_as_soon_as_its_client_said_goodbye() -> None:
    async with WatchedServer() as server:
        for count in (1, 2, 3):
            async with UdpClient(server.control_port) as client:
                assert await client.ask(read_frequency()) is not None
            left = await server.watch.until(ClientLeft, count)
            assert left.reason is CloseReason.PEER_DISCONNECT


async def test_a_client_that_vanished_does_not_hold_the_radio_for_ever() -> None:
    async with WatchedServer(
        RadioSetup().turned("stale_hold_s", str(HOLD_S))
    ) as server:
        client = await UdpClient(server.control_port).__aenter__()
        client.vanish()
        left = await server.watch.until(ClientLeft)
        assert left.reason is CloseReason.SILENCE
        async with UdpClient(server.control_port) as successor:
            assert await successor.ask(read_frequency()) is not None


async def test_a_client_that_vanishes_while_keyed_leaves_no_carrier() -> None:
    async with WatchedServer(
        RadioSetup().turned("stale_hold_s", str(HOLD_S))
    ) as server:
        client = await UdpClient(server.control_port).__aenter__()
        assert await client.ask(set_ptt(True)) is not None
        assert server.watch.of(PttChanged) == [PttChanged(True)]
        client.vanish()
        await server.watch.until(PttChanged, 2)
        assert server.watch.of(PttChanged)[-1] == PttChanged(False)
        assert not server.touch(lambda rig: rig.transmitting)


async def test_a_forced_disconnect_unkeys_and_leaves_the_client_logged_in() -> None:
    async with WatchedServer() as server, UdpClient(server.control_port) as client:
        await client.ask(set_ptt(True))
        server.force_disconnect()
        closed = await client.watch.until(StreamsClosed)
        assert closed.reason is CloseReason.FORCED
        assert server.watch.of(PttChanged)[-1] == PttChanged(False)
        assert server.watch.of(ClientLeft) == []


async def test_whoever_stops_the_radio_says_goodbye_to_its_clients() -> None:
    network = Network.from_percent(delay_ms=40)
    async with WatchedServer(network=network) as server:
        client = await UdpClient(server.control_port).__aenter__()
    closed = await client.watch.until(SessionClosed)
    client.vanish()
    assert closed.reason is CloseReason.PEER_DISCONNECT
    assert server.watch.of(ClientLeft)[-1].reason is CloseReason.LOCAL


class FullCapture(PcapWriter):
    """A disk with room for three datagrams."""

    room = 3

    def note(
        self,
        source: Address,
        destination: Address,
        data: bytes,
        *,
        t: float | None = None,
        size: int | None = None,
    ) -> None:
        self.room -= 1
        if self.room < 0:
            raise CaptureWriteError("cannot write capture: disk full")
        super().note(source, destination, data, t=t, size=size)


async def test_a_capture_that_ends_early_is_told_once_and_ends_nothing_else(
    tmp_path: Path,
) -> None:
    path = tmp_path / "short.pcap"
    with FullCapture(str(path)) as capture:
        async with (
            WatchedServer(capture=capture) as server,
            UdpClient(server.control_port) as client,
        ):
            assert await client.ask(read_frequency()) is not None
    assert server.watch.of(Trouble) == [Trouble("cannot write capture: disk full")]
    assert len(list(CaptureReader(path))) == 3


async def test_after_the_end_nothing_is_left_running_or_open() -> None:
    async with WatchedServer() as server:
        ports = server.control_port, server.civ_port, server.audio_port
        async with UdpClient(server.control_port) as client:
            await client.ask(read_frequency())
    assert asyncio.all_tasks() == {asyncio.current_task()}
    for endpoint in open_endpoints("127.0.0.1", *ports).values():
        endpoint.close()


async def test_the_ports_are_three_in_a_row_unless_told_otherwise() -> None:
    async with WatchedServer() as server:
        assert server.civ_port == server.control_port + 1
        assert server.audio_port == server.control_port + 2


async def test_a_port_in_use_is_named_and_the_others_are_freed() -> None:
    async with WatchedServer() as server:
        taken = server.audio_port
        endpoints = open_endpoints("127.0.0.1", 0, 0, 0)
        control, civ, audio = (each.local.port for each in endpoints.values())
        for endpoint in endpoints.values():
            endpoint.close()
        with pytest.raises(PortError, match=f"UDP port {taken}.*in use"):
            open_endpoints("127.0.0.1", control, civ, taken)
        for endpoint in open_endpoints("127.0.0.1", control, civ, audio).values():
            endpoint.close()


async def test_an_address_of_another_machine_is_refused_at_once() -> None:
    server = RadioServer(RadioSetup(), listener=lambda *_: None, host="203.0.113.1")
    with pytest.raises(PortError, match="no such address"):
        await server.__aenter__()


class LoopWithoutReaders(asyncio.SelectorEventLoop):
    """What Windows' Proactor loop looks like from here."""

    def add_reader(self, *args: object) -> None:
        raise NotImplementedError


def test_a_loop_without_readers_serves_as_well() -> None:
    async def session() -> bytes | None:
        async with WatchedServer() as server, UdpClient(server.control_port) as client:
            return await client.ask(read_frequency())

    with asyncio.Runner(loop_factory=LoopWithoutReaders) as runner:
        assert runner.run(session()) is not None


def test_a_farm_serves_on_a_loop_without_readers() -> None:
    async def session() -> bytes | None:
        setups = farm_setups(RadioSetup(), 2)
        async with (
            RadioFarm(setups, listener=lambda *_: None) as farm,
            UdpClient(farm.radios[1].control_port) as client,
        ):
            await client.hear(4000)
            return await client.ask(read_frequency())

    with asyncio.Runner(loop_factory=LoopWithoutReaders) as runner:
        assert runner.run(session()) is not None
