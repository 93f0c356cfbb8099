"""A radio that is made to fail: dead ports, a reboot, refusals; one that changes."""

from dataclasses import replace

import pytest

from foreign_client import (
    AUDIO,
    CIV,
    CONTROL,
    RadioBench,
    connected,
    kinds,
    spoken,
)
from forge import bodies, of
from icom_proto.codes import (
    LOGIN_BAD_CREDENTIALS,
    LOGIN_OK,
    STATUS_OK,
    STATUS_REFUSED,
    Request,
    Stream,
)
from icom_proto.events import CivFrameReceived, ClientLeft, Transmit
from icom_proto.link_dialect import CivInner, LinkDialect
from icom_proto.packets import (
    AreYouThere,
    AudioData,
    CivData,
    IAmHere,
    LoginResponse,
    Ping,
    Status,
    Token,
)
from icom_proto.session_dialect import RenewPolicy

READ = bytes.fromhex("fefe98e003fd")


@pytest.mark.parametrize("dead", [CIV, AUDIO, CONTROL])
def test_a_wedged_stream_is_deaf_and_dumb_while_the_others_live(dead: Stream) -> None:
    bench, client = connected()
    bench.radio.wedge(dead, bench.now + 5.0, bench.now)
    outputs = bench.wait(2.0)
    bench.radio.send_audio(bytes(160), bench.now)
    outputs += client.send_civ(READ) + bench.wait(0.0)
    spoke = {each.stream for each in of(Transmit, outputs)}
    assert spoke == set(Stream) - {dead}
    assert (CivFrameReceived in kinds(outputs)) is (dead is not CIV)
    bench.wait(3.1)
    client.say(Ping(reply=0, time=1), dead)
    bench.radio.send_audio(bytes(160), bench.now)
    outputs = client.send_civ(READ) + bench.wait(1.0)
    assert {each.stream for each in of(Transmit, outputs)} == set(Stream)
    assert CivFrameReceived in kinds(outputs)
    assert of(AudioData, bodies(outputs))


def test_a_client_that_comes_while_the_control_port_is_dead_meets_silence() -> None:
    bench = RadioBench()
    bench.radio.wedge(CONTROL, 5.0, 0.0)
    client = bench.client()
    assert bodies(client.say(AreYouThere())) == []
    bench.wait(5.0)
    assert of(LoginResponse, bodies(client.log_in()))


def test_a_radio_that_reboots_says_nothing_and_knows_nobody_afterwards() -> None:
    bench, client = connected()
    before = dict(client.radio_ids)
    bench.radio.reboot(bench.now + 8.0, bench.now)
    outputs = bench.wait(0.0)
    assert bodies(outputs) == [], "not even a goodbye"
    assert of(ClientLeft, outputs)
    assert (bench.radio.owners, bench.radio.clients) == ((), ())
    for stream in Stream:
        assert bodies(client.say(Ping(reply=0, time=1), stream)) == []
    assert bodies(client.say(AreYouThere())) == []
    assert bodies(bench.wait(7.9)) == []
    bench.wait(0.2)
    assert bodies(client.say(Ping(reply=0, time=1))) == []
    assert client.connect()
    assert CivFrameReceived in kinds(client.send_civ(READ))
    assert all(client.radio_ids[stream] != before[stream] for stream in Stream)


def test_so_many_logins_fail_and_so_many_requests_are_refused() -> None:
    bench = RadioBench()
    bench.radio.fail_next_logins(2)
    bench.radio.refuse_next_streams(1)
    client = bench.client()
    client.call()
    logins = [of(LoginResponse, bodies(client.say(client.login()))) for _ in range(3)]
    bad = LOGIN_BAD_CREDENTIALS
    assert [each.error for [each] in logins] == [bad, bad, LOGIN_OK]
    client.say(client.token_packet(Request.CONFIRM_TOKEN))
    asked = [of(Status, bodies(client.say(client.stream_request()))) for _ in range(2)]
    assert [each.error for [each] in asked] == [STATUS_REFUSED, STATUS_OK]


def test_a_radio_changes_its_dialect_while_somebody_uses_it() -> None:
    bench, client = connected()
    config = spoken(renew_policy=RenewPolicy.SILENT, slots=2)
    links = LinkDialect(civ_inner=CivInner.ZERO)
    bench.radio.adopt(replace(config, links=links), bench.now)
    renew = client.token_packet(Request.RENEW_TOKEN)
    assert of(Token, bodies(client.say(renew))) == []
    other = bench.client("192.168.1.11", 40000)
    other.connect()
    for each in (client, other):
        assert CivFrameReceived in kinds(each.send_civ(READ))
    for _ in range(2):
        bench.radio.send_civ(READ, bench.now)
        sent = of(CivData, bodies(bench.wait(0.0)))
        assert [each.inner_seq for each in sent] == [0, 0], "to both"


def test_a_dialect_can_name_the_ports_of_answers_while_it_runs() -> None:
    bench = RadioBench()
    client = bench.client()
    client.take_streams(civ_port=50002)
    bench.radio.adopt(spoken(use_request_ports=True), bench.now)
    outputs = client.say(AreYouThere(), CIV)
    assert [each.address.port for each in of(Transmit, outputs) if each.address] == [
        50002
    ]
    bench.radio.adopt(spoken(), bench.now)
    assert of(IAmHere, bodies(client.say(AreYouThere(), AUDIO)))


def test_a_forced_disconnect_takes_the_streams_of_all_owners() -> None:
    bench = RadioBench(spoken(slots=2))
    clients = [bench.client(), bench.client("192.168.1.11", 40000)]
    for client in clients:
        client.connect()
    bench.radio.force_disconnect(bench.now)
    outputs = bench.wait(0.0)
    for client in clients:
        [status] = of(Status, [body for _, body in client.heard(outputs)])
        assert (status.error, status.disconnected) == (STATUS_OK, 1)
    assert bench.radio.owners == ()
