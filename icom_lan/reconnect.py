"""A session that comes back: who notices that it is lost, and when it is tried again.

Whether a session lives is the core's knowledge (nothing heard for so long, a goodbye, a
lease that ran out); here it is only waited for. With a policy a keeper has one task,
from connect to disconnect. The session that was lost stays in its place until another
one serves: what was running on it is asked of it then, once, however many attempts it
took, and what its user stopped meanwhile stays stopped.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, Self, TypeVar

from icom_lan.audio_plan import check_callable
from icom_lan.exceptions import (
    CommandError,
    ConnectionError,
    IcomLanError,
    TimeoutError,
)
from icom_proto.events import CloseReason

# A radio that still holds a session refuses the next one. Holds of 15 to 60 s were
# seen (PROTOCOL.md, measured radio behaviour); whether asking prolongs them is not
# known, so the wait doubles too, but apart from that of attempts that failed.
_REFUSED_WAIT_S = 20.0
_HELD_WAIT_S = {
    CloseReason.BUSY: _REFUSED_WAIT_S,
    CloseReason.STREAMS_REFUSED: _REFUSED_WAIT_S,
    CloseReason.LOGIN_REFUSED: _REFUSED_WAIT_S,
    CloseReason.DATA_PORTS_DEAD: 60.0,
}
# No time makes this better, and a radio may lock out who goes on trying (7.2).
_HOPELESS = {CloseReason.BAD_CREDENTIALS}
# Waits are up to this part shorter, so that two clients do not go on in step.
_SPREAD = 0.1

NOT_CONNECTED = "Not connected to radio: call connect() first, or use `async with`"

_log = logging.getLogger(__name__)


class AudioRecoveryState(StrEnum):
    """What `on_audio_recovery` is told."""

    RECOVERING = "recovering"
    RECOVERED = "recovered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconnectPolicy:
    """What its user wants to happen when a session is lost."""

    delay_s: float = 2.0
    delay_max_s: float = 60.0
    recovers_audio: bool = True
    on_audio_recovery: Callable[[AudioRecoveryState], object] | None = None

    def __post_init__(self) -> None:
        if not 0 < self.delay_s <= self.delay_max_s:
            raise ValueError(
                f"reconnect_delay must be more than 0 s and at most reconnect_max_delay"
                f" ({self.delay_max_s} s), not {self.delay_s}"
            )
        if self.on_audio_recovery is not None:
            check_callable(self.on_audio_recovery, "on_audio_recovery")


class Session(Protocol):
    """What a keeper needs of a connection."""

    @property
    def is_up(self) -> bool: ...
    @property
    def error(self) -> IcomLanError | None: ...
    @property
    def may_be_keyed(self) -> bool: ...
    @property
    def has_audio(self) -> bool: ...
    async def unkey(self) -> None: ...
    def resume_audio(self, lost: Self) -> None: ...
    async def wait_closed(self) -> None: ...
    async def close(self) -> None: ...
    def close_now(self) -> None: ...


S = TypeVar("S", bound=Session)


class Backoff:
    """How long to wait before the next attempt."""

    def __init__(self, policy: ReconnectPolicy, rng: random.Random) -> None:
        self._max_s, self._rng = policy.delay_max_s, rng
        self._failed_s, self._held_factor = policy.delay_s, 1.0

    def next(self, error: IcomLanError | None) -> float:
        """Seconds; `error` is what ended the session, or the last attempt."""
        held_s = _HELD_WAIT_S.get(error.reason) if error and error.reason else None
        if held_s is None:
            wait_s = self._failed_s
            self._failed_s *= 2
        else:
            wait_s = held_s * self._held_factor
            self._held_factor *= 2
        return min(wait_s, self._max_s) * self._rng.uniform(1 - _SPREAD, 1)


class SessionKeeper(Generic[S]):
    """The session of one radio object: opened, closed, and with a policy reopened.

    `session` is the one that serves, or the last that did; None after `disconnect`.
    """

    def __init__(
        self,
        open_session: Callable[[], Awaitable[S]],
        policy: ReconnectPolicy | None,
        *,
        rng: random.Random | None = None,
    ) -> None:
        self.session: S | None = None
        self._open_session, self._policy = open_session, policy
        self._rng = rng or random.SystemRandom()
        self._connecting = False
        self._unwanted = False  # disconnect was called while it connects
        self._unkey_first = False  # the last session may have left the radio keyed
        self._keeping: asyncio.Task[None] | None = None
        # Set at the end for good, to what ended it: None is `disconnect`.
        self._over: asyncio.Future[BaseException | None] | None = None

    @property
    def is_up(self) -> bool:
        """Whether the radio serves us."""
        return self.session is not None and self.session.is_up

    @property
    def is_recovering(self) -> bool:
        """Whether the session is lost, and will be tried again."""
        keeping = self._keeping
        return keeping is not None and not keeping.done() and not self.is_up

    @property
    def why_down(self) -> str:
        """For the error of a call that needs a session."""
        error = self.session.error if self.session is not None else None
        if self.is_recovering:
            return f"reconnecting; {error or 'the session was lost'}"
        if self._over is not None and self._over.done():
            return str(self._over.result())
        return str(error or "the session is ending")

    async def connect(self) -> None:
        """Open the first session. What it raises is not tried again."""
        if self._connecting or self.is_up or self.is_recovering:
            # A second session would be nobody's.
            raise RuntimeError("Already connected: call disconnect() first")
        self._connecting, self._unwanted = True, False
        try:
            await self._leave()  # what is left of a session that was lost
            session = await self._open()
            if self._unwanted:
                await self._leave()
                raise ConnectionError("disconnect() was called while connecting")
            if self._policy is not None:
                loop = asyncio.get_running_loop()
                self._over = loop.create_future()
                self._keeping = loop.create_task(self._keep(session, self._policy))
                self._keeping.add_done_callback(self._on_end)
        finally:
            self._connecting = False

    async def disconnect(self) -> None:
        """End all attempts and the session. Cancelled, it does so without waiting.

        A first connect that is under way in another task raises, but is not waited for.
        """
        self._unwanted = True
        await self._leave()

    async def wait_closed(self) -> None:
        """Return after `disconnect`; raise when it is over for good in another way."""
        if self.session is None:
            raise ConnectionError(NOT_CONNECTED)
        if self._over is None:
            await self.session.wait_closed()
            return
        over = self._over
        await asyncio.wait([over])
        error = over.result()
        if error is not None:
            raise error

    # inside

    async def _leave(self) -> None:
        keeping, self._keeping = self._keeping, None
        try:
            if keeping is not None:
                await _end(keeping)
        except asyncio.CancelledError:
            if self.session is not None:
                self.session.close_now()
            raise
        finally:
            session, self.session = self.session, None
            over, self._over = self._over, None
            try:
                if session is not None:
                    await session.close()
            finally:
                if session is not None:
                    self._unkey_first |= session.may_be_keyed
                if over is not None and not over.done():
                    over.set_result(None)

    async def _keep(self, session: S, policy: ReconnectPolicy) -> None:
        while True:
            try:
                await session.wait_closed()
            except IcomLanError as error:
                _log.warning("%s; reconnecting", error)
            session = await self._recover(session, policy)

    async def _recover(self, lost: S, policy: ReconnectPolicy) -> S:
        """Another session for the lost one. Raises where there is no hope."""
        with_audio = policy.recovers_audio and lost.has_audio
        if with_audio:
            self._report(AudioRecoveryState.RECOVERING)
        self._unkey_first |= lost.may_be_keyed
        backoff, error = Backoff(policy, self._rng), lost.error
        while True:
            await asyncio.sleep(backoff.next(error))
            try:
                session = await self._open()
                if with_audio:
                    self._report(await self._resume(session, lost))
                _log.info("reconnected")
                return session
            except IcomLanError as failure:
                error = failure
                if failure.reason in _HOPELESS:
                    if with_audio:
                        self._report(AudioRecoveryState.FAILED)
                    raise
                _log.info("not reconnected: %s", failure)

    async def _open(self) -> S:
        """A session in its place, with a radio that does not transmit."""
        session = await self._open_session()
        before, self.session = self.session, session
        if not self._unkey_first:
            return session
        try:
            await session.unkey()
            self._unkey_first = False
        except (CommandError, TimeoutError) as error:
            _log.warning("the radio may still transmit: %s", error)
        except BaseException:
            self.session = before
            await session.close()
            raise
        return session

    async def _resume(self, session: S, lost: S) -> AudioRecoveryState:
        """Raises only if the new session is lost too: then it is one more attempt."""
        try:
            session.resume_audio(lost)
        except (IcomLanError, RuntimeError) as error:
            if not session.is_up:
                self.session = lost
                await session.close()
                raise session.error or ConnectionError("lost again") from error
            _log.warning("audio does not come back: %s", error)
            return AudioRecoveryState.FAILED
        return AudioRecoveryState.RECOVERED

    def _report(self, state: AudioRecoveryState) -> None:
        callback = self._policy.on_audio_recovery if self._policy is not None else None
        if callback is None:
            return
        try:
            callback(state)
        except Exception:  # noqa: BLE001  the application's: it must not end us
            _log.exception("on_audio_recovery failed on %s; it goes on", state)

    def _on_end(self, keeping: asyncio.Task[None]) -> None:
        """The task is over: cancelled by `disconnect`, or there is no hope."""
        if keeping.cancelled():
            return
        error = keeping.exception()
        _log.error("no more attempts to reconnect: %s", error)
        if self._over is not None and not self._over.done():
            self._over.set_result(error)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        task.cancel()  # a second time: an attempt under way leaves without lingering
        await asyncio.wait([task])
        raise
