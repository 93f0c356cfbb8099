"""Knobs of the session from the stream request on: grants, owners, holds, goodbyes."""

from dataclasses import replace

import pytest

from dialect_bench import shows
from foreign_client import (
    AUDIO,
    CIV,
    CONTROL,
    ForeignClient,
    RadioBench,
    kinds,
    spoken,
)
from forge import bodies, of
from icom_proto.codes import (
    CONNECTION_WFVIEW,
    STATUS_BUSY,
    STATUS_OK,
    STATUS_REFUSED,
    Codec,
    Request,
)
from icom_proto.events import (
    Address,
    AudioReceived,
    CivFrameReceived,
    ClientGranted,
    ClientLeft,
    Transmit,
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
    LoginResponse,
    RetransmitMany,
    RetransmitOne,
    Status,
)
from icom_proto.session_dialect import FreeSlotOn, PortsZero, StaleMode

READ = bytes.fromhex("fefe98e003fd")
ANSWER = bytes.fromhex("fefee098030050810300fd")


def client_of(**knobs: object) -> ForeignClient:
    """A client of a radio with these knobs of its session turned."""
    return RadioBench(spoken(**knobs)).client()


def second(bench: RadioBench, number: int = 1) -> ForeignClient:
    """Somebody else, on another machine."""
    return bench.client(f"192.168.1.{10 + number}", 40000, computer=b"second")


def ask(client: ForeignClient, **changes: object) -> list[Status]:
    """A stream request; the Status that answer it at once."""
    return of(Status, bodies(client.say(client.stream_request(**changes))))


def vanish(client: ForeignClient) -> None:
    """Its program was killed."""
    client.pings_on.clear()


# ---- who uses it ---------------------------------------------------------------------


@shows("conn_computer", "conn_ip")
@pytest.mark.parametrize(("computer", "ip"), [(True, False), (False, True)])
def test_a_radio_tells_computer_and_address_of_its_user_or_not(
    computer: bool, ip: bool
) -> None:
    client = client_of(conn_computer=computer, conn_ip=ip)
    *_, after = of(ConnInfo, bodies(client.take_streams()))
    shown = (after.busy, after.computer, after.ip_address)
    address = bytes([192, 168, 1, 10]) if ip else bytes(4)
    assert shown == (1, b"pycore" if computer else b"", address)


@shows("rig_available")
def test_a_server_without_its_rig_says_busy_2() -> None:
    found = of(ConnInfo, bodies(client_of(rig_available=False).take_streams()))
    assert [each.busy for each in found] == [2, 2]


# ---- the grant -----------------------------------------------------------------------


@shows("grant_delay_s")
def test_a_grant_and_a_refusal_may_take_their_time() -> None:
    client = client_of(grant_delay_s=0.12)
    client.confirm()
    other = second(client.bench)
    other.confirm()
    for each, error in ((client, STATUS_OK), (other, STATUS_BUSY)):
        assert ask(each) == []
        assert ask(each) == [], "asked again meanwhile, it is answered once"
        assert not of(Status, bodies(client.bench.wait(0.11)))
        [status] = of(Status, bodies(client.bench.wait(0.02)))
        assert status.error == error


def test_a_request_of_before_a_logout_is_not_waited_for() -> None:
    client = client_of(grant_delay_s=0.12)
    client.confirm()
    assert ask(client) == []
    client.say(client.token_packet(Request.REMOVE_TOKEN))
    client.say(client.login())
    client.bench.wait(1.0)
    assert ask(client) == []
    [status] = of(Status, bodies(client.bench.wait(0.13)))
    assert (status.error, status.civ_port) == (STATUS_OK, 50002)


@pytest.mark.parametrize("says_goodbye", [True, False])
def test_who_leaves_before_the_answer_is_due_gets_none(says_goodbye: bool) -> None:
    client = client_of(
        grant_delay_s=1.0, stale_hold_s=1.0, free_slot_on=FreeSlotOn.TOKEN
    )
    client.confirm()
    if says_goodbye:  # and is held, having asked once more with a token long gone
        ask(client)
        client.bench.wait(1.0)
        client.token = b"gone"
    vanish(client)
    assert ask(client) == []
    if says_goodbye:
        client.say(Disconnect())
    outputs = client.bench.wait(5.0)
    assert not of(Status, bodies(outputs))
    assert client.bench.radio.sessions == ()


@shows("dup_grant")
def test_a_grant_may_be_told_twice() -> None:
    client = client_of(dup_grant=2)
    client.confirm()
    told = bodies(client.say(client.stream_request()))
    assert [type(each) for each in told] == [Status, ConnInfo, ConnInfo]
    assert [each.busy for each in of(ConnInfo, told)] == [1, 1]


@shows("status_repeat_s")
def test_a_xiegu_repeats_its_status() -> None:
    client = client_of(status_repeat_s=2.0)
    client.connect()
    repeated = of(Status, bodies(client.bench.wait(6.5)))
    assert [each.civ_port for each in repeated] == [50002] * 3
    client.say(client.token_packet(Request.CLOSE_STREAMS))
    assert not of(Status, bodies(client.bench.wait(6.5)))


@shows("ports_zero_on")
def test_ports_of_zero_for_an_unknown_identity_or_a_grant_all_the_same() -> None:
    for when, port in (({PortsZero.IDENTITY}, 0), (set[PortsZero](), 50002)):
        client = client_of(ports_zero_on=frozenset(when))
        client.confirm()
        [status] = ask(client, identity=bytes(16))
        assert (status.error, status.civ_port) == (STATUS_OK, port)


@shows("ports_zero_on")
def test_ports_of_zero_for_a_repeated_request() -> None:
    client = client_of(ports_zero_on=frozenset({PortsZero.REPEAT}))
    client.confirm()
    assert [ask(client)[0].civ_port for _ in range(2)] == [50002, 0]
    assert client.bench.radio.owners


@shows("ports_zero_on")
def test_ports_of_zero_for_who_comes_back_at_once() -> None:
    client = client_of(ports_zero_on=frozenset({PortsZero.RECONNECT}))
    client.connect()
    client.say(client.token_packet(Request.REMOVE_TOKEN))
    client.say(Disconnect())
    again = second(client.bench)
    again.confirm()
    [status] = ask(again)
    assert (status.error, status.civ_port) == (STATUS_OK, 0)
    assert not client.bench.radio.owners
    client.bench.wait(6.0)
    assert ask(again)[0].civ_port == 50002


@shows("ports_zero_on")
def test_an_ic_9700_sometimes_grants_without_naming_ports() -> None:
    client = client_of(ports_zero_on=frozenset({PortsZero.SOMETIMES}))
    client.confirm()
    ports = set()
    for _ in range(16):
        [status] = ask(client)
        assert status.error == STATUS_OK
        ports.add((status.civ_port, status.audio_port))
        assert client.bench.radio.owners
        client.say(client.token_packet(Request.CLOSE_STREAMS))
    assert ports == {(0, 0), (50002, 50003)}


@shows("use_request_ports")
def test_data_streams_may_be_answered_at_the_ports_of_the_request() -> None:
    client = client_of(use_request_ports=True)
    client.take_streams(civ_port=50002, audio_port=0)
    outputs = client.say(AreYouThere(), CIV)
    addresses = [each.address for each in of(Transmit, outputs)]
    assert addresses == [Address("192.168.1.10", 50002)]
    heard = client.heard(client.say(AreYouThere(), AUDIO))
    assert [type(body) for _, body in heard] == [IAmHere], "none named, none used"


@shows("reject_stereo_tx")
@pytest.mark.parametrize(("rejects", "port"), [(True, 0), (False, 50002)])
def test_stereo_from_the_client_is_refused_or_taken(rejects: bool, port: int) -> None:
    client = client_of(reject_stereo_tx=rejects)
    client.confirm()
    assert ask(client, tx_codec=Codec.PCM16_STEREO)[0].civ_port == port


@shows("opus_needs_wfview")
@pytest.mark.parametrize(
    ("knobs", "error"),
    [
        ({}, STATUS_REFUSED),
        ({"opus_needs_wfview": False}, STATUS_OK),
        ({"connection": CONNECTION_WFVIEW}, STATUS_OK),
    ],
)
def test_opus_is_refused_unless_the_connection_is_wfview(
    knobs: dict[str, object], error: bytes
) -> None:
    opus = replace(spoken(**knobs), rx_codecs=(Codec.OPUS_MONO,))
    client = RadioBench(opus).client()
    client.confirm()
    assert ask(client, rx_codec=Codec.OPUS_MONO)[0].error == error


@shows("busy_code")
@pytest.mark.parametrize("code", [STATUS_BUSY, STATUS_REFUSED])
def test_a_radio_in_use_has_one_of_two_errors(code: bytes) -> None:
    client = client_of(busy_code=code)
    client.connect()
    other = second(client.bench)
    other.confirm()
    assert ask(other)[0].error == code


# ---- several owners ------------------------------------------------------------------


@shows("slots")
def test_a_server_has_several_owners_each_with_its_own_streams() -> None:
    client = client_of(slots=2)
    bench = client.bench
    other, third = second(bench), second(bench, 2)
    client.connect()
    outputs = other.connect(rx_codec=Codec.ULAW_MONO, rx_rate_hz=8000)
    before, after = of(ConnInfo, bodies(outputs))
    assert (before.busy, after.busy, after.computer) == (0, 1, b"second")
    assert [owner.computer for owner in bench.radio.owners] == ["pycore", "second"]
    third.confirm()
    assert ask(third)[0].error == STATUS_BUSY
    for each in (client, other):
        assert CivFrameReceived in kinds(each.send_civ(READ))
    bench.radio.send_civ(ANSWER, bench.now)
    bench.radio.send_audio(bytes(160), bench.now, bench.radio.owners[1])
    outputs = bench.wait(0.0)
    heard = [[b for _, b in each.heard(outputs)] for each in (client, other)]
    assert [len(of(CivData, each)) for each in heard] == [1, 1]
    assert [len(of(AudioData, each)) for each in heard] == [0, 1]
    # One leaves, the other stays, and there is room again.
    client.say(client.token_packet(Request.REMOVE_TOKEN))
    assert CivFrameReceived not in kinds(client.send_civ(READ))
    assert CivFrameReceived in kinds(other.send_civ(READ))
    assert ask(third)[0].error == STATUS_OK
    third.call(CIV)
    third.say(CivOpenClose(action=4), CIV)
    assert CivFrameReceived in kinds(third.send_civ(READ))


@shows("slots")
def test_the_transmitter_plays_the_audio_of_one_owner() -> None:
    """And the capabilities tell others so (2.13, enablea)."""
    client = client_of(slots=2)
    client.connect()
    other = second(client.bench)
    outputs = other.connect()
    [capabilities] = of(Capabilities, bodies(outputs))
    assert capabilities.radios[0].enable_a == 0
    [granted] = of(ClientGranted, outputs)
    assert granted.tx_codec is Codec.NONE
    assert AudioReceived in kinds(client.send_audio(0))
    assert AudioReceived not in kinds(other.send_audio(0))


# ---- holds ---------------------------------------------------------------------------


@shows("stale_hold_s")
@pytest.mark.parametrize("hold_s", [5.0, 40.0])
def test_a_vanished_client_holds_the_radio_as_long_as_the_dialect_has_it(
    hold_s: float,
) -> None:
    client = client_of(stale_hold_s=hold_s)
    client.connect()
    vanish(client)
    assert ClientLeft not in kinds(client.bench.wait(hold_s - 0.1))
    assert ClientLeft in kinds(client.bench.wait(0.2))


def held(**knobs: object) -> tuple[RadioBench, ForeignClient]:
    """A radio whose client vanished five seconds ago, and the next one."""
    client = client_of(**knobs)
    client.connect()
    vanish(client)
    client.bench.wait(5.0)
    return client.bench, second(client.bench)


@shows("stale_mode")
def test_a_held_radio_is_busy() -> None:
    bench, other = held(stale_mode=StaleMode.BUSY_STATUS)
    other.confirm()
    assert ask(other)[0].error == STATUS_BUSY
    bench.wait(10.2)
    assert ask(other)[0].error == STATUS_OK


@shows("stale_mode")
def test_a_held_radio_may_answer_no_call() -> None:
    bench, other = held(stale_mode=StaleMode.SILENT_CONTROL)
    assert bodies(other.say(AreYouThere())) == []
    bench.wait(10.2)
    assert of(IAmHere, bodies(other.say(AreYouThere())))


@shows("stale_mode")
def test_a_held_radio_may_grant_streams_whose_ports_are_dead() -> None:
    """sdroxide issue 96: control answers, ports named, data ports silent."""
    bench, other = held(stale_mode=StaleMode.DEAD_DATA_PORTS)
    other.confirm()
    assert (ask(other)[0].error, ask(other)[0].civ_port) == (STATUS_OK, 50002)
    for stream in (CIV, AUDIO):
        assert bodies(other.say(AreYouThere(), stream)) == []
    bench.wait(10.2)
    for stream in (CIV, AUDIO):
        assert of(IAmHere, bodies(other.say(AreYouThere(), stream)))


@shows("stale_mode")
def test_a_held_radio_may_go_on_with_the_old_numbers() -> None:
    """An IC-7760 asks for what is missing before it answers the login (11.2)."""
    client = client_of(stale_mode=StaleMode.CONTINUE_SEQ)
    client.seqs[CONTROL] = 0xFF7C
    client.connect()
    vanish(client)
    client.bench.wait(5.0)
    again = client.bench.client()
    asked = of(RetransmitMany, bodies(again.call() + again.say(again.login())))
    asked += of(RetransmitOne, bodies(client.bench.wait(0.5)))  # type: ignore[arg-type]
    assert asked, "for numbers of the old session"
    assert not of(LoginResponse, bodies(client.bench.wait(0.5)))
    client.bench.wait(5.0)
    assert of(LoginResponse, bodies(again.say(again.login())))


@shows("refusals_extend_hold")
@pytest.mark.parametrize(
    ("extends", "error"), [(False, STATUS_OK), (True, STATUS_BUSY)]
)
def test_each_refused_request_may_let_the_hold_begin_again(
    extends: bool, error: bytes
) -> None:
    bench, other = held(refusals_extend_hold=extends)
    other.confirm()
    assert ask(other)[0].error == STATUS_BUSY
    bench.wait(11.0)
    assert ask(other)[0].error == error


@shows("free_slot_on")
@pytest.mark.parametrize(
    ("frees", "after_token", "after_disconnect"),
    [
        (FreeSlotOn.EITHER, STATUS_OK, STATUS_OK),
        (FreeSlotOn.TOKEN, STATUS_OK, STATUS_BUSY),
        (FreeSlotOn.DISCONNECT, STATUS_BUSY, STATUS_OK),
    ],
)
def test_a_goodbye_frees_the_radio_if_it_is_the_right_one(
    frees: FreeSlotOn, after_token: bytes, after_disconnect: bytes
) -> None:
    for by_token, error in ((True, after_token), (False, after_disconnect)):
        client = client_of(free_slot_on=frees)
        client.connect()
        bench, other = client.bench, second(client.bench)
        other.confirm()
        client.say(
            client.token_packet(Request.REMOVE_TOKEN) if by_token else Disconnect()
        )
        vanish(client)
        assert ask(other)[0].error == error
        bench.wait(15.5)
        assert ask(other)[0].error == STATUS_OK, "silence frees it in the end"


@shows("free_after_s")
@pytest.mark.parametrize("in_two_steps", [False, True])
def test_a_radio_may_need_some_seconds_to_be_free_again(in_two_steps: bool) -> None:
    client = client_of(free_after_s=3.5)
    client.connect()
    other = second(client.bench)
    other.confirm()
    if in_two_steps:  # the reference exchange of 7.4 has both
        client.say(client.token_packet(Request.CLOSE_STREAMS))
    client.say(client.token_packet(Request.REMOVE_TOKEN))
    assert ask(other)[0].error == STATUS_BUSY
    client.bench.wait(3.6)
    assert ask(other)[0].error == STATUS_OK


def test_the_same_user_may_log_in_twice_and_the_second_is_told_it_is_busy() -> None:
    client = client_of()
    client.connect()
    outputs = second(client.bench).confirm()
    assert of(Capabilities, bodies(outputs))
    assert [info.busy for info in of(ConnInfo, bodies(outputs))] == [1]
