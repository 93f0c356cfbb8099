"""One client's conversation on the control stream, as the radio leads it (PROTOCOL.md
7.3).

The session answers its client; who owns the streams stands in a `Slot` that all
sessions of one radio share. Rows that the protocol sheet marks as recommendations rest
on no capture of a real radio; the switches for other behaviour are fields of
`SessionDialect`.
"""

import random
from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import ClassVar, Final

from icom_proto.audio_formats import rates_of
from icom_proto.codec import HEADER_SIZE, Body, payload_size_of, size_of
from icom_proto.codes import (
    CONNECTION_WFVIEW,
    LOGIN_BAD_CREDENTIALS,
    LOGIN_OK,
    STATUS_OK,
    STATUS_REFUSED,
    TOKEN_OK,
    TOKEN_REJECTED,
    Codec,
    Reply,
    Request,
    Stream,
)
from icom_proto.credentials import obscure
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
    Capabilities,
    ConnInfo,
    ControlBody,
    Login,
    LoginResponse,
    RadioRecord,
    Status,
    StreamRequest,
    Token,
)
from icom_proto.radio_config import RadioConfig
from icom_proto.session_states import RADIO_TABLE, RadioInput, RadioState
from icom_proto.timers import Timers

# Refused from the client by radios (8.1; IC-7610).
_STEREO: Final = (Codec.PCM8_STEREO, Codec.PCM16_STEREO, Codec.ULAW_STEREO)


class Slot:
    """Who owns CI-V and audio: one session, or nobody; and who has left.

    That somebody left is told after the end of what that client had.
    """

    __slots__ = ("owner", "partings")

    def __init__(self) -> None:
        self.owner: RadioSession | None = None
        self.partings: list[ClientLeft] = []


class _Timer(IntEnum):
    LEASE = 0


class RadioSession:
    """Answers one client's login, token, stream and logout requests."""

    def __init__(
        self,
        config: RadioConfig,
        link: Link,
        slot: Slot,
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
        self._config = config
        self._slot = slot
        self._rng = rng
        self._outputs = outputs
        self.timers = Timers(_Timer)
        self._token_request = bytes(2)
        self._token = bytes(4)

    # commands

    def tell_user(self, now: float) -> None:
        """Send the ConnInfo that tells this client who uses the radio (2.14)."""
        owner, config = self._slot.owner, self._config
        computer, ip_address = b"", bytes(4)
        if owner is not None and config.session.conn_computer:
            computer = owner.computer.encode("ascii", "replace")[:16]
        if owner is not None and config.session.conn_ip:
            ip_address = _ipv4(owner.address.host)
        self._send(
            ConnInfo(
                payload_size=payload_size_of(ConnInfo),
                reply=Reply.NOTICE,
                request=Request.LOGIN,
                inner_seq=0,
                token_request=self._token_request,
                token=self._token,
                identity=config.record.identity,
                name=config.record.name,
                busy=int(owner is not None),
                computer=computer,
                ip_address=ip_address,
            ),
            now,
        )

    def force_streams_closed(self, now: float) -> None:
        """Take the streams away and keep the login (2.16, disc)."""
        assert self.request is not None, "whoever owns the radio has asked for it"
        self._send_status(self.request, now, disconnected=1)
        self._close_streams()

    def end(self, reason: CloseReason) -> None:
        """The link is gone, and the session with it."""
        self._part(RadioInput.GONE, reason)

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
        """Do what is due; True if the client lost what it had."""
        if not self.timers.fired(now):
            return False
        self._part(RadioInput.LEASE_OVER, CloseReason.LEASE_LOST)
        return True

    # inside: what the client asks

    def _on_login(self, login: Login, now: float) -> None:
        config = self._config
        if login.username != obscure(config.username) or login.password != obscure(
            config.password
        ):
            self._answer_login(login, LOGIN_BAD_CREDENTIALS, bytes(4), b"", now)
            reason = CloseReason.BAD_CREDENTIALS
            self._outputs.append(ClientRefused(self.address, reason))
            return
        # The same login again, because our answer was lost, gets the same token.
        if self.state is RadioState.NEW or login.token_request != self._token_request:
            self._close_streams()
            self._token = self._rng.randbytes(4)
            self._token_request = login.token_request
            self.computer = text_of(login.computer)
            self._outputs.append(ClientLoggedIn(self.address, self.computer))
        self._move(RadioInput.LOGIN)
        self.link.trust()
        self.timers.start(_Timer.LEASE, now + config.session.lease_s)
        self._answer_login(login, LOGIN_OK, self._token, config.session.connection, now)
        # Only now: kappanhang takes no login response but number 1 (2.11).
        self.link.start_idling(now)

    def _answer_login(
        self, login: Login, error: bytes, token: bytes, connection: bytes, now: float
    ) -> None:
        self._send(
            LoginResponse(
                payload_size=payload_size_of(LoginResponse),
                reply=Reply.ANSWER,
                request=Request.LOGIN,
                inner_seq=login.inner_seq,
                token_request=login.token_request,
                token=token,
                error=error,
                connection=connection,
                reserved_50=bytes((self._config.session.login_byte_50, *bytes(15))),
            ),
            now,
        )

    def _on_token(self, token: Token, now: float) -> None:
        handle = self._token_handlers.get(token.request)
        if self.state is RadioState.LAPSED and token.request != Request.REMOVE_TOKEN:
            handle = None
        if handle is None or not self._is_own(token):
            return self._answer_token(token, TOKEN_REJECTED, now)
        return handle(self, token, now)

    def _on_confirm(self, token: Token, now: float) -> None:
        """Claims the token: answered by the capabilities and the user (2.12)."""
        self._send(
            Capabilities(
                payload_size=payload_size_of(Capabilities) + size_of(RadioRecord),
                reply=Reply.ANSWER,
                request=Request.CONFIRM_TOKEN,
                inner_seq=token.inner_seq,
                token_request=self._token_request,
                token=self._token,
                radio_count=1,
                radios=(self._config.record,),
            ),
            now,
        )
        self.tell_user(now)

    def _on_renew(self, token: Token, now: float) -> None:
        self.timers.start(_Timer.LEASE, now + self._config.session.lease_s)
        self._answer_token(token, TOKEN_OK, now)

    def _on_close_streams(self, token: Token, now: float) -> None:
        self._answer_token(token, TOKEN_OK, now)
        self._close_streams()

    def _on_remove(self, token: Token, now: float) -> None:
        self._answer_token(token, TOKEN_OK, now)
        self._part(RadioInput.LOGOUT, CloseReason.PEER_DISCONNECT)

    _token_handlers: ClassVar[
        dict[int, Callable[["RadioSession", Token, float], None]]
    ] = {
        Request.CONFIRM_TOKEN: _on_confirm,
        Request.RENEW_TOKEN: _on_renew,
        Request.CLOSE_STREAMS: _on_close_streams,
        Request.REMOVE_TOKEN: _on_remove,
    }

    def _answer_token(self, token: Token, response: bytes, now: float) -> None:
        is_close = token.request == Request.CLOSE_STREAMS
        self._send(
            Token(
                payload_size=payload_size_of(Token),
                reply=Reply.ANSWER,
                request=token.request,
                inner_seq=token.inner_seq,
                token_request=token.token_request,
                token=token.token,
                identity=token.identity if is_close else bytes(16),
                response=response,
            ),
            now,
        )

    def _on_stream_request(self, request: StreamRequest, now: float) -> None:
        if self.request is not None and self._is_own(request):
            # A repetition: the same answer, and no second ConnInfo, which would make
            # some clients ask again, and so on for ever.
            return self._send_status(request, now, with_ports=True)
        if not self._is_own(request) or self.state is not RadioState.AUTHENTICATED:
            return self._refuse(request, STATUS_REFUSED, CloseReason.LEASE_LOST, now)
        if self._slot.owner is not None:
            busy = self._config.session.busy_code
            return self._refuse(request, busy, CloseReason.BUSY, now)
        if request.identity != self._config.record.identity:
            return self._refuse(request, STATUS_OK, CloseReason.NO_SUCH_RADIO, now)
        if not self._formats_fit(request):
            reason = CloseReason.STREAMS_REFUSED
            return self._refuse(request, STATUS_REFUSED, reason, now)
        return self._grant(request, now)

    def _grant(self, request: StreamRequest, now: float) -> None:
        self._move(RadioInput.STREAMS_GRANTED)
        self.request = request
        self._slot.owner = self
        self._send_status(request, now, with_ports=True)
        self.tell_user(now)
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

    def _refuse(
        self, request: StreamRequest, error: bytes, reason: CloseReason, now: float
    ) -> None:
        self._send_status(request, now, error=error)
        self._outputs.append(ClientRefused(self.address, reason))

    def _send_status(
        self,
        request: StreamRequest,
        now: float,
        *,
        error: bytes = STATUS_OK,
        disconnected: int = 0,
        with_ports: bool = False,
    ) -> None:
        self._send(
            Status(
                payload_size=payload_size_of(Status),
                reply=Reply.ANSWER,
                request=Request.STREAMS,
                inner_seq=request.inner_seq,
                token_request=request.token_request,
                token=request.token,
                identity=request.identity,
                error=error,
                disconnected=disconnected,
                civ_port=self._config.civ_port if with_ports else 0,
                audio_port=self._config.audio_port if with_ports else 0,
            ),
            now,
        )

    # inside

    def _formats_fit(self, request: StreamRequest) -> bool:
        config = self._config
        if request.rx_enable and not (
            request.rx_codec in config.rx_codecs
            and request.rx_rate_hz in rates_of(config.record.rx_rates)
            and self._takes(request.rx_codec)
        ):
            return False
        return not request.tx_enable or (
            request.tx_codec in config.tx_codecs
            and request.tx_rate_hz in rates_of(config.record.tx_rates)
            and not (config.session.reject_stereo_tx and request.tx_codec in _STEREO)
            and self._takes(request.tx_codec)
        )

    def _takes(self, codec: Codec) -> bool:
        dialect = self._config.session
        is_new = codec >= Codec.OPUS_MONO and dialect.opus_needs_wfview
        if is_new and dialect.connection != CONNECTION_WFVIEW:
            return False
        return self._config.can_code(codec)

    def _is_own(self, body: ControlBody) -> bool:
        return body.token == self._token and body.token_request == self._token_request

    def _part(self, event: RadioInput, reason: CloseReason) -> None:
        """The client has its streams no longer; said once, if it was here at all."""
        was_here = self.state in (RadioState.AUTHENTICATED, RadioState.STREAMING)
        self._close_streams()
        self._move(event)
        self.timers.stop_all()
        if was_here:
            left = ClientLeft(self.address, self.computer, reason)
            self._slot.partings.append(left)

    def _close_streams(self) -> None:
        self.request = None
        if self._slot.owner is self:
            self._slot.owner = None
        if self.state is RadioState.STREAMING:
            self._move(RadioInput.STREAMS_CLOSED)

    def _move(self, event: RadioInput) -> None:
        self.state = RADIO_TABLE[self.state, event]

    def _send(self, body: Body, now: float) -> None:
        self.link.send(body.encode(), now)

    def _ignore(self, why: IgnoredWhy, data: bytes) -> None:
        # Never shown: a login has the credentials in it.
        shown = data[:HEADER_SIZE]
        self._outputs.append(PacketIgnored(Stream.CONTROL, why, bytes(shown)))


def _ipv4(host: str) -> bytes:
    """The four bytes of a dotted address; zeros for anything else."""
    parts = host.split(".")
    if len(parts) != 4 or not all(part.isdigit() and int(part) < 256 for part in parts):
        return bytes(4)
    return bytes(int(part) for part in parts)
