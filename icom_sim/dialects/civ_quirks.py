"""CI-V as some radios have it: silent for a while, dying alone, sparing with FB.

The rig answers first; what of it reaches the client, and how, is decided here.
"""

import random
from collections.abc import Sequence

from icom_proto.civ_commands import is_read
from icom_proto.civ_frames import OK, frame_body
from icom_proto.timers import NEVER
from icom_sim.dialects.radio_dialect import Ack, CivRevival, RadioDialect

_SET_MODE = (b"\x06", b"\x26")


class CivQuirks:
    """The CI-V side of one radio. `opened` and `granted` tell it what happened."""

    def __init__(self, dialect: RadioDialect, rng: random.Random) -> None:
        self.dialect = dialect
        self._rng = rng
        self._quiet_until = -NEVER
        self._stalled_until = -NEVER
        self._lives_since = NEVER

    # what happened

    def granted(self) -> None:
        """A new session has the streams."""
        self._lives_since = NEVER

    def opened(self, now: float) -> None:
        """The client opened CI-V, for the first time or again."""
        dialect = self.dialect
        self._quiet_until = now + dialect.civ_quiet_after_open_s
        revives = dialect.civ_revival is CivRevival.REOPEN and self._is_dead(now)
        if revives or self._lives_since == NEVER:
            self._lives_since = now

    def stall(self, until: float) -> None:
        """Neither answer nor tell anything before that time."""
        self._stalled_until = until

    # what comes of it

    def is_silent(self, now: float) -> bool:
        """Does nothing come from CI-V now, echoes included?"""
        return now < max(self._quiet_until, self._stalled_until) or self._is_dead(now)

    def answers(
        self, frame: bytes, answers: Sequence[bytes], now: float
    ) -> tuple[bytes, ...]:
        """What is left of the rig's answers to a frame of the client."""
        if self.is_silent(now):
            return ()
        if _sets_mode(frame) and self._skips_ack():
            return tuple(each for each in answers if frame_body(each) != OK)
        return tuple(answers)

    def pushed(self, frame: bytes, now: float) -> bytes | None:
        """What is left of a frame that nobody asked for."""
        return None if self.is_silent(now) else frame

    # inside

    def _is_dead(self, now: float) -> bool:
        dies_s = self.dialect.civ_dies_after_s
        return bool(dies_s) and now >= self._lives_since + dies_s

    def _skips_ack(self) -> bool:
        match self.dialect.set_mode_ack:
            case Ack.ALWAYS:
                return False
            case Ack.SOMETIMES:
                return self._rng.getrandbits(1) == 1
            case Ack.NEVER:
                return True


def _sets_mode(frame: bytes) -> bool:
    return frame_body(frame)[:1] in _SET_MODE and not is_read(frame)
