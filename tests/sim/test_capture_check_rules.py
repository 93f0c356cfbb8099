"""Each check finds the one thing that is wrong in a session that was spoiled for it.

Checks that recorded captures break are tested there (test_capture_check.py).
"""

from dataclasses import replace
from functools import cache

import pytest

from icom_proto.codes import (
    LOGIN_BAD_CREDENTIALS,
    TOKEN_REJECTED,
    Codec,
    PacketType,
    Reply,
    Request,
    Role,
    Stream,
)
from icom_proto.credentials import obscure
from icom_proto.packets import (
    AreYouThere,
    AudioData,
    CivData,
    CivOpenClose,
    ConnInfo,
    Disconnect,
    IAmHere,
    Idle,
    Login,
    LoginResponse,
    Ping,
    Ready,
    RetransmitMany,
    RetransmitOne,
    SeqRange,
    Status,
    StreamRequest,
    Token,
)
from icom_sim.captures.checks.catalogue import CHECKS
from icom_sim.captures.checks.run import check_capture
from sim.capture_edits import (
    Capture,
    Edit,
    Picked,
    add,
    calls,
    change,
    drop,
    edits,
    picked,
    spoiled,
    stretch,
)
from sim.captured_session import CapturedSession
from sim.test_capture_check import EXPECTED

CLIENT, RADIO = Role.CLIENT, Role.RADIO
SECRET = "secret-Pa55"
QUESTION = bytes.fromhex("fefe98e003fd")


def control(side: Role, kind: type) -> Picked:
    return Stream.CONTROL, side, kind


def civ(side: Role, kind: type) -> Picked:
    return Stream.CIV, side, kind


def audio(side: Role, kind: type) -> Picked:
    return Stream.AUDIO, side, kind


LOGIN, RESPONSE = control(CLIENT, Login), control(RADIO, LoginResponse)
REQUEST, STATUS = control(CLIENT, StreamRequest), control(RADIO, Status)
CALL, IDLE = control(CLIENT, AreYouThere), control(CLIENT, Idle)
CIV_IDLE = civ(CLIENT, Idle)
SENT, ANSWER = civ(CLIENT, CivData), civ(RADIO, CivData)
TX, RX = audio(CLIENT, AudioData), audio(RADIO, AudioData)
RENEWAL = Token(
    payload_size=0x30,
    reply=Reply.ANSWER,
    request=Request.RENEW_TOKEN,
    inner_seq=0x30,
    token_request=b"ab",
    token=b"abcd",
    response=TOKEN_REJECTED,
)


def civ_data(frames: bytes) -> CivData:
    return CivData(data_length=len(frames), data=frames)


def asks(*pairs: tuple[int, int]) -> RetransmitMany:
    return RetransmitMany(
        ranges=tuple(SeqRange(first=first, last=last) for first, last in pairs)
    )


ONE = RetransmitOne()

# Without audio, so that there are fewer datagrams.
SPOILED: list[tuple[str, tuple[Edit, ...]]] = [
    ("L1", (change(IDLE, 3, header={"type": PacketType(0x02)}),)),
    ("L2", (change(IDLE, 3, header={"length": 99}),)),
    ("L3", (change(CALL, header={"seq": 7}),)),
    ("L4", (drop(control(RADIO, IAmHere)),)),
    ("L5", (change(IDLE, 3, header={"receiver_id": 0x1234}),)),
    ("L7", (add(IDLE, nth=3),)),
    ("L8", (change(IDLE, 4, header={"seq": 3}),)),
    (
        "L9",
        (add(CIV_IDLE, ONE, nth=2, seq=1), drop(civ(RADIO, Idle), since=1.0)),
    ),
    ("L11", (add(CIV_IDLE, ONE, nth=3, seq=500),)),
    ("L12", (add(CIV_IDLE, ONE, nth=9, times=17, every=0.01, seq=1),)),
    ("L13", (add(CIV_IDLE, asks((1, 2)), nth=3, length=24),)),
    ("L13", (add(CIV_IDLE, asks((1, 0x8000)), nth=3),)),
    ("L14", (drop(control(RADIO, Ping), since=0.5),)),
    ("L15", (change(control(CLIENT, Ping), 9, time=1),)),
    ("L19", (add(control(CLIENT, Disconnect), Ping(reply=0, time=1), later=0.2),)),
    ("L20", (add(CALL, times=101, every=0.001),)),
    ("L21", tuple(calls(4))),
    ("S4", (change(STATUS, inner_seq=0x777),)),
    ("S4", (change(STATUS, token_request=b"\1\1"),)),
    ("S5", (change(REQUEST, token=b"\1\1\1\1"),)),
    (
        "S9",
        (
            change(RESPONSE, error=LOGIN_BAD_CREDENTIALS),
            add(LOGIN, later=1.0, seq=2),
        ),
    ),
    ("S13", (add(REQUEST, later=1.0, seq_step=1),)),
    ("S14", (change(REQUEST, identity=bytes(16)),)),
    ("S15", (change(REQUEST, rx_enable=1, rx_rate_hz=44_100),)),
    ("S15", (change(REQUEST, tx_enable=1, tx_codec=Codec.PCM16_STEREO),)),
    ("S15", (change(REQUEST, rx_enable=1, rx_codec=Codec.OPUS_MONO),)),
    ("S16", (change(REQUEST, tx_buffer_ms=800),)),
    ("S17", (change(STATUS, civ_port=0),)),
    ("S20", (stretch(40),)),
    ("S21", (add(RESPONSE, RENEWAL, later=1.0, seq_step=1),)),
    ("S23", (drop(civ(CLIENT, Disconnect)),)),
    ("S24", (add(control(RADIO, Ping), nth=-1, later=4.0),)),
    ("S27", (change(LOGIN, password=b"\x80\x81"),)),
    (
        "S27",
        (
            change(LOGIN, password=obscure(SECRET)),
            add(SENT, civ_data(SECRET.encode()), seq_step=1),
        ),
    ),
    ("S28", (change(LOGIN, reserved_20=b"\1" * 32),)),
    ("C1", (drop(civ(CLIENT, CivOpenClose)),)),
    ("C2", (drop(civ(CLIENT, CivOpenClose)),)),
    ("C3", (change(SENT, data_length=99),)),
    ("C5", (change(SENT, data=QUESTION[1:3], data_length=2),)),
    ("C6", (drop(ANSWER), add(SENT, nth=-1, times=6, every=0.4, seq_step=1))),
    ("C7", (change(ANSWER, data=bytes.fromhex("fefe98e01a0999fd"), data_length=8),)),
    ("C8", (drop(civ(CLIENT, CivOpenClose)), add(CIV_IDLE, CivOpenClose(action=4)))),
    ("C9", (add(SENT, nth=-1, times=101, every=0.001, seq_step=1),)),
    (
        "C10",
        (change(SENT, -1, data=bytes.fromhex("fefe98e01c0001fd"), data_length=8),),
    ),
]

SPOILED_AUDIO: list[tuple[str, tuple[Edit, ...]]] = [
    ("A1", (change(TX, 3, data=bytes(1920), data_length=1920),)),
    ("A2", (change(TX, 3, data_length=99),)),
    ("A3", (change(TX, 3, send_seq=999),)),
    ("A4", (change(TX, 3, data=bytes(1000), data_length=1000),)),
    ("A5", (change(TX, 3, ident=0),)),
    ("A6", (change(REQUEST, tx_enable=0),)),
    ("A6", (change(REQUEST, rx_enable=0),)),
    ("A9", (drop(RX), stretch(3))),
]


@cache
def clean(*, audio: bool) -> tuple[Capture, frozenset[str]]:
    session = CapturedSession(audio=audio)
    session.run(seconds=2 if audio else 4)
    found = check_capture(session.captured).findings
    return session.captured, frozenset(each.check.id for each in found)


@pytest.mark.parametrize(("name", "spoil"), SPOILED)
def test_what_is_wrong_is_found(name: str, spoil: tuple[Edit, ...]) -> None:
    capture, nothing = clean(audio=False)
    assert not nothing
    found = check_capture(edits(capture, *spoil)).findings
    assert name in {finding.check.id for finding in found}


@pytest.mark.parametrize(("name", "spoil"), SPOILED_AUDIO)
def test_what_is_wrong_with_audio_is_found(name: str, spoil: tuple[Edit, ...]) -> None:
    capture, nothing = clean(audio=True)
    assert not nothing
    found = check_capture(edits(capture, *spoil)).findings
    assert name in {finding.check.id for finding in found}


def test_no_goodbye_is_due_where_the_call_had_no_answer() -> None:
    capture, _ = clean(audio=False)
    silent = [
        each
        for each in capture
        if each.source.port != 50002 or each.destination.port == 50001
    ]
    found = check_capture(edits(silent, drop(civ(CLIENT, Disconnect)))).findings
    assert "S23" not in {finding.check.id for finding in found}


def test_audio_may_be_lost_where_its_numbers_begin_anew() -> None:
    """After readiness tracked numbers do (2.4), and those of audio go on."""
    capture, _ = clean(audio=True)
    heard = picked(capture, RX)
    anew = {
        seen.number: spoiled(seen, {"seq": seq}, {})
        for seq, seen in enumerate(heard[4:])
    }
    ready = picked(capture, audio(RADIO, Ready))[0]
    anew[heard[3].number] = ready.data  # late, in the place of what is lost
    one_lost = [
        replace(each, data=anew.get(each.number, each.data))
        for each in capture
        if each.number != ready.number
    ]
    found = check_capture(one_lost).findings
    assert "A3" not in {finding.check.id for finding in found}


def test_a_notice_that_overtakes_the_grant_is_one() -> None:
    capture, _ = clean(audio=False)
    notice = picked(capture, control(RADIO, ConnInfo))[-1]
    status = picked(capture, STATUS)[0]
    places = {notice.number: status.number, status.number: notice.number}
    late = sorted(
        (
            replace(each, number=places.get(each.number, each.number))
            for each in capture
        ),
        key=lambda each: each.number,
    )
    found = check_capture(late).findings
    assert "S19" not in {finding.check.id for finding in found}


def test_every_check_is_seen_to_find_something() -> None:
    spoiled = {name for name, _ in (*SPOILED, *SPOILED_AUDIO)}
    recorded = set().union(*(client | radio for client, radio in EXPECTED.values()))
    assert {check.id for check in CHECKS} == spoiled | recorded
