"""A client that is refused, not answered, or put out (PROTOCOL.md 7.2)."""

from dataclasses import replace

import pytest

from foreign_radio import (
    CIV,
    CONFIG,
    CONTROL,
    ForeignRadio,
    frames,
    kinds,
    requests,
)
from forge import bodies, of, packets
from icom_proto.codes import (
    LOGIN_BAD_CREDENTIALS,
    STATUS_BUSY,
    STATUS_REFUSED,
    Codec,
    Request,
    Stream,
)
from icom_proto.errors import LocalProtocolError
from icom_proto.events import (
    CloseReason,
    IgnoredWhy,
    Output,
    PacketIgnored,
    RadioBusy,
    SessionClosed,
    SessionReady,
    StreamsClosed,
    StreamsGranted,
)
from icom_proto.packets import (
    AreYouThere,
    Disconnect,
    StreamRequest,
)
from icom_proto.session_states import ClientState


def ended(outputs: list[Output]) -> SessionClosed:
    """The last event of all."""
    (closed,) = of(SessionClosed, outputs)
    assert outputs[-1] is closed
    return closed


# ---- refusals ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (LOGIN_BAD_CREDENTIALS, CloseReason.BAD_CREDENTIALS),
        (bytes.fromhex("ffffffff"), CloseReason.LOGIN_REFUSED),
        (bytes.fromhex("00000001"), CloseReason.LOGIN_REFUSED),
    ],
)
def test_a_refused_login_ends_with_a_goodbye_and_no_second_try(
    error: bytes, reason: CloseReason
) -> None:
    radio = ForeignRadio()
    radio.open()
    radio.link_up()
    outputs = radio.say(radio.login_response(error=error, connection=b""))
    outputs += radio.wait(5.0)
    assert requests(outputs) == []
    assert len(of(Disconnect, bodies(outputs, CONTROL))) == 2
    assert ended(outputs).reason is reason


def test_a_login_response_for_another_login_is_not_ours() -> None:
    radio = ForeignRadio()
    radio.open()
    radio.link_up()
    outputs = radio.say(radio.login_response(token_request=b"\x11\x11"))
    (ignored,) = of(PacketIgnored, outputs)
    assert (ignored.why, ignored.data) == (IgnoredWhy.WRONG_TOKEN, b"")
    assert radio.client.state is ClientState.LOGGING_IN


def test_opus_is_asked_of_wfview_servers_only() -> None:
    config = replace(CONFIG, rx_codec=Codec.OPUS_MONO)
    radio = ForeignRadio(config)
    outputs = radio.log_in() + radio.wait(2.0)
    assert requests(outputs) == ["LOGIN", "REMOVE_TOKEN"]
    assert ended(outputs).reason is CloseReason.NO_OPUS
    radio = ForeignRadio(config)
    radio.open()
    radio.link_up()
    outputs = radio.say(radio.login_response(connection=b"WFVIEW"))
    assert requests(outputs) == ["CONFIRM_TOKEN"]


def test_a_session_without_audio_may_be_configured_for_opus() -> None:
    radio = ForeignRadio(replace(CONFIG, rx_codec=Codec.OPUS_MONO, audio=False))
    assert "REMOVE_TOKEN" not in requests(radio.log_in())


def test_stereo_that_is_refused_is_asked_for_as_mono() -> None:
    """API.md 18, 0.18.0: a radio with one receiver refuses the whole request."""
    radio = ForeignRadio(replace(CONFIG, rx_codec=Codec.PCM16_STEREO))
    (first,) = of(StreamRequest, bodies(radio.ask_for_streams(), CONTROL))
    refusal = radio.status(error=STATUS_REFUSED, civ_port=0, audio_port=0)
    (second,) = of(StreamRequest, bodies(radio.say(refusal), CONTROL))
    assert first.rx_codec is Codec.PCM16_STEREO
    assert second.rx_codec is Codec.PCM16_MONO
    assert first.tx_codec is second.tx_codec is Codec.PCM16_MONO
    (granted,) = of(StreamsGranted, radio.say(radio.status()))
    assert granted.rx_codec is Codec.PCM16_MONO


def test_mono_that_is_refused_is_not_asked_for_again() -> None:
    radio = ForeignRadio(replace(CONFIG, rx_codec=Codec.ULAW_STEREO))
    radio.ask_for_streams()
    refusal = radio.status(error=STATUS_REFUSED, civ_port=0, audio_port=0)
    radio.say(refusal)
    outputs = radio.say(refusal)
    assert requests(outputs) == ["REMOVE_TOKEN"]
    outputs += radio.say(radio.token_answer(Request.REMOVE_TOKEN)) + radio.wait(1.0)
    assert ended(outputs).reason is CloseReason.STREAMS_REFUSED


def test_a_busy_radio_is_not_asked_for_mono() -> None:
    radio = ForeignRadio(replace(CONFIG, rx_codec=Codec.PCM16_STEREO))
    radio.ask_for_streams()
    outputs = radio.say(radio.status(error=STATUS_BUSY, civ_port=0, audio_port=0))
    assert requests(outputs) == ["REMOVE_TOKEN"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (STATUS_BUSY, CloseReason.BUSY),
        (STATUS_REFUSED, CloseReason.STREAMS_REFUSED),
    ],
)
def test_refused_streams_end_the_session(error: bytes, reason: CloseReason) -> None:
    radio = ForeignRadio()
    radio.ask_for_streams()
    outputs = radio.say(radio.status(error=error, civ_port=0, audio_port=0))
    outputs += radio.say(radio.token_answer(Request.REMOVE_TOKEN)) + radio.wait(1.0)
    assert requests(outputs) == ["REMOVE_TOKEN"]
    assert ended(outputs).reason is reason


def test_a_busy_radio_is_tried_once_and_says_who_holds_it() -> None:
    """Many answer FFFFFFFF for busy too (10, row 21)."""
    radio = ForeignRadio()
    radio.log_in()
    radio.say(radio.capabilities())
    holder = {"computer": b"shack-pc", "ip_address": bytes([192, 168, 3, 3])}
    outputs = radio.say(radio.conn_info(1, **holder))
    assert of(RadioBusy, outputs) == [RadioBusy("shack-pc", "192.168.3.3")]
    assert requests(outputs) == ["STREAMS"]
    radio.say(radio.status(error=STATUS_REFUSED, civ_port=0, audio_port=0))
    closed = ended(radio.wait(2.0))
    assert (closed.reason, closed.detail) == (CloseReason.BUSY, "shack-pc")


def test_a_radio_that_became_free_before_it_refused_was_not_busy() -> None:
    radio = ForeignRadio()
    radio.log_in()
    radio.say(radio.conn_info(1, computer=b"shack-pc"))
    radio.say(radio.conn_info(0))
    radio.say(radio.capabilities())
    radio.wait(1.0)
    radio.say(radio.status(error=STATUS_REFUSED, civ_port=0, audio_port=0))
    assert ended(radio.wait(2.0)).reason is CloseReason.STREAMS_REFUSED


def test_our_own_grant_is_not_somebody_elses() -> None:
    """The notice may overtake the Status that it belongs to."""
    radio = ForeignRadio()
    radio.ask_for_streams()
    assert RadioBusy not in kinds(radio.say(radio.conn_info(1, computer=b"pycore")))
    assert StreamsGranted in kinds(radio.say(radio.status()))


def test_ports_of_zero_are_asked_about_once_and_then_guessed() -> None:
    radio = ForeignRadio()
    radio.ask_for_streams()
    nothing = {"civ_port": 0, "audio_port": 0}
    radio.say(radio.status(**nothing))
    assert requests(radio.wait(0.999)) == []
    assert requests(radio.wait(0.001)) == ["STREAMS"]
    (granted,) = of(StreamsGranted, radio.say(radio.status(**nothing)))
    assert (granted.civ_port, granted.audio_port) == (0, 0), "the driver knows which"


def test_a_status_for_another_session_is_not_ours() -> None:
    radio = ForeignRadio()
    radio.ask_for_streams()
    outputs = radio.say(radio.status(token_request=b"\x11\x11"))
    assert [ignored.why for ignored in of(PacketIgnored, outputs)] == [
        IgnoredWhy.WRONG_TOKEN
    ]
    assert radio.client.state is ClientState.REQUESTING


# ---- radios that do not answer -------------------------------------------------------


def test_a_radio_that_is_not_there_is_called_ten_times() -> None:
    radio = ForeignRadio()
    outputs = radio.open() + radio.wait(6.0)
    assert len(of(AreYouThere, bodies(outputs))) == 10
    assert ended(outputs).reason is CloseReason.NO_ANSWER


@pytest.mark.parametrize(
    ("steps", "asked", "reason"),
    [
        ("link_up", "LOGIN", CloseReason.LOGIN_TIMEOUT),
        ("log_in", "CONFIRM_TOKEN", CloseReason.NO_CAPABILITIES),
        ("ask_for_streams", "STREAMS", CloseReason.STREAMS_TIMEOUT),
    ],
)
def test_an_answer_that_does_not_come_is_asked_for_again_and_then_no_more(
    steps: str, asked: str, reason: CloseReason
) -> None:
    radio = ForeignRadio()
    if steps == "link_up":
        radio.open()
    outputs = {
        "link_up": radio.link_up,
        "log_in": radio.log_in,
        "ask_for_streams": radio.ask_for_streams,
    }[steps]()
    outputs += radio.wait(12.0)
    expected = 2 if asked == "STREAMS" else 10
    assert requests(outputs).count(asked) == expected
    assert ended(outputs).reason is reason


def test_each_step_has_its_ten_seconds() -> None:
    radio = ForeignRadio()
    radio.open()
    radio.link_up()
    radio.wait(8.0)
    radio.say(radio.login_response())
    radio.wait(8.0)
    radio.say(radio.capabilities())
    assert requests(radio.wait(1.0)) == ["STREAMS"]
    assert SessionClosed not in kinds(radio.wait(9.9))
    assert requests(radio.wait(0.2)) == ["REMOVE_TOKEN"]


def test_a_laptop_that_slept_while_it_logged_in_ends_quietly() -> None:
    """The link fell silent and the login was due again, both at once."""
    radio = ForeignRadio()
    radio.open()
    radio.link_up()
    radio.client.handle_timeout(3600.0)
    radio.now = 3600.0
    reason = ended(radio.wait(5.0)).reason
    assert reason in (CloseReason.SILENCE, CloseReason.LOGIN_TIMEOUT)


def test_a_stream_that_is_not_answered_means_dead_ports() -> None:
    radio = ForeignRadio()
    radio.grant()
    closed = ended(radio.wait(7.0))
    assert closed.reason is CloseReason.DATA_PORTS_DEAD
    assert "stream" in closed.detail


# ---- what the radio takes away -------------------------------------------------------


def test_a_forced_disconnect_leaves_the_login_and_the_streams_can_be_had_again() -> (
    None
):
    radio = ForeignRadio()
    radio.make_ready()
    outputs = radio.say(radio.status(disconnected=1, civ_port=0, audio_port=0))
    assert of(StreamsClosed, outputs) == [StreamsClosed(CloseReason.FORCED)]
    assert radio.client.state is ClientState.EVICTED
    assert packets(radio.wait(3.0), CIV) == [], "the radio would answer nothing"
    with pytest.raises(LocalProtocolError, match="SIGNING_IN"):
        radio.client.send_civ(bytes.fromhex("fefe98e003fd"), radio.now)
    radio.client.request_streams(radio.now)
    assert requests(radio.wait(0.0)) == ["STREAMS"]
    outputs = radio.say(radio.status())
    outputs += radio.link_up(CIV) + radio.link_up(Stream.AUDIO)
    assert SessionReady in kinds(outputs)


def test_streams_taken_away_before_they_were_open_can_be_had_again() -> None:
    radio = ForeignRadio()
    radio.grant()
    radio.link_up(CIV)
    radio.say(radio.status(disconnected=1, civ_port=0, audio_port=0))
    outputs = radio.wait(8.0)
    assert packets(outputs, CIV) == []
    assert radio.client.state is ClientState.EVICTED
    radio.client.request_streams(radio.now)
    radio.wait(0.0)
    outputs = radio.say(radio.status()) + radio.link_up(CIV)
    assert SessionReady in kinds(outputs + radio.link_up(Stream.AUDIO))


def test_streams_are_asked_for_again_only_after_they_were_taken() -> None:
    radio = ForeignRadio()
    radio.make_ready()
    with pytest.raises(LocalProtocolError, match="GRANTED"):
        radio.client.request_streams(radio.now)


def test_an_error_while_the_streams_are_open_ends_the_session() -> None:
    radio = ForeignRadio()
    radio.make_ready()
    outputs = radio.say(radio.status(error=STATUS_REFUSED)) + radio.wait(2.0)
    assert ended(outputs).reason is CloseReason.LEASE_LOST


@pytest.mark.parametrize("stream", Stream)
def test_a_goodbye_on_any_stream_ends_the_session(stream: Stream) -> None:
    radio = ForeignRadio()
    radio.make_ready()
    outputs = radio.say(Disconnect(), stream) + radio.wait(2.0)
    assert ended(outputs).reason is CloseReason.PEER_DISCONNECT
    assert len(of(Disconnect, bodies(outputs))) >= 2, "the others are told"
    assert frames(outputs) == []
