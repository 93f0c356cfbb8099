"""CI-V at the client: opening, requests one at a time, answers, silence, keying."""

from dataclasses import replace

import pytest

from foreign_radio import (
    AUDIO,
    CIV,
    CONFIG,
    IDENTITY_ANSWER,
    RECORD,
    ForeignRadio,
    frames,
    kinds,
)
from forge import bodies, of, packets
from icom_proto.civ_frames import BODY_MAX
from icom_proto.civ_requests import REQUESTS_MAX
from icom_proto.civ_stream import KEYS_MAX
from icom_proto.codes import CivKind, Request
from icom_proto.errors import LocalProtocolError
from icom_proto.events import (
    CivAnswered,
    CivExpired,
    CivFrameReceived,
    CivOpened,
    CivRefused,
    IgnoredWhy,
    Output,
    PacketIgnored,
    SessionClosed,
    Transmit,
)
from icom_proto.packets import CivData, CivOpenClose, IAmHere, Idle, RetransmitOne

FREQUENCY = bytes.fromhex("fefe98e003fd")
FREQUENCY_ANSWER = bytes.fromhex("fefee098030050810300fd")
MODE, MODE_ANSWER = bytes.fromhex("fefe98e004fd"), bytes.fromhex("fefee098040101fd")
SET_MODE = bytes.fromhex("fefe98e00601fd")
KEY, UNKEY = bytes.fromhex("fefe98e01c0001fd"), bytes.fromhex("fefe98e01c0000fd")
OK, NG = bytes.fromhex("fefee098fbfd"), bytes.fromhex("fefee098fafd")
IDENTITY_READ = bytes.fromhex("fefe98e01900fd")


def ready_radio() -> ForeignRadio:
    radio = ForeignRadio()
    radio.make_ready()
    radio.wait(0.2)
    return radio


def send(
    radio: ForeignRadio, frame: bytes, *, timeout_s: float = 1.0, urgent: bool = False
) -> tuple[int, list[bytes]]:
    """Give the client a request; its number, and the frames that left."""
    number = radio.client.send_civ(frame, radio.now, timeout_s=timeout_s, urgent=urgent)
    return number, frames(radio.wait(0.0))


def told(outputs: list[Output]) -> list[Output]:
    """Events about requests and frames."""
    wanted = (CivAnswered, CivRefused, CivExpired, CivFrameReceived)
    return [output for output in outputs if isinstance(output, wanted)]


def opens(outputs: list[Output]) -> list[int]:
    """The actions of the opens and closes that left."""
    return [b.action for b in of(CivOpenClose, bodies(outputs, CIV))]


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


# ---- urgent, cancelled, keyed --------------------------------------------------------


def test_a_full_line_does_not_keep_the_radio_transmitting() -> None:
    radio = ready_radio()
    send(radio, KEY)
    radio.say_civ(OK)
    for _ in range(REQUESTS_MAX + 1):
        send(radio, FREQUENCY)
    with pytest.raises(LocalProtocolError, match="wait already"):
        send(radio, FREQUENCY)
    _, sent = send(radio, UNKEY, urgent=True)
    assert sent == [UNKEY]


@pytest.mark.parametrize("address", [0xFD, 0xFE])
def test_an_address_that_no_frame_can_have_counts_as_unknown(address: int) -> None:
    radio = ForeignRadio()
    radio.log_in()
    radio.say(radio.capabilities(replace(RECORD, civ_address=address)))
    radio.say(radio.conn_info())
    radio.say(radio.status())
    asked = of(CivData, bodies(radio.link_up(CIV)))
    assert [body.data for body in asked] == [bytes.fromhex("fefe00e01900fd")]
    radio.say_civ(IDENTITY_ANSWER)
    assert radio.client.civ_address == 0x98


@pytest.mark.parametrize("address", [-1, 0xFD, 0xFE, 0x100])
def test_an_address_that_no_frame_can_have_is_refused_from_the_caller(
    address: int,
) -> None:
    with pytest.raises(LocalProtocolError, match="0xFD and 0xFE"):
        replace(CONFIG, civ_address=address)


def test_an_urgent_request_overtakes_the_line() -> None:
    radio = ready_radio()
    first, _ = send(radio, FREQUENCY)
    second, _ = send(radio, MODE)
    urgent, sent = send(radio, UNKEY, urgent=True)
    assert sent == [UNKEY]
    assert told(radio.say_civ(OK)) == [CivAnswered(urgent, OK)]
    assert told(radio.say_civ(FREQUENCY_ANSWER)) == [
        CivAnswered(first, FREQUENCY_ANSWER)
    ]
    assert told(radio.say_civ(MODE_ANSWER)) == [CivAnswered(second, MODE_ANSWER)]


def test_a_cancelled_request_in_line_is_not_sent() -> None:
    radio = ready_radio()
    send(radio, FREQUENCY)
    number, _ = send(radio, KEY)
    radio.client.cancel_civ(number)
    assert frames(radio.say_civ(FREQUENCY_ANSWER)) == []
    assert told(radio.wait(2.0)) == []


def test_a_cancelled_request_on_the_wire_swallows_its_answer() -> None:
    radio = ready_radio()
    number, _ = send(radio, SET_MODE)
    radio.client.cancel_civ(number)
    follower, sent = send(radio, SET_MODE)
    assert sent == []
    outputs = radio.say_civ(OK)
    assert told(outputs) == []
    assert frames(outputs) == [SET_MODE]
    assert told(radio.say_civ(OK)) == [CivAnswered(follower, OK)]


def test_cancelling_what_is_unknown_does_nothing() -> None:
    radio = ForeignRadio()
    radio.client.cancel_civ(7)
    radio = ready_radio()
    radio.client.cancel_civ(7)
    assert radio.wait(0.0) == []


def key_seq(outputs: list[Output], frame: bytes) -> int:
    """The number under which a frame left."""
    (seq,) = [
        header.seq
        for header, body in packets(outputs, CIV)
        if isinstance(body, CivData) and body.data == frame
    ]
    return seq


def repeats(radio: ForeignRadio, seq: int) -> type:
    """What the client answers when the radio asks for a number."""
    request = radio.seal(CIV, RetransmitOne(), seq)
    ((_, body),) = packets(radio.give(CIV, request), CIV)
    return type(body)


def test_a_lost_transmit_is_not_repeated_once_stop_was_sent() -> None:
    radio = ready_radio()
    radio.client.send_civ(KEY, radio.now)
    seq = key_seq(radio.wait(0.0), KEY)
    assert repeats(radio, seq) is CivData
    radio.wait(0.5)
    radio.client.send_civ(UNKEY, radio.now, urgent=True)
    stop_seq = key_seq(radio.wait(0.0), UNKEY)
    assert repeats(radio, seq) is Idle
    assert repeats(radio, stop_seq) is CivData


def test_a_cancelled_transmit_is_not_repeated_either() -> None:
    radio = ready_radio()
    number = radio.client.send_civ(KEY, radio.now)
    seq = key_seq(radio.wait(0.0), KEY)
    radio.client.cancel_civ(number)
    assert repeats(radio, seq) is Idle


def test_a_program_that_keys_again_and_again_costs_no_memory() -> None:
    radio = ready_radio()
    seqs = []
    for _ in range(KEYS_MAX + 1):
        radio.client.send_civ(KEY, radio.now)
        seqs.append(key_seq(radio.wait(0.0), KEY))
        radio.say_civ(OK)
    radio.client.send_civ(UNKEY, radio.now)
    radio.wait(0.0)
    assert repeats(radio, seqs[0]) is CivData
    assert repeats(radio, seqs[1]) is Idle


# ---- leaving -------------------------------------------------------------------------


def test_close_stops_transmitting_first_and_waits_for_the_answer() -> None:
    radio = ready_radio()
    send(radio, KEY)
    radio.say_civ(OK)
    radio.client.close(radio.now)
    outputs = radio.wait(0.0)
    assert frames(outputs) == [UNKEY]
    assert opens(outputs) == []
    outputs = radio.say_civ(OK)
    assert told(outputs) == []
    assert opens(outputs) == [0]
    radio.say(radio.token_answer(Request.REMOVE_TOKEN))
    outputs = radio.wait(5.0)
    assert len(of(SessionClosed, outputs)) == 1
    assert not of(Transmit, outputs), "it leaves once"


def test_close_waits_half_a_second_for_a_lost_answer() -> None:
    radio = ready_radio()
    send(radio, KEY)
    radio.client.close(radio.now)
    assert opens(radio.wait(0.49)) == []
    assert opens(radio.wait(0.02)) == [0]


def test_close_stops_transmitting_though_the_line_is_full() -> None:
    radio = ready_radio()
    send(radio, KEY)
    for _ in range(REQUESTS_MAX):
        send(radio, FREQUENCY, timeout_s=60.0)
    radio.client.close(radio.now)
    assert frames(radio.wait(0.0)) == [UNKEY]


def test_a_refused_stop_is_still_waited_for() -> None:
    radio = ready_radio()
    send(radio, KEY)
    radio.say_civ(OK)
    radio.client.close(radio.now)
    radio.wait(0.0)
    assert opens(radio.say_civ(NG)) == []
    assert opens(radio.wait(0.5)) == [0]


def test_what_was_confirmed_to_have_stopped_is_not_stopped_again() -> None:
    radio = ready_radio()
    send(radio, KEY)
    radio.say_civ(OK)
    send(radio, UNKEY)
    radio.say_civ(OK)
    radio.client.close(radio.now)
    outputs = radio.wait(0.0)
    assert frames(outputs) == []
    assert opens(outputs) == [0]


def test_requests_that_wait_expire_when_the_session_closes() -> None:
    radio = ready_radio()
    first, _ = send(radio, FREQUENCY)
    second, _ = send(radio, MODE)
    radio.client.close(radio.now)
    assert told(radio.wait(0.0)) == [CivExpired(first), CivExpired(second)]


def test_frames_behind_the_close_are_not_told() -> None:
    radio = ready_radio()
    radio.client.close(radio.now)
    radio.wait(0.0)
    outputs = radio.say_civ(FREQUENCY_ANSWER)
    assert kinds(outputs) == []
    radio.say(radio.token_answer(Request.REMOVE_TOKEN))
    outputs = radio.wait(2.0)
    assert CivOpened not in kinds(outputs)
    assert of(SessionClosed, outputs)
    assert not of(Transmit, radio.wait(5.0))
