"""CI-V requests that overtake, that are cancelled, that key the radio; and the end."""

from dataclasses import replace

import pytest

from civ_bench import (
    FREQUENCY,
    FREQUENCY_ANSWER,
    KEY,
    MODE,
    MODE_ANSWER,
    NG,
    OK,
    SET_MODE,
    UNKEY,
    opens,
    ready_radio,
    send,
    told,
)
from foreign_radio import (
    CIV,
    CONFIG,
    IDENTITY_ANSWER,
    RECORD,
    ForeignRadio,
    frames,
    kinds,
)
from forge import bodies, of, packets
from icom_proto.civ_requests import REQUESTS_MAX
from icom_proto.civ_stream import KEYS_MAX
from icom_proto.codes import Request
from icom_proto.errors import LocalProtocolError
from icom_proto.events import (
    CivAnswered,
    CivExpired,
    CivOpened,
    Output,
    SessionClosed,
    Transmit,
)
from icom_proto.packets import CivData, Idle, RetransmitOne

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
