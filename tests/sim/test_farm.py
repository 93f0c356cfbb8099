"""Many radios in one process: each is its own, with ports and a seed of its own."""

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from icom_proto.events import ClientGranted, ClientLoggedIn
from icom_sim.farm import (
    FileLimitError,
    RadioFarm,
    allow_files,
    check_file_limit,
    farm_setups,
)
from icom_sim.happenings import Happening
from icom_sim.radio_server import PortError
from icom_sim.radio_setup import RadioSetup
from icom_sim.shared_loop import SharedLoop
from icom_sim.virtual.loop import VirtualLoop
from sim.udp_client import UdpClient

SETUP = RadioSetup(seed=7)


class Told:
    """What a farm told, by radio."""

    def __init__(self) -> None:
        self.happened: dict[int, list[Happening]] = {}

    def __call__(self, radio: int, happening: Happening, _now: float) -> None:
        self.happened.setdefault(radio, []).append(happening)


def test_radios_of_a_farm_have_seeds_of_their_own_and_the_first_has_the_farms() -> None:
    setups = farm_setups(SETUP, 4)
    assert setups[0] == SETUP
    assert len({each.seed for each in setups}) == 4
    assert setups == farm_setups(SETUP, 4)
    assert farm_setups(SETUP, 2) == setups[:2]


def test_each_client_gets_its_radio_and_hears_it() -> None:
    async def main() -> None:
        told = Told()
        async with RadioFarm(farm_setups(SETUP, 3), listener=told, port=47000) as farm:
            ports = [radio.control_port for radio in farm.radios]
            assert ports == [47000, 47003, 47006]
            async with UdpClient(ports[0]) as one, UdpClient(ports[2]) as other:
                for client in (one, other):
                    assert len(await client.hear(20_000)) >= 20_000
            sent = [each["audio_blocks"]["sent"] for each in farm.summaries()]
            assert sent[0] > 5
            assert sent[1] == 0
            assert sent[2] > 5
        assert told.happened.keys() == {0, 2}
        for happened in told.happened.values():
            kinds = [type(each) for each in happened]
            assert kinds.count(ClientLoggedIn) == kinds.count(ClientGranted) == 1

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main())


async def test_a_farm_on_real_sockets_serves_and_leaves_nothing_behind() -> None:
    async with RadioFarm(farm_setups(SETUP, 2), listener=Told()) as farm:
        ports = [radio.control_port for radio in farm.radios]
        for port in ports:
            async with UdpClient(port) as client:
                assert len(await client.hear(4000)) >= 4000
    async with RadioFarm(farm_setups(SETUP, 1), listener=Told(), port=ports[0]):
        pass


async def test_a_farm_that_cannot_have_all_its_ports_frees_those_it_has() -> None:
    async with RadioFarm(farm_setups(SETUP, 1), listener=Told()) as there:
        taken = there.radios[0].control_port
        wanted = RadioFarm(farm_setups(SETUP, 2), listener=Told(), port=taken - 3)
        with pytest.raises(PortError, match=f"UDP port {taken} .*in use"):
            await wanted.__aenter__()
        async with RadioFarm(farm_setups(SETUP, 1), listener=Told(), port=taken - 3):
            pass


async def test_ports_beyond_the_highest_are_refused() -> None:
    farm = RadioFarm(farm_setups(SETUP, 100), listener=Told(), port=65400)
    with pytest.raises(PortError, match=r"100 radios from port 65400 .* is 65535"):
        await farm.__aenter__()


@contextmanager
def file_limit() -> Iterator[tuple[int, int]]:
    """As it is; restored at the end."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        yield limits
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_the_limit_of_open_files_is_raised_as_far_as_it_may_be() -> None:
    with file_limit() as (_, hard):
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        allow_files(300)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, hard)
        allow_files(200)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, hard)


def test_a_limit_that_cannot_be_raised_is_told_in_one_line() -> None:
    with pytest.raises(FileLimitError, match=r"3064 open .* limit is 1024: .*fewer"):
        check_file_limit(3064, hard=1024)
    check_file_limit(3064, hard=3064)
    check_file_limit(1 << 40, hard=None)


async def test_shared_timers_are_met_in_order_and_never_early() -> None:
    shared, met = SharedLoop(), list[tuple[str, float]]()
    start, done = shared.time(), asyncio.Event()

    def note(name: str) -> None:
        met.append((name, shared.time() - start))

    shared.call_at(start + 0.012, done.set)
    shared.call_at(start + 0.006, lambda: note("second"))
    shared.call_at(start + 0.001, lambda: note("first"))
    shared.call_at(start + 0.003, lambda: note("never")).cancel()
    async with asyncio.timeout(5):
        await done.wait()
    shared.close()
    assert [name for name, _ in met] == ["first", "second"]
    assert met[0][1] >= 0.001
    assert met[1][1] >= 0.006


async def test_a_timer_that_raises_does_not_stop_the_others() -> None:
    loop, raised = asyncio.get_running_loop(), list[object]()
    loop.set_exception_handler(lambda _, context: raised.append(context["exception"]))
    shared, done = SharedLoop(), asyncio.Event()
    failure = RuntimeError("as an application might")

    def fail() -> None:
        raise failure

    at = shared.time() + 0.002
    shared.call_at(at, fail)
    shared.call_at(at, lambda: shared.call_at(shared.time() + 0.002, done.set))
    async with asyncio.timeout(5):
        await done.wait()
    shared.close()
    assert raised == [failure]


async def test_a_closed_shared_loop_meets_nothing_more() -> None:
    shared, met = SharedLoop(), list[str]()
    shared.call_at(shared.time(), lambda: met.append("before"))
    shared.close()
    shared.call_at(shared.time(), lambda: met.append("after"))
    shared.close()
    done = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, done.set)
    await done.wait()
    assert met == []
