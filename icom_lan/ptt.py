"""Who keys the radio has to release it, whatever else happens.

"Off" overtakes every other command. An "on" that has not been answered is withdrawn,
and because its datagram may still be under way, the state is read back before "off"
counts as done. With a cap nobody transmits for longer, whatever became of the program
that keyed: the timer is the event loop's, so no task has to live.
"""

import asyncio
import logging
from collections.abc import Callable
from enum import Enum

from icom_lan.answer import Answer
from icom_lan.civ_client import CivClient
from icom_lan.exceptions import CommandError
from icom_proto.civ_commands import decode_ptt_answer, read_ptt, set_ptt

# "Off" is said again this often if the radio still transmits after it said yes.
UNKEY_ATTEMPTS_MAX = 3
# After the cap "off" is said again this often, until the radio says yes.
CAP_AGAIN_S = 1.0
_ON, _OFF = set_ptt(True), set_ptt(False)

_log = logging.getLogger(__name__)


class Keying(Enum):
    """What we know of our own PTT."""

    RELEASED = "never keyed by us, or the radio said yes to off"
    UNSURE = "on is under way, or was never answered"
    KEYED = "the radio said yes to on"
    RELEASING = "off is under way, or was never answered"


class Ptt:
    """Keys, unkeys, and remembers."""

    def __init__(self, civ: CivClient, cap_s: float | None = None) -> None:
        self.capped = 0  # how often the cap ended a transmission
        self._civ = civ
        self._keying = Keying.RELEASED
        # Requests to key; they end within the timeout.
        self._unanswered: list[Answer[bytes]] = []
        self._cap = _Cap(cap_s, self._on_cap) if cap_s is not None else None

    @property
    def may_be_keyed(self) -> bool:
        """Whether the radio was told to transmit and has not said yes to stopping."""
        return self._keying is not Keying.RELEASED

    async def switch(self, on: bool) -> None:
        """Key or unkey, but not by a word: "off" would be true."""
        if isinstance(on, str):
            raise TypeError(f"PTT takes True or False, not {on!r}")
        await (self.key() if on else self.unkey())

    async def key(self) -> bytes:
        """Start transmitting. Keying again does not lengthen what the cap allows."""
        before = self._keying
        answer = self._civ.request(_ON)
        self._keying = Keying.UNSURE
        self._unanswered.append(answer)
        if self._cap is not None:
            self._cap.start()
        try:
            frame = await answer
            if self._keying is Keying.UNSURE:
                self._keying = Keying.KEYED
            return frame
        except CommandError:
            if self._keying is Keying.UNSURE:
                self._settle(before)
            raise
        finally:
            self._unanswered.remove(answer)

    async def unkey(self) -> bytes:
        """Stop transmitting, now."""
        doubtful = self._begin_release()
        for _ in range(UNKEY_ATTEMPTS_MAX):
            frame = await self._civ.request(_OFF, urgent=True)
            if not doubtful or not await self._transmitting():
                break
        else:
            raise CommandError(
                "the radio accepts PTT off but still transmits: check what else keys it"
            )
        if self._keying is Keying.RELEASING:
            self._settle(Keying.RELEASED)
        return frame

    async def request(self, body: bytes) -> bytes:
        """Any command: one that keys or unkeys is no way around the above."""
        if body == _ON:
            return await self.key()
        if body == _OFF:
            return await self.unkey()
        return await self._civ.request(body)

    def end(self) -> None:
        """The session is over, and the core has said "off" if it still could."""
        if self._cap is not None:
            self._cap.stop()

    # inside

    async def _transmitting(self) -> bool:
        return await self._civ.ask(read_ptt(), decode_ptt_answer, urgent=True)

    def _begin_release(self) -> bool:
        """Withdraw what would key; True if some of it may be under way."""
        doubtful = self._keying in (Keying.UNSURE, Keying.RELEASING)
        self._keying = Keying.RELEASING
        for answer in self._unanswered:
            overtaken = CommandError("PTT on was overtaken by PTT off")
            self._civ.abandon(answer, overtaken)
        return doubtful

    def _settle(self, keying: Keying) -> None:
        self._keying = keying
        if keying is Keying.RELEASED and self._cap is not None:
            self._cap.stop()

    def _on_cap(self, first: bool) -> None:
        """Keyed for too long; the timer is armed again until the radio says yes."""
        if first:
            self.capped += 1
            _log.warning("PTT was on for as long as ptt_timeout allows: unkeying")
        doubtful = self._begin_release()
        try:
            answer = self._civ.request(_OFF, urgent=True)
        except CommandError as error:  # too many wait, or the session is ending
            _log.warning("PTT off is tried again: %s", error)
            return
        if not (doubtful and first):  # else an "on" may come in behind this: once more
            answer.add_done_callback(self._on_cap_answered)

    def _on_cap_answered(self, answer: Answer[bytes]) -> None:
        if answer.cancelled() or answer.exception() is not None:
            return  # the timer runs
        if self._keying is Keying.RELEASING:
            self._settle(Keying.RELEASED)


class _Cap:
    """The timer: once after the cap, then again and again until it is stopped."""

    def __init__(self, cap_s: float, expire: Callable[[bool], None]) -> None:
        self._cap_s, self._expire = cap_s, expire
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._cap_s, self._on_due, True)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_due(self, first: bool) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(CAP_AGAIN_S, self._on_due, False)
        self._expire(first)
