"""Pings both ways: their own counter, the answer, and the round trip they measure."""

from collections.abc import Callable
from typing import Final

from icom_proto.codec import HEADER_SIZE, glance_struct, head_struct
from icom_proto.codes import PacketType
from icom_proto.events import IgnoredWhy
from icom_proto.link_dialect import LinkDialect, PingStep
from icom_proto.link_output import LinkOutput
from icom_proto.link_timings import PING_SIZE, LinkTimer, LinkTimings
from icom_proto.packets import Header, Ping
from icom_proto.rtt import RoundTrip
from icom_proto.timers import NEVER, Timers, next_after

# Own pings whose answer is still awaited; older ones count as lost.
AWAITED_MAX: Final = 8

pack_ping: Final = head_struct(Ping).pack
unpack_ping: Final[Callable[[bytes, int], tuple[int, int]]] = head_struct(
    Ping
).unpack_from
_pack: Final = glance_struct(Header, Ping).pack
_PING: Final = int(PacketType.PING)
_DUE: Final = LinkTimer.PING


class Pinger:
    """Answers the peer's pings and sends our own.

    `seq` is the number of the next one, and `next_at` its time.
    """

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
        self.seq = first_seq
        self._awaited: dict[int, float] = {}  # by clock and number
        self.next_at = -NEVER
        # Asked first where more is done at the pace of pings: is one to be sent?
        self.may_ping: Callable[[float], bool] | None = None
        self.adopt(timings, dialect)

    def adopt(self, timings: LinkTimings, dialect: LinkDialect) -> None:
        """Behave like this from now on."""
        self.pause_s = timings.ping_every_s
        # What is written into the length field of a ping, and of an answer.
        self.lengths = timings.ping_length, timings.pong_length
        self._answers = dialect.pong
        self._steps_when_sent = dialect.ping_step is PingStep.SENT

    def on_due(self, now: float) -> None:
        """Send one; the clock in it counts milliseconds, as radios do."""
        self.next_at = next_after(self.next_at, self.pause_s, now)
        self._timers.start(_DUE, self.next_at)
        if self.may_ping is not None and not self.may_ping(now):
            return
        seq = self.seq
        if self._steps_when_sent:
            self.seq = (seq + 1) & 0xFFFF
        self._send(seq, clock_of(now), 0)
        self.await_answer(seq, now)

    def await_answer(self, seq: int, sent_at: float) -> None:
        """A ping with this number left at this time."""
        if len(self._awaited) >= AWAITED_MAX:
            del self._awaited[next(iter(self._awaited))]
        self._awaited[clock_of(sent_at) << 16 | seq] = sent_at

    def handle_ping(self, seq: int, data: bytes, now: float) -> None:
        """A request is echoed at once; an answer to one of ours is a measurement."""
        if len(data) != PING_SIZE:
            self._output.ignore(IgnoredWhy.MALFORMED, data)
            return
        reply, clock = unpack_ping(data, HEADER_SIZE)
        if not reply:
            if self._answers:
                self._send(seq, clock, 1)
            return
        self.handle_answer(seq, clock, now)

    def handle_answer(self, seq: int, clock: int, now: float) -> None:
        """A ping that left with these was answered; if it was awaited, it counts."""
        sent_at = self._awaited.pop(clock << 16 | seq, None)
        if sent_at is not None:
            self._round_trip.add(now - sent_at)
            if not self._steps_when_sent and seq == self.seq:
                self.seq = (seq + 1) & 0xFFFF

    # for a `SteadyLink`

    @property
    def is_plain(self) -> bool:
        """Are pings sent, counted and answered as by nearly all radios?"""
        return self._answers and self._steps_when_sent and self.may_ping is None

    def take_latest(self) -> float:
        """When the latest ping left, if its answer is awaited, else NEVER; from now on
        it is not awaited here."""
        latest = (self.seq - 1) & 0xFFFF
        for key, sent_at in self._awaited.items():
            if key & 0xFFFF == latest:
                del self._awaited[key]
                return sent_at
        return NEVER

    def resume(self, seq: int, next_at: float) -> None:
        """Go on with this number, at this time."""
        self.seq, self.next_at = seq, next_at
        self._timers.start(_DUE, next_at)

    # inside

    def _send(self, seq: int, clock: int, reply: int) -> None:
        output, length = self._output, self.lengths[reply]
        ids = output.own_id, output.peer_id
        output.send(_pack(length, _PING, seq, *ids, reply, clock))


def clock_of(sent_at: float) -> int:
    """What is written into a ping that leaves at this time."""
    return int(sent_at * 1000) & 0xFFFFFFFF
