"""What some radios send beside everything else, at the pace of their pings."""

from typing import Final

from icom_proto.codes import PacketType
from icom_proto.link_dialect import PLAIN, LinkDialect
from icom_proto.link_output import LinkOutput, pack_header
from icom_proto.pinger import Pinger, pack_ping
from icom_proto.timers import NEVER
from icom_proto.tracked_channel import TrackedChannel

JUMP_EVERY_S: Final = 1.0
_PING: Final = int(PacketType.PING)


class LinkExtras:
    """Pings for somebody else, needless requests, jumps, and a clock that stops."""

    def __init__(
        self, output: LinkOutput, channel: TrackedChannel, pinger: Pinger
    ) -> None:
        self._dialect = PLAIN
        self._output = output
        self._channel = channel
        self._pinger = pinger
        self._jump_at = self._request_at = NEVER
        self._stop_at = self._go_on_at = NEVER
        self._is_stopped = False

    def start(self, dialect: LinkDialect, now: float) -> None:
        """Do what this dialect asks for, from now on. A stopped clock goes on."""
        self._go_on()
        self._dialect = dialect
        self._jump_at = now + JUMP_EVERY_S if dialect.seq_jump else NEVER
        spurious_s = dialect.rtx_spurious_ms / 1000
        self._request_at = now + spurious_s if spurious_s else NEVER
        stop_s = dialect.clock_stop_ms / 1000
        self._stop_at = now + dialect.clock_stop_after_ms / 1000 if stop_s else NEVER
        self._go_on_at = self._stop_at + stop_s
        wanted = dialect.foreign_ping or dialect.seq_jump or spurious_s or stop_s
        self._pinger.may_ping = self._on_ping_due if wanted else None

    # inside

    def _on_ping_due(self, now: float) -> bool:
        """Do what is due; False if the clock stands still and so nothing is."""
        if self._stop_at <= now < self._go_on_at:
            self._is_stopped = True
            self._output.mute()
            return False
        self._go_on()
        if self._dialect.foreign_ping:
            self._ping_somebody_else(now)
        if self._request_at <= now:
            self._request_at += self._dialect.rtx_spurious_ms / 1000
            self._channel.ask_needlessly()
        if self._jump_at <= now:
            self._jump_at = now + JUMP_EVERY_S
            self._channel.skip(self._dialect.seq_jump)
        return True

    def _go_on(self) -> None:
        """A clock that stands still does so no more."""
        if self._is_stopped:
            self._is_stopped = False
            self._output.unmute()

    def _ping_somebody_else(self, now: float) -> None:
        """As a session sees it that took over the port of another (2.6)."""
        output, clock = self._output, int(now * 1000) & 0xFFFFFFFF
        foreign_id = output.peer_id ^ 0xFFFFFFFF
        header = pack_header(0, _PING, 0, output.own_id, foreign_id)
        output.send(header + pack_ping(0, clock))
