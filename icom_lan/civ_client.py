"""CI-V requests as awaitable calls. Deadlines and matching are the core's work.

A request costs one `Answer`: no task, no queue, no pause between commands, because the
answer to one is what starts the next.
"""

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from icom_lan.answer import Answer
from icom_lan.driver import Driver
from icom_lan.exceptions import CommandError, IcomLanError, TimeoutError
from icom_proto.civ_frames import build_frame
from icom_proto.errors import DecodeError, LocalProtocolError
from icom_proto.events import CivAnswered, CivExpired, CivRefused

# Programs ask the same few questions again and again.
_build_frame = lru_cache(maxsize=256)(build_frame)

T = TypeVar("T")


class CivCore(Protocol):
    """What is used of the core here."""

    def send_civ(
        self, frame: bytes, now: float, *, timeout_s: float, urgent: bool
    ) -> int: ...
    def cancel_civ(self, request_id: int) -> None: ...


class CivClient:
    """Asks the radio at `address`; its answers are futures."""

    def __init__(
        self,
        core: CivCore,
        driver: Driver,
        *,
        address: int,
        controller: int,
        timeout_s: float,
    ) -> None:
        self._driver = driver
        # Bound once: for a core that is any class, names are looked up at each call.
        self._send_civ, self._cancel_civ = core.send_civ, core.cancel_civ
        self._withdrawn = self._withdraw
        self._loop = asyncio.get_running_loop()
        self._address, self._controller = address, controller
        self._timeout_s = timeout_s
        self._waiting: dict[int, Answer[Any]] = {}
        driver.handlers |= {CivAnswered: self.on_answered, CivRefused: self.on_failed}

    def ask(
        self, body: bytes, decode: Callable[[bytes], T], *, urgent: bool = False
    ) -> Answer[T]:
        """Queue a request; `urgent` ones overtake. Await what it returns.

        `decode` gets the whole frame, and raises nothing but DecodeError.
        """
        try:
            frame = _build_frame(self._address, self._controller, body)
        except LocalProtocolError as error:
            raise ValueError(str(error)) from None
        driver = self._driver
        now = driver.begin()
        try:
            number = self._send_civ(
                frame, now, timeout_s=self._timeout_s, urgent=urgent
            )
        except LocalProtocolError as error:  # too many wait already
            raise CommandError(str(error)) from None
        driver.end()
        # Only now, while the radio works on it: no answer can have come yet.
        answer = Answer(number, body, decode, self._withdrawn, self._loop)
        self._waiting[number] = answer
        return answer

    def request(self, body: bytes, *, urgent: bool = False) -> Answer[bytes]:
        """As `ask`, for the frame that answers as it is."""
        return self.ask(body, bytes, urgent=urgent)

    def abandon(self, answer: Answer[T], error: IcomLanError) -> None:
        """Whoever waits for this gets `error`; the radio may never get the request."""
        if not answer.done():
            answer.set_exception(error)
            self._withdraw(answer.request_id)

    def fail_all(self, error: IcomLanError) -> None:
        """The session ended: nobody will be answered any more."""
        while self._waiting:
            _, answer = self._waiting.popitem()
            if not answer.done():
                answer.set_exception(error)

    def on_answered(self, event: CivAnswered) -> None:
        """The core says that the radio answered."""
        answer = self._waiting.pop(event.request_id, None)
        if answer is None or answer.done():
            return
        try:
            value = answer.decode(event.frame)
        except DecodeError as error:
            command = answer.body.hex(" ")
            answer.set_exception(
                CommandError(
                    f"the answer to CI-V command {command} makes no sense: {error}"
                )
            )
        else:
            answer.set_result(value)

    def on_failed(self, event: CivRefused | CivExpired) -> None:
        """The core says that the radio refused, or did not answer in time."""
        answer = self._waiting.pop(event.request_id, None)
        if answer is not None and not answer.done():
            answer.set_exception(self._error(event, answer.body))

    # inside

    def _withdraw(self, request_id: int) -> None:
        if self._waiting.pop(request_id, None) is not None:
            self._driver.apply(lambda _: self._cancel_civ(request_id))

    def _error(self, event: CivRefused | CivExpired, body: bytes) -> IcomLanError:
        if isinstance(event, CivRefused):
            return CommandError(
                f"the radio refused CI-V command {body.hex(' ')}: check the value,"
                " the present mode, and that this model has the command"
            )
        return TimeoutError(
            f"no answer to CI-V command {body.hex(' ')} within"
            f" {self._timeout_s:g} s: check that the radio is switched on and"
            f" that its CI-V address is {self._address:#04x}"
        )
