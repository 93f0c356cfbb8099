"""The radio with clients that do it otherwise (PROTOCOL.md appendix B, 7)."""

from dataclasses import replace

import pytest

from foreign_client import (
    AUDIO,
    CIV,
    CONTROL,
    IDENTITY,
    RadioBench,
    connected,
    kinds,
)
from forge import bodies, events, of
from icom_proto.codes import (
    LOGIN_OK,
    TOKEN_OK,
    TOKEN_REJECTED,
    CivKind,
    Codec,
    Reply,
    Request,
    Stream,
)
from icom_proto.events import (
    CivFrameReceived,
    ClientAudioStarted,
    ClientAudioStopped,
    ClientCivClosed,
    ClientCivOpened,
    ClientGranted,
    ClientLeft,
    ClientLoggedIn,
    CloseReason,
    IgnoredWhy,
    LinkUp,
    Output,
    PacketIgnored,
)
from icom_proto.packets import (
    AreYouThere,
    CivOpenClose,
    ConnInfo,
    Disconnect,
    Idle,
    LoginResponse,
    Ping,
    Ready,
    Status,
    Token,
)

READ = bytes.fromhex("fefe98e003fd")
ANSWER = bytes.fromhex("fefee098030050810300fd")


# ---- clients that do it otherwise ----------------------------------------------------


@pytest.mark.parametrize("first_seq", [0, 1, 2, 0xFFFE])
def test_a_client_may_begin_with_any_number(first_seq: int) -> None:
    bench = RadioBench()
    client = bench.client()
    client.seqs = dict.fromkeys(client.seqs, first_seq)
    outputs = client.connect() + client.send_civ(READ) + bench.wait(0.5)
    assert CivFrameReceived(READ) in outputs
    assert not of(PacketIgnored, outputs)


def test_idles_without_a_number_open_no_gap() -> None:
    """Hamlib sends all its idles with number 0 (2.5)."""
    bench = RadioBench()
    client = bench.client()
    client.seqs[CIV] = 0xFFF0
    outputs = client.connect() + client.send_civ(READ)
    for _ in range(0x20):
        outputs += client.say(Idle(), CIV, 0) + client.send_civ(READ)
        outputs += bench.wait(0.1)
    assert len(of(CivFrameReceived, outputs)) == 0x21
    assert bench.radio.statistics()["civ"]["requests_sent"] == 0


@pytest.mark.parametrize("action", [0x04, 0x05])
def test_both_actions_open_civ(action: int) -> None:
    bench = RadioBench()
    client = bench.client()
    client.take_streams()
    client.call(CIV)
    assert ClientCivOpened in kinds(client.say(CivOpenClose(action=action), CIV))


def test_hamlibs_order_of_bytes_opens_civ() -> None:
    """It writes the kind one byte later, 01 C0 00 (2.17)."""
    bench = RadioBench()
    client = bench.client()
    client.take_streams()
    client.call(CIV)
    raw = CivOpenClose(kind=CivKind(0x01), data_length=0x00C0, inner_seq=0, action=5)
    assert ClientCivOpened in kinds(client.say(raw, CIV))


@pytest.mark.parametrize(
    ("stream", "stopped"), [(CIV, ClientCivClosed), (AUDIO, ClientAudioStopped)]
)
def test_a_data_stream_that_falls_silent_is_forgotten_alone(
    stream: Stream, stopped: type[Output]
) -> None:
    bench, client = connected()
    client.pings_on.discard(stream)
    assert stopped not in kinds(bench.wait(14.9))
    assert stopped in kinds(bench.wait(0.3))
    assert bench.radio.owners
    assert stopped not in kinds(client.say(Disconnect(), stream))
    assert LinkUp in kinds(client.call(stream))


def test_civ_that_was_never_open_is_not_told_to_be_closed() -> None:
    bench = RadioBench()
    client = bench.client()
    client.take_streams()
    client.call(CIV)
    assert ClientCivClosed not in kinds(client.say(Disconnect(), CIV))


def test_what_is_no_civ_is_reported_and_harmless() -> None:
    bench, client = connected()
    ids = client.seal(CIV, Ready())[8:16]
    for size in (0x12, 0x14, 0x16, 0x30):
        seq = client.seqs[CIV].to_bytes(2, "little")
        client.seqs[CIV] += 1
        data = bytes([size, 0, 0, 0, 0, 0]) + seq + ids + b"\x99" * (size - 0x10)
        (ignored,) = events(client.give(CIV, data))
        assert isinstance(ignored, PacketIgnored)
        assert ignored.why is IgnoredWhy.MALFORMED
    assert CivFrameReceived in kinds(client.send_civ(READ))
    assert bench.radio.owners


@pytest.mark.parametrize("inner_seqs", [(0, 1, 2), (0, 0x100, 0x200), (0, 0, 0)])
def test_inner_numbers_of_civ_do_not_matter(inner_seqs: tuple[int, ...]) -> None:
    """Three programs send them little-endian, wfserver always 0 (4.4)."""
    _, client = connected()
    for inner_seq in inner_seqs:
        assert CivFrameReceived in kinds(client.send_civ(READ, inner_seq=inner_seq))


def test_a_client_that_sends_no_audio_and_pings_each_three_seconds_is_served() -> None:
    """K and R do (section 6)."""
    bench, client = connected()
    client.pings_on.clear()
    for _ in range(20):
        bench.wait(3.0)
        client.pings_on |= {CONTROL, CIV, AUDIO}
        client.ping()
        client.pings_on.clear()
        assert CivFrameReceived in kinds(client.send_civ(READ))
    assert bench.radio.owners


def test_a_renewal_may_come_right_behind_the_confirmation() -> None:
    """K, R, M and WithoutWire wait for its answer (2.12)."""
    bench = RadioBench()
    client = bench.client()
    client.confirm()
    renew = client.token_packet(Request.RENEW_TOKEN)
    (answer,) = of(Token, bodies(client.say(renew)))
    assert (answer.reply, answer.request) == (Reply.ANSWER, Request.RENEW_TOKEN)
    assert (answer.response, answer.inner_seq) == (TOKEN_OK, renew.inner_seq)
    assert of(Status, bodies(client.say(client.stream_request())))[0].civ_port == 50002


def test_renewals_keep_the_lease_even_with_a_misplaced_high_byte() -> None:
    """K and R send 0 after 255 (2.9); an IC-7300MK2 minds, by default we do not."""
    bench, client = connected()
    client.inner_seq = 0xFE
    for _ in range(4):
        bench.wait(60.0)
        renew = client.token_packet(Request.RENEW_TOKEN)
        wrong = replace(renew, inner_seq=renew.inner_seq & 0xFF)
        (answer,) = of(Token, bodies(client.say(wrong)))
        assert answer.response == TOKEN_OK
    assert bench.radio.owners


def test_a_client_that_never_renews_loses_its_streams_and_keeps_its_link() -> None:
    bench, client = connected()
    outputs = bench.wait(81.0)
    left = ClientLeft(client.ports[CONTROL], "pycore", CloseReason.LEASE_LOST)
    *_, civ, audio, parting = [
        event for event in events(outputs) if not isinstance(event, PacketIgnored)
    ]
    assert {type(civ), type(audio)} == {ClientCivClosed, ClientAudioStopped}
    assert parting == left, "after all that it had"
    assert of(ClientLeft, outputs) == [left]
    assert not bench.radio.owners
    assert CivFrameReceived not in kinds(client.send_civ(READ))
    assert of(Ping, bodies(client.say(Ping(reply=0, time=1))))
    assert of(ClientLeft, client.say(Disconnect())) == [], "it left once"


@pytest.mark.parametrize(
    "request_", [Request.RENEW_TOKEN, Request.CONFIRM_TOKEN, Request.CLOSE_STREAMS]
)
def test_a_lapsed_token_is_rejected_and_a_new_login_helps(request_: Request) -> None:
    bench, client = connected()
    bench.wait(81.0)
    (answer,) = of(Token, bodies(client.say(client.token_packet(request_))))
    assert answer.response == TOKEN_REJECTED
    bench.wait(100.0)
    client.say(client.login())
    outputs = client.say(client.stream_request())
    assert of(Status, bodies(outputs))[0].civ_port == 50002
    assert ClientGranted in kinds(outputs)


def test_a_lapsed_client_can_still_log_out() -> None:
    bench, client = connected()
    bench.wait(81.0)
    remove = client.token_packet(Request.REMOVE_TOKEN)
    (answer,) = of(Token, bodies(client.say(remove)))
    assert answer.response == TOKEN_OK


def test_a_client_that_comes_back_with_the_same_ids_begins_anew() -> None:
    bench, client = connected()
    client.pings_on.clear()
    bench.wait(3.0)
    again = bench.client()
    outputs = again.connect()
    assert of(ClientLeft, outputs) == [
        ClientLeft(client.ports[CONTROL], "pycore", CloseReason.REPLACED)
    ]
    assert ClientGranted in kinds(outputs)
    assert CivFrameReceived in kinds(again.send_civ(READ))


def test_a_client_that_comes_back_at_once_is_served_after_a_moment() -> None:
    """Its call looks like a repetition, and its numbers like duplicates."""
    bench, client = connected()
    for _ in range(20):
        client.say(Idle())
    again = bench.client()
    again.call()
    for _ in range(12):
        again.say(Idle())
        bench.wait(0.1)
    outputs = again.say(again.login())
    assert of(LoginResponse, bodies(outputs))
    outputs = again.say(again.token_packet(Request.CONFIRM_TOKEN))
    outputs += again.say(again.stream_request())
    assert of(Status, bodies(outputs))[0].civ_port == 50002


def test_a_repeated_call_is_answered_with_the_same_id() -> None:
    """K and R send each of them twice."""
    bench = RadioBench()
    client = bench.client()
    ids = {
        header.sender_id
        for _ in range(3)
        for header, _ in client.heard(client.say(AreYouThere()))
    }
    assert len(ids) == 1
    ups = [client.say(Ready(), CONTROL, 1) for _ in range(2)]
    assert [len(of(LinkUp, outputs)) for outputs in ups] == [1, 0]
    assert all(of(Ready, bodies(outputs)) for outputs in ups)


@pytest.mark.parametrize("seq", [0, 1])
def test_ready_is_answered_with_the_number_it_came_with(seq: int) -> None:
    bench = RadioBench()
    client = bench.client()
    client.say(AreYouThere())
    outputs = client.say(Ready(), CONTROL, seq)
    assert [h.seq for h, b in client.heard(outputs) if isinstance(b, Ready)] == [seq]


def test_a_login_sent_again_gets_the_same_token() -> None:
    """Its answer may have been lost."""
    bench = RadioBench()
    client = bench.client()
    client.call()
    tokens, told = set(), []
    for _ in range(3):
        outputs = client.say(client.login())
        tokens |= {body.token for body in of(LoginResponse, bodies(outputs))}
        told += of(ClientLoggedIn, outputs)
    assert len(tokens) == 1
    assert len(told) == 1


def test_a_new_login_of_the_owner_frees_the_streams() -> None:
    """The program began again: what it asks for next is no repetition."""
    _, client = connected()
    client.token_request = b"\x77\x77"
    outputs = client.say(client.login())
    assert ClientAudioStopped in kinds(outputs)
    (notice,) = of(
        ConnInfo, bodies(client.say(client.token_packet(Request.CONFIRM_TOKEN)))
    )
    assert notice.busy == 0
    outputs = client.say(client.stream_request(rx_codec=Codec.ULAW_MONO))
    (granted,) = of(ClientGranted, outputs)
    assert granted.rx_codec is Codec.ULAW_MONO


def test_a_stream_request_sent_again_is_answered_without_a_second_notice() -> None:
    """Or some clients ask again for each notice, and so on for ever."""
    _bench, client = connected()
    for _ in range(3):
        outputs = client.say(client.stream_request())
        (status,) = bodies(outputs)
        assert isinstance(status, Status)
        assert status.civ_port == 50002
        assert of(ClientGranted, outputs) == []


def test_a_client_may_give_its_streams_back_and_stay() -> None:
    bench, client = connected()
    outputs = client.say(client.token_packet(Request.CLOSE_STREAMS, identity=IDENTITY))
    (answer,) = of(Token, bodies(outputs))
    assert (answer.request, answer.identity) == (Request.CLOSE_STREAMS, IDENTITY)
    (notice,) = of(ConnInfo, bodies(outputs))
    assert notice.busy == 0
    assert not bench.radio.owners
    assert ClientGranted in kinds(client.say(client.stream_request()))


def test_a_client_may_log_out_and_in_again_on_the_same_link() -> None:
    _bench, client = connected()
    outputs = client.say(client.token_packet(Request.REMOVE_TOKEN))
    assert of(ClientLeft, outputs) == [
        ClientLeft(client.ports[CONTROL], "pycore", CloseReason.PEER_DISCONNECT)
    ]
    (answer,) = of(Token, bodies(outputs))
    assert answer.response == TOKEN_OK
    (response,) = of(LoginResponse, bodies(client.say(client.login())))
    assert response.error == LOGIN_OK
    assert ClientGranted in kinds(client.say(client.stream_request()))


def test_a_goodbye_frees_the_radio_without_an_answer() -> None:
    bench, client = connected()
    outputs = client.say(Disconnect())
    assert bodies(outputs) == []
    assert ClientLeft in kinds(outputs)
    assert bench.radio.clients == ()
    assert not bench.radio.owners


@pytest.mark.parametrize(
    ("stream", "stopped", "started"),
    [
        (CIV, ClientCivClosed, LinkUp),
        (AUDIO, ClientAudioStopped, ClientAudioStarted),
    ],
)
def test_a_goodbye_on_a_data_stream_stops_that_stream_alone(
    stream: Stream, stopped: type[Output], started: type[Output]
) -> None:
    bench, client = connected()
    assert stopped in kinds(client.say(Disconnect(), stream))
    assert bench.radio.owners
    assert started in kinds(client.call(stream))
