"""CI-V requests as awaitable calls. Deadlines and matching are the core's work.

A request costs one future: no task, no queue, no pause between commands, because the
answer to one is what starts the next.
"""

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol, TypeVar

from icom_lan.driver import Driver
from icom_lan.exceptions import CommandError, IcomLanError, TimeoutError
from icom_proto.civ_frames import build_frame
from icom_proto.errors import DecodeError, LocalProtocolError
from icom_proto.events import CivAnswered, CivExpired, CivRefused

# Programs ask the same few questions again and again.
_build_frame = lru_cache(maxsize=256)(build_frame)

T = TypeVar("T")
Outcome = CivAnswered | CivRefused | CivExpired | IcomLanError


class CivCore(Protocol):
    """What is used of the core here."""

    def send_civ(
        self, frame: bytes, now: float, *, timeout_s: float, urgent: bool
    ) -> int: ...
    def cancel_civ(self, request_id: int) -> None: ...


class CivClient:
    """Asks the radio at `address` and waits for its answers."""

    def __init__(
        self,
        core: CivCore,
        driver: Driver,
        *,
        address: int,
        controller: int,
        timeout_s: float,
    ) -> None:
        self._core, self._driver = core, driver
        self._address, self._controller = address, controller
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        # Results, never exceptions: one that nobody fetched would be logged as lost.
        self._waiting: dict[int, asyncio.Future[Outcome]] = {}
        driver.handlers |= {CivAnswered: self.on_outcome, CivRefused: self.on_outcome}

    async def ask(
        self, body: bytes, decode: Callable[[bytes], T], *, urgent: bool = False
    ) -> T:
        """The decoded answer to a request."""
        request_id = self.send(body, urgent=urgent)
        try:
            # Not through `request` and `answer`: each would cost a coroutine, and this
            # is what programs do all day.
            outcome = await self._waiting[request_id]
        except asyncio.CancelledError:
            self._forget(request_id)
            raise
        try:
            return decode(self._frame_of(outcome, body))
        except DecodeError as error:
            raise CommandError(
                f"the answer to CI-V command {body.hex(' ')} makes no sense: {error}"
            ) from None

    async def request(self, body: bytes, *, urgent: bool = False) -> bytes:
        """The frame that answers, or the typed reason why there is none."""
        return await self.answer(self.send(body, urgent=urgent), body)

    def send(self, body: bytes, *, urgent: bool = False) -> int:
        """Queue a request; `urgent` ones overtake. The number is for `answer`."""
        try:
            frame = _build_frame(self._address, self._controller, body)
        except LocalProtocolError as error:
            raise ValueError(str(error)) from None
        answered: asyncio.Future[Outcome] = self._loop.create_future()

        def send(now: float) -> int:
            request_id = self._core.send_civ(
                frame, now, timeout_s=self._timeout_s, urgent=urgent
            )
            self._waiting[request_id] = answered
            return request_id

        try:
            return self._driver.apply(send)
        except LocalProtocolError as error:  # too many wait already
            raise CommandError(str(error)) from None

    async def answer(self, request_id: int, body: bytes) -> bytes:
        """As `request`, for one that was sent. Cancelled, it leaves the queue."""
        try:
            outcome = await self._waiting[request_id]
        except asyncio.CancelledError:
            self._forget(request_id)
            raise
        return self._frame_of(outcome, body)

    def abandon(self, request_id: int, error: IcomLanError) -> None:
        """Whoever waits for this request gets `error`; the radio may never get it."""
        answered = self._waiting.get(request_id)
        if answered is not None and not answered.done():
            answered.set_result(error)
            self._forget(request_id)

    def fail_all(self, error: IcomLanError) -> None:
        """The session ended: nobody will be answered any more."""
        while self._waiting:
            _, answered = self._waiting.popitem()
            if not answered.done():
                answered.set_result(error)

    def on_outcome(self, event: CivAnswered | CivRefused | CivExpired) -> None:
        """The core says how a request ended."""
        answered = self._waiting.pop(event.request_id, None)
        if answered is not None and not answered.done():
            answered.set_result(event)

    # inside

    def _forget(self, request_id: int) -> None:
        if self._waiting.pop(request_id, None) is not None:
            self._driver.apply(lambda _: self._core.cancel_civ(request_id))

    def _frame_of(self, outcome: Outcome, body: bytes) -> bytes:
        match outcome:
            case CivAnswered(frame=frame):
                return frame
            case CivRefused():
                raise CommandError(
                    f"the radio refused CI-V command {body.hex(' ')}: check the value,"
                    " the present mode, and that this model has the command"
                )
            case CivExpired():
                raise TimeoutError(
                    f"no answer to CI-V command {body.hex(' ')} within"
                    f" {self._timeout_s:g} s: check that the radio is switched on and"
                    f" that its CI-V address is {self._address:#04x}"
                )
            case IcomLanError():
                raise outcome
