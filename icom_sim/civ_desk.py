"""CI-V between the clients and the rig, with a dialect's quirks in between."""

from dataclasses import dataclass

from icom_sim.dialects.civ_quirks import CivQuirks
from icom_sim.happenings import CivHandled
from icom_sim.rig.rig import Rig


@dataclass(frozen=True, slots=True)
class Handled:
    """What comes of one frame: frames to send, in order, and what is told."""

    frames: tuple[bytes, ...]
    happening: CivHandled


class CivDesk:
    """Takes frames to the rig, and what comes back through the quirks."""

    def __init__(self, rig: Rig, quirks: CivQuirks) -> None:
        self._rig, self._quirks = rig, quirks

    def handle(self, frame: bytes, now: float) -> Handled:
        """The echo leaves first, in a datagram of its own (PROTOCOL.md section 9)."""
        echoes = self._rig.echoes(frame) and not self._quirks.is_silent(now)
        answers = self._quirks.answers(frame, self._rig.handle_frame(frame, now), now)
        echo = (frame,) if echoes else ()
        return Handled((*echo, *answers), CivHandled(frame, answers))

    def poll_push(self, now: float) -> bytes | None:
        """The next frame that nobody asked for, if it is to be sent."""
        while (frame := self._rig.poll_unsolicited()) is not None:
            pushed = self._quirks.pushed(frame, now)
            if pushed is not None:
                return pushed
        return None
