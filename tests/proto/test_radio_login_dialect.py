"""Knobs of the session up to the lease: the difference that each makes on the wire.

The defaults are what all other tests of the radio hold.
"""

from dataclasses import replace

import pytest

from dialect_bench import shows
from foreign_client import (
    CONFIG,
    ForeignClient,
    RadioBench,
    kinds,
    spoken,
)
from forge import bodies, of
from icom_proto.codes import (
    CONNECTION_WFVIEW,
    LOGIN_BAD_CREDENTIALS,
    LOGIN_OK,
    STATUS_OK,
    STATUS_REFUSED,
    TOKEN_OK,
    TOKEN_REJECTED,
    Request,
)
from icom_proto.events import ClientLeft, CloseReason, Output
from icom_proto.packets import (
    AreYouThere,
    Capabilities,
    ConnInfo,
    IAmHere,
    LoginResponse,
    Ping,
    RadioRecord,
    Status,
    Token,
)
from icom_proto.session_dialect import (
    PortsZero,
    RenewPolicy,
    Token02Reply,
    TokenCheck,
)

GUID = bytes.fromhex("938A01241764BC4BA3A013584104582D")


def client_of(**knobs: object) -> ForeignClient:
    """A client of a radio with these knobs of its session turned."""
    return RadioBench(spoken(**knobs)).client()


def names(outputs: list[Output]) -> list[str]:
    """What was said on the control stream, pings and idles apart."""
    kept = (LoginResponse, Capabilities, ConnInfo, Token, Status)
    return [type(body).__name__ for body in bodies(outputs) if isinstance(body, kept)]


def renewal(client: ForeignClient, **changes: object) -> list[Token]:
    """The answers to one renewal."""
    packet = replace(client.token_packet(Request.RENEW_TOKEN), **changes)  # type: ignore[arg-type]
    return of(Token, bodies(client.say(packet)))


# ---- calls and login -----------------------------------------------------------------


@shows("ignore_calls_after_session_s")
def test_a_radio_may_answer_no_call_for_a_minute_after_a_session() -> None:
    client = client_of(ignore_calls_after_session_s=60.0)
    client.connect()
    client.say(client.token_packet(Request.REMOVE_TOKEN))
    late = client.bench.client("192.168.1.11", 40000)
    assert bodies(late.say(AreYouThere())) == []
    client.bench.wait(59.0)
    assert bodies(late.say(AreYouThere())) == []
    client.bench.wait(1.5)
    assert of(IAmHere, bodies(late.say(AreYouThere())))


@shows("require_pong_before_login")
def test_a_login_may_wait_until_a_ping_of_the_radio_is_answered() -> None:
    client = client_of(require_pong_before_login=True)
    client.call()
    assert names(client.say(client.login())) == []
    outputs = client.bench.wait(1.0)
    assert names(outputs) == [], "its own pings are not enough"
    *_, (header, asked) = [
        (header, body)
        for header, body in client.heard(outputs)
        if isinstance(body, Ping) and not body.reply
    ]
    outputs = client.say(Ping(reply=1, time=asked.time), seq=header.seq)
    assert names(outputs) == ["LoginResponse"]
    assert names(client.say(client.token_packet(Request.CONFIRM_TOKEN)))


@shows("login_rr", "login_innerseq_echo", "login_byte_50", "connection")
@pytest.mark.parametrize(
    ("knobs", "field", "value"),
    [
        ({"login_rr": 1}, "reply", 1),
        ({"login_innerseq_echo": False}, "inner_seq", 0),
        ({"login_byte_50": 1}, "reserved_50", bytes((1, *bytes(15)))),
        ({"connection": CONNECTION_WFVIEW}, "connection", b"WFVIEW"),
    ],
)
def test_the_login_response_is_as_the_dialect_has_it(
    knobs: dict[str, object], field: str, value: object
) -> None:
    usual, other = (
        getattr(of(LoginResponse, bodies(each.log_in()))[0], field)
        for each in (client_of(), client_of(**knobs))
    )
    assert other == value
    assert usual != value


@shows("raw_password")
@pytest.mark.parametrize(
    ("is_taken", "error"), [(False, LOGIN_BAD_CREDENTIALS), (True, LOGIN_OK)]
)
def test_a_password_in_the_clear_is_taken_by_wfviews_server(
    is_taken: bool, error: bytes
) -> None:
    client = client_of(raw_password=is_taken)
    client.call()
    outputs = client.say(client.login(password=b"icom1234"))
    assert of(LoginResponse, bodies(outputs))[0].error == error


@shows("caps_early")
def test_capabilities_may_come_before_they_are_asked_for() -> None:
    client = client_of(caps_early=True)
    assert names(client.log_in()) == ["LoginResponse", "Capabilities"]
    assert names(client_of().log_in()) == ["LoginResponse"]


# ---- token and lease -----------------------------------------------------------------


@shows("token_check")
@pytest.mark.parametrize(
    ("check", "responses", "error"),
    [
        (TokenCheck.REJECT, [TOKEN_REJECTED], STATUS_REFUSED),
        (TokenCheck.SILENT, [], STATUS_REFUSED),
        (TokenCheck.NONE, [TOKEN_OK], STATUS_OK),
    ],
)
def test_a_wrong_token_is_rejected_ignored_or_not_looked_at(
    check: TokenCheck, responses: list[bytes], error: bytes
) -> None:
    client = client_of(token_check=check)
    client.confirm()
    for changes in ({"token": b"\1\2\3\4"}, {"request": Request(0x17)}):
        answers = renewal(client, **changes)
        assert [answer.response for answer in answers] == responses
    outputs = client.say(client.stream_request(token=b"\1\2\3\4"))
    assert [status.error for status in of(Status, bodies(outputs))] == [error]


@shows("token02_reply", "conninfo_pre", "answer_copies")
@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({}, ["Capabilities", "ConnInfo"]),
        ({"token02_reply": Token02Reply.CAPS}, ["Capabilities"]),
        (
            {"token02_reply": Token02Reply.CAPS_CONN_TOKEN},
            ["Capabilities", "ConnInfo", "Token"],
        ),
        ({"conninfo_pre": False}, ["Capabilities"]),
        (
            {"answer_copies": 2},
            ["Capabilities", "Capabilities", "ConnInfo", "ConnInfo"],
        ),
    ],
)
def test_the_confirmation_of_a_token_is_answered_as_the_dialect_has_it(
    knobs: dict[str, object], said: list[str]
) -> None:
    client = client_of(**knobs)
    client.log_in()
    assert names(client.say(client.token_packet(Request.CONFIRM_TOKEN))) == said
    granted = names(client.say(client.stream_request()))
    assert granted[:1] + granted[-1:] == ["Status", "ConnInfo"], "always after a grant"


@shows("strict_innerseq")
def test_a_misplaced_high_byte_loses_the_lease_of_an_ic_7300mk2() -> None:
    """After 255 come 0, 1, 2: renewals fail, CI-V and audio stop, control lives."""
    client = client_of(strict_innerseq=True)
    client.connect()
    client.inner_seq = 0xFE
    answered, left = [], []
    for _ in range(5):
        left += of(ClientLeft, client.bench.wait(30.0))
        number = client.inner_seq & 0xFF
        answered += renewal(client, inner_seq=number)
    *good, last = [(answer.inner_seq, answer.response) for answer in answered]
    assert good == [(0xFE, TOKEN_OK), (0xFF, TOKEN_OK)]
    assert last == (2, TOKEN_REJECTED), "and 0 and 1 got no answer"
    assert [each.reason for each in left] == [CloseReason.LEASE_LOST]
    assert of(Ping, bodies(client.say(Ping(reply=0, time=1)))), "control is healthy"


@shows("renew_policy")
@pytest.mark.parametrize(
    ("policy", "responses", "is_kept"),
    [
        (RenewPolicy.OK, [TOKEN_OK], True),
        (RenewPolicy.REJECT_SAME, [TOKEN_REJECTED], False),
        (RenewPolicy.REISSUE, [TOKEN_REJECTED], True),
        (RenewPolicy.SILENT, [], False),
    ],
)
def test_a_renewal_is_granted_rejected_given_a_new_token_or_not_answered(
    policy: RenewPolicy, responses: list[bytes], is_kept: bool
) -> None:
    client = client_of(renew_policy=policy)
    client.connect()
    client.bench.wait(60.0)
    answers = renewal(client)
    assert [answer.response for answer in answers] == responses
    is_new = [answer.token != client.token for answer in answers]
    assert is_new == [policy is RenewPolicy.REISSUE] * len(answers)
    client.bench.wait(60.0)
    assert bool(client.bench.radio.owners) is is_kept


def test_the_streams_are_granted_again_under_a_token_that_was_issued_since() -> None:
    knobs = {"ports_zero_on": frozenset({PortsZero.REPEAT})}
    client = client_of(renew_policy=RenewPolicy.REISSUE, **knobs)
    client.connect()
    [answer] = renewal(client)
    client.token = answer.token
    ports = []
    for _ in range(2):
        [status] = of(Status, bodies(client.say(client.stream_request())))
        ports.append((status.error, status.civ_port))
    assert ports == [(STATUS_OK, 50002), (STATUS_OK, 0)]


@shows("reject_token_after_s")
def test_a_token_may_be_rejected_after_a_while() -> None:
    client = client_of(reject_token_after_s=50.0)
    client.connect()
    responses = []
    for _ in range(2):
        client.bench.wait(30.0)
        responses += [answer.response for answer in renewal(client)]
    assert responses == [TOKEN_OK, TOKEN_REJECTED]


@shows("lease_s")
@pytest.mark.parametrize("lease_s", [10.0, 80.0])
def test_the_lease_lasts_as_long_as_the_dialect_has_it(lease_s: float) -> None:
    client = client_of(lease_s=lease_s)
    client.connect()
    assert ClientLeft not in kinds(client.bench.wait(lease_s - 0.1))
    assert ClientLeft in kinds(client.bench.wait(0.2))


# ---- who the radio says it is --------------------------------------------------------


@shows(
    *("identity", "name", "name_padded", "record_civ_address", "conn_type"),
    *("rates", "capg", "enable_a"),
)
@pytest.mark.parametrize(
    ("knobs", "change"),
    [
        ({"identity": GUID}, {"identity": GUID}),
        ({"name": b"shack"}, {"name": b"shack"}),
        ({"name_padded": True}, {"name": b"IC-7610".ljust(31)}),
        ({"record_civ_address": b"\xa2"}, {"civ_address": 0xA2}),
        ({"conn_type": b"\7\7"}, {"connection_type": b"\7\7"}),
        ({"rates": b"\1\xff"}, {"rx_rates": 0xFF01, "tx_rates": 0xFF01}),
        ({"capg": b"\xb8\x0b"}, {"unknown_61": b"\xb8\x0b"}),
        ({"enable_a": 0}, {"enable_a": 0}),
    ],
)
def test_the_capabilities_tell_what_the_dialect_says(
    knobs: dict[str, object], change: dict[str, object]
) -> None:
    usual, other = (record_of(client_of(**each)) for each in ({}, knobs))
    assert other == replace(usual, **change)  # type: ignore[arg-type]
    assert other != usual


def record_of(client: ForeignClient) -> RadioRecord:
    [capabilities] = of(Capabilities, bodies(client.confirm()))
    [record] = capabilities.radios
    return record


@shows("records")
def test_a_server_lists_several_radios_each_with_its_conninfo() -> None:
    client = client_of(records=3, identity=GUID)
    outputs = client.confirm()
    [capabilities] = of(Capabilities, bodies(outputs))
    identities = [record.identity for record in capabilities.radios]
    assert len(set(identities)) == 3
    told = [info.identity for info in of(ConnInfo, bodies(outputs))]
    assert told == identities
    outputs = client.say(client.stream_request(identity=identities[2]))
    [status] = of(Status, bodies(outputs))
    [after] = of(ConnInfo, bodies(outputs))
    assert (status.civ_port, after.identity, after.busy) == (50002, identities[2], 1)


def test_without_knobs_the_record_is_the_models_own() -> None:
    assert record_of(client_of()) == CONFIG.record


def test_a_server_that_checks_no_token_lets_a_lease_lapse_once() -> None:
    client = client_of(token_check=TokenCheck.NONE, lease_s=10.0)
    client.connect()
    left = of(ClientLeft, client.bench.wait(11.0))
    [answer] = renewal(client)
    assert answer.response == TOKEN_OK
    left += of(ClientLeft, client.bench.wait(11.0))
    assert [each.reason for each in left] == [CloseReason.LEASE_LOST]
