"""Lost packets of a link: asking for them and answering, in all forms (2.7, 5)."""

import random

import pytest

from forge import bodies, fire, of, packets, run_until
from icom_proto.codes import Role, Stream
from icom_proto.events import (
    DataReceived,
    GapGivenUp,
    IgnoredWhy,
    Output,
    PacketIgnored,
    PeerResynchronised,
)
from icom_proto.gap_tracker import OLD_RUN_S
from icom_proto.link import Link
from icom_proto.link_states import LinkState
from icom_proto.link_timings import LinkTimings, RecoveryLimits
from icom_proto.packets import (
    AudioData,
    IAmHere,
    Idle,
    Ping,
    Ready,
    RetransmitMany,
    RetransmitOne,
    SeqRange,
)
from link_bench import bring_to, from_peer, give, idle, make_link, payload

# Nothing is sent but requests.
QUIET = LinkTimings(
    ping_every_s=1e6,
    idle_after_s=None,
    silence_s=1e6,
    recovery=RecoveryLimits(give_up_s=3.0, requests_max=16),
)
BOTH = pytest.mark.parametrize("role", Role)


def up(
    role: Role = Role.CLIENT, timings: LinkTimings = QUIET, first_seq: int = 1
) -> Link:
    link = make_link(role, timings=timings, first_seq=first_seq)
    link.trust()
    bring_to(link, LinkState.UP)
    return link


def requests(outputs: list[Output]) -> list[list[tuple[int, int]]]:
    """Each request datagram as the ranges it names."""
    found = []
    for header, body in packets(outputs):
        if isinstance(body, RetransmitOne):
            found.append([(header.seq, header.seq)])
        elif isinstance(body, RetransmitMany):
            found.append([(each.first, each.last) for each in body.ranges])
    return found


def received(outputs: list[Output]) -> list[int]:
    """Numbers of tracked packets handed on."""
    return [each.seq for each in of(DataReceived, outputs)]


def ask(link: Link, now: float, *ranges: tuple[int, int]) -> list[tuple[int, type]]:
    """Ask for ranges in one datagram; numbers and classes of what is sent for it."""
    wanted = tuple(SeqRange(first=first, last=last) for first, last in ranges)
    sent = packets(give(link, RetransmitMany(ranges=wanted), now))
    return [(header.seq, type(body)) for header, body in sent]


# ---- asking --------------------------------------------------------------------------


@BOTH
def test_one_lost_packet_is_asked_for_by_its_number(role: Role) -> None:
    link = up(role)
    give(link, payload(1), 0.0, seq=1)
    assert received(give(link, payload(3), 0.1, seq=3)) == [3], "not held back"
    at = link.next_timeout()
    assert at is not None
    assert 0.1 < at < 0.2
    assert requests(fire(link, at)) == [[(2, 2)]]
    assert received(give(link, payload(2), at + 0.03, seq=2)) == [2]


@BOTH
def test_several_are_asked_for_in_doubled_pairs_two_to_a_datagram(role: Role) -> None:
    """The one form that ranges, word lists and strides of four all read alike."""
    link = up(role)
    give(link, payload(1), 0.0, seq=1)
    give(link, payload(7), 0.1, seq=7)
    outputs = fire(link, link.next_timeout() or 0.0)
    assert requests(outputs) == [[(2, 2), (3, 3)], [(4, 4), (5, 5)], [(6, 6)]]
    sizes = [h.length for h, b in packets(outputs) if isinstance(b, RetransmitMany)]
    assert sizes == [0x18, 0x18], "kappanhang reads no other length"
    assert link.statistics()["requests_sent"] == 5


def test_copies_of_a_request_leave_where_a_repetition_takes_long() -> None:
    timings = LinkTimings(
        ping_every_s=1e6, idle_after_s=None, silence_s=1e6, request_copies=2
    )
    link = up(timings=timings)
    give(link, payload(1), 0.0, seq=1)
    give(link, payload(3), 0.1, seq=3)
    assert requests(fire(link, link.next_timeout() or 0.0)) == [[(2, 2)]] * 2
    link = up(timings=timings)
    for _ in range(20):
        link.round_trip.add(0.0005)
    give(link, payload(1), 0.0, seq=1)
    give(link, payload(3), 0.1, seq=3)
    assert requests(fire(link, link.next_timeout() or 0.0)) == [[(2, 2)]]


def test_an_idle_shows_that_the_last_packet_was_lost() -> None:
    link = up()
    give(link, payload(1), 0.0, seq=1)
    link.handle_datagram(idle(3), 0.1)
    assert requests(fire(link, link.next_timeout() or 0.0)) == [[(2, 2)]]


def test_an_idle_in_place_of_a_packet_ends_the_asking() -> None:
    link = up()
    link.round_trip.add(0.005)
    give(link, payload(1), 0.0, seq=1)
    give(link, payload(3), 0.1, seq=3)
    at = link.next_timeout() or 0.0
    fire(link, at)
    link.handle_datagram(idle(2), at + 0.01)
    assert run_until(link, 60.0) == []
    assert link.statistics()["filled"] == 1


def test_a_packet_that_never_comes_is_asked_for_sixteen_times_and_given_up() -> None:
    link = up()
    give(link, payload(1), 0.0, seq=1)
    give(link, payload(3), 0.1, seq=3)
    trace = run_until(link, 60.0)
    asked = [at for at, output in trace if requests([output])]
    assert len(asked) == 16
    assert asked[-1] < 0.1 + 3.0
    (given_up,) = of(GapGivenUp, [output for _, output in trace])
    assert given_up == GapGivenUp(Stream.AUDIO, 2)


def test_each_packet_is_handed_on_once_however_often_it_comes() -> None:
    link = up()
    for seq in (1, 2, 4, 5, 3):
        assert received(give(link, payload(seq), 0.1, seq=seq)) == [seq]
    for seq in (5, 3, 4, 2, 1, 5, 5):
        assert received(give(link, payload(seq), 0.2, seq=seq)) == []
    assert link.statistics()["duplicates"] == 7


def test_idles_with_number_zero_are_no_packets() -> None:
    """Hamlib's; from 0xFFF0 on each of them once opened a gap."""
    link = up()
    outputs = []
    for step in range(40):
        seq = (0xFFF0 + step) & 0xFFFF
        outputs += give(link, payload(step), 0.01 * step, seq=seq)
        link.handle_datagram(idle(0), 0.01 * step)
    assert received(outputs) == [(0xFFF0 + step) & 0xFFFF for step in range(40)]
    assert run_until(link, 60.0) == []


def test_a_hundred_packets_across_the_wrap_with_losses_are_all_healed() -> None:
    """Appendix B, 4: from 0xFFF0 on, 10 % lost; no false bursts."""
    link = up()
    rng = random.Random(4)
    sent = [(0xFFF0 + step) & 0xFFFF for step in range(100)]
    lost = sorted(rng.sample(range(1, 99), 10))
    got: list[int] = []
    asked: list[int] = []
    now = 0.0
    for step, seq in enumerate(sent):
        now = 0.02 * step
        if step not in lost:
            got += received(give(link, payload(step), now, seq=seq))
        for at, output in run_until(link, now + 0.019):
            for ranges in requests([output]):
                asked += [first for first, _ in ranges]
                got += [
                    seq
                    for first, _ in ranges
                    for seq in received(give(link, payload(0), at, seq=first))
                ]
    assert sorted(got) == sorted(sent)
    assert sorted(asked) == sorted(sent[step] for step in lost), "each of them once"


def test_a_jump_of_more_than_fifty_is_told_and_not_asked_about() -> None:
    link = up()
    give(link, payload(1), 0.0, seq=1)
    outputs = give(link, payload(2), 0.1, seq=100)
    assert of(PeerResynchronised, outputs) == [
        PeerResynchronised(Stream.AUDIO, expected_seq=2, seq=100)
    ]
    assert received(outputs) == [100]
    assert run_until(link, 60.0) == []


def test_a_peer_that_counts_from_the_start_again_is_followed() -> None:
    link = up()
    for seq in range(400, 410):
        give(link, payload(seq), 0.0, seq=seq)
    outputs = []
    for seq in range(1, 12):
        outputs += give(link, payload(seq), 1.0 + seq * OLD_RUN_S / 5, seq=seq)
    assert len(of(PeerResynchronised, outputs)) == 1
    assert received(outputs)[-1] == 11


def test_a_radios_audio_numbers_begin_again_with_the_handshake() -> None:
    """Its first packets come before "ready" is answered; the answer may come late."""
    timings = LinkTimings(peer_restarts_when_ready=True)
    link = make_link(timings=timings)
    link.open(0.0)
    outputs = give(link, IAmHere(), 0.0)
    for seq in (0, 1, 2):
        outputs += give(link, payload(seq), 0.01, seq=seq)
    for seq in (0, 1):
        outputs += give(link, payload(10 + seq), 0.03, seq=seq)
    outputs += give(link, Ready(), 0.04, seq=1)
    for seq in (2, 3):
        outputs += give(link, payload(10 + seq), 0.05, seq=seq)
    assert received(outputs) == [0, 1, 2, 0, 1, 2, 3]
    assert link.statistics()["missed"] == 0


def test_a_peer_without_numbers_is_understood() -> None:
    """rigplane's mock radio gives all its packets number 0."""
    link = up()
    for step in range(3):
        assert received(give(link, payload(step), 0.1 * step, seq=0)) == [0]


# ---- answering -----------------------------------------------------------------------


def link_that_sent(count: int = 10) -> Link:
    """Up, with numbers 1 to `count` sent."""
    link = up()
    for _ in range(count):
        link.send(payload(1).encode(), 0.0)
    fire(link, 0.0)
    return link


def test_one_packet_is_asked_for_by_the_headers_number() -> None:
    """R1."""
    link = link_that_sent()
    ((header, body),) = packets(give(link, RetransmitOne(), 1.0, seq=4))
    assert (header.seq, type(body)) == (4, AudioData)


def test_ranges_are_inclusive() -> None:
    """R2, as real radios ask."""
    link = link_that_sent()
    assert ask(link, 1.0, (2, 4), (7, 7)) == [(seq, AudioData) for seq in (2, 3, 4, 7)]


def test_doubled_pairs_name_one_packet_each() -> None:
    """R3: wfview, icom-lan, POTACAT and others."""
    link = link_that_sent()
    assert ask(link, 1.0, (2, 2), (5, 5), (3, 3)) == [
        (seq, AudioData) for seq in (2, 5, 3)
    ]


def test_a_short_range_with_a_wrong_length_is_understood() -> None:
    """R4, kappanhang: 20 bytes that say 24."""
    link = link_that_sent()
    body = RetransmitMany(ranges=(SeqRange(first=2, last=5),))
    data = b"\x18" + from_peer(body)[1:]
    assert len(data) == 0x14
    link.handle_datagram(data, 1.0)
    assert [header.seq for header, _ in packets(fire(link, 1.0))] == [2, 3, 4, 5]


def test_ranges_wrap() -> None:
    link = up(first_seq=0xFFFE)
    for _ in range(4):
        link.send(payload(1).encode(), 0.0)
    fire(link, 0.0)
    assert [seq for seq, _ in ask(link, 1.0, (0xFFFE, 1))] == [0xFFFE, 0xFFFF, 0, 1]


def test_a_copy_is_the_same_bytes() -> None:
    link = up()
    link.send(payload(7).encode(), 0.0)
    (first,) = fire(link, 0.0)
    assert give(link, RetransmitOne(), 1.0, seq=1) == [first]


def test_what_is_gone_is_answered_with_an_idle_of_its_number() -> None:
    """Never silence: an unanswered request makes the peer ask four times (2.7)."""
    link = link_that_sent(3)
    assert ask(link, 1.0, (0xFF82, 0xFFFF), (0, 0)) == [
        (seq, Idle) for seq in [*range(0xFF82, 0x10000), 0]
    ]
    link.forget(2)
    assert ask(link, 2.0, (1, 3)) == [(1, AudioData), (2, Idle), (3, AudioData)]


def test_a_request_for_everything_gets_so_many_and_no_more() -> None:
    link = up()
    assert len(ask(link, 1.0, (0, 0xFFFF))) == 512
    assert link.statistics()["fillers_sent"] == 512


def test_a_request_that_comes_twice_is_answered_once_and_again_a_moment_later() -> None:
    link = link_that_sent()
    for _ in range(20):
        link.round_trip.add(0.1)
    assert len(ask(link, 1.0, (3, 3), (3, 3))) == 1
    assert ask(link, 1.01, (3, 3)) == []
    assert len(ask(link, 1.1, (3, 3))) == 1
    assert link.statistics()["resent"] == 2
    assert link.statistics()["requests_received"] == 3


@pytest.mark.parametrize("tail", [1, 2, 3, 5, 6, 7])
def test_a_list_that_is_cut_off_is_malformed(tail: int) -> None:
    link = link_that_sent()
    link.handle_datagram(from_peer(RetransmitOne(), 3) + bytes(tail), 1.0)
    (ignored,) = of(PacketIgnored, fire(link, 1.0))
    assert ignored.why is IgnoredWhy.MALFORMED


def test_a_stranger_gets_no_more_than_three_times_its_bytes() -> None:
    """Until it is trusted: 48 bytes for each header, whatever it asks for."""
    link = make_link(Role.RADIO, timings=QUIET)
    bring_to(link, LinkState.UP)
    everything = RetransmitMany(ranges=(SeqRange(first=0, last=0xFFFF),))
    sent = bodies(give(link, everything, 1.0))
    assert len(sent) <= 3 * (0x10 + 0x10 + 0x14) // 0x10
    assert link.statistics()["withheld"] > 400
    link.trust()
    assert len(bodies(give(link, everything, 2.0))) == 512
    assert Ping not in map(type, sent)
