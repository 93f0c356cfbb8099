"""What a radio says on the control stream, packet by packet (PROTOCOL.md 2.9 to 2.16).

`RadioSession` decides what is answered; here it is written, as the dialect has it.
"""

from typing import Final

from icom_proto.codec import Body, payload_size_of, size_of
from icom_proto.codes import (
    LOGIN_OK,
    STATUS_OK,
    TOKEN_OK,
    Reply,
    Request,
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
from icom_proto.session_dialect import TokenCheck

# ConnInfo of a server whose radio is switched off (2.14, wfserver).
_RIG_MISSING: Final = 2


class RadioAnswers:
    """Writes the answers of one session, and sends them over its link."""

    def __init__(self, config: RadioConfig, link: Link) -> None:
        self.config = config
        self.token_request = bytes(2)
        self.token = bytes(4)
        self._link = link

    def is_own(self, body: ControlBody) -> bool:
        """Does it carry the token of this session? Some radios do not look."""
        if self.config.session.token_check is TokenCheck.NONE:
            return True
        return body.token == self.token and body.token_request == self.token_request

    def login(self, login: Login, now: float, *, error: bytes = LOGIN_OK) -> None:
        """The verdict on a login; without a token if it is bad."""
        dialect, is_good = self.config.session, error == LOGIN_OK
        self._send(
            LoginResponse(
                payload_size=payload_size_of(LoginResponse),
                reply=Reply(dialect.login_rr),
                request=Request.LOGIN,
                inner_seq=login.inner_seq if dialect.login_innerseq_echo else 0,
                token_request=login.token_request,
                token=self.token if is_good else bytes(4),
                error=error,
                connection=dialect.connection if is_good else b"",
                reserved_50=bytes((dialect.login_byte_50, *bytes(15))),
            ),
            now,
        )

    def capabilities(
        self, records: tuple[RadioRecord, ...], inner_seq: int, now: float
    ) -> None:
        """The radios of this login."""
        extra = len(records) * size_of(RadioRecord)
        self._send(
            Capabilities(
                payload_size=payload_size_of(Capabilities) + extra,
                reply=Reply.ANSWER,
                request=Request.CONFIRM_TOKEN,
                inner_seq=inner_seq,
                token_request=self.token_request,
                token=self.token,
                radio_count=len(records),
                radios=records,
            ),
            now,
        )

    def user(
        self,
        record: RadioRecord,
        now: float,
        *,
        is_used: bool,
        computer: str,
        host: str,
    ) -> None:
        """Who uses the radio (2.14)."""
        dialect = self.config.session
        named = computer.encode("ascii", "replace")[:16]
        self._send(
            ConnInfo(
                payload_size=payload_size_of(ConnInfo),
                reply=Reply.NOTICE,
                request=Request.LOGIN,
                inner_seq=0,
                token_request=self.token_request,
                token=self.token,
                identity=record.identity,
                name=record.name,
                busy=int(is_used) if dialect.rig_available else _RIG_MISSING,
                computer=named if dialect.conn_computer else b"",
                ip_address=_ipv4(host) if dialect.conn_ip else bytes(4),
            ),
            now,
        )

    def token_answer(
        self, asked: Token, now: float, response: bytes = TOKEN_OK
    ) -> None:
        """To a token packet, with the token that it named."""
        self._answer_token(asked, asked.token, response, now)

    def reissue(self, asked: Token, response: bytes, now: float) -> None:
        """The renewal is refused, and another token takes its place (2.12)."""
        self._answer_token(asked, self.token, response, now)

    def status(
        self,
        asked: StreamRequest,
        now: float,
        *,
        error: bytes = STATUS_OK,
        disconnected: int = 0,
        with_ports: bool = False,
    ) -> None:
        """To a stream request (2.16)."""
        self._send(
            Status(
                payload_size=payload_size_of(Status),
                reply=Reply.ANSWER,
                request=Request.STREAMS,
                inner_seq=asked.inner_seq,
                token_request=asked.token_request,
                token=asked.token,
                identity=asked.identity,
                error=error,
                disconnected=disconnected,
                civ_port=self.config.civ_port if with_ports else 0,
                audio_port=self.config.audio_port if with_ports else 0,
            ),
            now,
        )

    # inside

    def _answer_token(
        self, asked: Token, token: bytes, response: bytes, now: float
    ) -> None:
        is_close = asked.request == Request.CLOSE_STREAMS
        self._send(
            Token(
                payload_size=payload_size_of(Token),
                reply=Reply.ANSWER,
                request=asked.request,
                inner_seq=asked.inner_seq,
                token_request=asked.token_request,
                token=token,
                identity=asked.identity if is_close else bytes(16),
                response=response,
            ),
            now,
        )

    def _send(self, body: Body, now: float) -> None:
        datagram = body.encode()
        for _ in range(self.config.session.answer_copies):
            self._link.send(datagram, now)


def _ipv4(host: str) -> bytes:
    """The four bytes of a dotted address; zeros for anything else."""
    parts = host.split(".")
    if len(parts) != 4 or not all(part.isdigit() and int(part) < 256 for part in parts):
        return bytes(4)
    return bytes(int(part) for part in parts)
