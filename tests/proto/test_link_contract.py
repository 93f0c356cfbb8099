"""The contract of HOUSE_STYLE 3.4 for a link alone, either role, line by line.

Line 8, that nothing is called back or logged, is held by `test_architecture.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from builders import BODIES, from_packet, hostile_datagrams
from depth import examples
from forge import drain, events, fire, of, packets, seal
from icom_proto.codes import Role, Stream
from icom_proto.errors import LocalProtocolError
from icom_proto.events import LinkClosed, Output, Transmit
from icom_proto.link import Link
from icom_proto.link_states import LinkState
from icom_proto.link_timings import LinkTimings
from icom_proto.packets import Idle, Ping, Ready
from link_bench import (
    EVERY_STATE,
    OWN_ID,
    PEER_ID,
    STATES,
    bring_to,
    from_peer,
    give,
    make_link,
    payload,
)

BOTH = pytest.mark.parametrize("role", Role)
ANYWHERE = pytest.mark.parametrize(("role", "state"), EVERY_STATE)
OPEN_STATES = [pair for pair in EVERY_STATE if pair[1] is not LinkState.CLOSED]

Mutation = Callable[[float], object]


# ---- any input, with a time that only grows ------------------------------------------


@dataclass(frozen=True)
class Step:
    """One input: what kind, its bytes, and how much later than the one before."""

    kind: str
    data: bytes
    later_s: float


def near_datagrams() -> SearchStrategy[bytes]:
    """Datagrams of the peer: right ids, any body, any number."""
    return st.builds(
        partial(seal, sender=PEER_ID, receiver=OWN_ID),
        st.one_of([from_packet(cls) for cls in BODIES]),
        seq=st.integers(0, 40) | st.integers(0xFFE0, 0xFFFF),
    )


def any_datagrams() -> SearchStrategy[bytes]:
    return st.one_of(st.binary(max_size=80), hostile_datagrams(), near_datagrams())


def steps(kinds: str = "datagram timeout open send close") -> SearchStrategy[Step]:
    return st.builds(
        Step,
        st.sampled_from(["datagram", *kinds.split()]),
        any_datagrams(),
        st.sampled_from([0.0, 0.001, 0.02, 0.1, 0.5, 3.0, 16.0]),
    )


def mutation(link: Link, step: Step) -> Mutation:
    match step.kind:
        case "datagram":
            return partial(link.handle_datagram, step.data)
        case "timeout":
            return link.handle_timeout
        case "open":
            return link.open
        case "send":
            return partial(link.send, step.data[:8])
        case "close":
            return link.close
        case _:
            raise AssertionError(step.kind)


def apply(link: Link, step: Step, now: float) -> bool:
    """False if the link refused the command."""
    try:
        mutation(link, step)(now)
    except LocalProtocolError:
        return False
    return True


def snapshot(link: Link) -> tuple[object, ...]:
    """All that can be seen of a link."""
    return (
        link.state,
        link.output.peer_id,
        link.heard_at,
        link.closed_by,
        link.next_timeout(),
        link.statistics(),
        link.tracker.highest,
        link.tracker.missing,
    )


# ---- the lines -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["datagram", "timeout", "open", "send", "close"])
def test_1_time_that_runs_backwards_is_our_own_mistake(kind: str) -> None:
    """Any input may be the one that set the clock, and any may be the one too early."""
    start = LinkState.NEW if kind == "open" else LinkState.UP
    link = make_link(Role.CLIENT)
    bring_to(link, start)
    link.handle_timeout(5.0)
    with pytest.raises(AssertionError, match="backwards"):
        mutation(link, Step(kind, from_peer(Idle(), 1), 0.0))(4.999)


@pytest.mark.parametrize("kind", ["datagram", "timeout", "send"])
def test_1_every_input_sets_the_clock(kind: str) -> None:
    link = make_link(Role.CLIENT)
    bring_to(link, LinkState.UP)
    mutation(link, Step(kind, b"junk", 0.0))(5.0)
    with pytest.raises(AssertionError, match="backwards"):
        link.handle_timeout(4.999)


@BOTH
def test_1_zero_is_a_time(role: Role) -> None:
    link = make_link(role)
    bring_to(link, LinkState.UP, now=0.0)
    assert link.next_timeout() is not None


@ANYWHERE
@given(data=st.lists(any_datagrams(), max_size=8))
@examples(8)
def test_2_no_datagram_raises(role: Role, state: LinkState, data: list[bytes]) -> None:
    link = make_link(role)
    bring_to(link, state)
    for each in data:
        link.handle_datagram(each, 1.0)


@pytest.mark.parametrize(("role", "state"), OPEN_STATES)
@given(todo=st.lists(steps(), max_size=12))
@examples(8)
def test_3_drained_late_is_drained_early(
    role: Role, state: LinkState, todo: list[Step]
) -> None:
    """Polling only dequeues: when it is done changes nothing about what comes."""
    early, late = make_link(role), make_link(role)
    bring_to(early, state)
    bring_to(late, state)
    found: list[Output] = []
    now = 1.0
    for step in todo:
        now += step.later_s
        apply(early, step, now)
        found += drain(early)
        apply(late, step, now)
    assert drain(late) == found


@pytest.mark.parametrize(("role", "state"), OPEN_STATES)
@given(todo=st.lists(steps(), max_size=12))
@examples(8)
def test_4_the_next_deadline_is_a_question_and_lies_in_the_future(
    role: Role, state: LinkState, todo: list[Step]
) -> None:
    link = make_link(role)
    bring_to(link, state)
    now = 1.0
    for step in todo:
        now += step.later_s
        apply(link, step, now)
        drain(link)
        before = snapshot(link)
        link.next_timeout()
        assert snapshot(link) == before
        fire(link, now)


@ANYWHERE
@pytest.mark.parametrize("kind", ["open", "send", "close"])
def test_5_a_refused_command_has_changed_nothing(
    role: Role, state: LinkState, kind: str
) -> None:
    link = make_link(role)
    bring_to(link, state)
    before = snapshot(link)
    # Some are allowed; what matters is that the rest leave no trace.
    if not apply(link, Step(kind, b"", 0.0), 100.0):
        assert drain(link) == []
        assert snapshot(link) == before


ALLOWED = {
    "open": {(Role.CLIENT, LinkState.NEW)},
    "send": {
        (Role.CLIENT, LinkState.UP),
        (Role.RADIO, LinkState.UP),
        (Role.RADIO, LinkState.ANSWERED),
    },
    "close": {
        *((role, state) for role, states in STATES.items() for state in states),
    }
    - {
        (Role.CLIENT, LinkState.CLOSING),
        (Role.CLIENT, LinkState.CLOSED),
        (Role.RADIO, LinkState.CLOSED),
    },
}


@ANYWHERE
@pytest.mark.parametrize("kind", ALLOWED)
def test_5_commands_are_allowed_in_these_states_only(
    role: Role, state: LinkState, kind: str
) -> None:
    link = make_link(role)
    bring_to(link, state)
    assert apply(link, Step(kind, b"", 0.0), 100.0) is ((role, state) in ALLOWED[kind])


@BOTH
def test_6_a_laptop_that_slept_for_an_hour_sends_one_ping(role: Role) -> None:
    timings = LinkTimings(silence_s=7200.0)
    link = make_link(role, timings=timings)
    bring_to(link, LinkState.UP)
    sent = packets(fire(link, 3600.0))
    assert [type(body) for _, body in sent] == [Ping, Idle]
    assert link.next_timeout() == 3600.1


def test_6_a_laptop_that_slept_while_calling_calls_once() -> None:
    link = make_link()
    bring_to(link, LinkState.CALLING)
    assert len(of(Transmit, fire(link, 3600.0))) == 1
    assert link.next_timeout() == 3600.5


@BOTH
@given(todo=st.lists(steps(), max_size=15))
@examples(8)
def test_7_same_seed_and_same_inputs_give_the_same_bytes(
    role: Role, todo: list[Step]
) -> None:
    traces = []
    for _ in range(2):
        link = make_link(role, seed=5)
        trace = bring_to(link, LinkState.UP)
        now = 1.0
        for step in todo:
            now += step.later_s
            apply(link, step, now)
            trace += drain(link)
        traces.append(trace)
    assert traces[0] == traces[1]


def test_7_the_seed_decides_where_a_radio_begins_to_count_its_pings() -> None:
    seqs = set()
    for seed in range(8):
        link = make_link(Role.RADIO, seed=seed)
        sent = packets(bring_to(link, LinkState.UP))
        seqs |= {header.seq for header, body in sent if isinstance(body, Ping)}
    assert len(seqs) == 8


def test_9_an_address_is_handed_back_and_not_read() -> None:
    link = make_link(Role.RADIO)
    outputs = bring_to(link, LinkState.UP)
    for output in outputs:
        assert getattr(output, "address", link.address) is link.address


@BOTH
def test_10_once_closed_nothing_is_sent_or_said_or_wanted(role: Role) -> None:
    link = make_link(role)
    bring_to(link, LinkState.CLOSED)
    for body in (Ready(), Ping(reply=0, time=1), Idle(), payload(1)):
        assert give(link, body, 20.0, seq=1) == []
    link.handle_datagram(b"junk", 20.0)
    assert fire(link, 3600.0) == []
    assert link.next_timeout() is None
    for kind in ("open", "send", "close"):
        assert not apply(link, Step(kind, b"", 0.0), 3600.0)


@BOTH
@given(todo=st.lists(steps(), max_size=25))
@examples(30)
def test_10_the_last_event_of_a_link_is_that_it_closed(
    role: Role, todo: list[Step]
) -> None:
    link = make_link(role, stream=Stream.CIV)
    found = bring_to(link, LinkState.UP)
    now = 1.0
    for step in [*todo, Step("close", b"", 0.0), Step("timeout", b"", 16.0)]:
        now += step.later_s
        apply(link, step, now)
        found += drain(link)
    assert link.state is LinkState.CLOSED
    assert of(LinkClosed, found) == [events(found)[-1]]
    assert isinstance(found[-1], LinkClosed)
