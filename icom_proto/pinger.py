"""Pings both ways: their own counter, the answer, and the round trip they measure."""

from collections.abc import Callable
from typing import Final

from icom_proto.codec import HEADER_SIZE, head_struct
from icom_proto.codes import PacketType
from icom_proto.events import IgnoredWhy
from icom_proto.link_dialect import LinkDialect, PingStep
from icom_proto.link_output import LinkOutput
from icom_proto.link_timings import PING_SIZE, LinkTimer, LinkTimings
from icom_proto.packets import Ping
from icom_proto.rtt import RoundTrip
from icom_proto.timers import NEVER, Timers

# Own pings whose answer is still awaited; older ones count as lost.
AWAITED_MAX: Final = 8

pack_ping: Final = head_struct(Ping).pack
unpack_ping: Final[Callable[[bytes, int], tuple[int, int]]] = head_struct(
    Ping
).unpack_from
_PING: Final = int(PacketType.PING)
_DUE: Final = LinkTimer.PING


class Pinger:
    """Answers the peer's pings and sends our own."""

    def __init__(
        self,
        output: LinkOutput,
        timers: Timers[LinkTimer],
        timings: LinkTimings,
        dialect: LinkDialect,
        round_trip: RoundTrip,
        first_seq: int,
    ) -> None:
        self._output = output
        self._timers = timers
        self._round_trip = round_trip
        self._seq = first_seq
        self._awaited: dict[tuple[int, int], float] = {}
        self._next_at = -NEVER
        # Asked first where more is done at the pace of pings: is one to be sent?
        self.may_ping: Callable[[float], bool] | None = None
        self.adopt(timings, dialect)

    def adopt(self, timings: LinkTimings, dialect: LinkDialect) -> None:
        """Behave like this from now on."""
        self._timings = timings
        self._answers = dialect.pong
        self._steps_when_sent = dialect.ping_step is PingStep.SENT

    def on_due(self, now: float) -> None:
        """Send one; the clock in it counts milliseconds, as radios do."""
        # A timer that is met late does not delay the pings behind it.
        pause_s, due = self._timings.ping_every_s, self._next_at
        self._next_at = (due if now - pause_s < due <= now else now) + pause_s
        self._timers.start(_DUE, self._next_at)
        if self.may_ping is not None and not self.may_ping(now):
            return
        seq, clock = self._seq, int(now * 1000) & 0xFFFFFFFF
        if self._steps_when_sent:
            self._seq = (seq + 1) & 0xFFFF
        if len(self._awaited) >= AWAITED_MAX:
            del self._awaited[next(iter(self._awaited))]
        self._awaited[seq, clock] = now
        self._send(seq, clock, 0, self._timings.ping_length)

    def handle_ping(self, seq: int, data: bytes, now: float) -> None:
        """A request is echoed at once; an answer to one of ours is a measurement."""
        if len(data) != PING_SIZE:
            self._output.ignore(IgnoredWhy.MALFORMED, data)
            return
        reply, clock = unpack_ping(data, HEADER_SIZE)
        if not reply:
            if self._answers:
                self._send(seq, clock, 1, self._timings.pong_length)
            return
        sent_at = self._awaited.pop((seq, clock), None)
        if sent_at is not None:
            self._round_trip.add(now - sent_at)
            if not self._steps_when_sent and seq == self._seq:
                self._seq = (seq + 1) & 0xFFFF

    def _send(self, seq: int, clock: int, reply: int, length: int) -> None:
        body = pack_ping(reply, clock)
        self._output.send_untracked(_PING, seq, body, length)
