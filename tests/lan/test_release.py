"""The radio is released on every way out, wherever it is interrupted."""

import asyncio
import types
from collections.abc import Coroutine, Generator
from functools import partial
from typing import Any

import pytest

import icom_lan
from icom_lan import IcomRadio, Mode
from icom_proto.events import ClientLeft, CloseReason, Output
from lan.fast_loop import fast
from lan.radio_server import RadioServer, radio_at

KEY, UNKEY, READ_PTT = b"\x1c\x00\x01", b"\x1c\x00\x00", b"\x1c\x00"

# A session from login to leaving gives the radio about fifteen events.
EVENTS_MAX = 40
# Connect, three commands and disconnect wait about ten times.
AWAITS_MAX = 30
# Turns of the loop that a task may take to end when it waits for nothing any more.
PASSES_MAX = 5


async def a_session(radio: IcomRadio) -> None:
    async with radio:
        await radio.get_frequency()
        await radio.set_ptt(True)
        await radio.start_audio_tx_opus()
        await radio.push_audio_tx_opus(bytes(1920))
        await radio.set_ptt(False)
        await radio.get_frequency()


@fast
async def test_cancelled_after_any_event_of_the_session_the_radio_is_free() -> None:
    for count in range(EVENTS_MAX):
        async with RadioServer() as server:
            task = asyncio.create_task(a_session(radio_at(server)))
            cancel_after(server, count, task)
            if not await ended_by_cancelling(task):
                break
            await assert_released(server)
    else:
        pytest.fail("the session never ended by itself: raise EVENTS_MAX")
    assert count > 10, "the session had fewer events than it has steps"


@fast
async def test_cancelled_at_any_await_the_radio_is_free() -> None:
    for step in range(AWAITS_MAX):
        async with RadioServer() as server:
            session = CancelledAt(step, a_session(radio_at(server)))
            task = asyncio.create_task(session.run())
            if not await ended_by_cancelling(task):
                break
            await assert_released(server)
    else:
        pytest.fail("the session never ended by itself: raise AWAITS_MAX")
    assert step > 5, "the session waited fewer times than it has commands"


@fast
async def test_cancelled_twice_the_radio_is_free_at_once() -> None:
    """The second Ctrl-C: no lingering, but the goodbyes still leave."""
    async with RadioServer() as server:
        radio = radio_at(server)
        await radio.connect()
        await radio.set_ptt(True)
        task = asyncio.create_task(radio.disconnect())
        await asyncio.sleep(0)
        task.cancel()
        for _ in range(PASSES_MAX):
            await asyncio.sleep(0)
        assert task.cancelled()
        await assert_released(server)
        assert server.bodies[-1] == UNKEY


@fast
async def test_leaving_while_keyed_unkeys_first() -> None:
    async with RadioServer() as server:
        async with radio_at(server) as radio:
            await radio.set_ptt(True)
        await assert_released(server)
        assert server.bodies == [KEY, UNKEY]


@fast
async def test_leaving_without_having_keyed_sends_no_ptt() -> None:
    async with RadioServer() as server:
        async with radio_at(server) as radio:
            await radio.get_frequency()
        await assert_released(server)
        assert server.bodies == [b"\x03"]


@fast
async def test_ptt_sent_as_a_raw_command_is_released_too() -> None:
    async with RadioServer() as server:
        async with radio_at(server) as radio:
            await radio.send_civ(0x1C, 0x00, b"\x01")
        await assert_released(server)
        assert server.bodies[-1] == UNKEY


@fast
async def test_leaving_while_a_command_hangs_unkeys_all_the_same() -> None:
    async with RadioServer() as server:
        radio = radio_at(server)
        await radio.connect()
        await radio.set_ptt(True)
        hanging = await a_command_that_hangs(server, radio)
        await radio.disconnect()
        with pytest.raises(icom_lan.ConnectionError):
            await hanging
        await assert_released(server)
        assert server.bodies[-1] == UNKEY


@fast
async def test_ptt_off_overtakes_everything_that_waits() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await radio.set_ptt(True)
        hanging = await a_command_that_hangs(server, radio)
        waiting = [asyncio.create_task(radio.get_frequency()) for _ in range(10)]
        await asyncio.sleep(0)
        await radio.set_ptt(False)
        assert server.bodies == [KEY, b"\x04", UNKEY]
        server.answer(b"\x04\x01\x01")
        assert await hanging is Mode.USB
        assert await asyncio.gather(*waiting) == [14_074_000] * 10


@fast
async def test_a_ptt_on_that_waits_is_withdrawn_by_ptt_off() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        server.answers[READ_PTT] = READ_PTT + b"\x00"
        hanging = await a_command_that_hangs(server, radio)
        keying = asyncio.create_task(radio.set_ptt(True))
        await asyncio.sleep(0)
        await radio.set_ptt(False)
        with pytest.raises(icom_lan.CommandError, match="overtaken"):
            await keying
        server.answer(b"\x04\x01\x01")
        await hanging
        await radio.get_frequency()
        assert KEY not in server.bodies


@fast
async def test_a_cancelled_ptt_on_does_not_key_later() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        hanging = await a_command_that_hangs(server, radio)
        keying = asyncio.create_task(radio.set_ptt(True))
        await asyncio.sleep(0)
        keying.cancel()
        await asyncio.wait([keying])
        server.answer(b"\x04\x01\x01")
        await hanging
        await radio.get_frequency()
        assert KEY not in server.bodies


@fast
async def test_ptt_off_is_repeated_when_an_unanswered_on_may_have_come_later() -> None:
    async with RadioServer() as server, radio_at(server, timeout=10) as radio:
        server.answers[KEY] = None
        with pytest.raises(icom_lan.TimeoutError):
            await radio.set_ptt(True)
        states = iter([b"\x01", b"\x00"])
        server.on_body = lambda body: (
            server.answers.update({READ_PTT: READ_PTT + next(states)})
            if body == READ_PTT
            else None
        )
        await radio.set_ptt(False)
        assert server.bodies == [KEY, UNKEY, READ_PTT, UNKEY, READ_PTT]


async def a_command_that_hangs(
    server: RadioServer, radio: IcomRadio
) -> asyncio.Task[Mode]:
    """Asks for the mode and gets no answer; returns when the radio has been asked."""
    server.answers[b"\x04"] = None
    hanging = asyncio.create_task(radio.get_mode())
    await server.once(lambda: b"\x04" in server.bodies or None)
    return hanging


# ---- cancelling at a place -----------------------------------------------------------


def cancel_after(server: RadioServer, count: int, task: asyncio.Task[None]) -> None:
    """Cancel when the radio has had this many events."""
    if count == 0:
        task.cancel()

    def watch(_: Output) -> None:
        if len(server.events) == count:
            task.cancel()

    server.on_any = watch


class CancelledAt:
    """Runs a coroutine in a task that cancels itself at its n-th await."""

    def __init__(self, step: int, main: Coroutine[Any, Any, None]) -> None:
        self._step, self._main = step, main

    async def run(self) -> None:
        await self._counted()

    @types.coroutine
    def _counted(self) -> Generator[Any, Any, None]:
        steps, waiting = 0, self._main.__await__()
        advance = partial(waiting.send, None)
        while True:
            try:
                future = advance()
            except StopIteration:
                return
            if steps == self._step:
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            steps += 1
            try:
                yield future
            except BaseException as error:  # noqa: BLE001  handed on, whatever it is
                advance = partial(waiting.throw, error)
            else:
                advance = partial(waiting.send, None)


async def ended_by_cancelling(task: asyncio.Task[None]) -> bool:
    await asyncio.wait([task])
    return task.cancelled()


async def assert_released(server: RadioServer) -> None:
    """By a goodbye: in the end the radio would also let go of a client that died."""
    await server.released()
    left = [each for each in server.events if isinstance(each, ClientLeft)]
    assert {each.reason for each in left} <= {CloseReason.PEER_DISCONNECT}
    if KEY in server.bodies:
        keyed = server.bodies[::-1].index(KEY)
        unkeyed = server.bodies[::-1].index(UNKEY)
        assert unkeyed < keyed, "the radio was left transmitting"
