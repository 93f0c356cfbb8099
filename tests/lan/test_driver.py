"""The driver with a fake core: sockets, timers, order, and callbacks that raise."""

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from icom_lan.driver import BURST_MAX, PENDING_MAX, Driver, UdpEndpoint
from icom_proto.codes import Stream
from icom_proto.events import Address, CivFrameReceived, Output
from lan.fake_core import FakeCore

LOOPBACK = "127.0.0.1"


class LoopWithoutReaders(asyncio.SelectorEventLoop):
    """What Windows' Proactor loop looks like from here."""

    def add_reader(self, *args: object) -> None:
        raise NotImplementedError


class Rig:
    """A driver with one endpoint, and what came out of it."""

    def __init__(self, *, strict: bool = True) -> None:
        self.core = FakeCore()
        self.endpoint = UdpEndpoint(LOOPBACK)
        self.frames: list[bytes] = []
        self.on_frame: Callable[[bytes], None] = lambda _: None
        self._waiting: tuple[int, asyncio.Future[None]] | None = None
        endpoints = {Stream.CIV: self.endpoint}
        self.driver = Driver(self.core, endpoints, self._on_event, strict=strict)

    async def listen(self) -> None:
        receive = partial(self.core.handle_datagram, Stream.CIV)
        await self.endpoint.read_connected(receive, self.driver.apply)

    async def until(self, count: int) -> list[bytes]:
        """The frames, once there are that many."""
        if len(self.frames) < count:
            arrived = asyncio.get_running_loop().create_future()
            self._waiting = (count, arrived)
            async with asyncio.timeout(5):
                await arrived
        return self.frames

    def _on_event(self, event: Output) -> None:
        assert isinstance(event, CivFrameReceived)
        self.frames.append(event.frame)
        if self._waiting is not None and len(self.frames) == self._waiting[0]:
            self._waiting[1].set_result(None)
        self.on_frame(event.frame)


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((LOOPBACK, 0))
        sock.settimeout(5)
        yield sock


def address_of(sock: socket.socket) -> Address:
    return Address._make(sock.getsockname())


@pytest.fixture(params=[asyncio.SelectorEventLoop, LoopWithoutReaders])
def runner(request: pytest.FixtureRequest) -> Iterator[asyncio.Runner]:
    """Each way of reading: with `add_reader`, and on a loop that has none."""
    with asyncio.Runner(loop_factory=request.param) as runner:
        yield runner


def test_datagrams_arrive_in_order_and_answers_leave(
    runner: asyncio.Runner, peer: socket.socket
) -> None:
    async def main() -> None:
        rig = Rig()
        rig.endpoint.connect(address_of(peer))
        await rig.listen()
        for number in range(3 * BURST_MAX):
            peer.sendto(b"%d" % number, rig.endpoint.local)
        frames = await rig.until(3 * BURST_MAX)
        assert frames == [b"%d" % number for number in range(3 * BURST_MAX)]
        rig.driver.apply(partial(rig.core.transmit, b"answer"))
        assert peer.recv(100) == b"answer"
        rig.driver.close()

    runner.run(main())


def test_a_stranger_is_not_heard_by_a_connected_endpoint(
    runner: asyncio.Runner, peer: socket.socket
) -> None:
    async def main() -> None:
        rig = Rig()
        rig.endpoint.connect(address_of(peer))
        await rig.listen()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"stranger", rig.endpoint.local)
        peer.sendto(b"peer", rig.endpoint.local)
        assert await rig.until(1) == [b"peer"]
        rig.driver.close()

    runner.run(main())


def test_what_comes_before_the_remote_is_known_is_dropped(
    runner: asyncio.Runner, peer: socket.socket
) -> None:
    async def main() -> None:
        rig = Rig()
        await rig.listen()
        peer.sendto(b"early", rig.endpoint.local)
        await turn_the_loop()
        rig.endpoint.connect(address_of(peer))
        peer.sendto(b"in time", rig.endpoint.local)
        assert await rig.until(1) == [b"in time"]
        rig.driver.close()

    runner.run(main())


def test_a_server_learns_where_datagrams_came_from_and_answers_there(
    runner: asyncio.Runner, peer: socket.socket
) -> None:
    async def main() -> None:
        rig = Rig()
        await rig.endpoint.read_from_any(
            rig.core.handle_datagram_from, rig.driver.apply
        )
        peer.sendto(b"question", rig.endpoint.local)
        await rig.until(1)
        assert rig.core.sources == [address_of(peer)]
        answer = partial(rig.core.transmit, b"answer", to=rig.core.sources[0])
        rig.driver.apply(lambda now: answer(now=now))
        assert peer.recv(100) == b"answer"
        rig.driver.close()

    runner.run(main())


def test_closing_twice_leaves_no_reader_no_timer_and_no_port(
    runner: asyncio.Runner, peer: socket.socket
) -> None:
    async def main() -> None:
        rig = Rig()
        rig.core.deadline = asyncio.get_running_loop().time()
        rig.endpoint.connect(address_of(peer))
        await rig.listen()
        rig.driver.apply(lambda _: None)
        rig.driver.close()
        rig.driver.close()
        UdpEndpoint(LOOPBACK, rig.endpoint.local.port).close()
        rig.driver.apply(partial(rig.core.transmit, b"too late"))
        await turn_the_loop()
        assert rig.core.timeouts == []

    runner.run(main())


async def test_a_burst_is_one_input_at_one_time(peer: socket.socket) -> None:
    rig = Rig()
    rig.endpoint.connect(address_of(peer))
    for number in range(BURST_MAX + 1):
        peer.sendto(b"%d" % number, rig.endpoint.local)
    await rig.listen()
    await rig.until(BURST_MAX + 1)
    assert len(set(rig.core.times[:BURST_MAX])) == 1
    assert rig.core.times[BURST_MAX] > rig.core.times[0]
    rig.driver.close()


async def test_what_is_sent_before_the_remote_is_known_waits_within_bounds(
    peer: socket.socket,
) -> None:
    rig = Rig()
    for number in range(PENDING_MAX + 1):
        rig.driver.apply(partial(rig.core.transmit, b"%d" % number))
    rig.endpoint.connect(address_of(peer))
    received = [peer.recv(100) for _ in range(PENDING_MAX)]
    assert received == [b"%d" % number for number in range(1, PENDING_MAX + 1)]
    rig.driver.close()


async def test_a_port_nobody_listens_on_is_counted_and_survived(
    peer: socket.socket,
) -> None:
    rig = Rig()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind((LOOPBACK, 0))
        nobody = address_of(gone)
    rig.endpoint.connect(nobody)
    await rig.listen()
    rig.driver.apply(partial(rig.core.transmit, b"hello?"))
    await turn_the_loop()
    assert rig.endpoint.errors == 1
    assert isinstance(rig.endpoint.last_error, ConnectionRefusedError)
    rig.endpoint.connect(address_of(peer))
    peer.sendto(b"back", rig.endpoint.local)
    assert await rig.until(1) == [b"back"]
    rig.driver.close()


async def test_a_port_in_use_is_an_error_and_leaks_no_socket(
    peer: socket.socket,
) -> None:
    with pytest.raises(OSError, match="in use"):
        UdpEndpoint(LOOPBACK, address_of(peer).port)


async def test_a_timer_fires_at_the_deadline_and_never_before() -> None:
    rig = Rig()
    start = asyncio.get_running_loop().time()
    rig.driver.apply(partial(set_deadline, rig.core, 0.01))
    await rig.until(1)
    assert rig.core.timeouts[0] >= start + 0.01
    rig.driver.close()


async def test_a_deadline_that_moves_closer_is_kept() -> None:
    rig = Rig()
    rig.driver.apply(partial(set_deadline, rig.core, 60))
    rig.driver.apply(partial(set_deadline, rig.core, 0.01))
    await rig.until(1)
    rig.driver.close()


async def test_a_deadline_that_moves_away_is_not_fired_early() -> None:
    rig = Rig()
    rig.driver.apply(partial(set_deadline, rig.core, 0.005))
    rig.driver.apply(partial(set_deadline, rig.core, 0.02))
    start = asyncio.get_running_loop().time()
    await rig.until(1)
    assert rig.core.timeouts[0] >= start + 0.015
    rig.driver.close()


async def test_time_never_goes_backwards_after_an_early_timer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """asyncio fires a timer up to one clock tick early; the deadline is the floor."""
    rig = Rig()
    loop = asyncio.get_running_loop()
    rig.driver.apply(partial(set_deadline, rig.core, 0.01))
    deadline = rig.core.deadline
    assert deadline is not None
    # The loop's clock stands just before the deadline when the timer fires.
    monkeypatch.setattr(loop, "time", lambda: deadline - 1e-10)
    rig.driver.apply(lambda _: None)
    await rig.until(1)
    assert rig.core.timeouts == [deadline]
    rig.driver.apply(partial(rig.core.transmit, b"x"))
    assert rig.core.times[-1] == deadline
    rig.driver.close()


async def test_a_deadline_of_zero_is_a_deadline() -> None:
    rig = Rig()

    def begin(_: float) -> None:
        rig.core.deadline = 0.0

    rig.driver.apply(begin)
    await rig.until(1)
    rig.driver.close()


async def test_whoever_handles_an_event_may_call_the_core_and_order_is_kept(
    peer: socket.socket,
) -> None:
    rig = Rig()
    rig.endpoint.connect(address_of(peer))

    def on_frame(frame: bytes) -> None:
        if frame == b"1":
            rig.driver.apply(lambda _: rig.core.report(b"nested"))

    rig.on_frame = on_frame
    rig.driver.apply(lambda _: rig.core.report(b"1", b"2", b"3"))
    assert rig.frames == [b"1", b"2", b"3", b"nested"]
    rig.driver.close()


async def test_datagrams_leave_before_events_are_handled(peer: socket.socket) -> None:
    rig = Rig()
    rig.endpoint.connect(address_of(peer))
    seen: list[bytes] = []
    rig.on_frame = lambda _: seen.append(peer.recv(100))

    def mutate(now: float) -> None:
        rig.core.report(b"event")
        rig.core.transmit(b"datagram", now)

    rig.driver.apply(mutate)
    assert seen == [b"datagram"]
    rig.driver.close()


async def test_apply_returns_what_the_mutation_returns() -> None:
    rig = Rig()
    assert rig.driver.apply(lambda _: 42) == 42
    rig.driver.close()


async def test_a_callback_that_raises_is_logged_counted_and_survived(
    peer: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    rig = Rig(strict=False)
    rig.endpoint.connect(address_of(peer))
    await rig.listen()

    def on_frame(_: bytes) -> None:
        raise ValueError("the application's mistake")

    rig.on_frame = on_frame
    for _ in range(5):
        peer.sendto(b"x", rig.endpoint.local)
    await rig.until(5)
    rig.driver.apply(partial(set_deadline, rig.core, 0.0))
    await rig.until(6)
    assert rig.driver.callback_errors == 6
    # The 1st, 2nd and 4th only: a callback that always fails must not flood the log.
    records = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert len(records) == 3
    assert records[0].exc_info is not None
    rig.driver.close()


async def test_a_strict_driver_raises_and_still_delivers_the_rest() -> None:
    rig = Rig(strict=True)

    def on_frame(frame: bytes) -> None:
        if frame == b"1":
            raise ValueError("seen by the test")

    rig.on_frame = on_frame
    with pytest.raises(ValueError, match="seen by the test"):
        rig.driver.apply(lambda _: rig.core.report(b"1", b"2"))
    assert await rig.until(2) == [b"1", b"2"]
    rig.driver.close()


def set_deadline(core: FakeCore, delay: float, now: float) -> None:
    core.deadline = now + delay


async def turn_the_loop() -> None:
    for _ in range(5):
        await asyncio.sleep(0)
