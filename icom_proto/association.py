"""The handshake and the end of a link, for either role: a table of states drives it.

The role chooses the table; after the constructor nothing asks for it again.
"""

from collections.abc import Callable
from typing import Final

from icom_proto.codec import Body
from icom_proto.codes import PacketType, Role, Stream
from icom_proto.errors import LocalProtocolError
from icom_proto.events import CloseReason, IgnoredWhy, LinkClosed, LinkUp
from icom_proto.link_dialect import IahSeq, Iar, LinkDialect
from icom_proto.link_output import LinkOutput
from icom_proto.link_states import TABLES, LinkInput, LinkState
from icom_proto.link_timings import LinkTimer, LinkTimings
from icom_proto.packets import Disconnect, Header, IAmHere, Ready
from icom_proto.timers import NEVER, Timers

# Sequence number of "are you ready" (PROTOCOL.md 2.4: W, K, F, N, NI, R, S, M).
READY_SEQ: Final = 1

INPUTS: Final = {
    int(PacketType.ARE_YOU_THERE): LinkInput.ARE_YOU_THERE,
    int(PacketType.I_AM_HERE): LinkInput.I_AM_HERE,
    int(PacketType.READY): LinkInput.READY,
    int(PacketType.DISCONNECT): LinkInput.DISCONNECT,
}
_SENDING: Final = (LinkState.UP, LinkState.ANSWERED)
# Where the peer's id is learnt, from "ready" too: wfview does so (1.3). Elsewhere it is
# settled.
_INTRODUCTIONS: Final = (
    (LinkState.NEW, LinkInput.ARE_YOU_THERE),
    (LinkState.CALLING, LinkInput.I_AM_HERE),
    (LinkState.READYING, LinkInput.I_AM_HERE),
    (LinkState.READYING, LinkInput.READY),
)


class Association:
    """Where the association of two ids stands, and what moves it on."""

    def __init__(
        self,
        role: Role,
        output: LinkOutput,
        timers: Timers[LinkTimer],
        timings: LinkTimings,
        dialect: LinkDialect,
        send_tracked: Callable[[int], None],
    ) -> None:
        self.state = LinkState.NEW
        self.moves = 0
        self.heard_at = 0.0
        self.closed_by: CloseReason | None = None
        self._table = TABLES[role]
        self._output = output
        self._timers = timers
        self._timings = timings
        self._dialect = dialect
        self._send_tracked = send_tracked  # a packet of this type, with a number
        self._tries = 0  # of the packet that is repeated until it is answered
        self._calls_ignored = 0

    def adopt(self, timings: LinkTimings, dialect: LinkDialect, now: float) -> None:
        """Behave like this from now on."""
        self._timings, self._dialect = timings, dialect
        if self._timers.due(LinkTimer.SILENCE) != NEVER:
            due = max(self.heard_at + timings.silence_s, now)
            self._timers.start(LinkTimer.SILENCE, due)

    # commands

    def open(self, now: float) -> None:
        """Start calling the peer."""
        self._command(LinkInput.OPEN, now)
        self._tries = 1
        self._timers.start(LinkTimer.HANDSHAKE, now + self._timings.call_every_s)

    def close(self, now: float) -> None:
        """Say goodbye; a client lingers."""
        self._command(LinkInput.CLOSE, now, CloseReason.LOCAL)
        if self.state is LinkState.CLOSING:
            for _ in range(self._timings.disconnects - 1):
                self._output.send_untracked(Disconnect.TYPE, 0)
            self._timers.stop_all()
            self._timers.start(LinkTimer.LINGER, now + self._timings.linger_s)

    @property
    def can_send(self) -> bool:
        """May tracked packets be sent now?"""
        return self.state in _SENDING

    @property
    def can_close(self) -> bool:
        """Is `close` allowed now?"""
        return (self.state, LinkInput.CLOSE) in self._table

    # inputs

    def handle_control(self, data: bytes, now: float) -> None:
        """Take a packet of the handshake, or a goodbye."""
        header = Header.decode(data)
        event = INPUTS[header.type]
        step = self._table.get((self.state, event))
        if step is None or self._is_deaf_to(event):
            self._output.ignore(IgnoredWhy.UNEXPECTED, data)
            return
        if event is LinkInput.ARE_YOU_THERE and self._is_dozing(header):
            return
        if (self.state, event) in _INTRODUCTIONS:
            self._output.meet(header.sender_id)
        elif header.sender_id != self._output.peer_id:
            self._output.ignore(IgnoredWhy.WRONG_SENDER, data)
            return
        self.heard_at = now
        reason = CloseReason.PEER_DISCONNECT if event is LinkInput.DISCONNECT else None
        ready_seq = header.seq if event is LinkInput.READY else READY_SEQ
        self._take(step.state, step.answer, now, ready_seq, reason)

    def handle_data(self, now: float) -> None:
        """A tracked packet came in a state in which that says more than it does."""
        self._command(LinkInput.DATA, now)

    def on_handshake_due(self, now: float) -> None:
        """No answer yet: once more, or no more."""
        timings, calling = self._timings, self.state is LinkState.CALLING
        if self._tries >= (timings.calls_max if calling else timings.ready_max):
            spent = LinkInput.CALLS_SPENT if calling else LinkInput.READY_SPENT
            self._command(spent, now, CloseReason.NO_ANSWER)
            return
        self._tries += 1
        self._command(LinkInput.CALL_DUE if calling else LinkInput.READY_DUE, now)
        pause_s = timings.call_every_s if calling else timings.ready_every_s
        self._timers.start(LinkTimer.HANDSHAKE, now + pause_s)

    @property
    def silence_s(self) -> float:
        """How long the peer may be silent."""
        return self._timings.silence_s

    def on_silence_due(self, now: float) -> None:
        """Nothing heard for long? The timer is armed late, so look again."""
        due = self.heard_at + self._timings.silence_s
        if due <= now:
            self._command(LinkInput.SILENCE, now, CloseReason.SILENCE)
        else:
            self._timers.start(LinkTimer.SILENCE, due)

    def on_linger_over(self, now: float) -> None:
        """Whoever still wanted a repetition has had the time to ask."""
        self._command(LinkInput.LINGER_OVER, now, CloseReason.LOCAL)

    # inside

    def _is_deaf_to(self, event: LinkInput) -> bool:
        """wfview's server takes a goodbye on the control stream alone (2.8)."""
        if event is not LinkInput.DISCONNECT or self._dialect.disc_data_ports:
            return False
        return self._output.stream is not Stream.CONTROL

    def _is_dozing(self, call: Header) -> bool:
        """The first calls go unanswered; who called is remembered (10, 60)."""
        ignored = self._dialect.data_calls_ignored
        if self._output.stream is Stream.CONTROL or self._calls_ignored >= ignored:
            return False
        self._calls_ignored += 1
        self._output.meet(call.sender_id)
        return True

    def _answer(self, answer: type[Body], ready_seq: int) -> None:
        """A "ready" answers with the number it was asked with."""
        dialect = self._dialect
        if answer is Ready:
            if dialect.iar is Iar.NEVER:
                return
            seq = READY_SEQ if dialect.iar is Iar.ONE else ready_seq
        elif answer is Disconnect and not dialect.disc_send:
            return
        else:
            seq = 0
        for _ in range(2 if dialect.duplicates else 1):
            if answer is IAmHere and dialect.iah_seq is IahSeq.TRACKED:
                self._send_tracked(answer.TYPE)
            else:
                self._output.send_untracked(answer.TYPE, seq)

    def _command(
        self, command: LinkInput, now: float, reason: CloseReason | None = None
    ) -> None:
        step = self._table.get((self.state, command))
        if step is None:
            raise LocalProtocolError(
                f"{self._output.stream.name} link is {self.state.name}: "
                f"{command.name.lower()} is not allowed"
            )
        self._take(step.state, step.answer, now, READY_SEQ, reason)

    def _take(
        self,
        state: LinkState,
        answer: type[Body] | None,
        now: float,
        ready_seq: int,
        reason: CloseReason | None,
    ) -> None:
        """Enter a state, and send what belongs to that."""
        entered = state is not self.state
        self.state = state
        if answer is not None:
            self._answer(answer, ready_seq)
        if not entered:
            return
        self.moves += 1
        if state in (LinkState.READYING, LinkState.ANSWERED):
            self._enter_handshake(now)
        elif state is LinkState.UP:
            self._enter_up(now)
        elif state is LinkState.CLOSED:
            self._enter_closed(reason or CloseReason.LOCAL)

    def _enter_handshake(self, now: float) -> None:
        self.heard_at = now
        self._tries = 1
        if self.state is LinkState.READYING:
            self._timers.start(LinkTimer.HANDSHAKE, now + self._timings.ready_every_s)
        self._timers.start(LinkTimer.SILENCE, now + self._timings.silence_s)

    def _enter_up(self, now: float) -> None:
        self.heard_at = now
        self._timers.stop(LinkTimer.HANDSHAKE)
        self._timers.start(LinkTimer.SILENCE, now + self._timings.silence_s)
        self._output.events.append(LinkUp(self._output.stream, self._output.address))

    def _enter_closed(self, reason: CloseReason) -> None:
        self._timers.stop_all()
        self.closed_by = reason
        output = self._output
        output.events.append(LinkClosed(output.stream, reason, output.address))
        output.is_closed = True
