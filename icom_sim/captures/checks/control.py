"""Checks of the packets on the control stream: what they carry and echo (2.9 to 2.16).

What the whole session should do with them is in `sessions`.
"""

from collections.abc import Iterator

from icom_proto.audio_formats import rates_of
from icom_proto.codec import HEADER_SIZE
from icom_proto.codes import CONNECTION_WFVIEW, Codec, Reply, Request, Role
from icom_proto.credentials import reveal
from icom_proto.errors import DecodeError
from icom_proto.packets import (
    Capabilities,
    CivData,
    ConnInfo,
    ControlBody,
    Login,
    LoginResponse,
    RadioRecord,
    Status,
    StreamRequest,
    Token,
)
from icom_sim.captures.checks import catalogue as checks
from icom_sim.captures.checks.facts import Facts
from icom_sim.captures.checks.findings import Book
from icom_sim.captures.observed import Observed

# Above, radios stay mute: 500 to 600 on an IC-705 (8.6).
_TX_BUFFER_MS_MAX = 500
_MONO = {Codec.NONE, Codec.ULAW_MONO, Codec.PCM8_MONO, Codec.PCM16_MONO}
_WFVIEW_FROM = 0x40
# Shorter ones may stand in other packets by chance.
_SECRET_MIN = 6
_TOKENS_MAX = 8
_QUESTIONS_MAX = 64

_REPLIES: dict[type[ControlBody], dict[Role, Reply]] = {
    Login: {Role.CLIENT: Reply.REQUEST},
    LoginResponse: {Role.RADIO: Reply.ANSWER},
    Token: {Role.CLIENT: Reply.REQUEST, Role.RADIO: Reply.ANSWER},
    Capabilities: {Role.RADIO: Reply.ANSWER},
    ConnInfo: {Role.RADIO: Reply.NOTICE},
    StreamRequest: {Role.CLIENT: Reply.REQUEST},
    Status: {Role.RADIO: Reply.ANSWER},
}


class ControlCheck:
    """One session's control packets, each once, in their order."""

    def __init__(self, book: Book, facts: Facts) -> None:
        self._book, self._facts = book, facts
        self._inner: int | None = None
        self._questions: dict[int, Request] = {}  # by inner number, the latest
        self._token_request: bytes | None = None
        self._tokens: list[bytes] = []
        self._secrets: list[bytes] = []
        self._radio_has_sent = False

    def handle(self, seen: Observed) -> None:
        """A numbered datagram of the control stream that was not seen before."""
        body = seen.body
        if isinstance(body, LoginResponse):
            self._check_first(seen)
        if seen.side is Role.RADIO:
            self._radio_has_sent = True
        if not isinstance(body, ControlBody):
            return
        self._check_common(seen, body)
        if seen.side is Role.CLIENT:
            self._check_request(seen, body)
        else:
            self._check_answer(seen, body)
        if isinstance(body, Login):
            self._check_login(seen, body)
        else:
            self.check_secrets(seen)
        if isinstance(body, StreamRequest):
            self._check_stream_request(seen, body)

    def check_secrets(self, seen: Observed) -> None:
        """Does this datagram, of whatever stream, hold a password?"""
        if not self._secrets or not isinstance(seen.body, ControlBody | CivData):
            return
        if any(secret in seen.data for secret in self._secrets):
            self._book.find(
                checks.SECRETS,
                Role.CLIENT,
                seen.stream,
                seen.at,
                seen.number,
                f"the password of the login stands in a {type(seen.body).__name__}",
            )

    # inside

    def _check_first(self, seen: Observed) -> None:
        assert seen.header is not None
        if self._facts.login_at is None:
            return
        self._book.judge(checks.RESPONSE_FIRST, seen.side)
        if seen.header.seq != 1:
            why = ": idles went before it" if self._radio_has_sent else ""
            self._book.report(
                checks.RESPONSE_FIRST,
                seen,
                f"the login response has number {seen.header.seq}{why}; kappanhang "
                "takes only 1",
            )

    def _check_common(self, seen: Observed, body: ControlBody) -> None:
        self._book.judge(checks.PAYLOAD_SIZE, seen.side)
        size = len(seen.data) - HEADER_SIZE
        name = type(body).__name__
        if body.payload_size != size:
            self._book.report(
                checks.PAYLOAD_SIZE,
                seen,
                f"{name} says {body.payload_size} bytes of payload, and has {size}",
            )
        allowed = _REPLIES.get(type(body), {}).get(seen.side)
        if allowed is not None:
            self._book.judge(checks.CODES, seen.side)
            if body.reply != allowed:
                self._book.report(
                    checks.CODES,
                    seen,
                    f"{name} is marked {int(body.reply):02x}, not {int(allowed):02x}",
                )

    def _check_request(self, seen: Observed, body: ControlBody) -> None:
        self._book.judge(checks.INNER_RISES, seen.side)
        if self._inner is not None and body.inner_seq != (self._inner + 1) & 0xFFFF:
            self._book.report(
                checks.INNER_RISES,
                seen,
                f"inner number {body.inner_seq} after {self._inner}",
            )
        self._inner = body.inner_seq
        self._questions[body.inner_seq] = body.request
        if len(self._questions) > _QUESTIONS_MAX:
            del self._questions[next(iter(self._questions))]
        reserved = list(_reserved(body))
        self._book.judge(checks.FIELDS_CLEAN, seen.side)
        if reserved:
            self._book.report(
                checks.FIELDS_CLEAN,
                seen,
                f"{type(body).__name__} has bytes in {', '.join(reserved)}",
            )
        if self._tokens and not isinstance(body, Login):
            self._book.judge(checks.TOKEN_USED, seen.side)
            if body.token not in self._tokens:
                self._book.report(
                    checks.TOKEN_USED, seen, "the token is none that the radio gave"
                )
            elif self._token_request not in (None, body.token_request):
                self._book.report(
                    checks.TOKEN_USED, seen, "the token request is not the login's"
                )

    def _check_answer(self, seen: Observed, body: ControlBody) -> None:
        if isinstance(body, LoginResponse | Token) and body.token not in self._tokens:
            self._tokens.append(body.token)
            del self._tokens[:-_TOKENS_MAX]
        if self._inner is None or isinstance(body, ConnInfo):
            return
        if isinstance(body, Status) and not body.inner_seq:
            return  # unasked: the radio closes the streams (2.16)
        self._book.judge(checks.ANSWER_ECHOES, seen.side)
        name = type(body).__name__
        if body.inner_seq not in self._questions:
            self._book.report(
                checks.ANSWER_ECHOES,
                seen,
                f"{name} answers inner number {body.inner_seq}, and the last question "
                f"was {self._inner}",
            )
        if self._token_request not in (None, body.token_request):
            self._book.report(
                checks.ANSWER_ECHOES, seen, f"{name} has another token request"
            )

    def _check_login(self, seen: Observed, body: Login) -> None:
        self._token_request = body.token_request
        self._book.judge(checks.TOKEN_REQUEST, seen.side)
        if not any(body.token_request):
            self._book.report(checks.TOKEN_REQUEST, seen, "the token request is 0")
        self._book.judge(checks.SECRETS, seen.side)
        for what, raw in (("user name", body.username), ("password", body.password)):
            obscured = raw.rstrip(b"\0")
            try:
                revealed = reveal(obscured).encode()
            except DecodeError:
                self._book.report(
                    checks.SECRETS, seen, f"the {what} is not written as a passcode"
                )
                continue
            if what == "password" and len(obscured) >= _SECRET_MIN:
                self._secrets = [obscured, revealed]

    def _check_stream_request(self, seen: Observed, body: StreamRequest) -> None:
        radios = self._facts.radios
        chosen = next((r for r in radios if r.identity == body.identity), None)
        if radios:
            self._book.judge(checks.RADIO_NAMED, seen.side)
            if chosen is None:
                what = "none" if not any(body.identity) else "one that is not offered"
                self._book.report(
                    checks.RADIO_NAMED, seen, f"asks for streams of {what}"
                )
        self._book.judge(checks.TX_BUFFER, seen.side)
        if body.tx_buffer_ms > _TX_BUFFER_MS_MAX:
            self._book.report(
                checks.TX_BUFFER, seen, f"asks for {body.tx_buffer_ms} ms"
            )
        self._book.judge(checks.CODECS_ALLOWED, seen.side)
        for trouble in self._codec_troubles(body, chosen):
            self._book.report(checks.CODECS_ALLOWED, seen, trouble)

    def _codec_troubles(
        self, body: StreamRequest, radio: RadioRecord | None
    ) -> Iterator[str]:
        of_radio = self._facts.connection != CONNECTION_WFVIEW
        asked = []
        if body.rx_enable:
            bits = None if radio is None else radio.rx_rates
            asked.append(("receive", body.rx_codec, body.rx_rate_hz, bits))
        if body.tx_enable:
            bits = None if radio is None else radio.tx_rates
            asked.append(("transmit", body.tx_codec, body.tx_rate_hz, bits))
        for what, codec, rate_hz, bits in asked:
            if of_radio and codec >= _WFVIEW_FROM:
                yield f"{codec.name} to {what}: only wfview's server has it"
            elif of_radio and what == "transmit" and codec not in _MONO:
                yield f"{codec.name} to transmit: radios take mono alone"
            if bits is not None and rate_hz not in rates_of(bits):
                yield f"{rate_hz} Hz to {what}: not offered"


def _reserved(body: ControlBody) -> Iterator[str]:
    """Of the fields that are to be zero, those that are not."""
    for name in type(body).__dataclass_fields__:
        if name.startswith("reserved_"):
            value: object = getattr(body, name)
            if isinstance(value, bytes) and any(value):
                yield name
