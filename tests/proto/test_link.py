"""A link in time: handshake, pings, idles, silence, goodbye. The peer is forged."""

from collections.abc import Sequence

import pytest

from forge import bodies, drain, events, fire, of, packets, run_until, seal
from icom_proto.codes import PacketType, Role, Stream
from icom_proto.events import (
    CloseReason,
    DataReceived,
    IgnoredWhy,
    LinkClosed,
    LinkUp,
    PacketIgnored,
    Transmit,
)
from icom_proto.link_states import LinkState
from icom_proto.link_timings import LinkTimings
from icom_proto.packets import (
    AreYouThere,
    Disconnect,
    Header,
    IAmHere,
    Idle,
    Ping,
    Ready,
    RetransmitOne,
)
from link_bench import (
    OWN_ID,
    PEER_ID,
    bring_to,
    from_peer,
    give,
    make_link,
    payload,
)

BOTH = pytest.mark.parametrize("role", Role)
CALM = LinkTimings(ping_every_s=1000.0, idle_after_s=None, silence_s=1000.0)


def times_of(trace: Sequence[tuple[float, object]]) -> list[float]:
    """When something was sent."""
    return [at for at, output in trace if isinstance(output, Transmit)]


# ---- handshake -----------------------------------------------------------------------


def test_a_call_is_repeated_each_half_second_ten_times_in_all() -> None:
    link = make_link()
    link.open(0.0)
    trace = [(0.0, output) for output in fire(link, 0.0)] + run_until(link, 60.0)
    assert times_of(trace) == [0.5 * step for step in range(10)]
    assert {type(body) for body in bodies(output for _, output in trace)} == {
        AreYouThere
    }
    at, closed = trace[-1]
    assert (at, closed) == (5.0, LinkClosed(Stream.AUDIO, CloseReason.NO_ANSWER))


def test_a_call_has_no_number_and_knows_no_receiver() -> None:
    link = make_link()
    ((header, _),) = packets(bring_to(link, LinkState.CALLING))
    assert header == Header(
        length=0x10,
        type=PacketType.ARE_YOU_THERE,
        seq=0,
        sender_id=OWN_ID,
        receiver_id=0,
    )


def test_the_answer_tells_the_peers_id_and_ready_is_asked_with_number_one() -> None:
    """W, K, F, N, NI, R, S and M send 1; K and R take no other answer (2.4)."""
    link = make_link()
    bring_to(link, LinkState.CALLING)
    ((header, body),) = packets(give(link, IAmHere(), 0.1))
    assert isinstance(body, Ready)
    assert (header.seq, header.receiver_id) == (1, PEER_ID)
    assert link.output.peer_id == PEER_ID


def test_an_unanswered_ready_is_repeated_five_times_and_then_taken_as_read() -> None:
    """icom-lan does so; radios bear it (2.4)."""
    link = make_link(timings=CALM)
    bring_to(link, LinkState.READYING)
    trace = run_until(link, 60.0)
    asked = [
        (at, header.seq)
        for at, output in trace
        if isinstance(output, Transmit)
        for header, body in packets([output])
        if isinstance(body, Ready)
    ]
    assert asked == [(0.5, 1), (1.0, 1), (1.5, 1), (2.0, 1)]
    assert (2.5, LinkUp(Stream.AUDIO)) in trace
    assert link.state is LinkState.UP


def test_ready_is_repeated_half_a_second_after_it_was_first_asked() -> None:
    link = make_link(timings=CALM)
    bring_to(link, LinkState.CALLING)
    give(link, IAmHere(), 0.3)
    assert times_of(run_until(link, 1.0)) == [0.8]


def test_audio_that_comes_before_ready_is_answered_is_taken() -> None:
    link = make_link()
    bring_to(link, LinkState.READYING)
    (received,) = give(link, payload(1), 0.1, seq=0)
    assert isinstance(received, DataReceived)
    assert link.state is LinkState.READYING


def test_a_peer_may_change_its_id_until_the_link_is_up() -> None:
    """wfview learns the radio's id again from "ready" (1.3)."""
    link = make_link()
    bring_to(link, LinkState.READYING)
    link.handle_datagram(from_peer(Ready(), 1, sender=0x77), 0.1)
    assert (link.state, link.output.peer_id) == (LinkState.UP, 0x77)


@pytest.mark.parametrize(
    "body", [IAmHere(), Ready(), Disconnect(), Ping(reply=0, time=0)]
)
@pytest.mark.parametrize("state", [LinkState.UP, LinkState.CLOSING])
def test_once_up_a_foreign_sender_changes_nothing(
    state: LinkState, body: IAmHere | Ready | Disconnect | Ping
) -> None:
    link = make_link()
    bring_to(link, state)
    link.handle_datagram(from_peer(body, sender=0x77), 0.05)
    (ignored,) = drain(link)
    assert isinstance(ignored, PacketIgnored)
    assert (link.state, link.output.peer_id) == (state, PEER_ID)


@pytest.mark.parametrize("seq", [0, 1])
def test_a_radio_answers_ready_with_the_number_it_came_with(seq: int) -> None:
    link = make_link(Role.RADIO)
    bring_to(link, LinkState.ANSWERED)
    answers = packets(give(link, Ready(), 0.0, seq=seq))
    assert [header.seq for header, body in answers if isinstance(body, Ready)] == [seq]


def test_a_client_that_sends_is_ready_even_if_its_question_was_lost() -> None:
    """Else the radio would send it no idles, and the last packet of a burst that got
    lost would never be missed (swarm, seed 369)."""
    link = make_link(Role.RADIO)
    bring_to(link, LinkState.ANSWERED)
    outputs = give(link, payload(1), 0.1, seq=1)
    assert of(LinkUp, outputs)
    assert of(DataReceived, outputs)
    assert Ready not in map(type, bodies(outputs)), "nobody asked"
    later = bodies(output for _, output in run_until(link, 0.35))
    assert of(Idle, later)


def test_a_radio_that_hears_no_more_than_a_call_forgets_the_caller() -> None:
    link = make_link(Role.RADIO)
    bring_to(link, LinkState.ANSWERED)
    trace = run_until(link, 60.0)
    address = link.address
    closed = LinkClosed(Stream.AUDIO, CloseReason.SILENCE, address)
    assert trace == [(15.0, closed)]


# ---- pings ---------------------------------------------------------------------------


@BOTH
def test_the_round_trip_is_measured_by_the_answer_to_the_very_ping(role: Role) -> None:
    link = make_link(role)
    outputs = bring_to(link, LinkState.UP, now=5.0)
    (ping,) = [(h, b) for h, b in packets(outputs) if isinstance(b, Ping)]
    header, body = ping
    wrong_number = Ping(reply=1, time=body.time)
    give(link, wrong_number, 5.02, seq=(header.seq + 1) & 0xFFFF)
    give(link, Ping(reply=1, time=body.time + 1), 5.02, seq=header.seq)
    assert link.round_trip.samples == 0
    give(link, Ping(reply=1, time=body.time), 5.03, seq=header.seq)
    give(link, Ping(reply=1, time=body.time), 5.04, seq=header.seq)
    assert link.round_trip.samples == 1, "a repeated answer measures nothing"
    assert link.round_trip.smoothed_s == pytest.approx(0.03)


def test_pings_have_a_counter_of_their_own_and_a_clock() -> None:
    link = make_link(timings=LinkTimings(idle_after_s=None))
    outputs = bring_to(link, LinkState.UP)
    trace = [output for _, output in run_until(link, 2.0)]
    pings = [
        (h.seq, b.time, b.reply)
        for h, b in packets(outputs + trace)
        if isinstance(b, Ping)
    ]
    assert pings == [(0, 0, 0), (1, 500, 0), (2, 1000, 0), (3, 1500, 0), (4, 2000, 0)]


def test_a_timer_that_is_met_late_does_not_delay_the_pings_and_idles_behind_it() -> (
    None
):
    link = make_link(timings=LinkTimings(ping_every_s=0.1, idle_after_s=0.1))
    bring_to(link, LinkState.UP)
    first = link.next_timeout()
    assert first is not None
    due = list[float]()
    for late in (0.0, 0.019, 0.003, 0.011):
        at = link.next_timeout()
        assert at is not None
        due.append(at - first)
        link.handle_timeout(at + late)
    assert due == pytest.approx([0.0, 0.1, 0.2, 0.3])


def test_pings_that_are_never_answered_are_forgotten() -> None:
    link = make_link(timings=LinkTimings(idle_after_s=None, silence_s=1e6))
    (first,) = [
        h for h, b in packets(bring_to(link, LinkState.UP)) if isinstance(b, Ping)
    ]
    run_until(link, 100.0)
    give(link, Ping(reply=1, time=0), 100.1, seq=first.seq)
    assert link.round_trip.samples == 0


@pytest.mark.parametrize("state", [LinkState.READYING, LinkState.UP, LinkState.CLOSING])
def test_a_ping_is_answered_with_its_number_and_its_clock(state: LinkState) -> None:
    link = make_link()
    bring_to(link, state)
    ((header, answer),) = packets(give(link, Ping(reply=0, time=0xC3F85000), 0.1, 77))
    assert isinstance(answer, Ping)
    assert (header.seq, header.length) == (77, 0x15)
    assert (answer.reply, answer.time) == (1, 0xC3F85000)


def test_a_radio_writes_no_length_into_its_pings() -> None:
    link = make_link(Role.RADIO, timings=LinkTimings(ping_length=0))
    lengths = [
        header.length
        for header, body in packets(bring_to(link, LinkState.UP))
        if isinstance(body, Ping)
    ]
    assert lengths == [0]


@pytest.mark.parametrize("size", [0x10, 0x14, 0x16])
def test_a_ping_of_another_size_is_none(size: int) -> None:
    link = make_link()
    bring_to(link, LinkState.UP)
    data = (from_peer(Ping(reply=0, time=0)) + b"\0")[:size]
    link.handle_datagram(data, 0.1)
    (ignored,) = of(PacketIgnored, fire(link, 0.1))
    assert ignored.why is IgnoredWhy.MALFORMED


# ---- idles ---------------------------------------------------------------------------


def test_an_idle_is_sent_after_a_pause_in_tracked_packets_only() -> None:
    link = make_link(timings=LinkTimings(ping_every_s=1000.0))
    bring_to(link, LinkState.UP)
    assert times_of(run_until(link, 0.25)) == [0.1, 0.2]
    for step in range(10):
        link.send(b"x" * 8, 0.25 + 0.05 * step)
    fire(link, 0.7)
    sent = times_of(run_until(link, 0.85))
    assert sent == [pytest.approx(0.8)], "a tenth of a second after the last packet"


def test_idles_take_numbers_like_all_tracked_packets() -> None:
    link = make_link(timings=LinkTimings(ping_every_s=1000.0), first_seq=0xFFFF)
    bring_to(link, LinkState.UP)
    assert link.send(b"x" * 8, 0.0) == 0xFFFF
    trace = [output for _, output in run_until(link, 0.25)]
    sent = [h.seq for h, b in packets(trace) if isinstance(b, Idle)]
    assert sent == [0, 1]


def test_idles_may_start_later() -> None:
    link = make_link(Role.RADIO, timings=CALM)
    link.trust()
    bring_to(link, LinkState.UP)
    assert run_until(link, 5.0) == []
    link.channel.start_idling(5.0)
    assert times_of(run_until(link, 5.25)) == [pytest.approx(5.1), pytest.approx(5.2)]


# ---- silence and goodbye -------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    "heard", [Ping(reply=0, time=0), Idle(), RetransmitOne(), Ready()]
)
def test_any_packet_of_the_peer_breaks_its_silence(
    role: Role, heard: Ping | Idle | RetransmitOne | Ready
) -> None:
    link = make_link(role)
    bring_to(link, LinkState.UP)
    run_until(link, 14.0)
    give(link, heard, 14.0, seq=1)
    run_until(link, 28.9)
    assert link.state is LinkState.UP
    trace = run_until(link, 60.0)
    assert link.closed_by is CloseReason.SILENCE
    assert trace[-1][0] == 29.0


@BOTH
def test_ignored_datagrams_do_not_break_the_silence(role: Role) -> None:
    link = make_link(role)
    bring_to(link, LinkState.UP)
    for second in range(15):
        run_until(link, float(second))
        link.handle_datagram(from_peer(Idle(), 1, receiver=7), float(second))
        link.handle_datagram(from_peer(Idle(), 1, sender=7), float(second))
        link.handle_datagram(b"noise", float(second))
    run_until(link, 15.0)
    assert link.closed_by is CloseReason.SILENCE


def test_a_client_says_goodbye_and_lingers() -> None:
    link = make_link(timings=LinkTimings(disconnects=2))
    bring_to(link, LinkState.UP)
    seq = link.send(b"x" * 8, 0.0)
    fire(link, 0.0)
    link.close(1.0)
    assert [type(body) for body in bodies(fire(link, 1.0))] == [Disconnect] * 2
    (resent,) = bodies(give(link, RetransmitOne(), 1.1, seq=seq))
    assert not isinstance(resent, Idle), "requests are served to the end"
    assert run_until(link, 1.29) == []
    ((at, closed),) = run_until(link, 60.0)
    assert (at, closed) == (1.3, LinkClosed(Stream.AUDIO, CloseReason.LOCAL))


def test_data_behind_the_goodbye_is_not_taken_and_not_reported() -> None:
    """Least of all repetitions: wfserver 1.60 dies of a late request for one."""
    link = make_link()
    bring_to(link, LinkState.UP)
    give(link, payload(1), 0.5, seq=1)
    link.close(1.0)
    fire(link, 1.0)
    assert give(link, payload(5), 1.1, seq=5) == []
    assert all(not isinstance(o, Transmit) for _, o in run_until(link, 60.0))


def test_a_peer_that_says_goodbye_as_well_ends_the_lingering() -> None:
    link = make_link()
    bring_to(link, LinkState.CLOSING)
    (closed,) = events(give(link, Disconnect(), 0.1))
    assert closed == LinkClosed(Stream.AUDIO, CloseReason.PEER_DISCONNECT)


def test_a_radio_says_goodbye_and_is_gone() -> None:
    link = make_link(Role.RADIO)
    link.trust()
    bring_to(link, LinkState.UP)
    link.close(1.0)
    outputs = fire(link, 1.0)
    assert [type(body) for body in bodies(outputs)] == [Disconnect]
    assert isinstance(outputs[-1], LinkClosed)
    assert link.next_timeout() is None


def test_nobody_is_told_goodbye_who_never_answered() -> None:
    link = make_link()
    bring_to(link, LinkState.CALLING)
    link.close(0.2)
    assert fire(link, 0.2) == [LinkClosed(Stream.AUDIO, CloseReason.LOCAL)]


@BOTH
def test_what_is_sent_and_received_is_counted(role: Role) -> None:
    link = make_link(role)
    link.trust()
    outputs = bring_to(link, LinkState.UP)
    outputs += give(link, Ping(reply=0, time=0), 0.01) + give(link, payload(1), 0.02, 1)
    outputs += [output for _, output in run_until(link, 1.0)]
    counters = link.statistics()
    assert counters["sent"] == len(of(Transmit, outputs))
    assert counters["received"] == 4, "the handshake, the ping, the packet"


# ---- what is not for us --------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", IgnoredWhy.SHORT),
        (bytes(15), IgnoredWhy.SHORT),
        (from_peer(Idle(), 1, receiver=1), IgnoredWhy.WRONG_RECEIVER),
        (from_peer(Idle(), 1, sender=1), IgnoredWhy.WRONG_SENDER),
        (from_peer(Ping(reply=0, time=0), receiver=1), IgnoredWhy.WRONG_RECEIVER),
        (from_peer(Ping(reply=0, time=0), sender=1), IgnoredWhy.WRONG_SENDER),
        (from_peer(AreYouThere()), IgnoredWhy.UNEXPECTED),
        (from_peer(Ready()) + b"\0", IgnoredWhy.UNKNOWN_TYPE),
        (
            seal(Idle(), sender=PEER_ID, receiver=OWN_ID, length=0x11),
            IgnoredWhy.BAD_LENGTH,
        ),
        (b"\x10\0\0\0\x02" + bytes(11), IgnoredWhy.UNKNOWN_TYPE),
        (b"\x10\0\0\0\0\x01" + bytes(10), IgnoredWhy.UNKNOWN_TYPE),
    ],
)
def test_what_is_ignored_is_reported_with_its_reason(
    data: bytes, why: IgnoredWhy
) -> None:
    link = make_link()
    bring_to(link, LinkState.UP)
    before = link.statistics()["ignored"]
    link.handle_datagram(data, 0.05)
    assert drain(link) == [PacketIgnored(Stream.AUDIO, why, data)]
    assert link.statistics()["ignored"] == before + 1


@pytest.mark.parametrize(
    ("state", "body"),
    [
        (LinkState.NEW, Idle()),
        (LinkState.CALLING, Ready()),
        (LinkState.CALLING, Ping(reply=0, time=0)),
        (LinkState.CALLING, RetransmitOne()),
        (LinkState.CALLING, Disconnect()),
    ],
)
def test_what_comes_too_early_is_unexpected(
    state: LinkState, body: Idle | Ready | Ping | RetransmitOne | Disconnect
) -> None:
    link = make_link()
    bring_to(link, state)
    link.handle_datagram(from_peer(body, 1, sender=0), 0.1)
    (ignored,) = of(PacketIgnored, fire(link, 0.1))
    assert ignored.why is IgnoredWhy.UNEXPECTED


def test_only_the_head_of_what_is_ignored_is_shown() -> None:
    link = make_link()
    bring_to(link, LinkState.UP)
    link.handle_datagram(b"\x77" * 2000, 0.1)
    (ignored,) = of(PacketIgnored, fire(link, 0.1))
    assert len(ignored.data) == 64
