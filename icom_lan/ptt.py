"""Who keys the radio has to release it, whatever else happens.

"Off" overtakes every other command. An "on" that has not been answered is withdrawn,
and because its datagram may still be under way, the state is read back before "off"
counts as done.
"""

import logging
from enum import Enum

from icom_lan.answer import Answer
from icom_lan.civ_client import CivClient
from icom_lan.exceptions import CommandError
from icom_proto.civ_commands import decode_ptt_answer, read_ptt, set_ptt

# "Off" is said again this often if the radio still transmits after it said yes.
UNKEY_ATTEMPTS_MAX = 3

_log = logging.getLogger(__name__)


class Keying(Enum):
    """What we know of our own PTT."""

    RELEASED = "never keyed by us, or the radio said yes to off"
    UNSURE = "on is under way, or was never answered"
    KEYED = "the radio said yes to on"
    RELEASING = "off is under way, or was never answered"


class Ptt:
    """Keys, unkeys, and remembers."""

    def __init__(self, civ: CivClient) -> None:
        self._civ = civ
        self._keying = Keying.RELEASED
        # Requests to key; they end within the timeout.
        self._unanswered: list[Answer[bytes]] = []

    async def key(self) -> None:
        """Start transmitting."""
        before, self._keying = self._keying, Keying.UNSURE
        answer = self._civ.request(set_ptt(True))
        self._unanswered.append(answer)
        try:
            await answer
            self._keying = Keying.KEYED
        except CommandError:
            if self._keying is Keying.UNSURE:
                self._keying = before
            raise
        finally:
            self._unanswered.remove(answer)

    async def unkey(self) -> None:
        """Stop transmitting, now."""
        doubtful = self._keying in (Keying.UNSURE, Keying.RELEASING)
        self._keying = Keying.RELEASING
        for answer in self._unanswered:
            overtaken = CommandError("PTT on was overtaken by PTT off")
            self._civ.abandon(answer, overtaken)
        for _ in range(UNKEY_ATTEMPTS_MAX):
            await self._civ.request(set_ptt(False), urgent=True)
            if not doubtful or not await self._transmitting():
                break
        else:
            raise CommandError(
                "the radio accepts PTT off but still transmits: check what else keys it"
            )
        if self._keying is Keying.RELEASING:
            self._keying = Keying.RELEASED

    async def _transmitting(self) -> bool:
        return await self._civ.ask(read_ptt(), decode_ptt_answer, urgent=True)
