"""From login to grant, with radios of every kind (PROTOCOL.md 7.2; appendix B, 6)."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from foreign_radio import (
    CIV,
    CONFIG,
    CONTROL,
    IDENTITY,
    IDS,
    RECORD,
    TOKEN,
    ForeignRadio,
    kinds,
    requests,
)
from forge import bodies, of, packets, seal
from icom_proto.codec import Body
from icom_proto.codes import (
    Codec,
    Reply,
    Request,
    Stream,
)
from icom_proto.credentials import obscure
from icom_proto.errors import LocalProtocolError
from icom_proto.events import (
    CloseReason,
    LoggedIn,
    Output,
    PacketIgnored,
    RadiosListed,
    SessionClosed,
    SessionReady,
    StreamsGranted,
)
from icom_proto.packets import (
    IAmHere,
    Login,
    Ping,
    Ready,
    RetransmitOne,
    StreamRequest,
    Token,
)
from icom_proto.session_states import ClientState


def ended(outputs: list[Output]) -> SessionClosed:
    """The last event of all."""
    (closed,) = of(SessionClosed, outputs)
    assert outputs[-1] is closed
    return closed


# ---- the usual way -------------------------------------------------------------------


def test_the_requests_follow_the_reference_exchange() -> None:
    """PROTOCOL.md 7.4: what is sent on control, with both numbers of each request."""
    radio = ForeignRadio()
    sent = packets(radio.grant(), CONTROL)
    asked = [
        (header.seq, body)
        for header, body in sent
        if isinstance(body, Login | Token | StreamRequest)
    ]
    found = [(seq, body.request, body.inner_seq, body.token) for seq, body in asked]
    assert found == [
        (1, Request.LOGIN, 0x30, bytes(4)),
        (2, Request.CONFIRM_TOKEN, 0x31, TOKEN),
        (3, Request.STREAMS, 0x32, TOKEN),
    ]
    assert all(body.token_request == radio.token_request for _, body in asked)


def test_a_login_holds_obfuscated_credentials_and_a_token_request() -> None:
    radio = ForeignRadio()
    radio.open()
    (login,) = of(Login, bodies(radio.link_up()))
    assert (login.username, login.password) == (obscure("icom"), obscure("icom1234"))
    assert login.computer == b"pycore"
    assert login.token_request[1] != 0


def test_a_long_name_of_the_computer_is_cut() -> None:
    radio = ForeignRadio(replace(CONFIG, computer="the-computer-in-the-shäck"))
    radio.open()
    (login,) = of(Login, bodies(radio.link_up()))
    assert login.computer == b"the-computer-in-"
    radio = ForeignRadio(replace(CONFIG, computer="shäck"))
    radio.open()
    (login,) = of(Login, bodies(radio.link_up()))
    assert login.computer == b"sh?ck"


def test_the_stream_request_repeats_what_the_radio_called_itself() -> None:
    (request,) = of(StreamRequest, bodies(ForeignRadio().ask_for_streams()))
    assert (request.identity, request.name) == (IDENTITY, b"IC-7610")
    assert (request.civ_port, request.audio_port) == (52002, 52003)
    assert (request.rx_codec, request.rx_rate_hz) == (Codec.PCM16_MONO, 48000)
    assert (request.rx_enable, request.tx_enable, request.tx_buffer_ms) == (1, 1, 150)


def test_the_events_come_in_the_order_of_the_steps() -> None:
    radio = ForeignRadio()
    told = [
        kind
        for kind in kinds(radio.make_ready())
        if kind in (LoggedIn, RadiosListed, StreamsGranted, SessionReady)
    ]
    assert told == [LoggedIn, RadiosListed, StreamsGranted, SessionReady]
    assert radio.client.state is ClientState.GRANTED
    assert radio.client.granted is not None
    assert radio.client.granted.civ_port == 50002
    assert radio.client.radio == RECORD


def test_radio_pings_are_answered_before_the_login_is_done() -> None:
    """IC-7610, 9700 and 705 do not go on otherwise (2.6)."""
    radio = ForeignRadio()
    radio.open()
    radio.say(IAmHere())
    (answer,) = of(Ping, bodies(radio.say(Ping(reply=0, time=0x50F8C3))))
    assert (answer.reply, answer.time) == (1, 0x50F8C3)


# ---- radios that do it otherwise -----------------------------------------------------


def test_everything_may_come_twice() -> None:
    """Each datagram arrives two times, as on a network that repeats everything."""
    radio = ForeignRadio()
    outputs = radio.open()
    steps: list[Callable[[], Body]] = [
        IAmHere,
        Ready,
        radio.login_response,
        radio.capabilities,
        radio.conn_info,
        radio.status,
        partial(radio.conn_info, 1),
    ]
    for step in steps:
        data = radio.seal(CONTROL, step())
        outputs += radio.give(CONTROL, data) + radio.give(CONTROL, data)
    assert requests(outputs) == ["LOGIN", "CONFIRM_TOKEN", "STREAMS"]
    assert len(of(StreamsGranted, outputs)) == 1


def test_answers_sent_again_with_a_new_number_change_nothing() -> None:
    radio = ForeignRadio()
    radio.grant()
    for again in (radio.login_response(), radio.capabilities(), radio.conn_info()):
        outputs = radio.say(again)
        assert requests(outputs) == []
        assert set(kinds(outputs)) <= {PacketIgnored}
    assert radio.client.state is ClientState.GRANTED


def test_a_status_that_is_repeated_for_ever_changes_nothing() -> None:
    """Xiegu X6100 repeats it (11.1)."""
    radio = ForeignRadio()
    radio.make_ready()
    for _ in range(5):
        assert radio.say(radio.status()) == []
    assert radio.say(radio.status(civ_port=0, audio_port=0)) == []
    assert radio.client.state is ClientState.GRANTED


def test_a_radio_that_never_says_it_is_ready_is_used_after_five_tries() -> None:
    radio = ForeignRadio()
    radio.open()
    radio.say(IAmHere())
    outputs = radio.wait(2.5)
    assert "LOGIN" in requests(outputs)


def test_an_answer_to_the_call_may_be_a_tracked_packet() -> None:
    """wfserver spends its number 0 on it; a repetition has the next one (2.3)."""
    radio = ForeignRadio()
    radio.open()
    radio.give(CONTROL, radio.seal(CONTROL, IAmHere(), 0))
    radio.give(CONTROL, radio.seal(CONTROL, IAmHere(), 1))
    radio.seqs[CONTROL] = 2
    radio.give(CONTROL, radio.seal(CONTROL, Ready(), 1))
    outputs = radio.say(radio.login_response())
    assert requests(outputs) == ["CONFIRM_TOKEN"]


def test_a_login_response_may_call_itself_a_request() -> None:
    """wfserver writes 01 into byte 14 (2.11)."""
    radio = ForeignRadio()
    radio.open()
    radio.link_up()
    outputs = radio.say(radio.login_response(reply=Reply.REQUEST))
    assert requests(outputs) == ["CONFIRM_TOKEN"]


@pytest.mark.parametrize("length", [0x00, 0x15])
def test_pings_may_have_either_length_field(length: int) -> None:
    radio = ForeignRadio()
    radio.grant()
    ping = seal(
        Ping(reply=0, time=7),
        sender=radio.ids[CONTROL],
        receiver=IDS[CONTROL],
        seq=9,
        length=length,
    )
    assert len(of(Ping, bodies(radio.give(CONTROL, ping)))) == 1


@pytest.mark.parametrize("tail", ["", "01", "0102", "010203", "01020304050607"])
def test_a_garbled_retransmit_request_is_no_more_than_a_request(tail: str) -> None:
    radio = ForeignRadio()
    radio.grant()
    data = radio.seal(CONTROL, RetransmitOne()) + bytes.fromhex(tail)
    radio.give(CONTROL, data)
    assert radio.client.state is ClientState.GRANTED


def test_a_token_reply_beside_the_capabilities_is_taken_and_ignored() -> None:
    """POTACAT expects one (10, row 14); one to a renewal may come early, too."""
    radio = ForeignRadio()
    radio.log_in()
    for request in (Request.CONFIRM_TOKEN, Request.RENEW_TOKEN, Request.REMOVE_TOKEN):
        assert radio.say(radio.token_answer(request)) == []
    assert radio.client.state is ClientState.CONFIRMING
    assert RadiosListed in kinds(radio.say(radio.capabilities()))


def test_capabilities_may_come_right_behind_the_login_response() -> None:
    """As an IC-7300MK2 is said to do (2.13)."""
    radio = ForeignRadio()
    outputs = radio.log_in() + radio.say(radio.capabilities())
    outputs += radio.say(radio.capabilities())
    assert len(of(RadiosListed, outputs)) == 1


def test_without_a_notice_the_streams_are_asked_for_after_a_second() -> None:
    radio = ForeignRadio()
    radio.log_in()
    radio.say(radio.capabilities())
    assert requests(radio.wait(0.999)) == []
    assert requests(radio.wait(0.001)) == ["STREAMS"]


def test_a_radio_known_from_its_notice_alone_is_used() -> None:
    """rigplane's mock radio lists no capabilities (10, row 14)."""
    radio = ForeignRadio()
    radio.log_in()
    radio.say(radio.conn_info())
    outputs = radio.wait(1.0)
    assert requests(outputs) == ["STREAMS"]
    (request,) = of(StreamRequest, bodies(outputs))
    assert request.identity == IDENTITY
    outputs = radio.say(radio.status()) + radio.link_up(CIV)
    radio.link_up(Stream.AUDIO)
    assert radio.client.civ_address == 0
    radio.say_civ(bytes.fromhex("fefee094190094fd"))
    assert radio.client.civ_address == 0x94


def test_a_notice_about_another_radio_is_not_for_us() -> None:
    radio = ForeignRadio()
    radio.log_in()
    radio.say(radio.capabilities())
    other = bytes(15) + b"\x01"
    assert radio.say(radio.conn_info(1, identity=other)) == []


def test_a_radio_is_chosen_by_its_name() -> None:
    second = replace(RECORD, identity=bytes(15) + b"\x02", name=b"Shack")
    radio = ForeignRadio(replace(CONFIG, radio_name="Shack"))
    radio.log_in()
    radio.say(radio.capabilities(RECORD, second))
    (request,) = of(StreamRequest, bodies(radio.wait(1.0)))
    assert request.identity == second.identity


def test_no_radio_of_that_name_ends_the_session() -> None:
    radio = ForeignRadio(replace(CONFIG, radio_name="Shack"))
    radio.log_in()
    outputs = radio.say(radio.capabilities())
    assert requests(outputs) == ["REMOVE_TOKEN"]
    closed = ended(radio.wait(2.0))
    assert closed.reason is CloseReason.NO_SUCH_RADIO
    assert "IC-7610" in closed.detail


def test_a_radio_that_takes_no_audio_is_offered_none() -> None:
    receiver = replace(RECORD, tx_rates=0)
    radio = ForeignRadio()
    radio.log_in()
    radio.say(radio.capabilities(receiver))
    outputs = radio.say(radio.conn_info())
    (request,) = of(StreamRequest, bodies(outputs))
    assert (request.rx_enable, request.tx_enable) == (1, 0)
    (granted,) = of(StreamsGranted, radio.say(radio.status()))
    assert granted.tx_codec is Codec.NONE
    radio.link_up(CIV)
    radio.link_up(Stream.AUDIO)
    with pytest.raises(LocalProtocolError, match="audio"):
        radio.client.send_audio(bytes(1920), radio.now)


def test_without_audio_codecs_and_rates_are_real_ones_all_the_same() -> None:
    """wfserver 1.60 dies of codec 0."""
    radio = ForeignRadio(replace(CONFIG, audio=False))
    (request,) = of(StreamRequest, bodies(radio.ask_for_streams()))
    assert (request.rx_enable, request.tx_enable, request.audio_port) == (0, 0, 0)
    assert (request.rx_codec, request.tx_codec) == (Codec.PCM16_MONO,) * 2
    outputs = radio.say(radio.status())
    calls = packets(outputs, Stream.AUDIO)
    assert calls == []
    assert SessionReady in kinds(radio.link_up(CIV))
