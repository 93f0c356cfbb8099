"""Long sessions, and many of them: afterwards nothing is left and nothing has grown.

`icom-sim soak` is the long one; here is a minute and a half of it, faults that it must
find, and the sessions of the library over real UDP.
"""

import asyncio
import gc
import socket
from collections import Counter
from dataclasses import dataclass

import pytest

from icom_lan import IcomRadio
from icom_proto.codes import Role
from icom_sim.network import Network
from icom_sim.network.rules import Loss
from icom_sim.radio_server import LOOPBACK, RadioServer
from icom_sim.radio_setup import RadioSetup
from icom_sim.virtual.holdings import held_by, living
from icom_sim.virtual.soak import FIRST_SEQ, Sample, Soak, Way, soak
from lan.fast_loop import fast
from sim.icom_sim_process import run_icom_sim

LONG_S, SEED = 90.0, 3
SESSIONS, FRAMES = 20, 3
FRAME = bytes(1920)


# ---- the long session, in simulated time ---------------------------------------------


def test_full_duplex_on_a_bad_network_leave_nothing_behind() -> None:
    told: list[Sample] = []
    report = soak(LONG_S, SEED, every_s=40.0, tell=told.append)
    assert report.faults == []
    assert report.samples == told
    assert [sample.seconds for sample in told] == pytest.approx([40.0, 80.0, 90.0])
    last = told[-1]
    assert last.healed > last.lost > 0


def test_the_sequence_numbers_of_a_soak_wrap_and_nobody_notices() -> None:
    run = Soak(SEED)
    report = run.run(20.0)
    assert run.ways[Role.RADIO].sent > 0x10000 - FIRST_SEQ
    assert report.faults == []


def test_a_wrap_of_the_audio_numbers_is_in_order_and_a_jump_is_not() -> None:
    way = Way()
    assert [way.take(seq, count) for seq, count in ((0xFFFE, 1), (0xFFFF, 3))] == [
        True,
        True,
    ]
    assert (way.next_seq, way.wraps) == (2, 1)
    assert not way.take(3, 1)


def test_a_soak_finds_audio_that_was_lost_for_good() -> None:
    report = Soak(SEED, network=Network([Loss(30.0)], seed=SEED)).run(20.0)
    assert any("lost for good" in fault for fault in report.faults)


def test_a_soak_finds_what_grows_and_what_is_left_under_way() -> None:
    run = Soak(SEED, lambda _: leave_steps())

    def leave_steps() -> None:
        for _ in range(10_000):
            run.pair.call_at(1e9, lambda _: None)

    report = run.run(20.0, every_s=10.0)
    assert any("grew" in fault for fault in report.faults)
    assert any("under way" in fault for fault in report.faults)


async def test_the_command_shows_a_table_and_the_verdict() -> None:
    status, output, errors = await run_icom_sim("soak", "--hours", "0.005")
    assert (status, errors) == (0, "")
    head, *lines, verdict = output.splitlines()
    assert head.split()[:4] == ["hour", "sent", "lost", "healed"]
    assert lines
    assert verdict == "nothing is left behind"


async def test_the_command_refuses_hours_that_are_none() -> None:
    status, output, errors = await run_icom_sim("soak", "--hours", "0")
    assert (status, output) == (2, "")
    assert "hours" in errors


# ---- how it looks --------------------------------------------------------------------


def test_all_that_something_holds_is_counted_once() -> None:
    packet = b"p" * 1000
    alone = held_by([packet])
    assert held_by([packet, packet, [packet]]).objects == alone.objects + 1
    assert held_by([packet, b"q" * 1000]).size > alone.size + 1000


def test_objects_of_ours_are_living_until_they_are_forgotten() -> None:
    before = living()
    kept = [Way(), Way()]
    name = f"{Way.__module__}.{Way.__qualname__}"
    assert living() - before == Counter({name: 2})
    kept.clear()
    assert living() == before


# ---- the library's sessions, over real UDP -------------------------------------------


@dataclass
class Heard:
    """Ends the wait when enough audio came."""

    enough: asyncio.Event
    frames: int = 0

    def __call__(self, frame: bytes | None) -> None:
        self.frames += frame is not None
        if self.frames >= FRAMES:
            self.enough.set()


async def talk(port: int) -> None:
    """Connect, hear audio and send some, ask something, leave."""
    radio = IcomRadio(
        LOOPBACK, port=port, username="icom", password="icom", timeout=100.0
    )
    heard = Heard(asyncio.Event())
    async with radio:
        await radio.start_audio_rx_pcm(heard)
        await radio.start_audio_tx_pcm()
        for _ in range(FRAMES):
            await radio.push_audio_tx_pcm(FRAME)
        await radio.get_frequency()
        async with asyncio.timeout(1000):
            await heard.enough.wait()
        await radio.stop_audio_tx_pcm()
        await radio.stop_audio_rx_pcm()


def open_sockets() -> int:
    """Sockets that are not closed, of the whole process."""
    objects = gc.get_objects()
    return sum(
        isinstance(each, socket.socket) and each.fileno() >= 0 for each in objects
    )


@fast
async def test_twenty_sessions_in_full_duplex_leave_nothing_behind() -> None:
    server = RadioServer(RadioSetup(), listener=lambda _happening, _now: None)
    async with server:
        await talk(server.control_port)  # makes what is made once for all
        before, sockets, tasks = living(), open_sockets(), len(asyncio.all_tasks())
        for _ in range(SESSIONS):
            await talk(server.control_port)
        assert living() - before == Counter()
        assert open_sockets() == sockets
        assert len(asyncio.all_tasks()) == tasks
