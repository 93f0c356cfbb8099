"""The radio's session with clients of every kind (PROTOCOL.md 7.3; appendix B, 7)."""

from dataclasses import replace

import pytest

from foreign_client import (
    AUDIO,
    CIV,
    CONFIG,
    CONTROL,
    IDENTITY,
    ForeignClient,
    RadioBench,
    kinds,
    receive_only,
)
from forge import bodies, events, of
from icom_proto.codes import (
    CONNECTION_RADIO,
    LOGIN_BAD_CREDENTIALS,
    LOGIN_OK,
    STATUS_BUSY,
    STATUS_OK,
    STATUS_REFUSED,
    TOKEN_OK,
    TOKEN_REJECTED,
    CivKind,
    Codec,
    Reply,
    Request,
    Stream,
)
from icom_proto.events import (
    AudioReceived,
    CivFrameReceived,
    ClientAudioStarted,
    ClientAudioStopped,
    ClientCivClosed,
    ClientCivOpened,
    ClientGranted,
    ClientLeft,
    ClientLoggedIn,
    ClientRefused,
    CloseReason,
    LinkUp,
    Output,
    PacketIgnored,
)
from icom_proto.packets import (
    AreYouThere,
    AudioData,
    Capabilities,
    CivData,
    CivOpenClose,
    ConnInfo,
    Disconnect,
    IAmHere,
    Idle,
    LoginResponse,
    Ping,
    Ready,
    Status,
    Token,
)
from icom_proto.session_states import RadioState

READ = bytes.fromhex("fefe98e003fd")
ANSWER = bytes.fromhex("fefee098030050810300fd")


def connected(**changes: object) -> tuple[RadioBench, ForeignClient]:
    """A radio, and a client that has its streams."""
    bench = RadioBench()
    client = bench.client()
    client.connect(**changes)
    return bench, client


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
    bench = RadioBench(replace(CONFIG, shows_user=False))
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
    assert bench.radio.owner is not None


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
    assert bench.radio.owner is not None


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
    assert bench.radio.owner is None
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
    assert bench.radio.owner is None
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
    assert bench.radio.owner is None


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
    assert bench.radio.owner is not None
    assert started in kinds(client.call(stream))


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
    bench = RadioBench(replace(CONFIG, busy_error=STATUS_REFUSED))
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
    assert bench.radio.owner is None


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
    assert bench.radio.owner is None
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
    assert bench.radio.owner is None
    (owner,) = bench.radio.clients
    assert owner == client.ports[CONTROL]


def test_the_owner_is_shown() -> None:
    bench, client = connected()
    owner = bench.radio.owner
    assert owner is not None
    assert owner.state is RadioState.STREAMING
    assert (owner.address, owner.computer) == (client.ports[CONTROL], "pycore")
