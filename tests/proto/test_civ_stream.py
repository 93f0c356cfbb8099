"""CI-V at the client: opening, requests one at a time, answers, silence."""

from dataclasses import replace

import pytest

from civ_bench import (
    FREQUENCY,
    FREQUENCY_ANSWER,
    MODE,
    MODE_ANSWER,
    NG,
    OK,
    SET_MODE,
    opens,
    ready_radio,
    send,
    told,
)
from foreign_radio import (
    AUDIO,
    CIV,
    CONFIG,
    IDENTITY_ANSWER,
    ForeignRadio,
    frames,
    kinds,
)
from forge import bodies, of
from icom_proto.civ_frames import BODY_MAX
from icom_proto.civ_requests import REQUESTS_MAX
from icom_proto.codes import CivKind
from icom_proto.errors import LocalProtocolError
from icom_proto.events import (
    CivAnswered,
    CivExpired,
    CivFrameReceived,
    CivOpened,
    CivRefused,
    IgnoredWhy,
    PacketIgnored,
    SessionClosed,
)
from icom_proto.packets import CivData, CivOpenClose, IAmHere

# ---- opening -------------------------------------------------------------------------


def test_an_open_is_repeated_fast_for_a_second_then_slowly_until_civ_flows() -> None:
    radio = ForeignRadio()
    radio.grant()
    radio.link_up(AUDIO)
    assert opens(radio.link_up(CIV)) == [4]
    assert opens(radio.wait(1.0)) == [4] * 10
    assert opens(radio.wait(2.0)) == [4] * 4
    assert CivOpened in kinds(radio.say_civ(IDENTITY_ANSWER))
    assert opens(radio.wait(3.0)) == []


def test_opens_and_frames_share_a_counter() -> None:
    radio = ForeignRadio()
    radio.grant()
    outputs = radio.link_up(CIV) + radio.wait(0.2)
    inner = [
        body.inner_seq
        for body in bodies(outputs, CIV)
        if isinstance(body, CivOpenClose | CivData)
    ]
    assert inner == list(range(6))


def test_civ_that_comes_before_the_open_is_not_taken_for_an_answer_to_it() -> None:
    radio = ForeignRadio()
    radio.grant()
    radio.say(IAmHere(), CIV)
    assert told(radio.say_civ(IDENTITY_ANSWER)) == []


def test_requests_wait_a_second_for_civ_to_flow_and_then_go() -> None:
    """A sleeping radio says nothing, and may be woken by one of them (18 01)."""
    radio = ForeignRadio()
    radio.grant()
    radio.link_up(CIV)
    radio.link_up(AUDIO)
    number, sent = send(radio, FREQUENCY, timeout_s=3.0)
    assert sent == []
    assert frames(radio.wait(0.99)) == []
    assert frames(radio.wait(0.02)) == [FREQUENCY]
    assert told(radio.wait(2.0)) == [CivExpired(number)]


def test_requests_go_as_soon_as_civ_flows() -> None:
    radio = ForeignRadio()
    radio.grant()
    radio.link_up(CIV)
    radio.link_up(AUDIO)
    send(radio, FREQUENCY)
    assert frames(radio.say_civ(IDENTITY_ANSWER)) == [FREQUENCY]


def test_the_radios_address_is_that_of_its_record_unless_configured() -> None:
    assert ready_radio().client.civ_address == 0x98
    radio = ForeignRadio(replace(CONFIG, civ_address=0x94))
    radio.make_ready()
    assert radio.client.civ_address == 0x94


# ---- one request at a time -----------------------------------------------------------


def test_the_next_request_leaves_when_the_last_one_is_answered() -> None:
    radio = ready_radio()
    first, sent = send(radio, FREQUENCY)
    assert sent == [FREQUENCY]
    second, sent = send(radio, SET_MODE)
    assert sent == []
    third, sent = send(radio, MODE)
    outputs = radio.say_civ(FREQUENCY_ANSWER)
    assert told(outputs) == [CivAnswered(first, FREQUENCY_ANSWER)]
    assert frames(outputs) == [SET_MODE]
    outputs = radio.say_civ(NG)
    assert told(outputs) == [CivRefused(second)]
    assert frames(outputs) == [MODE]
    assert told(radio.say_civ(MODE_ANSWER)) == [CivAnswered(third, MODE_ANSWER)]


def test_an_echo_is_no_answer_and_is_not_told() -> None:
    radio = ready_radio()
    number, _ = send(radio, SET_MODE)
    assert radio.say_civ(SET_MODE) == []
    assert told(radio.say_civ(OK)) == [CivAnswered(number, OK)]


def test_what_answers_nothing_is_told_as_a_frame() -> None:
    radio = ready_radio()
    transceive = bytes.fromhex("fefe0098000050810300fd")
    assert told(radio.say_civ(transceive)) == [CivFrameReceived(transceive)]
    assert told(radio.say_civ(FREQUENCY_ANSWER)) == [CivFrameReceived(FREQUENCY_ANSWER)]
    other_radio = bytes.fromhex("fefee094030050810300fd")
    send(radio, FREQUENCY)
    assert told(radio.say_civ(other_radio)) == [CivFrameReceived(other_radio)]


def test_several_frames_in_one_datagram_are_several_answers() -> None:
    radio = ready_radio()
    first, _ = send(radio, FREQUENCY)
    second, _ = send(radio, MODE)
    outputs = radio.say_civ(FREQUENCY + FREQUENCY_ANSWER + MODE_ANSWER)
    assert told(outputs) == [
        CivAnswered(first, FREQUENCY_ANSWER),
        CivAnswered(second, MODE_ANSWER),
    ]


def test_a_frame_may_be_split_over_datagrams() -> None:
    radio = ready_radio()
    number, _ = send(radio, FREQUENCY)
    assert told(radio.say_civ(FREQUENCY_ANSWER[:5])) == []
    assert told(radio.say_civ(FREQUENCY_ANSWER[5:8])) == []
    assert told(radio.say_civ(FREQUENCY_ANSWER[8:])) == [
        CivAnswered(number, FREQUENCY_ANSWER)
    ]


def test_what_is_no_civ_is_reported() -> None:
    radio = ready_radio()
    junk = CivData(kind=CivKind(0xC7), data_length=1, data=b"\0")
    (ignored,) = of(PacketIgnored, radio.say(junk, CIV))
    assert ignored.why is IgnoredWhy.MALFORMED


@pytest.mark.parametrize(
    "frame", ["", "fefe98e0fd", "fefe98e003", "fefe98e0fd03fd", "fe98e003fd"]
)
def test_only_whole_frames_are_sent(frame: str) -> None:
    radio = ready_radio()
    with pytest.raises(LocalProtocolError, match="no CI-V frame"):
        radio.client.send_civ(bytes.fromhex(frame), radio.now)
    assert radio.wait(0.0) == []


def test_a_frame_may_be_as_long_as_a_body_may_be() -> None:
    radio = ready_radio()
    longest = FREQUENCY[:4] + bytes(BODY_MAX - 2) + b"\xfd"
    _, sent = send(radio, longest)
    assert sent == [longest]
    with pytest.raises(LocalProtocolError):
        radio.client.send_civ(longest[:-1] + b"\0\xfd", radio.now)


def test_the_line_is_full_at_a_limit_and_nothing_changes() -> None:
    radio = ready_radio()
    for _ in range(REQUESTS_MAX + 1):
        send(radio, FREQUENCY)
    with pytest.raises(LocalProtocolError, match="wait already"):
        radio.client.send_civ(FREQUENCY, radio.now)
    assert len(told(radio.wait(1.0))) == REQUESTS_MAX + 1


def test_a_request_is_refused_before_the_session_is_ready() -> None:
    radio = ForeignRadio()
    with pytest.raises(LocalProtocolError, match="NEW"):
        radio.client.send_civ(FREQUENCY, 0.0)
    radio.grant()
    with pytest.raises(LocalProtocolError, match="OPENING"):
        radio.client.send_civ(FREQUENCY, 0.0)


# ---- answers that do not come --------------------------------------------------------


def test_a_request_expires_in_its_own_time() -> None:
    radio = ready_radio()
    first, _ = send(radio, FREQUENCY, timeout_s=0.3)
    second, _ = send(radio, MODE, timeout_s=0.5)
    assert told(radio.wait(0.299)) == []
    assert told(radio.wait(0.002)) == [CivExpired(first)]
    assert told(radio.wait(0.3)) == [CivExpired(second)]


def test_a_request_in_line_expires_before_one_that_is_ahead_of_it() -> None:
    radio = ready_radio()
    send(radio, FREQUENCY, timeout_s=0.3)
    send(radio, MODE, timeout_s=0.9)
    third, _ = send(radio, FREQUENCY, timeout_s=0.6)
    radio.wait(0.59)
    assert told(radio.wait(0.02)) == [CivExpired(third)]


def test_a_late_ok_does_not_confirm_the_next_write() -> None:
    """OK says not what it answers, so a read whose answer does goes in between."""
    radio = ready_radio()
    first, _ = send(radio, SET_MODE, timeout_s=0.3)
    assert told(radio.wait(0.3)) == [CivExpired(first)]
    second, sent = send(radio, SET_MODE)
    assert sent == [], "first a read clears the wire"
    assert told(radio.say_civ(OK)) == [CivFrameReceived(OK)]
    outputs = radio.say_civ(IDENTITY_ANSWER)
    assert frames(outputs) == [SET_MODE]
    assert told(radio.say_civ(OK)) == [CivAnswered(second, OK)]


def test_a_cleared_wire_that_is_not_answered_is_used_all_the_same() -> None:
    radio = ready_radio()
    send(radio, SET_MODE, timeout_s=0.3)
    radio.wait(0.3)
    send(radio, SET_MODE)
    assert frames(radio.wait(0.29)) == []
    assert frames(radio.wait(0.02)) == [SET_MODE]
    number, _ = send(radio, MODE, timeout_s=0.1)
    assert told(radio.wait(0.2)) == [CivExpired(number)]


def test_civ_that_went_silent_is_opened_again_and_nothing_else() -> None:
    radio = ready_radio()
    radio.wait(10.0)
    assert opens(radio.wait(1.0)) == [], "silence alone is no fault: nothing was asked"
    number, _ = send(radio, FREQUENCY, timeout_s=0.5)
    outputs = radio.wait(2.1)
    assert told(outputs) == [CivExpired(number)]
    assert opens(outputs) == [4] * 4
    assert CivOpened in kinds(radio.say_civ(IDENTITY_ANSWER))
    assert opens(radio.wait(2.0)) == []
    assert SessionClosed not in kinds(outputs)


def test_one_expired_request_is_no_silence_while_other_frames_arrive() -> None:
    radio = ready_radio()
    send(radio, FREQUENCY, timeout_s=0.5)
    radio.say_civ(MODE_ANSWER)
    assert opens(radio.wait(1.0)) == []
