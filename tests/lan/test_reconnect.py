"""Sessions that come back: when they are tried again, and what comes back with them."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest

import icom_lan
from icom_lan import AudioFormatError, AudioRecoveryState
from icom_lan.reconnect import Backoff, ReconnectPolicy
from icom_proto.events import CloseReason
from lan.fake_session import (
    BUSY,
    FAILED,
    NO_ANSWER,
    PATIENT,
    RECOVERED,
    RECOVERING,
    REFUSED,
    SILENCE,
    NoSpread,
    Opener,
    Told,
    error,
    keeper_of,
)
from lan.virtual_loop import pass_time, virtual

# ---- when ----------------------------------------------------------------------------


@virtual
async def test_each_failed_attempt_doubles_the_wait_up_to_the_longest() -> None:
    opener = Opener(None, *[NO_ANSWER] * 8)
    keeper = keeper_of(opener)
    await keeper.connect()
    opener.sessions[0].lose()
    await pass_time(1000)
    waits = [b - a for a, b in zip(opener.at, opener.at[1:], strict=False)]
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert keeper.is_up
    await keeper.disconnect()


@virtual
async def test_a_radio_that_holds_the_lost_session_is_left_alone() -> None:
    """And this counts as no failure: the next one waits as long as it would have."""
    opener = Opener(None, BUSY, REFUSED, NO_ANSWER, BUSY)
    keeper = keeper_of(opener)
    await keeper.connect()
    opener.sessions[0].lose()
    await pass_time(1000)
    waits = [b - a for a, b in zip(opener.at, opener.at[1:], strict=False)]
    assert waits == [2, 20, 40, 4, 60]
    await keeper.disconnect()


@pytest.mark.parametrize("reason", [CloseReason.LOGIN_REFUSED, CloseReason.BUSY])
def test_after_a_refusal_the_shortest_hold_that_was_seen_has_passed(
    reason: CloseReason,
) -> None:
    backoff = Backoff(PATIENT, random.Random(1))
    waits = [backoff.next(error(reason)) for _ in range(20)]
    assert min(waits) >= 15
    assert max(waits) <= 60


def test_data_ports_that_are_dead_get_a_minute() -> None:
    backoff = Backoff(PATIENT, NoSpread())
    assert backoff.next(error(CloseReason.DATA_PORTS_DEAD)) == 60


def test_two_clients_do_not_go_on_in_step() -> None:
    one, other = (Backoff(PATIENT, random.Random(seed)) for seed in (1, 2))
    waits = [(one.next(NO_ANSWER), other.next(NO_ANSWER)) for _ in range(50)]
    assert all(a != b for a, b in waits)
    assert all(54 <= wait <= 60 for pair in waits[5:] for wait in pair)


@virtual
async def test_after_a_session_that_worked_the_wait_is_short_again() -> None:
    opener = Opener(None, NO_ANSWER, NO_ANSWER, None)
    keeper = keeper_of(opener)
    await keeper.connect()
    opener.sessions[0].lose()
    await pass_time(100)
    lost_at = 100.0
    opener.sessions[1].lose()
    await pass_time(100)
    assert opener.at == [0, 2, 6, 14, lost_at + 2]
    await keeper.disconnect()


@virtual
async def test_the_first_connect_is_tried_once() -> None:
    opener = Opener(BUSY)
    keeper = keeper_of(opener)
    with pytest.raises(icom_lan.RadioBusyError):
        await keeper.connect()
    await pass_time(1000)
    assert opener.at == [0]
    await keeper.connect()
    await keeper.disconnect()


@virtual
async def test_without_a_policy_a_lost_session_stays_lost() -> None:
    opener = Opener()
    keeper = keeper_of(opener, None)
    await keeper.connect()
    opener.sessions[0].lose()
    await pass_time(1000)
    assert opener.at == [0]
    assert not keeper.is_recovering
    with pytest.raises(icom_lan.ConnectionError, match="fell silent"):
        await keeper.wait_closed()


# ---- audio ---------------------------------------------------------------------------


def with_audio(
    told: Callable[[AudioRecoveryState], object],
    **changes: Any,  # noqa: ANN401
) -> ReconnectPolicy:
    return ReconnectPolicy(on_audio_recovery=told, **changes)


@pytest.mark.parametrize("failures", [0, 1, 2, 7])
@virtual
async def test_audio_comes_back_after_any_number_of_attempts(failures: int) -> None:
    opener, told = Opener(None, *[NO_ANSWER] * failures), Told()
    keeper = keeper_of(opener, with_audio(told))
    await keeper.connect()
    opener.sessions[0].audio = "PCM"
    opener.sessions[0].lose()
    await told.until(2)
    assert opener.log == ["session 2 plays PCM of session 1"]
    assert told.states == [RECOVERING, RECOVERED]
    await keeper.disconnect()


@virtual
async def test_audio_comes_back_from_one_session_to_the_next() -> None:
    opener, told = Opener(), Told()
    keeper = keeper_of(opener, with_audio(told))
    await keeper.connect()
    opener.sessions[0].audio = "PCM"
    for lost in range(3):
        opener.sessions[lost].lose()
        await told.until(2 * lost + 2)
    assert opener.log[-1] == "session 4 plays PCM of session 3"
    assert told.states == [RECOVERING, RECOVERED] * 3
    await keeper.disconnect()


@virtual
async def test_a_session_that_is_lost_while_audio_comes_back_is_one_attempt_more() -> (
    None
):
    opener, told = Opener(), Told()
    keeper = keeper_of(opener, with_audio(told))
    await keeper.connect()
    opener.sessions[0].audio = "PCM"
    opener.change = lambda session: setattr(
        session, "dies_when_resumed", session.name == "session 2"
    )
    opener.sessions[0].lose()
    await told.until(2)
    assert opener.log == [
        "session 2 plays PCM of session 1",
        "session 2 closed",
        "session 3 plays PCM of session 1",
    ]
    assert told.states == [RECOVERING, RECOVERED]
    assert opener.at == [0, 2, 6]
    await keeper.disconnect()


@virtual
async def test_audio_that_cannot_come_back_is_reported_and_the_session_stays() -> None:
    opener, told = Opener(), Told()
    keeper = keeper_of(opener, with_audio(told))
    await keeper.connect()
    opener.sessions[0].audio = "Opus"
    opener.change = lambda session: session.fails["resume"].append(
        AudioFormatError("the radio has no Opus any more")
    )
    opener.sessions[0].lose()
    await told.until(2)
    assert told.states == [RECOVERING, FAILED]
    assert keeper.is_up
    await keeper.disconnect()


@virtual
async def test_what_was_stopped_meanwhile_stays_stopped() -> None:
    opener, told = Opener(None, NO_ANSWER), Told()
    keeper = keeper_of(opener, with_audio(told))
    await keeper.connect()
    opener.sessions[0].audio = "RX and TX"
    opener.sessions[0].lose()
    await told.until(1)
    lost = keeper.session
    assert lost is opener.sessions[0]
    lost.audio = "RX"
    await told.until(2)
    assert opener.log == ["session 2 plays RX of session 1"]
    await keeper.disconnect()


@pytest.mark.parametrize("audio", ["", "PCM"])
@virtual
async def test_nothing_is_reported_where_no_audio_is_to_come_back(audio: str) -> None:
    opener, told = Opener(), Told()
    policy = with_audio(told, recovers_audio=not audio)
    keeper = keeper_of(opener, policy)
    await keeper.connect()
    opener.sessions[0].audio = audio
    opener.sessions[0].lose()
    await pass_time(10)
    assert len(opener.sessions) == 2
    assert (told.states, opener.log) == ([], [])
    await keeper.disconnect()


@virtual
async def test_a_callback_that_raises_is_logged_and_ends_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    opener, told = Opener(), Told()

    def raising(state: AudioRecoveryState) -> None:
        told(state)
        raise ZeroDivisionError(f"in the callback for {state}")

    keeper = keeper_of(opener, with_audio(raising))
    await keeper.connect()
    opener.sessions[0].audio = "PCM"
    opener.sessions[0].lose()
    await told.until(2)
    await pass_time(1)
    assert told.states == [RECOVERING, RECOVERED]
    assert keeper.is_up
    assert "in the callback for recovering" in caplog.text
    assert "in the callback for recovered" in caplog.text
    await keeper.disconnect()


# ---- PTT -----------------------------------------------------------------------------


@virtual
async def test_a_radio_that_may_still_transmit_is_released_before_anything_else() -> (
    None
):
    opener, told = Opener(None, NO_ANSWER), Told()
    keeper = keeper_of(opener, with_audio(told))
    await keeper.connect()
    opener.sessions[0].audio = "PCM"
    opener.sessions[0].may_be_keyed = True
    opener.sessions[0].lose()
    await told.until(2)
    assert opener.log == ["session 2 unkeys", "session 2 plays PCM of session 1"]
    await keeper.disconnect()


@pytest.mark.parametrize("by_hand", [False, True])
@virtual
async def test_so_is_one_whose_session_was_lost_without_a_policy(by_hand: bool) -> None:
    opener = Opener()
    keeper = keeper_of(opener, None)
    await keeper.connect()
    opener.sessions[0].may_be_keyed = True
    opener.sessions[0].lose()
    if by_hand:
        await keeper.disconnect()
    await keeper.connect()
    assert opener.log[-1] == "session 2 unkeys"
    await keeper.disconnect()
    await keeper.connect()
    assert "session 3 unkeys" not in opener.log
    await keeper.disconnect()


@virtual
async def test_so_is_one_whose_release_was_cancelled() -> None:
    opener = Opener()
    keeper = keeper_of(opener, None)
    await keeper.connect()
    opener.sessions[0].may_be_keyed = True
    leaving = asyncio.create_task(keeper.disconnect())
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.wait([leaving])
    assert leaving.cancelled()
    await keeper.connect()
    assert opener.log[-1] == "session 2 unkeys"
    await keeper.disconnect()


@virtual
async def test_a_radio_that_does_not_answer_the_release_is_released_next_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    opener = Opener()
    keeper = keeper_of(opener)
    await keeper.connect()
    opener.change = lambda session: session.fails["unkey"].extend(
        [icom_lan.TimeoutError("no answer")] if session.name == "session 2" else []
    )
    opener.sessions[0].may_be_keyed = True
    opener.sessions[0].lose()
    await pass_time(10)
    assert keeper.is_up
    assert "may still transmit: no answer" in caplog.text
    opener.sessions[1].lose()
    await pass_time(10)
    assert opener.log == ["session 2 unkeys", "session 3 unkeys"]
    await keeper.disconnect()


@virtual
async def test_a_session_that_is_lost_while_it_unkeys_is_one_attempt_more() -> None:
    opener = Opener()
    keeper = keeper_of(opener)
    await keeper.connect()
    opener.change = lambda session: session.fails["unkey"].extend(
        [SILENCE] if session.name == "session 2" else []
    )
    opener.sessions[0].may_be_keyed = True
    opener.sessions[0].lose()
    await pass_time(10)
    assert opener.log == ["session 2 unkeys", "session 2 closed", "session 3 unkeys"]
    await keeper.disconnect()


# ---- the end -------------------------------------------------------------------------


@virtual
async def test_waiting_for_the_end_outlives_losses_and_returns_after_disconnect() -> (
    None
):
    opener = Opener(None, NO_ANSWER)
    keeper = keeper_of(opener)
    await keeper.connect()
    waiting = asyncio.create_task(keeper.wait_closed())
    opener.sessions[0].lose()
    await pass_time(100)
    assert not waiting.done()
    await keeper.disconnect()
    assert opener.log == ["session 2 closed"]
    await waiting


@virtual
async def test_a_password_that_is_refused_is_not_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    opener, told = Opener(None, NO_ANSWER, error(CloseReason.BAD_CREDENTIALS)), Told()
    keeper = keeper_of(opener, with_audio(told))
    await keeper.connect()
    opener.sessions[0].audio = "PCM"
    opener.sessions[0].lose()
    with pytest.raises(icom_lan.AuthenticationError):
        await keeper.wait_closed()
    await pass_time(1000)
    assert opener.at == [0, 2, 6]
    assert told.states == [RECOVERING, FAILED]
    assert not keeper.is_recovering
    assert "refused" in keeper.why_down
    assert "no more attempts" in caplog.text
    await keeper.connect()
    assert keeper.is_up
    await keeper.disconnect()


@virtual
async def test_a_mistake_of_our_own_ends_the_attempts_and_is_told() -> None:
    opener = Opener(None, ZeroDivisionError("in our code"))
    keeper = keeper_of(opener)
    await keeper.connect()
    opener.sessions[0].lose()
    with pytest.raises(ZeroDivisionError):
        await keeper.wait_closed()
    assert not keeper.is_recovering
    await keeper.disconnect()


@pytest.mark.parametrize("turns", range(12))
@pytest.mark.parametrize("keyed", [False, True])
@virtual
async def test_disconnect_ends_recovery_wherever_it_is(turns: int, keyed: bool) -> None:
    opener = Opener(None, NO_ANSWER)
    keeper = keeper_of(opener)
    await keeper.connect()
    opener.sessions[0].may_be_keyed = keyed
    opener.sessions[0].lose()
    await pass_time(2.0)  # the moment of the first attempt
    for _ in range(turns):
        await asyncio.sleep(0)
    await keeper.disconnect()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    attempts = len(opener.at)
    await pass_time(1000)
    assert len(opener.at) == attempts
    assert not any(session.is_up for session in opener.sessions)


@pytest.mark.parametrize("turns", range(1, 10))
@virtual
async def test_disconnect_that_is_cancelled_leaves_nothing_either(turns: int) -> None:
    opener = Opener()
    keeper = keeper_of(opener)
    await keeper.connect()
    if turns % 2:
        opener.sessions[0].lose()
        await pass_time(2.0)
    task = asyncio.create_task(keeper.disconnect())
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert not any(session.is_up for session in opener.sessions)


@pytest.mark.parametrize("policy", [None, PATIENT])
@virtual
async def test_disconnect_while_another_task_connects_leaves_no_session(
    policy: ReconnectPolicy | None,
) -> None:
    opener = Opener()
    keeper = keeper_of(opener, policy)
    connecting = asyncio.create_task(keeper.connect())
    await asyncio.sleep(0)
    await keeper.disconnect()
    with pytest.raises(icom_lan.ConnectionError, match="while connecting"):
        await connecting
    assert opener.log == ["session 1 closed"]
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await keeper.connect()
    assert keeper.is_up
    await keeper.disconnect()


@virtual
async def test_connecting_while_it_reconnects_is_refused() -> None:
    opener = Opener(None, *[NO_ANSWER] * 5)
    keeper = keeper_of(opener)
    await keeper.connect()
    opener.sessions[0].lose()
    await pass_time(3)
    assert keeper.is_recovering
    with pytest.raises(RuntimeError, match="disconnect"):
        await keeper.connect()
    await keeper.disconnect()
