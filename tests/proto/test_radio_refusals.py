"""What the radio refuses, to whom, and what it takes away (PROTOCOL.md 7.3)."""

import pytest

from foreign_client import (
    AUDIO,
    CONTROL,
    IDENTITY,
    RadioBench,
    connected,
    kinds,
    receive_only,
    spoken,
)
from forge import bodies, of
from icom_proto.codes import (
    LOGIN_BAD_CREDENTIALS,
    STATUS_BUSY,
    STATUS_OK,
    STATUS_REFUSED,
    TOKEN_REJECTED,
    Codec,
    Request,
)
from icom_proto.events import (
    AudioReceived,
    ClientAudioStopped,
    ClientGranted,
    ClientLeft,
    ClientRefused,
    CloseReason,
    PacketIgnored,
)
from icom_proto.packets import (
    AudioData,
    ConnInfo,
    Disconnect,
    LoginResponse,
    Status,
    Token,
)
from icom_proto.session_states import RadioState

READ = bytes.fromhex("fefe98e003fd")
ANSWER = bytes.fromhex("fefee098030050810300fd")


# ---- what is refused -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["username", "password"])
def test_a_wrong_login_is_refused_and_tells_nothing(name: str) -> None:
    bench = RadioBench()
    client = bench.client()
    client.call()
    outputs = client.say(client.login(**{name: b"\x41\x42"}))
    (response,) = of(LoginResponse, bodies(outputs))
    assert (response.error, response.token) == (LOGIN_BAD_CREDENTIALS, bytes(4))
    assert response.connection == b""
    assert of(ClientRefused, outputs) == [
        ClientRefused(client.ports[CONTROL], CloseReason.BAD_CREDENTIALS)
    ]
    assert bodies(client.say(client.token_packet(Request.CONFIRM_TOKEN))) == []


def test_a_token_that_is_not_the_sessions_is_rejected() -> None:
    bench = RadioBench()
    client = bench.client()
    client.log_in()
    for wrong in ({"token": b"\1\2\3\4"}, {"token_request": b"\1\2"}):
        packet = client.token_packet(Request.RENEW_TOKEN, **wrong)
        (answer,) = of(Token, bodies(client.say(packet)))
        assert answer.response == TOKEN_REJECTED
    unknown = client.token_packet(Request(0x17))
    (answer,) = of(Token, bodies(client.say(unknown)))
    assert answer.response == TOKEN_REJECTED


def test_a_second_client_is_told_who_holds_the_radio_and_refused() -> None:
    bench, _ = connected()
    second = bench.client("192.168.1.11", 40000, computer=b"second")
    outputs = second.take_streams()
    (notice,) = [
        body for _, body in second.heard(outputs) if isinstance(body, ConnInfo)
    ]
    assert (notice.busy, notice.computer) == (1, b"pycore")
    (status,) = of(Status, bodies(outputs))
    assert (status.error, status.civ_port) == (STATUS_BUSY, 0)
    assert ClientRefused(second.ports[CONTROL], CloseReason.BUSY) in outputs


def test_busy_may_be_said_with_the_general_error() -> None:
    bench = RadioBench(spoken(busy_code=STATUS_REFUSED))
    bench.client().connect()
    second = bench.client("192.168.1.11", 40000)
    (status,) = of(Status, bodies(second.take_streams()))
    assert status.error == STATUS_REFUSED


def test_others_are_told_when_the_radio_is_taken_and_when_it_is_free() -> None:
    bench = RadioBench()
    first, second = bench.client(), bench.client("192.168.1.11", 40000)
    second.confirm()
    outputs = first.take_streams()
    (taken,) = [b for _, b in second.heard(outputs) if isinstance(b, ConnInfo)]
    assert (taken.busy, taken.computer) == (1, b"pycore")
    outputs = first.say(first.token_packet(Request.REMOVE_TOKEN))
    (free,) = [b for _, b in second.heard(outputs) if isinstance(b, ConnInfo)]
    assert free.busy == 0
    assert ClientGranted in kinds(second.say(second.stream_request()))


def test_a_vanished_client_keeps_the_radio_busy_for_a_while() -> None:
    bench, client = connected()
    client.pings_on.clear()
    second = bench.client("192.168.1.11", 40000)
    second.confirm()
    bench.wait(14.9)
    (status,) = of(Status, bodies(second.say(second.stream_request())))
    assert status.error == STATUS_BUSY
    outputs = bench.wait(0.3)
    assert ClientLeft(client.ports[CONTROL], "pycore", CloseReason.SILENCE) in outputs
    assert ClientGranted in kinds(second.say(second.stream_request()))


def test_a_wrong_identity_gets_ports_of_zero() -> None:
    """As an IC-7610 answers (2.10.1)."""
    bench = RadioBench()
    client = bench.client()
    outputs = client.take_streams(identity=bytes(16))
    (status,) = of(Status, bodies(outputs))
    assert (status.error, status.civ_port, status.audio_port) == (STATUS_OK, 0, 0)
    assert not bench.radio.owners


@pytest.mark.parametrize(
    "changes",
    [
        {"tx_codec": Codec.PCM16_STEREO},
        {"rx_codec": Codec.OPUS_MONO},
        {"tx_codec": Codec.OPUS_MONO},
        {"rx_codec": Codec.NONE},
        {"rx_rate_hz": 44100},
        {"tx_rate_hz": 0},
    ],
)
def test_formats_the_radio_does_not_have_are_refused(
    changes: dict[str, object],
) -> None:
    outputs = RadioBench().client().take_streams(**changes)
    (status,) = of(Status, bodies(outputs))
    assert (status.error, status.civ_port) == (STATUS_REFUSED, 0)
    assert [refused.reason for refused in of(ClientRefused, outputs)] == [
        CloseReason.STREAMS_REFUSED
    ]


def test_a_direction_that_is_off_needs_no_format() -> None:
    bench = RadioBench(receive_only())
    client = bench.client()
    outputs = client.connect(tx_enable=0, tx_codec=Codec.NONE, tx_rate_hz=0)
    (granted,) = of(ClientGranted, outputs)
    assert (granted.rx_codec, granted.tx_codec) == (Codec.PCM16_MONO, Codec.NONE)
    assert AudioReceived not in kinds(client.send_audio(0))


def test_without_received_audio_none_is_sent() -> None:
    bench, client = connected(rx_enable=0, rx_codec=Codec.NONE, rx_rate_hz=0)
    bench.radio.send_audio(bytes(1920), bench.now)
    assert not of(AudioData, bodies(bench.wait(0.0)))
    assert AudioReceived in kinds(client.send_audio(0))
    assert ClientAudioStopped not in kinds(client.say(Disconnect(), AUDIO))


def test_a_stream_request_with_a_foreign_token_is_refused() -> None:
    bench = RadioBench()
    client = bench.client()
    outputs = client.take_streams(token=b"\1\2\3\4")
    (status,) = of(Status, bodies(outputs))
    assert (status.error, status.civ_port) == (STATUS_REFUSED, 0)


def test_a_forced_disconnect_leaves_the_login() -> None:
    bench, client = connected()
    bench.radio.force_disconnect(bench.now)
    outputs = bench.wait(0.0)
    (status,) = of(Status, bodies(outputs))
    assert (status.error, status.disconnected, status.civ_port) == (STATUS_OK, 1, 0)
    assert ClientAudioStopped in kinds(outputs)
    assert not bench.radio.owners
    bench.radio.force_disconnect(bench.now)
    assert bench.wait(0.0) == [], "nobody left to disconnect"
    assert ClientGranted in kinds(client.say(client.stream_request()))


def test_what_only_a_radio_says_is_ignored() -> None:
    bench = RadioBench()
    client = bench.client()
    client.log_in()
    common = client.common(Request.STREAMS, 0x40)
    status = Status(**common | {"identity": IDENTITY})  # type: ignore[arg-type]
    assert kinds(client.say(status)) == [PacketIgnored]
    assert not bench.radio.owners
    (owner,) = bench.radio.clients
    assert owner == client.ports[CONTROL]


def test_the_owner_is_shown() -> None:
    bench, client = connected()
    [owner] = bench.radio.owners
    assert owner.state is RadioState.STREAMING
    assert (owner.address, owner.computer) == (client.ports[CONTROL], "pycore")
