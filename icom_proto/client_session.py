"""The client's conversation on the control stream: from login to logout.

It stands on the control link, sends through it, and says what happened in events. It
does not open the other streams: the connection does, when `StreamsGranted` is out.
Steps, waits and reactions follow PROTOCOL.md 7.2.
"""

import random
from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import ClassVar

from icom_proto.client_requests import ClientConfig, ClientRequests
from icom_proto.codec import Body
from icom_proto.codes import (
    CONNECTION_WFVIEW,
    LOGIN_BAD_CREDENTIALS,
    LOGIN_OK,
    STATUS_BUSY,
    STATUS_OK,
    TOKEN_OK,
    Request,
    Stream,
)
from icom_proto.datagrams import decode_datagram, text_of
from icom_proto.errors import DecodeError, LocalProtocolError
from icom_proto.events import (
    CloseReason,
    IgnoredWhy,
    LeaseRenewed,
    LoggedIn,
    Output,
    PacketIgnored,
    RadioBusy,
    RadiosListed,
    StreamsClosed,
    StreamsGranted,
)
from icom_proto.link import Link
from icom_proto.link_output import IGNORED_SHOWN_MAX
from icom_proto.packets import (
    Capabilities,
    ConnInfo,
    ControlBody,
    LoginResponse,
    RadioRecord,
    Status,
    Token,
)
from icom_proto.session_states import CLIENT_TABLE, ClientInput, ClientState
from icom_proto.timers import Timers

# A request without an answer is sent again, as a new packet with the next number.
ASK_AGAIN_S = 1.0
# The radio may need 130 ms for a grant (7.3, Wi-Fi); asking twice for streams has upset
# radios (11.1), so this one waits longer.
STREAMS_AGAIN_S = 2.0
# Each step must be done after this long (7.2).
STEP_TIMEOUT_S = 10.0
# A radio that sends no ConnInfo is asked for its streams all the same (7.2, state 4).
CONN_INFO_WAIT_S = 1.0
# Lease: first renewal, the later ones, repetition, and when it is lost (section 6, A).
RENEW_FIRST_S = 30.0
RENEW_EVERY_S = 60.0
RENEW_AGAIN_S = 3.0
LEASE_S = 80.0
# Rates of a radio that lists none: those an IC-7610 has.
ANY_RATE = 0x8B01
# How long a logout waits for the radio's answer (7.2, state 9).
LEAVE_WAIT_S = 0.5


class _Timer(IntEnum):
    LEASE = 0
    STEP = 1
    RENEW = 2
    AGAIN = 3


class ClientSession:
    """Login, token, capabilities, stream request, lease, logout."""

    def __init__(
        self,
        config: ClientConfig,
        link: Link,
        *,
        rng: random.Random,
        local_ports: tuple[int, int, int],
        outputs: deque[Output],
    ) -> None:
        self.state = ClientState.NEW
        self.radio: RadioRecord | None = None
        self.granted: StreamsGranted | None = None
        # Why the session ended; the connection reports it when the links are closed.
        self.outcome: tuple[CloseReason, str] | None = None
        self._config = config
        self._outputs = outputs
        self._requests = ClientRequests(config, link, rng=rng, local_ports=local_ports)
        self._reissues = 0  # tokens that came with the refusal of a renewal
        self.timers = Timers(_Timer)
        self._busy_seen: RadioBusy | None = None
        # A radio told of in a notice while no capabilities have come.
        self._unlisted: ConnInfo | None = None

    # commands

    def start(self, now: float) -> None:
        """The control link is up: log in."""
        self._move(ClientInput.LINK_UP)
        self._begin_step(now)
        self._send_login(now)

    def request_streams(self, now: float) -> None:
        """Ask for the streams again after the radio closed them."""
        if self.state is not ClientState.EVICTED:
            raise LocalProtocolError(
                f"session is {self.state.name}: streams may be asked for when EVICTED"
            )
        self._enter_requesting(now)

    def close(self, now: float) -> None:
        """Give the token back; `state` is CLOSED once the radio knows, or soon."""
        self._leave(now, ClientInput.LEAVE, CloseReason.LOCAL, "")

    def fail(self, now: float, reason: CloseReason, detail: str = "") -> None:
        """Something outside the session broke it: leave, and remember why."""
        self._leave(now, ClientInput.FAILED, reason, detail)

    # inputs

    def handle_datagram(self, data: bytes, now: float) -> None:
        """Take a tracked datagram of the control stream."""
        try:
            _, body = decode_datagram(Stream.CONTROL, data)
        except DecodeError:
            return self._ignore(IgnoredWhy.MALFORMED, data)
        handle = self._handlers.get(type(body))
        if handle is None:
            return self._ignore(IgnoredWhy.UNEXPECTED, data)
        return handle(self, body, data, now)

    def handle_timeout(self, now: float) -> None:
        """Do what is due."""
        for name in self.timers.fired(now):
            self._on_timer[name](self, now)
            if self.state >= ClientState.LEAVING:
                return  # nothing else that was due still is

    # inside: what the radio says

    def _on_login_response(self, body: Body, data: bytes, now: float) -> None:
        assert isinstance(body, LoginResponse)
        if self.state is not ClientState.LOGGING_IN:
            return self._ignore(IgnoredWhy.UNEXPECTED, data)
        if self._is_foreign(body):
            return self._ignore(IgnoredWhy.WRONG_TOKEN, data)
        if body.error == LOGIN_BAD_CREDENTIALS:
            return self.fail(now, CloseReason.BAD_CREDENTIALS)
        if body.error != LOGIN_OK:
            return self.fail(
                now, CloseReason.LOGIN_REFUSED, f"error {body.error.hex()}"
            )
        self._requests.token = body.token
        self._outputs.append(LoggedIn(text_of(body.connection)))
        self._move(ClientInput.LOGIN_ACCEPTED)
        if self._config.wants_opus and body.connection != CONNECTION_WFVIEW:
            detail = f"its connection type is {text_of(body.connection)!r}"
            return self.fail(now, CloseReason.NO_OPUS, detail)
        self._begin_step(now)
        self.timers.start(_Timer.RENEW, now + RENEW_FIRST_S)
        self.timers.start(_Timer.LEASE, now + LEASE_S)
        self._send_confirm(now)
        return None

    def _on_capabilities(self, body: Body, data: bytes, now: float) -> None:
        assert isinstance(body, Capabilities)
        if self.state is not ClientState.CONFIRMING:
            return self._ignore(IgnoredWhy.UNEXPECTED, data)
        self._outputs.append(RadiosListed(body.radios))
        self.radio = self._choose(body.radios)
        if self.radio is None:
            names = ", ".join(text_of(radio.name) for radio in body.radios)
            return self.fail(
                now, CloseReason.NO_SUCH_RADIO, f"it lists: {names or 'none'}"
            )
        self._move(ClientInput.CAPABILITIES)
        if self._unlisted is not None:  # the notice overtook the list
            self._enter_requesting(now)
            return None
        self._begin_step(now)
        self.timers.start(_Timer.AGAIN, now + CONN_INFO_WAIT_S)
        return None

    def _go_on_unlisted(self, notice: ConnInfo, now: float) -> None:
        """No capabilities came, but a notice did: it names a radio too (10, row 14).

        Its CI-V address is learnt from its first answer; what it can is tried.
        """
        self.radio = RadioRecord(
            identity=notice.identity,
            name=notice.name,
            connection_type=bytes(2),
            civ_address=0,
            rx_rates=ANY_RATE,
            tx_rates=ANY_RATE,
        )
        self._move(ClientInput.CAPABILITIES)
        self._enter_requesting(now)

    def _on_conn_info(self, body: Body, _data: bytes, now: float) -> None:
        """Who uses the radio; without this notice the wait is longer (2.14)."""
        assert isinstance(body, ConnInfo)
        if self.radio is not None and body.identity != self.radio.identity:
            return
        if not body.busy:
            self._busy_seen = None
        # Before our own request it is always somebody else's, whatever name it has.
        elif self.state < ClientState.REQUESTING:
            computer = text_of(body.computer)
            address = ".".join(str(octet) for octet in body.ip_address)
            self._busy_seen = RadioBusy(computer, address)
            self._outputs.append(self._busy_seen)
        if self.state is ClientState.CHOOSING:
            self._enter_requesting(now)
        elif self.state is ClientState.CONFIRMING:
            self._unlisted = body

    def _on_status(self, body: Body, data: bytes, now: float) -> None:
        assert isinstance(body, Status)
        if self._is_foreign(body):
            return self._ignore(IgnoredWhy.WRONG_TOKEN, data)
        if self.state is ClientState.REQUESTING:
            return self._on_verdict(body, now)
        if self.state is not ClientState.GRANTED:
            return self._ignore(IgnoredWhy.UNEXPECTED, data)
        if body.error != STATUS_OK:
            return self.fail(now, CloseReason.LEASE_LOST, f"status {body.error.hex()}")
        if body.disconnected:
            self._move(ClientInput.EVICTION)
            self.granted = None
            self._outputs.append(StreamsClosed(CloseReason.FORCED))
        return None  # a repeat; radios send them (11.1)

    def _on_verdict(self, body: Status, now: float) -> None:
        assert self.radio is not None
        if body.error != STATUS_OK:
            reason, detail = CloseReason.STREAMS_REFUSED, f"status {body.error.hex()}"
            if body.error == STATUS_BUSY or self._busy_seen is not None:
                reason = CloseReason.BUSY
                detail = self._busy_seen.computer if self._busy_seen else ""
            elif self._requests.fall_back_to_mono():
                self._begin_step(now)
                self._send_streams_request(now)
                return None
            return self.fail(now, reason, detail)
        if body.disconnected or (
            not body.civ_port and self._requests.streams_asked < 2
        ):
            # Ports 0: a quick reconnect, or the answer to a repetition. Once more, then
            # the ports next to the control port are taken (2.16, T).
            self.timers.start(_Timer.AGAIN, now + ASK_AGAIN_S)
            return None
        return self._grant(body.civ_port, body.audio_port)

    def _grant(self, civ_port: int, audio_port: int) -> None:
        assert self.radio is not None
        config, (rx_codec, tx_codec) = self._config, self._requests.codecs(self.radio)
        self._move(ClientInput.GRANT)
        if not civ_port and self.granted is not None:
            # Asked again with a new token: what is open stays where it is.
            civ_port, audio_port = self.granted.civ_port, self.granted.audio_port
        self.timers.stop(_Timer.AGAIN)
        self.timers.stop(_Timer.STEP)
        self.granted = StreamsGranted(
            self.radio,
            civ_port,
            audio_port,
            rx_codec,
            config.rx_rate_hz,
            tx_codec,
            config.tx_rate_hz,
        )
        self._outputs.append(self.granted)

    def _on_token(self, body: Body, data: bytes, now: float) -> None:
        assert isinstance(body, Token)
        if self._is_foreign(body):
            return self._ignore(IgnoredWhy.WRONG_TOKEN, data)
        if body.request == Request.REMOVE_TOKEN:
            if self.state is ClientState.LEAVING:
                self._end()
        elif body.request == Request.RENEW_TOKEN:
            self._on_renewal(body, now)
        return None

    def _on_renewal(self, body: Token, now: float) -> None:
        if self.state not in (ClientState.GRANTED, ClientState.EVICTED):
            return
        if body.response == TOKEN_OK:
            self._reissues = 0
            self.timers.start(_Timer.RENEW, now + RENEW_EVERY_S)
            self.timers.start(_Timer.LEASE, now + LEASE_S)
            self._outputs.append(LeaseRenewed())
        elif body.token != self._requests.token and not self._reissues:
            # Refused with a new token: adopt it and ask for the streams again, once
            # (2.12: W, N, F, P, S).
            self._requests.token = body.token
            self._reissues += 1
            self.timers.start(_Timer.LEASE, now + LEASE_S)
            self._enter_requesting(now)
        else:
            self.fail(now, CloseReason.LEASE_LOST, "the radio rejected the token")

    _handlers: ClassVar[
        dict[type[Body], Callable[["ClientSession", Body, bytes, float], None]]
    ] = {
        LoginResponse: _on_login_response,
        Capabilities: _on_capabilities,
        ConnInfo: _on_conn_info,
        Status: _on_status,
        Token: _on_token,
    }

    # inside: time

    def _on_again_due(self, now: float) -> None:
        match self.state:
            case ClientState.LOGGING_IN:
                self._send_login(now)
            case ClientState.CONFIRMING if self._unlisted is not None:
                self._go_on_unlisted(self._unlisted, now)
            case ClientState.CONFIRMING:
                self._send_confirm(now)
            case ClientState.CHOOSING:
                self._enter_requesting(now)
            case ClientState.REQUESTING if self._requests.streams_asked < 2:
                self._send_streams_request(now)
            case ClientState.LEAVING:
                self._end()
            case _:
                pass  # REQUESTING, asked twice: the step's own limit ends it

    def _on_step_over(self, now: float) -> None:
        reason = {
            ClientState.LOGGING_IN: CloseReason.LOGIN_TIMEOUT,
            ClientState.CONFIRMING: CloseReason.NO_CAPABILITIES,
        }.get(self.state, CloseReason.STREAMS_TIMEOUT)
        self.fail(now, reason)

    def _on_renew_due(self, now: float) -> None:
        self._requests.send_token(Request.RENEW_TOKEN, now)
        self.timers.start(_Timer.RENEW, now + RENEW_AGAIN_S)

    def _on_lease_over(self, now: float) -> None:
        self.fail(now, CloseReason.LEASE_LOST, f"no renewal for {LEASE_S:.0f} s")

    _on_timer: ClassVar = {
        _Timer.AGAIN: _on_again_due,
        _Timer.STEP: _on_step_over,
        _Timer.RENEW: _on_renew_due,
        _Timer.LEASE: _on_lease_over,
    }

    # inside: states

    def _move(self, event: ClientInput) -> None:
        self.state = CLIENT_TABLE[self.state, event]

    def _begin_step(self, now: float) -> None:
        self.timers.start(_Timer.STEP, now + STEP_TIMEOUT_S)

    def _enter_requesting(self, now: float) -> None:
        self._move(ClientInput.REQUEST)
        self._begin_step(now)
        self._requests.streams_asked = 0
        self._send_streams_request(now)

    def _leave(
        self, now: float, event: ClientInput, reason: CloseReason, detail: str
    ) -> None:
        if (self.state, event) not in CLIENT_TABLE:
            return  # on the way out already
        self.outcome = reason, detail
        self._move(event)
        self.timers.stop_all()
        if self.state is ClientState.LEAVING:
            self._requests.send_token(Request.REMOVE_TOKEN, now)
            self.timers.start(_Timer.AGAIN, now + LEAVE_WAIT_S)

    def _end(self) -> None:
        self._move(ClientInput.LEFT)
        self.timers.stop_all()

    # inside: what leaves

    def _send_login(self, now: float) -> None:
        self._requests.send_login(now)
        self.timers.start(_Timer.AGAIN, now + ASK_AGAIN_S)

    def _send_confirm(self, now: float) -> None:
        self._requests.send_token(Request.CONFIRM_TOKEN, now)
        self.timers.start(_Timer.AGAIN, now + ASK_AGAIN_S)

    def _send_streams_request(self, now: float) -> None:
        assert self.radio is not None
        self._requests.send_streams(self.radio, now)
        self.timers.start(_Timer.AGAIN, now + STREAMS_AGAIN_S)

    def _is_foreign(self, body: ControlBody) -> bool:
        """Is this for another login? Zero is for none: rigplane's mock fills nothing
        in."""
        return body.token_request not in (self._requests.token_request, bytes(2))

    def _choose(self, radios: tuple[RadioRecord, ...]) -> RadioRecord | None:
        wanted = self._config.radio_name
        for radio in radios:
            if wanted is None or text_of(radio.name) == wanted:
                return radio
        return None

    def _ignore(self, why: IgnoredWhy, data: bytes) -> None:
        shown = b"" if why is IgnoredWhy.WRONG_TOKEN else data[:IGNORED_SHOWN_MAX]
        self._outputs.append(PacketIgnored(Stream.CONTROL, why, bytes(shown)))
