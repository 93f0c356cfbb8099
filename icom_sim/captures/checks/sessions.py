"""Checks of what a session does: login, grant, lease, goodbye (7.2, 7.3)."""

from dataclasses import dataclass

from icom_proto.codes import (
    LOGIN_BAD_CREDENTIALS,
    LOGIN_OK,
    STATUS_OK,
    TOKEN_OK,
    Reply,
    Request,
    Role,
    Stream,
)
from icom_proto.packets import (
    Capabilities,
    ConnInfo,
    ControlBody,
    Disconnect,
    Login,
    LoginResponse,
    Status,
    StreamRequest,
    Token,
)
from icom_sim.captures.checks import catalogue as checks
from icom_sim.captures.checks.facts import Facts
from icom_sim.captures.checks.findings import Book, Check
from icom_sim.captures.observed import Observed

RENEW_S = 70.0
ANSWER_S = 3.0
_STOP_S = 2.0
# Clients send a login again after 1 to 5 s (7.2).
_LOGIN_AGAIN_S = 6.0
_NOTICE_S = 2.0
_QUESTIONS_MAX = 64

_ANSWERS: dict[Request, tuple[type[ControlBody], ...]] = {
    Request.LOGIN: (LoginResponse,),
    Request.CONFIRM_TOKEN: (Capabilities, Token),
    Request.RENEW_TOKEN: (Token,),
    Request.REMOVE_TOKEN: (Token,),
    Request.CLOSE_STREAMS: (Token,),
    Request.STREAMS: (Status,),
}
_NAMES = {
    Request.LOGIN: "the login",
    Request.CONFIRM_TOKEN: "the confirmation of the token",
    Request.RENEW_TOKEN: "the renewal of the token",
    Request.REMOVE_TOKEN: "the removal of the token",
    Request.CLOSE_STREAMS: "the request to close the streams",
    Request.STREAMS: "the stream request",
}


@dataclass(slots=True)
class _Question:
    request: Request
    at: float
    number: int


class SessionCheck:
    """One session. Sees the control packets once each, and everything else too."""

    def __init__(self, book: Book, facts: Facts) -> None:
        self._book, self._facts = book, facts
        self._open: list[_Question] = []
        self._logins = 0
        self._credentials: bytes | None = None
        self._refused: bytes | None = None
        self._leased_at: float | None = None
        self._grant: Observed | None = None
        self._lost_at_grant = 0
        self._called: dict[Stream, float] = {}
        self._answered: set[Stream] = set()
        self._left: dict[Stream, float] = {}
        self._stop_told = self._off_told = False
        self._last_at = 0.0

    def handle(self, seen: Observed) -> None:
        """Any datagram of the session."""
        self._last_at = max(self._last_at, seen.at)
        if isinstance(seen.body, Disconnect) and seen.side is Role.CLIENT:
            self._on_goodbye(seen)
        if seen.side is Role.CLIENT:
            self._check_streams(seen)
        else:
            self._answered.add(seen.stream)
        self._check_stop(seen)
        self._check_lease(seen.at)
        self._check_notice(seen.at)

    def handle_control(self, seen: Observed) -> None:
        """A numbered datagram of the control stream that was not seen before."""
        body = seen.body
        if not isinstance(body, ControlBody):
            return
        if seen.side is Role.CLIENT:
            self._ask(seen, body)
        else:
            self._answer(body)
        match body:
            case Login():
                self._on_login(seen, body)
            case LoginResponse():
                self._on_response(seen, body)
            case Token():
                self._on_token(seen, body)
            case Capabilities():
                self._on_capabilities(seen, body)
            case StreamRequest():
                self._on_stream_request(seen, body)
            case Status():
                self._on_status(seen, body)
            case ConnInfo():
                self._facts.in_use = bool(body.busy)
                if body.busy:
                    self._grant = None
            case _:
                pass

    def end(self) -> None:
        """The capture, or the session, is over."""
        self._find_unanswered(self._last_at)
        self._check_notice(self._last_at)
        self._check_login_repeated()
        if self._facts.goodbye_at is None:
            return
        if self._facts.accepted:
            self._book.judge(checks.TOKEN_REMOVED, Role.CLIENT)
            if not self._facts.token_removed:
                self._find_goodbye(
                    checks.TOKEN_REMOVED, Stream.CONTROL, "leaves with its token"
                )
        for stream in self._called.keys() & self._answered:
            self._book.judge(checks.GOODBYE_EVERYWHERE, Role.CLIENT)
            if stream not in self._left:
                self._find_goodbye(
                    checks.GOODBYE_EVERYWHERE,
                    stream,
                    f"leaves control, and not {stream.name.lower()}",
                )

    # ---- questions and answers -------------------------------------------------------

    def _ask(self, seen: Observed, body: ControlBody) -> None:
        if body.request in _ANSWERS and body.reply == Reply.REQUEST:
            self._book.judge(checks.ANSWERED, Role.RADIO)
            self._open.append(_Question(body.request, seen.at, seen.number))
            del self._open[:-_QUESTIONS_MAX]

    def _answer(self, body: ControlBody) -> None:
        self._open = [
            each
            for each in self._open
            if not isinstance(body, _ANSWERS[each.request])
            or (isinstance(body, Token) and body.request != each.request)
        ]

    def _find_unanswered(self, until: float) -> None:
        if self._facts.goodbye_at is not None:
            until = min(until, self._facts.goodbye_at)
        for each in self._open:
            waited = until - each.at
            if waited > ANSWER_S:
                self._book.find(
                    checks.ANSWERED,
                    Role.RADIO,
                    Stream.CONTROL,
                    each.at,
                    each.number,
                    f"{_NAMES[each.request]} has no answer for {waited:.1f} s",
                )
        self._open = []

    def _on_login(self, seen: Observed, body: Login) -> None:
        self._logins += 1
        if self._facts.login_at is None:
            self._facts.login_at = seen.at
        self._credentials = body.username + body.password
        if self._refused is not None:
            self._book.judge(checks.NO_SECOND_TRY, seen.side)
            if self._refused == self._credentials:
                self._book.report(
                    checks.NO_SECOND_TRY, seen, "the login that was refused, again"
                )

    def _on_response(self, seen: Observed, body: LoginResponse) -> None:
        self._book.judge(checks.LOGIN_ACCEPTED, Role.CLIENT)
        self._facts.connection = body.connection
        if body.error == LOGIN_OK:
            self._facts.accepted, self._facts.login_refused = True, False
            self._leased_at = seen.at
            return
        self._facts.login_refused = True
        self._refused = self._credentials
        bad = body.error == LOGIN_BAD_CREDENTIALS
        self._book.find(
            checks.LOGIN_ACCEPTED,
            Role.CLIENT,
            seen.stream,
            seen.at,
            seen.number,
            f"refused with {body.error.hex()}"
            + (": wrong user name or password" if bad else ""),
        )

    def _check_login_repeated(self) -> None:
        login_at = self._facts.login_at
        if login_at is None or self._facts.accepted or self._facts.login_refused:
            return
        waited = (self._facts.goodbye_at or self._last_at) - login_at
        if waited > _LOGIN_AGAIN_S:
            self._book.judge(checks.LOGIN_REPEATED, Role.CLIENT)
            if self._logins == 1:
                self._book.find(
                    checks.LOGIN_REPEATED,
                    Role.CLIENT,
                    Stream.CONTROL,
                    login_at,
                    0,
                    f"not sent again in {waited:.1f} s without an answer",
                )

    def _on_token(self, seen: Observed, body: Token) -> None:
        if body.request == Request.REMOVE_TOKEN and seen.side is Role.CLIENT:
            self._facts.token_removed = True
            self._leased_at = None
        elif body.request == Request.RENEW_TOKEN and seen.side is Role.CLIENT:
            self._leased_at = seen.at
            self._book.judge(checks.RENEWED, seen.side)
        elif body.request == Request.RENEW_TOKEN:
            self._book.judge(checks.RENEWAL_GRANTED, seen.side)
            if body.response != TOKEN_OK:
                self._book.report(
                    checks.RENEWAL_GRANTED,
                    seen,
                    f"the renewal is refused with {body.response.hex()}",
                )
        elif body.request == Request.CLOSE_STREAMS:
            self._facts.granted_at = None

    def _check_lease(self, at: float) -> None:
        if self._leased_at is None or self._facts.goodbye_at is not None:
            return
        waited = at - self._leased_at
        if waited > RENEW_S:
            self._book.find(
                checks.RENEWED,
                Role.CLIENT,
                Stream.CONTROL,
                at,
                0,
                f"no renewal for {waited:.0f} s",
            )
            self._leased_at = at

    # ---- streams ---------------------------------------------------------------------

    def _on_capabilities(self, seen: Observed, body: Capabilities) -> None:
        self._facts.radios = body.radios
        for radio in body.radios:
            self._book.judge(checks.AUDIO_OFFERED, seen.side)
            if not radio.rx_rates:
                self._book.report(
                    checks.AUDIO_OFFERED,
                    seen,
                    "no rate to receive at is offered: somebody else has the audio",
                )

    def _on_stream_request(self, seen: Observed, body: StreamRequest) -> None:
        self._book.judge(checks.ASKED_ONCE, seen.side)
        if self._facts.granted_at is not None:
            self._book.report(
                checks.ASKED_ONCE, seen, "asks for streams while they are open"
            )
        self._facts.request = body

    def _on_status(self, seen: Observed, body: Status) -> None:
        facts = self._facts
        if body.disconnected:
            facts.granted_at, facts.in_use = None, False
            return
        self._book.judge(checks.GRANTED, seen.side)
        if body.error != STATUS_OK:
            facts.refused_at, facts.granted_at = seen.at, None
            self._book.report(
                checks.GRANTED,
                seen,
                f"the stream request is refused with {body.error.hex()}: the radio is "
                "busy, or does not like it",
            )
            return
        self._book.judge(checks.PORTS_TOLD, seen.side)
        if not body.civ_port:
            self._book.report(checks.PORTS_TOLD, seen, "granted, and no port is told")
            return
        facts.ports = {Stream.CIV: body.civ_port, Stream.AUDIO: body.audio_port}
        facts.granted_at, facts.refused_at = seen.at, None
        self._book.judge(checks.GRANT_NOTICE, seen.side)
        if facts.in_use:
            return  # it overtook the grant, or came with one that told no ports
        self._grant, self._lost_at_grant = seen, facts.answers_lost

    def _check_notice(self, at: float) -> None:
        grant = self._grant
        if grant is not None and at - grant.at > _NOTICE_S:
            self._grant = None
            if self._facts.answers_lost > self._lost_at_grant:
                return  # it may be what was lost
            self._book.report(
                checks.GRANT_NOTICE,
                grant,
                f"no notice in the {_NOTICE_S:g} s after the grant",
            )

    def _check_streams(self, seen: Observed) -> None:
        """What the client sends on CI-V and audio, from its first call on."""
        stream, facts = seen.stream, self._facts
        if stream is Stream.CONTROL:
            return
        if stream not in self._called:
            self._called[stream] = seen.at
            told = facts.ports.get(stream)
            if told:
                self._book.judge(checks.PORTS_USED, seen.side)
                self._check_port(seen, told)
        if facts.refused_at is not None:
            self._book.judge(checks.REFUSED_STAYS_OFF, seen.side)
            if not self._off_told:
                self._off_told = True
                what = type(seen.body).__name__
                self._book.report(
                    checks.REFUSED_STAYS_OFF,
                    seen,
                    f"{what} {seen.at - facts.refused_at:.1f} s after the refusal",
                )

    def _check_port(self, seen: Observed, told: int) -> None:
        port = seen.destination.port
        if port != told:
            self._book.report(
                checks.PORTS_USED, seen, f"calls port {port}, and was told {told}"
            )

    # ---- goodbye ---------------------------------------------------------------------

    def _on_goodbye(self, seen: Observed) -> None:
        self._left.setdefault(seen.stream, seen.at)
        if seen.stream is Stream.CONTROL and self._facts.goodbye_at is None:
            self._find_unanswered(seen.at)
            self._facts.goodbye_at = seen.at
            self._book.judge(checks.RADIO_STOPS, Role.RADIO)

    def _find_goodbye(self, check: Check, stream: Stream, text: str) -> None:
        goodbye_at = self._facts.goodbye_at
        assert goodbye_at is not None
        self._book.find(check, Role.CLIENT, stream, goodbye_at, 0, text)

    def _check_stop(self, seen: Observed) -> None:
        goodbye_at = self._facts.goodbye_at
        if goodbye_at is None or seen.side is not Role.RADIO:
            return
        if seen.at > goodbye_at + _STOP_S and not self._stop_told:
            self._stop_told = True
            self._book.report(
                checks.RADIO_STOPS,
                seen,
                f"{type(seen.body).__name__} {seen.at - goodbye_at:.1f} s after the "
                "client's goodbye",
            )
