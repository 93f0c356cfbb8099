"""The event loop in simulated time: unmodified asyncio programs, and nobody waits."""

import asyncio
import contextlib
import errno
import math
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from icom_lan import IcomRadio
from icom_sim.happenings import Happening
from icom_sim.network import Network
from icom_sim.network.rules import Delay, Loss
from icom_sim.radio_server import RadioServer
from icom_sim.radio_setup import RadioSetup
from icom_sim.virtual.loop import StandstillError, VirtualLoop
from icom_sim.virtual.udp import QUEUED_MAX

T = TypeVar("T")
RADIO = "127.0.0.1"


def run(program: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(program)


class Inbox(asyncio.DatagramProtocol):
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.received: list[tuple[float, bytes]] = []
        self.errors: list[Exception] = []
        self.is_lost = False

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:  # noqa: ARG002
        self.received.append((asyncio.get_running_loop().time(), data))

    def error_received(self, exc: Exception) -> None:
        self.errors.append(exc)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.is_lost = True


async def pair() -> tuple[asyncio.DatagramTransport, asyncio.DatagramTransport, Inbox]:
    """A bound endpoint, and one that is connected to it."""
    loop = asyncio.get_running_loop()
    server, inbox = await loop.create_datagram_endpoint(Inbox, local_addr=(RADIO, 5000))
    client, _ = await loop.create_datagram_endpoint(Inbox, remote_addr=(RADIO, 5000))
    return server, client, inbox


async def pass_time(seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().create_future()


def test_an_hour_of_waiting_takes_no_time_and_is_an_hour() -> None:
    async def wait() -> float:
        await asyncio.gather(*map(pass_time, (3600, 60, 1)))
        return asyncio.get_running_loop().time()

    assert run(wait()) == 3600


def test_datagrams_arrive_in_order_and_at_once() -> None:
    async def talk() -> list[tuple[float, bytes]]:
        _, client, inbox = await pair()
        for each in (b"one", b"two", b"three"):
            client.sendto(each)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return inbox.received

    assert run(talk()) == [(0.0, b"one"), (0.0, b"two"), (0.0, b"three")]


def test_what_nobody_reads_is_bounded() -> None:
    async def flood() -> int:
        _, client, inbox = await pair()
        for _ in range(3 * QUEUED_MAX):
            client.sendto(b"x")
        for _ in range(4 * QUEUED_MAX):
            await asyncio.sleep(0)
        return len(inbox.received)

    assert run(flood()) == QUEUED_MAX


def test_a_port_is_given_once() -> None:
    async def bind_twice() -> None:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(Inbox, local_addr=(RADIO, 5000))
        await loop.create_datagram_endpoint(Inbox, local_addr=(RADIO, 5000))

    with pytest.raises(OSError, match="in use") as caught:
        run(bind_twice())
    assert caught.value.errno == errno.EADDRINUSE


def test_a_closed_port_is_free_again_and_refuses() -> None:
    async def close_and_send() -> list[Exception]:
        loop = asyncio.get_running_loop()
        server, client, inbox = await pair()
        server.close()
        assert server.is_closing()
        await asyncio.sleep(0)
        assert inbox.is_lost
        await loop.create_datagram_endpoint(Inbox, local_addr=(RADIO, 5000))
        other, told = await loop.create_datagram_endpoint(
            Inbox, remote_addr=(RADIO, 5999)
        )
        client.sendto(b"somebody is there again")
        other.sendto(b"nobody is there")
        await asyncio.sleep(0)
        return told.errors

    errors = run(close_and_send())
    assert [type(each) for each in errors] == [ConnectionRefusedError]


def test_a_reader_takes_the_place_of_the_one_before() -> None:
    async def read() -> list[str]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        sock, other = loop.udp_socket(), loop.udp_socket()
        sock.bind((RADIO, 50001))
        told: list[str] = []
        done = loop.create_future()
        loop.add_reader(sock.fileno(), told.append, "old")
        other.sendto(b"x", (RADIO, 50001))
        loop.add_reader(sock.fileno(), lambda: done.set_result(sock.recv(9)))
        told.append((await done).decode())
        loop.remove_reader(sock.fileno())
        sock.close()
        other.close()
        return told

    assert run(read()) == ["x"]


def test_a_closed_socket_sends_nothing() -> None:
    async def send() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        sock = loop.udp_socket()
        sock.bind((RADIO, 50001))
        sock.close()
        sock.sendto(b"x", (RADIO, 50002))

    with pytest.raises(OSError, match="Bad file descriptor"):
        run(send())


def test_the_clock_stands_while_a_thread_works() -> None:
    async def work() -> tuple[int, float]:
        loop = asyncio.get_running_loop()
        loop.call_later(5, lambda: None)
        result = await asyncio.to_thread(sum, range(200_000))
        return result, loop.time()

    assert run(work()) == (19_999_900_000, 0.0)


def test_waiting_for_nothing_is_an_error_and_no_hang() -> None:
    async def wait() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(StandstillError):
        run(wait())


def test_sleeping_for_ever_is_waiting_for_nothing() -> None:
    async def wait() -> None:
        loop = asyncio.get_running_loop()
        never = loop.create_future()
        loop.call_at(math.inf, never.set_result, None)
        await never

    with pytest.raises(StandstillError, match="to_thread"):
        run(wait())


def test_a_process_is_refused_in_simulated_time() -> None:
    with pytest.raises(NotImplementedError, match="no processes in simulated time"):
        run(asyncio.create_subprocess_exec("true"))


def test_a_transport_knows_whom_it_is_connected_to() -> None:
    async def connect() -> tuple[object, object]:
        loop = asyncio.get_running_loop()
        free, _ = await loop.create_datagram_endpoint(Inbox, local_addr=(RADIO, 50001))
        bound, _ = await loop.create_datagram_endpoint(
            Inbox, remote_addr=(RADIO, 50001)
        )
        names = [each.get_extra_info("peername") for each in (free, bound)]
        free.close()
        bound.close()
        return names[0], names[1]

    assert run(connect()) == (None, (RADIO, 50001))


async def _session(told: list[tuple[float, str]]) -> tuple[int, int, float]:
    """Ten seconds of a radio on a bad network: retuned, heard, released."""

    def listen(happening: Happening, now: float) -> None:
        told.append((round(now, 9), repr(happening)))

    network = Network([Loss(5), Delay(20)], seed=7)
    loop = asyncio.get_running_loop()
    async with RadioServer(
        RadioSetup(seed=7), listener=listen, port=50001, network=network
    ) as server:
        radio = IcomRadio(
            RADIO, port=server.control_port, username="icom", password="icom"
        )
        async with radio:
            await radio.set_frequency(7_074_000)
            heard: list[bytes] = []
            await radio.start_audio_rx_pcm(lambda pcm: heard.append(pcm or b""))
            await pass_time(10)
            return await radio.get_frequency(), len(heard), loop.time()


def test_our_library_runs_unmodified_in_simulated_time() -> None:
    told: list[tuple[float, str]] = []
    hz, frames, seconds = run(_session(told))
    assert hz == 7_074_000
    assert frames > 450
    assert 10 < seconds < 12
    assert told
