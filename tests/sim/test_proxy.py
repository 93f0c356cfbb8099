"""The proxy in simulated time: a whole client, a whole radio, and what is between."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from icom_lan import IcomRadio, RadioBusyError
from icom_proto.codes import Stream
from icom_proto.datagrams import decode_datagram
from icom_proto.events import Address
from icom_proto.packets import Status, StreamRequest
from icom_sim.actions import ActionError
from icom_sim.captures.pcap_writer import CaptureWriteError, PcapWriter
from icom_sim.captures.reader import CapturedDatagram, CaptureReader
from icom_sim.happenings import Happening
from icom_sim.network import Direction, Network
from icom_sim.network.rule_text import parse_rule
from icom_sim.proxy import orders
from icom_sim.proxy.paths import IDLE_S, PATHS_MAX
from icom_sim.proxy.recording import MemoryCapture, Recording
from icom_sim.proxy.server import ProxyServer
from icom_sim.radio_server import RadioServer
from icom_sim.radio_setup import RadioSetup
from icom_sim.virtual.loop import VirtualLoop
from icom_sim.virtual.udp import VirtualSocket

T = TypeVar("T")


def run(program: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(program)


async def pass_time(seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().create_future()
    except TimeoutError:
        pass


class Relayed:
    """A radio, a proxy in front of it, and what they told."""

    def __init__(
        self, *, network: Network | None = None, recording: Recording | None = None
    ) -> None:
        self.told: list[tuple[str, dict[str, object]]] = []
        self.happened: list[Happening] = []
        # What the radio was sent and sent, as it saw it.
        self.at_radio: list[tuple[Direction, Stream, bytes]] = []
        self._network, self._recording = network, recording

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Relayed"]:
        self.radio = RadioServer(
            RadioSetup(),
            listener=lambda happening, _: self.happened.append(happening),
            port=50101,
            witness=lambda way, stream, data, _: self.at_radio.append(
                (way, stream, data)
            ),
        )
        async with self.radio:
            self.proxy = ProxyServer(
                Address("127.0.0.1", self.radio.control_port),
                listener=lambda event, fields, _: self.told.append(
                    (event, dict(fields))
                ),
                port=50001,
                network=self._network,
                recording=self._recording,
            )
            async with self.proxy:
                yield self

    def client(self) -> IcomRadio:
        return IcomRadio("127.0.0.1", port=50001, username="icom", password="icom")

    def events(self) -> list[str]:
        return [event for event, _ in self.told]


def test_a_session_through_the_proxy_is_as_without_it() -> None:
    async def program() -> None:
        async with Relayed().running() as relayed:
            async with relayed.client() as radio:
                await radio.set_frequency(7_100_500)
                assert await radio.get_frequency() == 7_100_500
                await radio.set_ptt(True)
                await radio.set_ptt(False)
                assert relayed.proxy.paths == 3
            await pass_time(0.1)
            told = dict(relayed.told)
            assert relayed.events() == [
                *("session_opened", "streams_granted", "ptt", "ptt", "session_closed")
            ]
            assert told["streams_granted"]["rx_codec"] == "PCM16_MONO"
            assert "icom" not in str(told["session_opened"].get("username"))

    run(program())


def test_a_flood_of_strangers_ends_no_session() -> None:
    async def program() -> None:
        troubles: list[dict[str, Any]] = []
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.set_exception_handler(lambda _, trouble: troubles.append(trouble))
        async with Relayed().running() as relayed, relayed.client() as radio:
            strangers = [loop.udp_socket() for _ in range(3 * PATHS_MAX)]
            for stranger in strangers:
                stranger.bind(("127.0.0.1", 0))
                for port in (50001, 50002, 50003):
                    stranger.sendto(b"hello", ("127.0.0.1", port))
            await radio.set_frequency(7_100_500)
            assert relayed.proxy.paths == PATHS_MAX
            for stranger in strangers:
                stranger.close()
        assert relayed.events()[-1] == "session_closed"
        assert not troubles

    run(program())


def test_both_sides_are_told_ports_that_lead_through_the_proxy() -> None:
    async def program() -> None:
        capture = MemoryCapture()
        async with Relayed(recording=Recording(capture)).running() as relayed:
            async with relayed.client():
                pass
            (status,) = of_kind(Status, [each.data for each in capture.datagrams])
            assert (status.civ_port, status.audio_port) == (50002, 50003)
            (asked,) = of_kind(StreamRequest, [each.data for each in capture.datagrams])
            (came,) = of_kind(StreamRequest, [data for *_, data in relayed.at_radio])
            assert came.civ_port != asked.civ_port
            assert came.audio_port != asked.audio_port

    run(program())


def test_two_clients_are_two_for_the_radio() -> None:
    async def program() -> None:
        async with Relayed().running() as relayed, relayed.client() as first:
            with pytest.raises(RadioBusyError):
                await relayed.client().connect()
            assert await first.get_frequency() == 14_074_000
            assert "streams_refused" in relayed.events()

    run(program())


def test_the_network_s_rules_hold_for_both_ways() -> None:
    async def program() -> None:
        network = Network([parse_rule("delay:40")])
        async with Relayed(network=network).running() as relayed:
            async with relayed.client() as radio:
                await radio.get_frequency()
                started = asyncio.get_running_loop().time()
                await radio.get_frequency()
                took = asyncio.get_running_loop().time() - started
                assert 0.08 <= took < 0.12
            summary = network.summary()
            assert summary["to_client"]["civ"]["delayed"] > 0
            assert summary["to_radio"]["civ"]["delayed"] > 0

    run(program())


def test_a_recording_has_what_the_clients_sockets_sent_and_got() -> None:
    async def program() -> None:
        capture = MemoryCapture()
        network = Network([parse_rule("loss:20"), parse_rule("jitter:30")], seed=3)
        relayed = Relayed(network=network, recording=Recording(capture, epoch=100.0))
        async with relayed.running(), relayed.client() as radio:
            await radio.get_frequency()
            await pass_time(2.0)
            await radio.get_frequency()
        times = [each.t for each in capture.datagrams]
        assert times == sorted(times)
        assert times[0] >= 100.0
        up, down = lanes(capture.datagrams)
        lost_up, lost_down = (
            sum(lane["dropped"] for lane in network.summary()[way].values())
            for way in ("to_radio", "to_client")
        )
        assert lost_up > 0
        assert lost_down > 0
        at_radio = relayed.at_radio
        came = sum(way is Direction.TO_RADIO for way, *_ in at_radio)
        left = sum(way is Direction.TO_CLIENT for way, *_ in at_radio)
        assert came <= up - lost_up
        assert down <= left - lost_down
        assert down > 0.7 * left

    run(program())


class EavesdroppingLoop(VirtualLoop):
    """Notes what is read from its sockets: port and datagram, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[tuple[int, bytes]] = []

    def udp_socket(self) -> VirtualSocket:
        made = super().udp_socket()
        recv = made.recv

        def noted(size: int) -> bytes:
            data = recv(size)
            self.read.append((made.getsockname()[1], data))
            return data

        made.recv = noted  # type: ignore[method-assign]
        return made


def test_clients_read_all_streams_in_the_order_of_the_recording() -> None:
    capture = MemoryCapture()

    async def program() -> None:
        network = Network([parse_rule("loss:2")], seed=1)
        relayed = Relayed(network=network, recording=Recording(capture))
        async with relayed.running(), relayed.client() as radio:
            for _ in range(5):
                await radio.get_frequency()
                await pass_time(0.3)

    loop = EavesdroppingLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(program())
    ours = range(50001, 50004)
    down = [
        (each.destination.port, each.data)
        for each in capture.datagrams
        if each.source.port in ours
    ]
    clients = {port for port, _ in down}
    read = [(port, data) for port, data in loop.read if port in clients]
    assert len(read) > 200
    assert read == down[: len(read)]  # the last goodbye finds nobody


def test_recording_can_wait_for_an_event_and_keeps_what_was_before() -> None:
    async def program() -> None:
        capture = MemoryCapture()
        recording = Recording(capture, from_event="ptt", before_s=1.0)
        async with Relayed(recording=recording).running() as relayed:
            async with relayed.client() as radio:
                await pass_time(5.0)
                assert recording.waits
                keyed_at = asyncio.get_running_loop().time()
                await radio.set_ptt(True)
                await radio.set_ptt(False)
                assert not recording.waits
            first, last = capture.datagrams[0].t, capture.datagrams[-1].t
            assert keyed_at - 1.0 <= first <= keyed_at - 0.8
            assert last >= keyed_at
            assert recording.recorded == len(capture.datagrams)
            assert ("recording", {"since": "ptt"}) in relayed.told

    run(program())


def test_what_was_recorded_is_what_the_file_holds(tmp_path: Path) -> None:
    async def program() -> list[CapturedDatagram]:
        path, memory = tmp_path / "session.pcap", MemoryCapture()
        with PcapWriter(str(path)) as file:

            class Both:
                def note(
                    self,
                    source: Address,
                    destination: Address,
                    data: bytes,
                    *,
                    t: float | None = None,
                ) -> None:
                    file.note(source, destination, data, t=t)
                    memory.note(source, destination, data, t=t)

            relayed = Relayed(recording=Recording(Both()))
            async with relayed.running(), relayed.client() as radio:
                await radio.get_frequency()
        return memory.datagrams

    kept = run(program())
    read = list(CaptureReader(tmp_path / "session.pcap"))
    assert [(d.source, d.destination, d.data) for d in read] == [
        (d.source, d.destination, d.data) for d in kept
    ]
    assert [d.t for d in read] == pytest.approx([d.t for d in kept], abs=1e-6)


def test_a_disk_that_is_full_ends_the_recording_and_not_the_session() -> None:
    class Full:
        def note(self, *_: object, t: float | None = None) -> None:
            raise CaptureWriteError(f"cannot write capture 'x' at {t}: no space")

    async def program() -> None:
        async with Relayed(recording=Recording(Full())).running() as relayed:
            async with relayed.client() as radio:
                assert await radio.get_frequency() == 14_074_000
            assert relayed.events().count("trouble") == 1

    run(program())


def test_a_client_that_is_silent_for_long_is_forgotten() -> None:
    async def program() -> None:
        async with Relayed().running() as relayed:
            async with relayed.client():
                assert relayed.proxy.paths == 3
            await pass_time(IDLE_S - 5)
            assert relayed.proxy.paths == 3
            await pass_time(10)
            assert relayed.proxy.paths == 0
            async with relayed.client() as radio:
                assert await radio.get_frequency() == 14_074_000

    run(program())


def test_the_client_s_ports_can_change_behind_it() -> None:
    async def program() -> None:
        async with Relayed().running() as relayed, relayed.client() as radio:
            await radio.get_frequency()
            proxy = relayed.proxy
            proxy.apply(lambda now: proxy.network.add(parse_rule("rebind"), now))
            await pass_time(1.0)
            # As behind a NAT that forgot: the radio sees somebody new.
            assert proxy.paths == 6

    run(program())


@pytest.mark.parametrize(
    ("order", "arguments", "result"),
    [
        ("net-add", {"rule": "loss:5"}, 1),
        ("drop-next", {"count": 2, "stream": "civ"}, 1),
        ("blackout", {"seconds": 3}, 1),
        ("net-preset", {"name": "lan"}, [1, 2]),
        ("net-list", {}, []),
        ("net-clear", {}, None),
        ("record", {}, None),
    ],
)
def test_a_proxy_takes_orders(
    order: str, arguments: dict[str, object], result: object
) -> None:
    recording = Recording(MemoryCapture(), from_event="ptt")
    assert orders.perform(Network(), recording, order, arguments, 0.0) == result
    assert recording.waits is (order != "record")


@pytest.mark.parametrize(
    ("order", "arguments", "message"),
    [
        ("dial", {"hz": 1}, "a proxy has no 'dial': there are net-add"),
        ("net-remove", {"id": 7}, "there is no rule 7"),
        ("net-add", {"rule": "lost:5"}, "lost"),
        ("record", {"file": "x"}, "'record' takes no argument, not file"),
        ("record", {}, "start it with --record FILE"),
    ],
)
def test_an_order_that_cannot_be_is_refused_in_one_line(
    order: str, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ActionError, match=message) as refused:
        orders.perform(Network(), None, order, arguments, 0.0)
    assert "\n" not in str(refused.value)


def of_kind(kind: type[T], datagrams: list[bytes]) -> list[T]:
    """Bodies of a size that no other stream's datagrams have here."""
    bodies: list[T] = []
    for data in datagrams:
        if len(data) in (0x50, 0x90):
            body = decode_datagram(Stream.CONTROL, data)[1]
            if isinstance(body, kind):
                bodies.append(body)
    return bodies


def lanes(datagrams: list[CapturedDatagram]) -> tuple[int, int]:
    """How many to the proxy's ports, and how many from them."""
    ours = range(50001, 50004)
    up = sum(each.destination.port in ours for each in datagrams)
    return up, len(datagrams) - up
