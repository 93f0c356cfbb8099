"""Sessions that come back: when they are tried again, and what comes back with them."""

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Any, Self

import pytest

import icom_lan
from icom_lan import (
    AudioFormatError,
    AudioRecoveryState,
    IcomLanError,
    IcomRadio,
)
from icom_lan.exceptions import error_for
from icom_lan.reconnect import Backoff, ReconnectPolicy, SessionKeeper
from icom_proto.events import CloseReason
from lan.fast_loop import fast
from lan.radio_server import LOOPBACK, RadioServer, radio_at
from lan.virtual_loop import virtual

KEY, UNKEY = b"\x1c\x00\x01", b"\x1c\x00\x00"
RECOVERING, RECOVERED, FAILED = AudioRecoveryState
PATIENT = ReconnectPolicy(delay_s=2.0, delay_max_s=60.0)


class NoSpread(random.Random):
    """So that a wait is the number that the test says."""

    def uniform(self, _a: float, b: float) -> float:
        return b


def error(reason: CloseReason) -> IcomLanError:
    return error_for(reason, "radio.example:50001")


SILENCE, BUSY = error(CloseReason.SILENCE), error(CloseReason.BUSY)
NO_ANSWER, REFUSED = error(CloseReason.NO_ANSWER), error(CloseReason.STREAMS_REFUSED)


class FakeSession:
    """A session that is lost when the test says so."""

    def __init__(self, name: str, log: list[str], *, audio: str = "") -> None:
        self.name, self.log = name, log
        self.error: IcomLanError | None = None
        self.is_up = True
        self.may_be_keyed = False
        self.audio = audio  # what runs
        self.fails: dict[str, list[Exception]] = {"unkey": [], "resume": []}
        self.dies_when_resumed = False
        self._closed = asyncio.get_running_loop().create_future()

    @property
    def has_audio(self) -> bool:
        return bool(self.audio)

    def lose(self, why: IcomLanError = SILENCE) -> None:
        self.is_up, self.error = False, why
        self._closed.set_result(None)

    async def unkey(self) -> None:
        self.log.append(f"{self.name} unkeys")
        for failure in self.fails["unkey"]:
            raise failure

    def resume_audio(self, lost: Self) -> None:
        self.log.append(f"{self.name} plays {lost.audio} of {lost.name}")
        if self.dies_when_resumed:
            self.lose()
            raise icom_lan.ConnectionError("not connected")
        for failure in self.fails["resume"]:
            raise failure
        self.audio = lost.audio

    async def wait_closed(self) -> None:
        await asyncio.wait([self._closed])
        if self.error is not None:
            raise self.error

    async def close(self) -> None:
        try:
            await asyncio.sleep(0)
        finally:
            self.close_now()

    def close_now(self) -> None:
        self.is_up = False
        self.log.append(f"{self.name} closed")
        if not self._closed.done():
            self._closed.set_result(None)


class Opener:
    """Makes sessions as the script says: an error, or a session; then only sessions."""

    def __init__(self, *script: IcomLanError | None) -> None:
        self.log: list[str] = []
        self.at: list[float] = []
        self.sessions: list[FakeSession] = []
        self.change: Callable[[FakeSession], None] = lambda _: None
        self._script = list(script)

    async def __call__(self) -> FakeSession:
        self.at.append(round(asyncio.get_running_loop().time(), 3))
        outcome = self._script.pop(0) if self._script else None
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.log.append("attempt cancelled")
            raise
        if outcome is not None:
            raise outcome
        session = FakeSession(f"session {len(self.sessions) + 1}", self.log)
        self.change(session)
        self.sessions.append(session)
        return session


class Told:
    """A callback that remembers, and can be waited for."""

    def __init__(self) -> None:
        self.states: list[AudioRecoveryState] = []
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    def __call__(self, state: AudioRecoveryState) -> None:
        self.states.append(state)
        for count, future in self._waiting:
            if len(self.states) >= count and not future.done():
                future.set_result(None)

    async def until(self, count: int) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((count, future))
        if len(self.states) < count:
            await future


def keeper_of(
    opener: Opener, policy: ReconnectPolicy | None = PATIENT
) -> SessionKeeper[FakeSession]:
    return SessionKeeper(opener, policy, rng=NoSpread())


async def pass_time(seconds: float) -> None:
    """Virtual time; everything that is due in it happens."""
    loop = asyncio.get_running_loop()
    passed = loop.create_future()
    loop.call_later(seconds, passed.set_result, None)
    await passed


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


# ---- a radio -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"reconnect_delay": 0}, "reconnect_delay"),
        ({"reconnect_delay": 61.0}, "at most reconnect_max_delay"),
        ({"watchdog_timeout": 0}, "watchdog_timeout"),
    ],
)
def test_times_that_cannot_be_are_refused(
    arguments: dict[str, Any], match: str
) -> None:
    with pytest.raises(ValueError, match=match):
        IcomRadio(LOOPBACK, **arguments)


def test_a_callback_that_is_none_is_refused_at_once() -> None:
    wrong: Any = "print"
    with pytest.raises(TypeError, match="on_audio_recovery"):
        IcomRadio(LOOPBACK, on_audio_recovery=wrong)


def test_the_states_are_strings() -> None:
    assert [str(state) for state in AudioRecoveryState] == [
        "recovering",
        "recovered",
        "failed",
    ]


@fast
async def test_a_radio_that_comes_back_is_used_again_and_meanwhile_calls_say_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "icom_lan.reconnect")
    async with RadioServer() as first:
        radio = radio_at(
            first, auto_reconnect=True, watchdog_timeout=3, reconnect_delay=1
        )
        await radio.connect()
        await radio.set_ptt(True)
        asked = asyncio.create_task(a_read_that_hangs(first, radio))
        await first.once(lambda: b"\x04" in first.bodies or None)
    with pytest.raises(icom_lan.ConnectionError, match="fell silent"):
        await asked
    assert not radio.connected
    with pytest.raises(icom_lan.ConnectionError, match=r"Not connected.*reconnecting"):
        await radio.get_frequency()
    async with RadioServer(first.port) as second:
        await second.once(lambda: UNKEY in second.bodies or None)
        assert await radio.get_frequency() == 14_074_000
        assert second.bodies == [UNKEY, b"\x03"]
        await radio.disconnect()
        await second.released()


async def a_read_that_hangs(server: RadioServer, radio: IcomRadio) -> None:
    server.answers[b"\x04"] = None
    await radio.get_mode()


@fast
async def test_a_radio_that_another_client_holds_is_waited_for() -> None:
    async with RadioServer() as first:
        radio = radio_at(
            first, auto_reconnect=True, watchdog_timeout=3, reconnect_delay=1
        )
        await radio.connect()
    async with RadioServer(first.port) as second, radio_at(second):
        loop = asyncio.get_running_loop()
        began = loop.time()
        logins = second.once(lambda: True if second.logins >= 3 else None)
        await logins
        assert loop.time() - began >= 15, "refused, it came again at once"
        assert not radio.connected
        await radio.disconnect()


@fast
async def test_a_session_on_which_nothing_happens_is_not_lost() -> None:
    async with RadioServer() as server:
        radio = radio_at(server, auto_reconnect=True, watchdog_timeout=2)
        await radio.connect()
        closing = asyncio.create_task(radio.wait_closed())
        await asyncio.wait([closing], timeout=10)
        assert not closing.done()
        assert server.logins == 1
        await radio.disconnect()
        await closing


@pytest.mark.parametrize("watchdog_s", [2.0, 8.0])
@fast
async def test_the_watchdog_says_how_long_silence_is_borne(watchdog_s: float) -> None:
    async with RadioServer() as server:
        radio = radio_at(server, watchdog_timeout=watchdog_s)
        await radio.connect()
        loop = asyncio.get_running_loop()
        began = loop.time()
        server.vanish()
        with pytest.raises(icom_lan.ConnectionError, match="fell silent"):
            await radio.wait_closed()
        assert watchdog_s <= loop.time() - began + 1.0
        assert loop.time() - began < watchdog_s + 5.0
        await radio.disconnect()
