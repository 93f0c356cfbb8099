"""Keeping a session: renewals, refusals, new tokens, and when the lease is lost."""

from dataclasses import dataclass

import pytest

from foreign_radio import AUDIO, CIV, CONTROL, TOKEN, ForeignRadio, kinds, requests
from forge import bodies, of, packets
from icom_proto.codes import TOKEN_REJECTED, Request, Stream
from icom_proto.events import (
    CloseReason,
    LeaseRenewed,
    SessionClosed,
    SessionReady,
    StreamsGranted,
    Transmit,
)
from icom_proto.packets import StreamRequest, Token
from icom_proto.session_states import ClientState

NEW_TOKEN = bytes.fromhex("0badcafe")


@dataclass(frozen=True)
class Asked:
    """A request of the client and when it was made."""

    at: float
    request: Request
    inner_seq: int
    token: bytes


def ready_radio() -> ForeignRadio:
    radio = ForeignRadio()
    radio.make_ready()
    return radio


def renewals(radio: ForeignRadio, seconds: float, *, answer: bool) -> list[Asked]:
    """What is asked for on the control stream while time passes."""
    asked = []
    end = radio.now + seconds
    while radio.now < end:
        for body in of(Token, bodies(radio.wait(0.25), CONTROL)):
            asked.append(Asked(radio.now, body.request, body.inner_seq, body.token))
            if answer and body.request == Request.RENEW_TOKEN:
                radio.say(radio.token_answer(Request.RENEW_TOKEN))
    return asked


def test_the_first_renewal_is_after_half_a_minute_and_then_one_a_minute() -> None:
    radio = ready_radio()
    asked = renewals(radio, 200.0, answer=True)
    assert [each.at for each in asked] == [30.0, 90.0, 150.0]
    assert [each.inner_seq for each in asked] == [0x33, 0x34, 0x35]
    assert {each.token for each in asked} == {TOKEN}
    assert radio.client.state is ClientState.GRANTED


def test_a_renewal_is_told() -> None:
    radio = ready_radio()
    radio.wait(30.0)
    outputs = radio.say(radio.token_answer(Request.RENEW_TOKEN))
    assert kinds(outputs) == [LeaseRenewed]


def test_inner_numbers_are_big_endian_across_the_byte() -> None:
    """00FF is followed by 01 00 at 0x16 and 00 at 0x18 (appendix B, 5).

    An IC-7300MK2 stops CI-V and audio when the high byte stands elsewhere (2.9).
    """
    radio = ForeignRadio()
    radio.grant()
    raw = []
    for _ in range(0x33, 0x102):
        radio.say(radio.status(disconnected=1, civ_port=0, audio_port=0))
        radio.client.request_streams(radio.now)
        (sent,) = of(Transmit, radio.wait(0.0))
        raw.append(sent.data[0x16:0x19])
        radio.say(radio.status())
    at = raw.index(bytes.fromhex("00ff00"))
    assert raw[at + 1] == bytes.fromhex("010000")


def test_a_renewal_that_is_not_answered_is_repeated_until_the_lease_is_lost() -> None:
    radio = ready_radio()
    asked = renewals(radio, 90.0, answer=False)
    renewed = [each.at for each in asked if each.request == Request.RENEW_TOKEN]
    assert renewed == [30.0 + 3 * step for step in range(17)]
    assert asked[-1].request == Request.REMOVE_TOKEN
    assert asked[-1].at == 80.0
    assert radio.client.state is ClientState.CLOSED


def test_a_lost_lease_says_so() -> None:
    radio = ready_radio()
    (closed,) = of(SessionClosed, radio.wait(90.0))
    assert closed.reason is CloseReason.LEASE_LOST
    assert "80 s" in closed.detail


def test_one_answer_in_time_saves_the_lease() -> None:
    radio = ready_radio()
    radio.wait(79.0)
    radio.say(radio.token_answer(Request.RENEW_TOKEN))
    assert SessionClosed not in kinds(radio.wait(79.0))


def test_a_refusal_with_a_new_token_is_adopted_once() -> None:
    radio = ready_radio()
    radio.wait(30.0)
    rejected = {"response": TOKEN_REJECTED, "token": NEW_TOKEN}
    outputs = radio.say(radio.token_answer(Request.RENEW_TOKEN, **rejected))
    (request,) = of(StreamRequest, bodies(outputs))
    assert request.token == NEW_TOKEN
    outputs = radio.say(radio.status(token=NEW_TOKEN))
    assert kinds(outputs) == [StreamsGranted]
    assert packets(radio.wait(1.0), CIV), "CI-V and audio just go on"
    outputs = radio.say(
        radio.token_answer(Request.RENEW_TOKEN, **rejected | {"token": TOKEN})
    )
    assert requests(outputs) == ["REMOVE_TOKEN"]


def test_streams_that_are_open_stay_where_they_are_under_a_new_token() -> None:
    """A radio answers ports 0 where the streams are open already (2.16)."""
    radio = ready_radio()
    radio.wait(30.0)
    rejected = {"response": TOKEN_REJECTED, "token": NEW_TOKEN}
    radio.say(radio.token_answer(Request.RENEW_TOKEN, **rejected))
    nothing = {"civ_port": 0, "audio_port": 0}
    radio.say(radio.status(**nothing))
    radio.wait(1.0)
    (granted,) = of(StreamsGranted, radio.say(radio.status(**nothing)))
    assert (granted.civ_port, granted.audio_port) == (50002, 50003)


def test_a_refusal_without_a_new_token_is_the_end() -> None:
    radio = ready_radio()
    radio.wait(30.0)
    outputs = radio.say(
        radio.token_answer(Request.RENEW_TOKEN, response=TOKEN_REJECTED)
    )
    assert requests(outputs) == ["REMOVE_TOKEN"]
    (closed,) = of(SessionClosed, radio.wait(2.0))
    assert closed.reason is CloseReason.LEASE_LOST


def test_answers_about_another_token_request_are_not_ours() -> None:
    radio = ready_radio()
    radio.wait(30.0)
    foreign = radio.token_answer(
        Request.RENEW_TOKEN, token_request=b"\x11\x11", response=TOKEN_REJECTED
    )
    radio.say(foreign)
    assert radio.client.state is ClientState.GRANTED


def test_a_renewal_goes_on_while_the_streams_are_taken_away() -> None:
    radio = ready_radio()
    radio.say(radio.status(disconnected=1, civ_port=0, audio_port=0))
    assert len(renewals(radio, 100.0, answer=True)) == 2
    radio.client.request_streams(radio.now)
    radio.wait(0.0)
    radio.say(radio.status())
    outputs = radio.link_up(CIV) + radio.link_up(AUDIO)
    assert SessionReady in kinds(outputs)


@pytest.mark.parametrize("stream", Stream)
def test_a_stream_that_falls_silent_ends_the_session_after_fifteen_seconds(
    stream: Stream,
) -> None:
    radio = ready_radio()
    radio.fall_silent(stream)
    assert SessionClosed not in kinds(radio.wait(14.9))
    (closed,) = of(SessionClosed, radio.wait(1.5))
    assert closed.reason is CloseReason.SILENCE
