"""Sessions that do what a test tells them, and who opens them."""

import asyncio
import random
from collections.abc import Callable
from typing import Self

import icom_lan
from icom_lan import AudioRecoveryState, IcomLanError
from icom_lan.exceptions import error_for
from icom_lan.reconnect import ReconnectPolicy, SessionKeeper
from icom_proto.events import CloseReason

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

    def __init__(self, *script: Exception | None) -> None:
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
