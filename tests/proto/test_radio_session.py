"""The radio's side of a session, the usual way (PROTOCOL.md 7.3, 7.4)."""

import pytest

from foreign_client import (
    AUDIO,
    CIV,
    CONTROL,
    IDENTITY,
    RadioBench,
    connected,
    kinds,
    spoken,
)
from forge import bodies, events, of
from icom_proto.codes import (
    CONNECTION_RADIO,
    LOGIN_OK,
    STATUS_OK,
    Codec,
    Reply,
)
from icom_proto.events import (
    CivFrameReceived,
    ClientAudioStarted,
    ClientCivClosed,
    ClientCivOpened,
    ClientGranted,
    ClientLoggedIn,
)
from icom_proto.packets import (
    AreYouThere,
    AudioData,
    Capabilities,
    CivData,
    CivOpenClose,
    ConnInfo,
    IAmHere,
    Idle,
    LoginResponse,
    Ping,
    Ready,
    Status,
)

READ = bytes.fromhex("fefe98e003fd")
ANSWER = bytes.fromhex("fefee098030050810300fd")


# ---- the usual way -------------------------------------------------------------------


def test_answers_follow_the_reference_exchange() -> None:
    """PROTOCOL.md 7.4: what a radio sends on control, with both numbers of each."""
    bench = RadioBench()
    client = bench.client()
    found = [
        (header.seq, type(body), getattr(body, "inner_seq", None))
        for header, body in client.heard(client.take_streams(), CONTROL)
        if not isinstance(body, Ping)
    ]
    assert found == [
        (0, IAmHere, None),
        (1, Ready, None),
        (1, LoginResponse, 0x30),
        (2, Capabilities, 0x31),
        (3, ConnInfo, 0),
        (4, Status, 0x32),
        (5, ConnInfo, 0),
    ]


def test_an_ic_705_marks_its_login_response() -> None:
    """One capture has 01 at offset 0x50 (2.11)."""
    mark = bytes((1, *bytes(15)))
    client = RadioBench(spoken(login_byte_50=1)).client()
    [response] = of(LoginResponse, bodies(client.log_in()))
    assert response.reserved_50 == mark


def test_a_login_is_answered_with_a_token_and_no_number_comes_before_it() -> None:
    """kappanhang takes no login response but number 1 (2.11)."""
    bench = RadioBench()
    client = bench.client()
    client.call()
    client.pings_on.clear()
    early = [header.seq for header, body in client.heard(bench.wait(5.0), CONTROL)]
    outputs = client.say(client.login())
    ((header, body),) = client.heard(outputs)
    assert isinstance(body, LoginResponse)
    assert (header.seq, body.error, body.reply) == (1, LOGIN_OK, Reply.ANSWER)
    assert body.connection == CONNECTION_RADIO
    assert body.token != bytes(4)
    assert body.token_request == client.token_request
    assert of(ClientLoggedIn, outputs) == [
        ClientLoggedIn(client.ports[CONTROL], "pycore")
    ]
    assert Idle not in [type(body) for _, body in client.heard(outputs)]
    assert early == [] or all(early), "pings at most"
    assert Idle in [type(body) for _, body in client.heard(bench.wait(0.2))]


def test_what_a_client_is_told_before_and_after_the_grant() -> None:
    bench = RadioBench()
    client = bench.client()
    (before,) = of(ConnInfo, bodies(client.confirm()))
    assert (before.busy, before.identity, before.name) == (0, IDENTITY, b"IC-7610")
    assert before.reply == Reply.NOTICE
    outputs = client.say(client.stream_request())
    (status,) = of(Status, bodies(outputs))
    assert (status.error, status.civ_port, status.audio_port) == (
        STATUS_OK,
        50002,
        50003,
    )
    (after,) = of(ConnInfo, bodies(outputs))
    assert (after.busy, after.computer) == (1, b"pycore")
    assert after.ip_address == bytes([192, 168, 1, 10])
    (granted,) = of(ClientGranted, outputs)
    assert (granted.rx_codec, granted.rx_rate_hz) == (Codec.PCM16_MONO, 48000)
    assert granted.tx_buffer_ms == 150


def test_a_radio_may_hide_its_user() -> None:
    bench = RadioBench(spoken(conn_computer=False, conn_ip=False))
    (_, after) = of(ConnInfo, bodies(bench.client().take_streams()))
    assert (after.busy, after.computer, after.ip_address) == (1, b"", bytes(4))


@pytest.mark.parametrize("host", ["radio.example", "fe80::1", "1.2.3", "1.2.3.999"])
def test_an_address_that_is_no_ipv4_is_not_shown(host: str) -> None:
    (_, after) = of(ConnInfo, bodies(RadioBench().client(host).take_streams()))
    assert after.ip_address == bytes(4)


def test_audio_runs_from_the_answer_to_the_call_on_and_starts_again_at_zero() -> None:
    """Transport numbers begin again after "ready", those of audio do not (2.4)."""
    bench = RadioBench()
    client = bench.client()
    client.take_streams()
    bench.radio.send_audio(bytes(1920), bench.now)
    assert bench.wait(0.0) == [], "nobody has called yet"
    assert of(ClientAudioStarted, client.say(AreYouThere(), AUDIO))
    numbers = []
    for ready in (False, True):
        if ready:
            client.say(Ready(), AUDIO, 1)
        bench.radio.send_audio(bytes(1920), bench.now)
        numbers += [
            (header.seq, body.send_seq, body.ident, len(body.data))
            for header, body in client.heard(bench.wait(0.0), AUDIO)
            if isinstance(body, AudioData)
        ]
    assert numbers == [
        (0, 0, 0x8106, 1364),
        (1, 1, 0x8006, 556),
        (0, 2, 0x8106, 1364),
        (1, 3, 0x8006, 556),
    ]


def test_audio_stops_for_a_client_that_fell_silent() -> None:
    bench, client = connected()
    client.pings_on.clear()
    bench.wait(0.9)
    bench.radio.send_audio(bytes(1920), bench.now)
    assert of(AudioData, bodies(bench.wait(0.0)))
    bench.wait(0.2)
    bench.radio.send_audio(bytes(1920), bench.now)
    assert not of(AudioData, bodies(bench.wait(0.0)))


def test_frames_go_both_ways_while_civ_is_open() -> None:
    bench = RadioBench()
    client = bench.client()
    client.take_streams()
    client.call(CIV)
    assert kinds(client.send_civ(READ)) == [], "accepted silently before the open"
    bench.radio.send_civ(ANSWER, bench.now)
    assert bench.wait(0.0) == []
    opened = client.say(CivOpenClose(action=4), CIV)
    assert events(opened) == [ClientCivOpened(client.ports[CIV])]
    assert events(client.say(CivOpenClose(action=4), CIV)) == [], "repeated"
    assert events(client.send_civ(READ)) == [CivFrameReceived(READ)]
    for inner_seq in range(2):
        bench.radio.send_civ(ANSWER, bench.now)
        (data,) = of(CivData, bodies(bench.wait(0.0)))
        assert (data.data, data.inner_seq) == (ANSWER, inner_seq)
    closed = client.say(CivOpenClose(action=0), CIV)
    assert events(closed) == [ClientCivClosed(client.ports[CIV])]
    bench.radio.send_civ(ANSWER, bench.now)
    assert bench.wait(0.0) == []
