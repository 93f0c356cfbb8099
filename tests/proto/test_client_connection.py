"""The client's connection as a whole: its contract, and its order of leaving."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from builders import BODIES, from_packet
from depth import examples
from foreign_radio import (
    AUDIO,
    CIV,
    CONFIG,
    CONTROL,
    IDS,
    ForeignRadio,
    frames,
    kinds,
    requests,
)
from forge import bodies, drain, events, fire, of, packets
from icom_proto.client_connection import ClientConnection, Phase
from icom_proto.codec import Body
from icom_proto.codes import Request, Stream
from icom_proto.errors import LocalProtocolError
from icom_proto.events import (
    AudioLost,
    AudioReceived,
    CloseReason,
    IgnoredWhy,
    LinkClosed,
    Output,
    PacketIgnored,
    SessionClosed,
    Transmit,
)
from icom_proto.packets import (
    AreYouThere,
    AudioData,
    CivOpenClose,
    Disconnect,
    Idle,
    Ping,
    RetransmitOne,
    Token,
)

READ = bytes.fromhex("fefe98e003fd")
BLOCK = bytes(1920)

Mutation = Callable[[float], object]


def ready_radio() -> ForeignRadio:
    radio = ForeignRadio()
    radio.make_ready()
    return radio


# ---- commands and phases -------------------------------------------------------------


def test_a_connection_is_opened_once() -> None:
    radio = ForeignRadio()
    radio.open()
    with pytest.raises(LocalProtocolError, match="CALLING"):
        radio.client.open(radio.now)


def test_ids_are_made_of_address_and_ports() -> None:
    """As most clients make them (1.3)."""
    radio = ForeignRadio()
    outputs = radio.grant()
    calls = {
        output.stream: header.sender_id
        for output in of(Transmit, outputs)
        for header, body in packets([output])
        if isinstance(body, AreYouThere)
    }
    assert calls == IDS


@pytest.mark.parametrize("host", ["::1", "radio.local", "300.1.1.1", "1.2.3"])
def test_without_an_ipv4_address_ids_come_from_chance(host: str) -> None:
    ids = set()
    for seed in range(4):
        client = ClientConnection(
            CONFIG,
            rng=random.Random(seed),
            local_ports=(1, 2, 3),
            local_host=host,
        )
        client.open(0.0)
        ((header, _),) = packets(drain(client))
        ids.add(header.sender_id)
    assert len(ids) == 4
    assert 0 not in ids


def test_transmitted_audio_is_cut_and_numbered() -> None:
    radio = ready_radio()
    for _ in range(2):
        radio.client.send_audio(BLOCK, radio.now)
    sent = of(AudioData, bodies(radio.wait(0.02), AUDIO))
    assert [(each.send_seq, len(each.data)) for each in sent] == [
        (0, 1364),
        (1, 556),
        (2, 1364),
        (3, 556),
    ]
    assert {each.ident for each in sent} == {0x8000}


def test_received_audio_is_handed_on_in_order_even_before_the_session_is_ready() -> (
    None
):
    """It comes from the answer to the call on (8.5)."""
    radio = ForeignRadio()
    radio.grant()
    outputs = radio.link_up(AUDIO)
    for seq in (0, 2, 1):
        audio = AudioData(ident=0x8106, send_seq=seq, data_length=4, data=bytes(4))
        outputs += radio.say(audio, AUDIO)
    heard = of(AudioReceived, outputs)
    assert [(each.send_seq, each.data) for each in heard] == [
        (seq, bytes(4)) for seq in range(3)
    ]


def test_lost_audio_is_told_when_it_cannot_be_played_any_more() -> None:
    radio = ready_radio()
    for seq in (0, 1, 4, 5):
        audio = AudioData(ident=0x8106, send_seq=seq, data_length=4, data=bytes(4))
        radio.say(audio, AUDIO)
    assert AudioLost not in kinds(radio.wait(0.05))
    lost = of(AudioLost, radio.wait(0.2))
    assert (lost[0].first_seq, sum(each.count for each in lost)) == (2, 2)


def test_datagrams_on_streams_that_are_not_open_are_unexpected() -> None:
    radio = ForeignRadio()
    radio.open()
    for stream in (CIV, AUDIO):
        (ignored,) = radio.say(Idle(), stream)
        assert isinstance(ignored, PacketIgnored)
        assert ignored.why is IgnoredWhy.UNEXPECTED


def test_statistics_count_each_stream() -> None:
    radio = ForeignRadio()
    assert set(radio.client.statistics()) == {"control"}
    radio.make_ready()
    counters = radio.client.statistics()
    assert set(counters) == {"control", "civ", "audio"}
    assert counters["civ"]["received"] > 0
    assert {"healed", "lost", "late", "missed"} <= set(counters["audio"])
    assert radio.client.round_trip.samples == 0


# ---- leaving -------------------------------------------------------------------------


def test_leaving_closes_civ_then_the_streams_then_the_session_then_control() -> None:
    radio = ready_radio()
    radio.client.close(radio.now)
    first = [
        (output.stream, type(body))
        for output in of(Transmit, radio.wait(0.0))
        for body in bodies([output])
    ]
    assert first == [
        (CIV, CivOpenClose),
        (CIV, Disconnect),
        (AUDIO, Disconnect),
        (CONTROL, Token),
    ]
    outputs = radio.say(radio.token_answer(Request.REMOVE_TOKEN))
    assert [type(body) for body in bodies(outputs)] == [Disconnect, Disconnect]
    outputs = radio.wait(5.0)
    assert outputs[-1] == SessionClosed(CloseReason.LOCAL)
    assert len(of(LinkClosed, outputs)) == 3
    assert radio.client.phase is Phase.CLOSED


def test_control_still_serves_requests_for_a_moment() -> None:
    radio = ready_radio()
    radio.client.close(radio.now)
    (removal,) = [h for h, b in packets(radio.wait(0.0)) if isinstance(b, Token)]
    radio.say(radio.token_answer(Request.REMOVE_TOKEN))
    radio.wait(0.29)
    again = radio.give(CONTROL, radio.seal(CONTROL, RetransmitOne(), removal.seq))
    assert [type(body) for body in bodies(again)] == [Token]
    assert SessionClosed in kinds(radio.wait(0.02))


def test_a_radio_that_does_not_answer_the_logout_is_left_after_half_a_second() -> None:
    radio = ready_radio()
    radio.client.close(radio.now)
    outputs = radio.wait(0.49)
    assert of(Disconnect, bodies(outputs, CONTROL)) == []
    outputs = radio.wait(0.02)
    assert len(of(Disconnect, bodies(outputs, CONTROL))) == 2
    assert SessionClosed in kinds(radio.wait(0.31))


def test_closing_twice_is_closing_once() -> None:
    radio = ready_radio()
    radio.client.close(radio.now)
    radio.wait(0.0)
    radio.client.close(radio.now)
    assert radio.wait(0.0) == []
    radio.wait(5.0)
    radio.client.close(radio.now)
    assert radio.wait(0.0) == []


def test_closing_before_anything_was_opened_is_quiet() -> None:
    radio = ForeignRadio()
    radio.client.close(0.0)
    assert radio.wait(1.0) == [
        LinkClosed(CONTROL, CloseReason.LOCAL),
        SessionClosed(CloseReason.LOCAL),
    ]


def test_whoever_is_in_a_hurry_reaches_the_end_in_a_few_steps() -> None:
    """With nothing received any more: each deadline at once."""
    for keyed in (False, True):
        radio = ready_radio()
        if keyed:
            key = bytes.fromhex("fefe98e01c0001fd")
            radio.client.send_civ(key, radio.now)
        radio.client.close(radio.now)
        outputs, steps = drain(radio.client), 0
        while (deadline := radio.client.next_timeout()) is not None:
            outputs += fire(radio.client, deadline)
            steps += 1
        assert steps < 100
        assert "REMOVE_TOKEN" in requests(outputs)
        assert len(of(Disconnect, bodies(outputs))) == 4
        assert isinstance(outputs[-1], SessionClosed)
        assert len(frames(outputs)) == (2 if keyed else 0)


def test_a_laptop_that_slept_for_an_hour_pings_once_and_leaves() -> None:
    radio = ready_radio()
    radio.now = 3600.0
    outputs = fire(radio.client, radio.now)
    pings = [body for body in of(Ping, bodies(outputs)) if not body.reply]
    assert len(pings) == 3
    outputs += radio.wait(5.0)
    (closed,) = of(SessionClosed, outputs)
    assert closed.reason in (CloseReason.SILENCE, CloseReason.LEASE_LOST)
    assert outputs[-1] is closed


def test_a_laptop_that_slept_while_civ_was_opening_leaves_as_quietly() -> None:
    radio = ForeignRadio()
    radio.grant()
    radio.link_up(CIV)
    radio.link_up(AUDIO)
    radio.now = 3600.0
    outputs = fire(radio.client, radio.now)
    assert of(CivOpenClose, bodies(outputs)) == []
    assert isinstance(outputs[-1], SessionClosed)


# ---- the contract --------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One input, and how much later than the one before it."""

    kind: str
    stream: Stream
    what: bytes | Body
    later_s: float


def steps() -> SearchStrategy[list[Step]]:
    body = st.one_of([from_packet(cls) for cls in BODIES])
    one = st.builds(
        Step,
        st.sampled_from(
            ["datagram", "datagram", "timeout", "civ", "urgent", "audio", "streams"]
        ),
        st.sampled_from(Stream),
        body | st.binary(max_size=60),
        st.sampled_from([0.0, 0.001, 0.02, 0.3, 2.0]),
    )
    return st.lists(one, max_size=12)


def mutation(radio: ForeignRadio, step: Step) -> Mutation:
    client = radio.client
    match step.kind:
        case "datagram":
            data = step.what
            if isinstance(data, Body):
                data = radio.seal(step.stream, data)
            return partial(client.handle_datagram, step.stream, data)
        case "timeout":
            return client.handle_timeout
        case "civ":
            return partial(client.send_civ, READ)
        case "urgent":
            return partial(client.send_civ, READ, urgent=True)
        case "audio":
            return partial(client.send_audio, BLOCK)
        case "streams":
            return client.request_streams
        case "close":
            return client.close
        case _:
            raise AssertionError(step.kind)


def apply(radio: ForeignRadio, step: Step, now: float) -> bool:
    """False if the client refused the command."""
    try:
        mutation(radio, step)(now)
    except LocalProtocolError:
        return False
    return True


def snapshot(client: ClientConnection) -> tuple[object, ...]:
    """All that can be seen of a client."""
    return (
        client.phase,
        client.state,
        client.granted,
        client.radio,
        client.civ_address,
        client.next_timeout(),
        client.statistics(),
    )


PREPARE: dict[str, Callable[[ForeignRadio], object]] = {
    "logged in": ForeignRadio.log_in,
    "granted": ForeignRadio.grant,
    "ready": ForeignRadio.make_ready,
}
ANYWHERE = pytest.mark.parametrize("start", PREPARE)


def prepared(start: str) -> ForeignRadio:
    radio = ForeignRadio()
    PREPARE[start](radio)
    return radio


@pytest.mark.parametrize(
    "kind", ["datagram", "timeout", "civ", "audio", "streams", "close"]
)
def test_1_time_that_runs_backwards_is_our_own_mistake(kind: str) -> None:
    radio = ready_radio()
    fire(radio.client, 2.0)
    step = Step(kind, CIV, Idle(), 0.0)
    with pytest.raises(AssertionError, match="backwards"):
        mutation(radio, step)(1.9)


@pytest.mark.parametrize("stream", Stream)
def test_1_the_streams_share_one_clock(stream: Stream) -> None:
    radio = ready_radio()
    radio.client.handle_datagram(CONTROL, radio.seal(CONTROL, Idle()), 2.0)
    ping = radio.seal(stream, Ping(reply=0, time=0))
    with pytest.raises(AssertionError, match="backwards"):
        radio.client.handle_datagram(stream, ping, 1.9)


@ANYWHERE
@given(todo=steps())
@examples(8)
def test_3_drained_late_is_drained_early_and_7_the_seed_decides_all(
    start: str, todo: list[Step]
) -> None:
    early, late = prepared(start), prepared(start)
    found: list[Output] = []
    now = 1.0
    for step in todo:
        now += step.later_s
        apply(early, step, now)
        found += drain(early.client)
        apply(late, step, now)
    assert drain(late.client) == found


@ANYWHERE
@given(todo=steps())
@examples(8)
def test_4_the_next_deadline_lies_in_the_future_and_5_refusals_change_nothing(
    start: str, todo: list[Step]
) -> None:
    radio = prepared(start)
    now = 1.0
    for step in todo:
        now += step.later_s
        before = snapshot(radio.client)
        if not apply(radio, step, now):
            assert snapshot(radio.client) == before
            assert drain(radio.client) == []
        drain(radio.client)
        fire(radio.client, now)


def test_10_once_closed_nothing_is_sent_or_said_or_wanted() -> None:
    radio = ready_radio()
    radio.client.close(radio.now)
    radio.wait(5.0)
    for stream in Stream:
        for body in (Idle(), Ping(reply=0, time=0), AreYouThere()):
            assert radio.say(body, stream) == []
        assert radio.give(stream, b"junk") == []
    assert radio.client.next_timeout() is None
    assert fire(radio.client, 1e6) == []
    for kind in ("civ", "audio", "streams"):
        assert not apply(radio, Step(kind, CIV, b"", 0.0), 1e6)
    with pytest.raises(LocalProtocolError, match="CLOSED"):
        radio.client.open(1e6)


@pytest.mark.parametrize("secret", ["icom1234", "7E654972"])
def test_no_event_and_no_message_holds_the_password(secret: str) -> None:
    radio = ForeignRadio()
    outputs = radio.make_ready() + radio.wait(1.0)
    radio.client.close(radio.now)
    outputs += radio.wait(5.0)
    told = " ".join(repr(event) for event in events(outputs)) + repr(CONFIG)
    assert secret not in told
    assert bytes.fromhex("7E654972") not in b"".join(
        getattr(event, "data", b"") for event in events(outputs)
    )
