"""Many clients at one radio: strangers, limits, takeovers of streams, the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import hostile_datagrams
from depth import examples
from foreign_client import (
    AUDIO,
    CIV,
    CONFIG,
    CONTROL,
    RadioBench,
    connected,
    kinds,
    spoken,
)
from forge import bodies, drain, events, fire, of, seal
from icom_proto.codes import Codec, Request, Stream
from icom_proto.events import (
    Address,
    AudioReceived,
    CivFrameReceived,
    ClientAudioStarted,
    ClientAudioStopped,
    ClientCivClosed,
    ClientLeft,
    CloseReason,
    IgnoredWhy,
    LinkClosed,
    Output,
    PacketIgnored,
    Transmit,
)
from icom_proto.packets import (
    AreYouThere,
    AudioData,
    CivOpenClose,
    Disconnect,
    IAmHere,
    Idle,
    LoginResponse,
    Ping,
    Ready,
    RetransmitMany,
    SeqRange,
)
from icom_proto.radio_peers import PEERS_MAX, RECALL_AFTER_S

READ = bytes.fromhex("fefe98e003fd")


def sizes(outputs: list[Output]) -> int:
    """Bytes that leave."""
    return sum(len(output.data) for output in of(Transmit, outputs))


# ---- strangers -----------------------------------------------------------------------


@pytest.mark.parametrize("stream", [CIV, AUDIO])
@pytest.mark.parametrize("host", ["192.168.1.10", "10.0.0.9"])
def test_data_streams_of_strangers_are_not_answered(stream: Stream, host: str) -> None:
    """Neither before somebody owns the radio, nor from another machine afterwards."""
    bench = RadioBench()
    stranger = bench.client(host, 40000)
    outputs = stranger.say(AreYouThere(), stream)
    assert [ignored.why for ignored in of(PacketIgnored, outputs)] == [
        IgnoredWhy.STRANGER
    ]
    assert bodies(outputs) == []
    owner = bench.client("192.168.1.99")
    owner.take_streams(civ_port=52002, audio_port=52003)
    # Granted, and not yet called by the owner.
    assert bodies(stranger.say(AreYouThere(), stream)) == []
    owner.call(stream)
    bench.wait(2.0)  # the owner pings; however long, another machine is no owner
    assert bodies(stranger.say(AreYouThere(), stream)) == []


def test_a_second_program_on_the_owners_machine_cannot_take_its_streams() -> None:
    bench, client = connected()
    intruder = bench.client("192.168.1.10", 40000)
    for stream in (CIV, AUDIO):
        outputs = intruder.say(AreYouThere(), stream)
        assert kinds(outputs) == [PacketIgnored]
    assert CivFrameReceived in kinds(client.send_civ(READ))


def test_the_port_that_the_owner_named_takes_its_stream_from_a_faster_stranger() -> (
    None
):
    bench = RadioBench()
    client, intruder = bench.client(), bench.client("192.168.1.10", 40000)
    client.take_streams(civ_port=52002, audio_port=52003)
    for stream in (CIV, AUDIO):
        assert bodies(intruder.say(AreYouThere(), stream)) != []
    client.call(CIV)
    client.say(CivOpenClose(action=4), CIV)
    assert ClientAudioStarted in kinds(client.call(AUDIO))
    assert CivFrameReceived in kinds(client.send_civ(READ))


def test_an_owner_whose_port_changed_is_let_in_when_the_old_one_is_silent() -> None:
    bench, client = connected()
    client.pings_on -= {CIV, AUDIO}
    bench.wait(1.1)
    moved = bench.client("192.168.1.10", 40000)
    assert ClientCivClosed in kinds(moved.call(CIV))
    moved.say(CivOpenClose(action=4), CIV)
    assert CivFrameReceived in kinds(moved.send_civ(READ))
    told = kinds(moved.call(AUDIO))
    assert told.index(ClientAudioStopped) < told.index(ClientAudioStarted)
    assert CivFrameReceived not in kinds(client.send_civ(READ))


def test_a_stranger_that_does_not_call_has_no_link() -> None:
    bench = RadioBench()
    client = bench.client()
    for body in (Ready(), Ping(reply=0, time=0), Idle(), Disconnect(), client.login()):
        assert kinds(client.say(body)) == [PacketIgnored]
    assert bench.radio.clients == ()


def test_a_login_is_never_shown_when_it_is_ignored() -> None:
    bench = RadioBench()
    client = bench.client()
    client.call()
    login = client.seal(CONTROL, client.login())
    wrong = login[:4] + b"\0\0" + login[6:8] + b"\1\2\3\4" + login[12:]
    cut = client.seal(CONTROL, client.login())[:-1]
    cut = len(cut).to_bytes(4, "little") + cut[4:]
    for data in (wrong, cut, login[:-1]):
        for ignored in of(PacketIgnored, client.give(CONTROL, data)):
            assert login[0x40:0x44] not in ignored.data


# ---- what a stranger costs -----------------------------------------------------------


def test_a_stranger_never_gets_more_than_three_times_what_it_sent() -> None:
    bench = RadioBench()
    stranger = bench.client()
    sent = received = 0
    huge = RetransmitMany(ranges=(SeqRange(first=0, last=0xFFFF),) * 4)
    for body in [AreYouThere(), Ready(), *[huge] * 5, Ping(reply=0, time=0)] * 3:
        data = stranger.seal(CONTROL, body)
        sent += len(data)
        received += sizes(stranger.give(CONTROL, data))
        received += sizes(bench.wait(0.3))
        assert received <= 3 * sent
    received += sizes(bench.wait(60.0))
    assert received <= 3 * sent
    assert bench.radio.clients == (), "and it is forgotten in the end"


@given(data=st.lists(hostile_datagrams() | st.binary(max_size=200), max_size=20))
@examples(25)
def test_no_datagrams_of_a_stranger_get_more_than_three_times_their_bytes(
    data: list[bytes],
) -> None:
    bench = RadioBench()
    stranger = bench.client()
    outputs = stranger.call()
    stranger.pings_on.clear()
    sent = 2 * 0x10
    for each in data:
        own = each[:8] + stranger.seal(CONTROL, Ready())[8:16] + each[16:]
        for datagram in (each, own):
            sent += len(datagram)
            outputs += stranger.give(CONTROL, datagram)
    outputs += bench.wait(5.0)
    assert sizes(outputs) <= 3 * sent


def test_a_wrong_password_lifts_no_limit() -> None:
    bench = RadioBench()
    stranger = bench.client()
    stranger.call()
    stranger.say(stranger.login(password=b"\x41"))
    stranger.pings_on.clear()
    sent = 0x10 + 0x10 + 0x80
    assert sizes(bench.wait(14.0)) <= 3 * sent


def test_there_is_room_for_so_many_and_strangers_make_way() -> None:
    bench = RadioBench()
    _, owner = bench.client("10.9.9.9"), bench.client("10.8.8.8")
    owner.connect()
    for number in range(2 * PEERS_MAX):
        bench.client(f"10.0.0.{number}", 40000).call()
    assert len(bench.radio.clients) == PEERS_MAX
    assert owner.ports[CONTROL] in bench.radio.clients
    assert CivFrameReceived in kinds(owner.send_civ(READ))


def test_strangers_that_cannot_answer_make_way_before_a_client_that_logs_in() -> None:
    bench = RadioBench()
    client = bench.client()
    client.call()
    for number in range(2 * PEERS_MAX):
        bench.client("192.168.1.10", 40000 + 3 * number).say(AreYouThere())
    assert of(LoginResponse, bodies(client.say(client.login())))


def test_a_host_that_floods_the_radio_floods_itself_out() -> None:
    bench = RadioBench()
    client = bench.client("10.0.0.1")
    client.call()
    for number in range(2 * PEERS_MAX):
        bench.client("10.0.0.2", 40000 + 3 * number).call()
    assert of(LoginResponse, bodies(client.say(client.login())))


def test_when_all_have_logged_in_nobody_makes_way() -> None:
    bench = RadioBench()
    for number in range(PEERS_MAX):
        bench.client(f"10.0.0.{number}", 40000).log_in()
    late = bench.client("10.0.1.1", 40000)
    outputs = late.say(AreYouThere())
    assert [each.why for each in of(PacketIgnored, outputs)] == [IgnoredWhy.TOO_MANY]
    assert bodies(outputs) == []


# ---- coming back ---------------------------------------------------------------------


def test_another_id_from_the_same_port_is_a_new_program_at_once() -> None:
    bench, client = connected()
    again = bench.client(own_ids=dict.fromkeys(Stream, 0x77))
    outputs = again.call()
    assert [left.reason for left in of(ClientLeft, outputs)] == [CloseReason.REPLACED]
    assert of(LoginResponse, bodies(again.say(again.login())))
    assert client.ports == again.ports


def test_the_same_id_after_a_pause_is_a_new_program() -> None:
    bench, client = connected()
    client.pings_on.clear()
    bench.wait(RECALL_AFTER_S - 0.1)
    assert ClientLeft not in kinds(client.say(AreYouThere()))
    bench.wait(RECALL_AFTER_S)
    assert ClientLeft in kinds(client.say(AreYouThere()))


def test_a_client_that_only_called_may_call_again_after_a_pause() -> None:
    """Its first "ready" was lost: the link is the same."""
    bench = RadioBench()
    client = bench.client()
    client.say(AreYouThere())
    bench.wait(RECALL_AFTER_S + 1)
    outputs = client.say(AreYouThere())
    assert [type(body) for body in bodies(outputs)] == [IAmHere]
    assert events(outputs) == []


# ---- audio of the client -------------------------------------------------------------


def test_transmitted_audio_is_put_in_order() -> None:
    bench = RadioBench()
    client = bench.client()
    client.connect(tx_codec=Codec.ULAW_MONO, tx_rate_hz=8000)
    client.send_audio(0)
    first, second = (
        client.seal(
            AUDIO,
            AudioData(ident=0x8000, send_seq=seq, data_length=160, data=bytes(160)),
        )
        for seq in (1, 2)
    )
    outputs = client.give(AUDIO, second) + client.give(AUDIO, first)
    assert [audio.send_seq for audio in of(AudioReceived, outputs)] == [1, 2]


# ---- commands ------------------------------------------------------------------------


def test_what_is_for_the_owner_is_dropped_while_there_is_none() -> None:
    bench = RadioBench()
    bench.radio.send_civ(READ, 0.0)
    bench.radio.send_audio(bytes(1920), 0.0)
    bench.radio.force_disconnect(0.0)
    assert drain(bench.radio) == []


def test_closing_says_goodbye_to_everybody_and_answers_nobody_any_more() -> None:
    bench, client = connected()
    guest = bench.client("10.0.0.2")
    guest.log_in()
    bench.radio.close(bench.now)
    outputs = bench.wait(0.0)
    for each in (client, guest):
        goodbyes = [b for _, b in each.heard(outputs) if isinstance(b, Disconnect)]
        assert len(goodbyes) == 1
    assert [left.reason for left in of(ClientLeft, outputs)] == [CloseReason.LOCAL] * 2
    assert bench.radio.next_timeout() is None
    assert bench.radio.clients == ()
    assert guest.call() == []
    assert fire(bench.radio, 1000.0) == []
    bench.radio.close(1000.0)
    bench.radio.wedge(CONTROL, 2000.0, 1000.0)
    bench.radio.reboot(2000.0, 1000.0)
    bench.radio.adopt(CONFIG, 1000.0)
    assert drain(bench.radio) == []
    assert bench.radio.next_timeout() is None


def test_statistics_tell_what_of_the_clients_audio_was_lost() -> None:
    bench, client = connected()
    for seq in (0, 1, 4):
        client.send_audio(seq)
    bench.wait(0.5)
    for _ in range(2):
        counters = bench.radio.statistics()
        assert (counters["audio"]["delivered"], counters["audio"]["lost"]) == (3, 2)
        assert "delivered" not in counters["civ"]
        client.say(Disconnect(), AUDIO)


def test_statistics_remember_those_who_left() -> None:
    bench, client = connected()
    before = bench.radio.statistics()
    assert before["control"]["received"] > 0
    assert before["civ"]["received"] > 0
    client.say(Disconnect())
    after = bench.radio.statistics()
    assert after["civ"]["received"] == before["civ"]["received"]
    assert after["control"]["received"] == before["control"]["received"] + 1


# ---- the contract --------------------------------------------------------------------


def trace_of(data: list[bytes], *, late: bool) -> list[Output]:
    """The same inputs; drained after each, or all at the end."""
    bench = RadioBench()
    client = bench.client()
    client.connect()
    found = []
    now = 0.0
    for each in data:
        for stream in Stream:
            raw = each[:8] + client.seal(stream, Ready())[8:16] + each[16:]
            bench.radio.handle_datagram(stream, raw, client.ports[stream], now)
            found += [] if late else drain(bench.radio)
        now += 0.05
        bench.radio.handle_timeout(now)
        deadline = bench.radio.next_timeout()
        assert deadline is None or deadline > now
        found += [] if late else drain(bench.radio)
    return found + drain(bench.radio)


@given(data=st.lists(hostile_datagrams(), max_size=8))
@examples(15)
def test_drained_late_is_drained_early_and_the_seed_decides_all(
    data: list[bytes],
) -> None:
    assert trace_of(data, late=True) == trace_of(data, late=False)


def test_time_that_runs_backwards_is_our_own_mistake() -> None:
    bench, client = connected()
    radio = bench.radio
    radio.handle_timeout(2.0)
    ping = client.seal(CIV, Ping(reply=0, time=0))
    with pytest.raises(AssertionError, match="backwards"):
        radio.handle_datagram(CIV, ping, client.ports[CIV], 1.9)
    for command in (radio.close, radio.force_disconnect, radio.handle_timeout):
        with pytest.raises(AssertionError, match="backwards"):
            command(1.9)


def test_addresses_are_compared_and_handed_back() -> None:
    """Not even a host must look like one."""
    bench = RadioBench()
    client = bench.client("the shack")
    outputs = client.connect()
    assert CivFrameReceived in kinds(client.send_civ(READ))
    addresses = {output.address for output in of(Transmit, outputs)}
    assert addresses == {Address("the shack", 52001 + stream) for stream in Stream}


def test_a_radio_that_slept_for_an_hour_sends_one_ping_to_each() -> None:
    bench = RadioBench(spoken(stale_hold_s=1e6, lease_s=1e6))
    client = bench.client()
    client.connect()
    client.pings_on.clear()
    outputs = fire(bench.radio, 3600.0)
    pings = of(Ping, bodies(outputs))
    assert len(pings) == 3
    assert len(of(Transmit, outputs)) == 5, "and two idles"


def test_the_radio_forgets_a_client_that_slept_for_an_hour() -> None:
    bench, _ = connected()
    outputs = fire(bench.radio, 3600.0)
    assert of(ClientLeft, outputs)
    assert of(LinkClosed, outputs)
    assert bench.radio.next_timeout() is None


def test_a_login_that_is_repeated_and_a_token_that_is_removed_leave_nothing() -> None:
    bench, client = connected()
    client.say(client.token_packet(Request.REMOVE_TOKEN))
    for stream in (CIV, AUDIO, CONTROL):
        client.say(Disconnect(), stream)
    assert bench.radio.next_timeout() is None
    assert not bench.radio.owners


def test_a_datagram_for_another_peer_id_is_not_ours() -> None:
    _, client = connected()
    forged = seal(Idle(), seq=9, sender=1, receiver=client.radio_ids[CONTROL])
    (ignored,) = of(PacketIgnored, client.give(CONTROL, forged))
    assert ignored.why is IgnoredWhy.WRONG_SENDER
    forged = seal(Disconnect(), sender=1, receiver=client.radio_ids[CONTROL])
    (ignored,) = of(PacketIgnored, client.give(CONTROL, forged))
    assert ignored.why is IgnoredWhy.WRONG_SENDER
