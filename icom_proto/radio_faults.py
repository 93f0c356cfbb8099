"""What a radio can be made to suffer from: dead ports, a reboot.

While a stream is wedged nothing that comes on it is heard and nothing leaves. A radio
that reboots is deaf and dumb on all streams, and knows nobody afterwards.
"""

from collections.abc import Iterable
from enum import IntEnum

from icom_proto.codes import Stream
from icom_proto.link import Link
from icom_proto.timers import NEVER, Timers


class _Until(IntEnum):
    """The first three have the numbers of the streams."""

    CONTROL = 0
    CIV = 1
    AUDIO = 2
    REBOOT = 3


class RadioFaults:
    """Which streams are dead, and until when."""

    def __init__(self) -> None:
        self.timers = Timers(_Until)

    @property
    def is_any(self) -> bool:
        return self.timers.soonest != NEVER

    def wedge(self, stream: Stream, until: float) -> None:
        """This stream answers nothing before that time."""
        self.timers.start(_Until(stream), until)

    def reboot(self, until: float) -> None:
        """Nothing is answered before that time; what was wedged is not any more."""
        self.timers.stop_all()
        self.timers.start(_Until.REBOOT, until)

    def is_dead(self, stream: Stream) -> bool:
        """Does this stream answer nothing now?"""
        due = self.timers.due
        return due(_Until(stream)) != NEVER or due(_Until.REBOOT) != NEVER

    def silence(self, links: Iterable[Link]) -> None:
        """Mute the links of dead streams, and let the others speak."""
        for link in links:
            if self.is_dead(link.stream):
                link.output.mute()
            else:
                link.output.unmute()
