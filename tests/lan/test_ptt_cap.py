"""Nobody transmits for longer than `ptt_timeout`, and nobody after a lost session."""

import asyncio
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

import icom_lan
from icom_lan import IcomRadio
from icom_lan.civ_client import CivClient
from icom_lan.driver import Driver
from icom_lan.ptt import Ptt
from icom_proto.civ_frames import OK, build_frame, frame_body
from icom_proto.codes import Stream
from icom_proto.errors import LocalProtocolError
from icom_proto.events import (
    CivAnswered,
    CivExpired,
    CivRefused,
    ClientCivClosed,
    ClientLeft,
    Output,
)
from icom_sim.happenings import PttChanged
from icom_sim.network import Direction, Network
from icom_sim.network.verdicts import Verdict
from lan.fast_loop import fast
from lan.radio_server import RadioServer, radio_at
from lan.virtual_loop import pass_time, virtual
from sim.watched_server import WatchedServer

KEY, UNKEY, READ_PTT = b"\x1c\x00\x01", b"\x1c\x00\x00", b"\x1c\x00"
CAP_S = 3.0


class CivCore:
    """The part of a core that CI-V requests need: it writes down what came, and when.

    What is in `refused` is refused, what is in `unanswered` expires a second later.
    """

    def __init__(self) -> None:
        self.outputs: deque[Output] = deque()
        self.sent: list[tuple[float, bytes]] = []
        self.refused: set[bytes] = set()
        self.unanswered: set[bytes] = set()
        self.cancelled: list[int] = []
        self.closed = False
        self.on_expired: Callable[[CivExpired], None] = lambda _: None
        self.driver = Driver(self, {}, self._on_event, strict=True)

    def handle_timeout(self, now: float) -> None: ...

    def next_timeout(self) -> float | None:
        return None

    def send_civ(
        self, frame: bytes, now: float, *, timeout_s: float, urgent: bool = False
    ) -> int:
        if self.closed:
            raise LocalProtocolError("connection is CLOSED")
        body, number = frame_body(frame), len(self.sent)
        assert urgent or body != UNKEY, "off has to overtake what waits"
        self.sent.append((now, body))
        loop = asyncio.get_running_loop()
        if body in self.unanswered:
            loop.call_later(timeout_s, self._tell, CivExpired(number))
        elif body in self.refused:
            loop.call_soon(self._tell, CivRefused(number))
        else:
            answer = READ_PTT + b"\x00" if body == READ_PTT else OK
            frame = build_frame(0xE0, 0x98, answer)
            loop.call_soon(self._tell, CivAnswered(number, frame))
        return number

    def cancel_civ(self, request_id: int) -> None:
        self.cancelled.append(request_id)

    def times(self, body: bytes) -> list[float]:
        return [round(at, 3) for at, sent in self.sent if sent == body]

    def _on_event(self, event: Output) -> None:
        assert isinstance(event, CivExpired)
        self.on_expired(event)

    def _tell(self, event: Output) -> None:
        self.driver.apply(lambda _: self.outputs.append(event))


def ptt_on(core: CivCore, cap_s: float | None = CAP_S) -> Ptt:
    fake: Any = core
    civ = CivClient(fake, core.driver, address=0x98, controller=0xE0, timeout_s=1.0)
    core.on_expired = civ.on_failed
    return Ptt(civ, cap_s)


@virtual
async def test_what_is_keyed_for_too_long_is_released_and_counted() -> None:
    core = CivCore()
    ptt = ptt_on(core)
    await ptt.key()
    await pass_time(60)
    assert core.sent == [(0.0, KEY), (CAP_S, UNKEY)]
    assert (ptt.capped, ptt.may_be_keyed) == (1, False)


@virtual
async def test_without_a_cap_nobody_interferes() -> None:
    core = CivCore()
    ptt = ptt_on(core, None)
    await ptt.key()
    await pass_time(3600)
    assert core.sent == [(0.0, KEY)]


@virtual
async def test_who_unkeys_in_time_hears_nothing_of_the_cap() -> None:
    core = CivCore()
    ptt = ptt_on(core)
    for _ in range(3):
        await ptt.key()
        await pass_time(CAP_S - 0.1)
        await ptt.unkey()
    await pass_time(60)
    assert len(core.times(UNKEY)) == 3
    assert ptt.capped == 0


@virtual
async def test_keying_again_and_again_does_not_outwit_the_cap() -> None:
    core = CivCore()
    ptt = ptt_on(core)
    for _ in range(3):
        await ptt.key()
        await pass_time(0.7)
    await pass_time(60)
    assert core.times(UNKEY) == [CAP_S]


@virtual
async def test_each_transmission_has_the_whole_time() -> None:
    core = CivCore()
    ptt = ptt_on(core)
    await ptt.key()
    await pass_time(10.0)
    await ptt.key()
    await pass_time(10.0)
    assert core.times(UNKEY) == [CAP_S, 10 + CAP_S]
    assert ptt.capped == 2


@pytest.mark.parametrize("how", ["refused", "unanswered"])
@virtual
async def test_off_is_said_until_the_radio_says_yes(how: str) -> None:
    core = CivCore()
    ptt = ptt_on(core)
    await ptt.key()
    getattr(core, how).add(UNKEY)
    await pass_time(CAP_S + 2.5)
    assert ptt.may_be_keyed
    getattr(core, how).clear()
    await pass_time(60)
    assert core.times(UNKEY) == [CAP_S, CAP_S + 1, CAP_S + 2, CAP_S + 3]
    assert (ptt.capped, ptt.may_be_keyed) == (1, False)


@virtual
async def test_an_unanswered_on_counts_as_keyed() -> None:
    core = CivCore()
    ptt = ptt_on(core)
    core.unanswered.add(KEY)
    with pytest.raises(icom_lan.TimeoutError):
        await ptt.key()
    await pass_time(60)
    # Twice: its datagram may have been under way when the first was answered.
    assert core.times(UNKEY) == [CAP_S, CAP_S + 1]
    assert not ptt.may_be_keyed


@virtual
async def test_off_that_no_queue_takes_is_tried_again() -> None:
    core = CivCore()
    ptt = ptt_on(core)
    await ptt.key()
    core.closed = True
    await pass_time(CAP_S + 1.5)
    core.closed = False
    await pass_time(60)
    assert core.times(UNKEY) == [CAP_S + 2]
    assert not ptt.may_be_keyed


@virtual
async def test_a_refused_on_starts_no_timer() -> None:
    core = CivCore()
    ptt = ptt_on(core)
    core.refused.add(KEY)
    with pytest.raises(icom_lan.CommandError):
        await ptt.key()
    await pass_time(60)
    assert core.times(UNKEY) == []


@virtual
async def test_a_program_that_is_cancelled_while_it_transmits_does_not_go_on() -> None:
    core = CivCore()
    ptt = ptt_on(core)

    async def transmit() -> None:
        await ptt.key()
        await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(transmit())
    await pass_time(1.0)
    task.cancel()
    await asyncio.wait([task])
    await pass_time(60)
    assert core.times(UNKEY) == [CAP_S]


@virtual
async def test_a_raw_command_is_no_way_around_the_cap() -> None:
    core = CivCore()
    ptt = ptt_on(core)
    await ptt.request(KEY)
    await pass_time(60)
    assert core.times(UNKEY) == [CAP_S]
    await ptt.request(KEY)
    await ptt.request(UNKEY)
    await pass_time(60)
    assert ptt.capped == 1


@virtual
async def test_a_session_that_ends_takes_the_timer_along() -> None:
    core = CivCore()
    ptt = ptt_on(core)
    await ptt.key()
    core.closed = True
    await pass_time(CAP_S + 1.5)  # off is refused: the session is on its way out
    ptt.end()
    core.closed = False
    await pass_time(60)
    assert core.times(UNKEY) == []
    assert ptt.may_be_keyed


@fast
async def test_the_cap_of_a_radio_ends_its_transmission_and_is_counted() -> None:
    async with RadioServer() as server, radio_at(server, ptt_timeout=1.5) as radio:
        await radio.set_ptt(True)
        await server.once(lambda: UNKEY in server.bodies or None)
        assert await radio.get_frequency() == 14_074_000
        assert server.bodies[:2] == [KEY, UNKEY]
        assert radio.statistics()["here"]["ptt_timeouts"] == 1


@pytest.mark.parametrize("wrong", [0, -1.0, float("nan")])
def test_a_cap_of_no_time_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="ptt_timeout must be more than 0"):
        IcomRadio("radio.example", ptt_timeout=wrong)


@pytest.mark.parametrize("dies", [Stream.AUDIO, Stream.CONTROL])
@fast
async def test_when_another_stream_dies_the_radio_is_released_first(
    dies: Stream,
) -> None:
    cut = False

    def rule(
        _r: Random, _d: Direction, stream: Stream, _b: bytes, _n: float
    ) -> Verdict:
        return () if cut and stream is dies else None

    async with WatchedServer(network=Network([rule])) as server:
        radio = IcomRadio(
            "127.0.0.1",
            port=server.control_port,
            username="icom",
            password="icom",
            timeout=100.0,
            watchdog_timeout=6.0,
        )
        async with radio:
            await radio.set_ptt(True)
            await server.watch.until(PttChanged)
            cut = True
            with pytest.raises(icom_lan.ConnectionError, match=dies.name):
                await radio.wait_closed()
        await server.watch.until(ClientCivClosed)
        kinds = [type(each) for each in server.watch.seen]
        released = server.watch.seen.index(PttChanged(transmitting=False))
        assert released < kinds.index(ClientCivClosed)
        assert ClientLeft not in kinds[:released]
