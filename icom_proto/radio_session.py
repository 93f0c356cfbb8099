"""One client's conversation on the control stream, as the radio leads it (PROTOCOL.md
7.3).

The session answers its client; who owns the streams stands in the `Slots` that all
sessions of one radio share. Rows that the protocol sheet marks as recommendations rest
on no capture of a real radio; the switches for other behaviour are fields of
`SessionDialect`.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from enum import IntEnum
from typing import ClassVar

from icom_proto.codec import HEADER_SIZE
from icom_proto.codes import (
    LOGIN_BAD_CREDENTIALS,
    STATUS_OK,
    STATUS_REFUSED,
    TOKEN_REJECTED,
    Codec,
    Request,
    Stream,
)
from icom_proto.datagrams import decode_datagram, text_of
from icom_proto.errors import DecodeError
from icom_proto.events import (
    Address,
    ClientGranted,
    ClientLeft,
    ClientLoggedIn,
    ClientRefused,
    CloseReason,
    IgnoredWhy,
    Output,
    PacketIgnored,
)
from icom_proto.link import Link
from icom_proto.packets import (
    Login,
    RadioRecord,
    StreamRequest,
    Token,
)
from icom_proto.radio_answers import RadioAnswers
from icom_proto.radio_config import RadioConfig, records_of
from icom_proto.radio_judge import (
    InnerNumbers,
    Judgement,
    formats_fit,
    judge_token,
    knows,
    lists,
)
from icom_proto.radio_slots import Slots
from icom_proto.session_dialect import (
    FreeSlotOn,
    PortsZero,
    RenewPolicy,
    Token02Reply,
)
from icom_proto.session_states import RADIO_TABLE, RadioInput, RadioState
from icom_proto.timers import NEVER, Timers


class _Timer(IntEnum):
    LEASE = 0
    GRANT = 1
    STATUS = 2
    HOLD = 3


class RadioSession:
    """Answers one client's login, token, stream and logout requests."""

    def __init__(
        self,
        config: RadioConfig,
        link: Link,
        slots: Slots["RadioSession"],
        *,
        address: Address,
        rng: random.Random,
        outputs: deque[Output],
    ) -> None:
        self.state = RadioState.NEW
        self.address = address
        self.link = link
        self.computer = ""
        self.request: StreamRequest | None = None
        self.timers = Timers(_Timer)
        self._answers = RadioAnswers(config, link)
        self._slots = slots
        self._rng = rng
        self._outputs = outputs
        self._numbers = InnerNumbers()
        self._logged_in_at = 0.0
        self._waiting: StreamRequest | None = None  # until the grant is due

    # commands

    def adopt(self, config: RadioConfig) -> None:
        """Behave like this from now on."""
        self._answers.config = config

    def tell_user(self, now: float) -> None:
        """Send the ConnInfo that tells this client who uses the radio (2.14)."""
        for record in records_of(self._config):
            self._tell_user_of(record, now)

    def force_streams_closed(self, now: float) -> None:
        """Take the streams away and keep the login (2.16, disc)."""
        assert self.request is not None, "whoever owns the radio has asked for it"
        if self.link.can_send:
            self._answers.status(self.request, now, disconnected=1)
        self.close_streams()

    def close_streams(self) -> None:
        """Take the streams away without a word; nobody waits for them any more."""
        self.request = self._waiting = None
        self.timers.stop(_Timer.STATUS)
        self.timers.stop(_Timer.GRANT)
        self._slots.release(self)
        if self.state is RadioState.STREAMING:
            self._move(RadioInput.STREAMS_CLOSED)

    def end(self, reason: CloseReason, now: float) -> None:
        """The link is gone, and the session with it; unless the radio did not get it:
        then the session `is_held` until a deadline of its own."""
        dialect = self._config.session
        is_goodbye = reason is CloseReason.PEER_DISCONNECT
        if (
            is_goodbye
            and self.state is RadioState.STREAMING
            and dialect.free_slot_on is FreeSlotOn.TOKEN
        ):
            self.timers.stop(_Timer.GRANT)
            self.timers.start(_Timer.HOLD, now + dialect.stale_hold_s)
            return
        self._part(RadioInput.GONE, reason, now)

    @property
    def is_held(self) -> bool:
        """Has the client gone, and still has what it had?"""
        return self.timers.due(_Timer.HOLD) != NEVER

    # inputs

    def handle_datagram(self, data: bytes, now: float) -> None:
        """Take a tracked datagram of the control stream."""
        try:
            _, body = decode_datagram(Stream.CONTROL, data)
        except DecodeError:
            return self._ignore(IgnoredWhy.MALFORMED, data)
        if isinstance(body, Login):
            return self._on_login(body, now)
        if self.state is RadioState.NEW:
            return self._ignore(IgnoredWhy.UNEXPECTED, data)
        if isinstance(body, Token):
            return self._on_token(body, now)
        if isinstance(body, StreamRequest):
            return self._on_stream_request(body, now)
        return self._ignore(IgnoredWhy.UNEXPECTED, data)

    def handle_timeout(self, now: float) -> bool:
        """Do what is due; True if somebody got or lost the streams, or left."""
        before = self.state
        for timer in self.timers.fired(now):
            if timer is _Timer.LEASE:
                self._part(RadioInput.LEASE_OVER, CloseReason.LEASE_LOST, now)
            elif timer is _Timer.HOLD:
                self._part(RadioInput.GONE, CloseReason.SILENCE, now)
            elif timer is _Timer.GRANT and self._waiting is not None:
                request, self._waiting = self._waiting, None
                if self.link.can_send:  # it may have ended in the same moment
                    self._decide(request, now)
            elif timer is _Timer.STATUS and self.request is not None:
                # A Xiegu X6100 repeats it (2.16).
                self._send_ports(self.request, now)
        return self.state is not before

    # inside: what the client asks

    def _on_login(self, login: Login, now: float) -> None:
        dialect, answers = self._config.session, self._answers
        if self._slots.fails_login() or not knows(self._config, login):
            answers.login(login, now, error=LOGIN_BAD_CREDENTIALS)
            reason = CloseReason.BAD_CREDENTIALS
            self._outputs.append(ClientRefused(self.address, reason))
            return
        # The same login again, because our answer was lost, gets the same token.
        is_new = login.token_request != answers.token_request
        if is_new or self.state is RadioState.NEW:
            self.close_streams()
            answers.token = self._rng.randbytes(4)
            answers.token_request = login.token_request
            self.computer = text_of(login.computer)
            self._numbers = InnerNumbers(login.inner_seq)
            self._logged_in_at = now
            self._outputs.append(ClientLoggedIn(self.address, self.computer))
        self._move(RadioInput.LOGIN)
        self.link.trust()
        self.timers.start(_Timer.LEASE, now + dialect.lease_s)
        answers.login(login, now)
        # Only now: kappanhang takes no login response but number 1 (2.11).
        self.link.channel.start_idling(now)
        if dialect.caps_early:
            answers.capabilities(_listed(self._config, self._slots), 0, now)

    def _on_token(self, token: Token, now: float) -> None:
        is_good = self._answers.is_own(token) and (
            self.state is not RadioState.LAPSED or token.request == Request.REMOVE_TOKEN
        )
        is_next = self._numbers.grew(token.inner_seq)
        match judge_token(
            self._config.session, token, is_good=is_good, is_next=is_next
        ):
            case Judgement.OBEY:
                self._token_handlers[token.request](self, token, now)
            case Judgement.ACCEPT:
                self._answers.token_answer(token, now)
            case Judgement.REJECT:
                self._answers.token_answer(token, now, TOKEN_REJECTED)
            case Judgement.IGNORE:
                pass

    def _on_confirm(self, token: Token, now: float) -> None:
        """Claims the token: answered by the capabilities and the user (2.12)."""
        dialect = self._config.session
        self._answers.capabilities(
            _listed(self._config, self._slots), token.inner_seq, now
        )
        if dialect.conninfo_pre and dialect.token02_reply is not Token02Reply.CAPS:
            self.tell_user(now)
        if dialect.token02_reply is Token02Reply.CAPS_CONN_TOKEN:
            self._answers.token_answer(token, now)

    def _on_renew(self, token: Token, now: float) -> None:
        dialect, policy = self._config.session, self._config.session.renew_policy
        end_s = dialect.reject_token_after_s
        if end_s and now >= self._logged_in_at + end_s:
            policy = RenewPolicy.REJECT_SAME
        match policy:
            case RenewPolicy.SILENT:
                return
            case RenewPolicy.REJECT_SAME:
                self._answers.token_answer(token, now, TOKEN_REJECTED)
                return
            case RenewPolicy.REISSUE:
                self._answers.token = self._rng.randbytes(4)
                self._answers.reissue(token, TOKEN_REJECTED, now)
            case RenewPolicy.OK:
                self._answers.token_answer(token, now)
        # A radio that checks no token answers well, and yet what lapsed stays lapsed.
        if self.state is not RadioState.LAPSED:
            self.timers.start(_Timer.LEASE, now + dialect.lease_s)

    def _on_close_streams(self, token: Token, now: float) -> None:
        self._answers.token_answer(token, now)
        if self.state is RadioState.STREAMING:
            self._slots.note_goodbye(now)
        self.close_streams()

    def _on_remove(self, token: Token, now: float) -> None:
        self._answers.token_answer(token, now)
        if self._config.session.free_slot_on is not FreeSlotOn.DISCONNECT:
            self._part(RadioInput.LOGOUT, CloseReason.PEER_DISCONNECT, now)

    _token_handlers: ClassVar[
        dict[int, Callable[["RadioSession", Token, float], None]]
    ] = {
        Request.CONFIRM_TOKEN: _on_confirm,
        Request.RENEW_TOKEN: _on_renew,
        Request.CLOSE_STREAMS: _on_close_streams,
        Request.REMOVE_TOKEN: _on_remove,
    }

    def _on_stream_request(self, request: StreamRequest, now: float) -> None:
        dialect = self._config.session
        if self.request is not None and self._answers.is_own(request):
            # A repetition: the same answer, and no second ConnInfo, which would make
            # some clients ask again, and so on for ever. With a token that was issued
            # since it is none.
            is_again = request.token == self.request.token
            self.request = replace(self.request, token=request.token)
            hides = is_again and PortsZero.REPEAT in dialect.ports_zero_on
            return self._answers.status(request, now, with_ports=not hides)
        if not dialect.grant_delay_s:
            return self._decide(request, now)
        if self._waiting is None:
            self.timers.start(_Timer.GRANT, now + dialect.grant_delay_s)
        self._waiting = request
        return None

    def _decide(self, request: StreamRequest, now: float) -> None:
        slots, config = self._slots, self._config
        zero_on = config.session.ports_zero_on
        if (
            not self._answers.is_own(request)
            or self.state is not RadioState.AUTHENTICATED
        ):
            self._refuse(request, STATUS_REFUSED, CloseReason.LEASE_LOST, now)
        elif slots.refuses_streams():
            self._refuse(request, STATUS_REFUSED, CloseReason.STREAMS_REFUSED, now)
        elif not slots.make_way(now):
            self._refuse(request, config.session.busy_code, CloseReason.BUSY, now)
        elif PortsZero.IDENTITY in zero_on and not lists(config, request.identity):
            self._refuse(request, STATUS_OK, CloseReason.NO_SUCH_RADIO, now)
        elif PortsZero.RECONNECT in zero_on and slots.left_just_now(now):
            self._refuse(request, STATUS_OK, CloseReason.STREAMS_REFUSED, now)
        elif not formats_fit(config, request):
            self._refuse(request, STATUS_REFUSED, CloseReason.STREAMS_REFUSED, now)
        else:
            self._grant(request, now)

    def _grant(self, asked: StreamRequest, now: float) -> None:
        # The transmitter plays the audio of one (2.13, enablea of wfview's server).
        is_sending = bool(asked.tx_enable) and not self._slots.is_sending
        request = replace(asked, tx_enable=int(is_sending))
        self._move(RadioInput.STREAMS_GRANTED)
        self.request = request
        self._slots.take(self, is_sending=is_sending)
        self._send_ports(request, now)
        for _ in range(self._config.session.dup_grant):
            for record in _listed(self._config, self._slots):
                if record.identity == request.identity:
                    self._tell_user_of(record, now)
        self._outputs.append(
            ClientGranted(
                self.address,
                self.computer,
                request.rx_codec if request.rx_enable else Codec.NONE,
                request.rx_rate_hz,
                request.tx_codec if request.tx_enable else Codec.NONE,
                request.tx_rate_hz,
                request.tx_buffer_ms,
            )
        )

    def _send_ports(self, request: StreamRequest, now: float) -> None:
        """The Status of a grant, now and, where the dialect has it so, ever again."""
        dialect = self._config.session
        hides = (
            PortsZero.SOMETIMES in dialect.ports_zero_on and self._rng.random() < 0.5
        )
        if self.link.can_send:
            self._answers.status(request, now, with_ports=not hides)
        if dialect.status_repeat_s:
            self.timers.start(_Timer.STATUS, now + dialect.status_repeat_s)

    def _refuse(
        self, request: StreamRequest, error: bytes, reason: CloseReason, now: float
    ) -> None:
        self._answers.status(request, now, error=error)
        self._outputs.append(ClientRefused(self.address, reason))

    # inside

    @property
    def _config(self) -> RadioConfig:
        return self._answers.config

    def _tell_user_of(self, record: RadioRecord, now: float) -> None:
        slots = self._slots
        shown = self if self in slots.owners else slots.owner
        self._answers.user(
            record,
            now,
            is_used=self in slots.owners or slots.is_full,
            computer="" if shown is None else shown.computer,
            host="" if shown is None else shown.address.host,
        )

    def _part(self, event: RadioInput, reason: CloseReason, now: float) -> None:
        """The client has its streams no longer; said once, if it was here at all."""
        was_here = self.state in (RadioState.AUTHENTICATED, RadioState.STREAMING)
        if self.state is RadioState.STREAMING and event is not RadioInput.LEASE_OVER:
            self._slots.note_goodbye(now)
        self.close_streams()
        self._move(event)
        self.timers.stop_all()
        if was_here:
            left = ClientLeft(self.address, self.computer, reason)
            self._slots.partings.append(left)

    def _move(self, event: RadioInput) -> None:
        self.state = RADIO_TABLE[self.state, event]

    def _ignore(self, why: IgnoredWhy, data: bytes) -> None:
        # Never shown: a login has the credentials in it.
        shown = data[:HEADER_SIZE]
        self._outputs.append(PacketIgnored(Stream.CONTROL, why, bytes(shown)))


def _listed(config: RadioConfig, slots: Slots[RadioSession]) -> tuple[RadioRecord, ...]:
    """The records for a client: may it transmit audio, or does another owner?"""
    records = records_of(config)
    if slots.is_sending:
        return tuple(replace(record, enable_a=0) for record in records)
    return records
