"""Two links, one of each role, and a network that hypothesis plays.

It opens, sends and closes on either side; it delivers, drops, repeats and reorders what
is under way; it lets time pass, or jumps to a deadline. Whatever it does, a payload
arrives at most once, nothing is asked for that was never sent, nor too often, memory
stays bounded and no deadline lies in the past. In the end the network turns calm: then
gaps close, and both links end closed and want nothing more.

A datagram arrives within `AGE_MAX_S` or never. (Copies of old datagrams, one by one for
longer than `OLD_RUN_S` and nothing else, are a peer that began again: 5.1.)
"""

from collections import Counter
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from depth import DEPTH
from forge import drain, of
from icom_proto.codes import Role, Stream
from icom_proto.datagrams import decode_datagram
from icom_proto.events import DataReceived, LinkClosed, Output, Transmit
from icom_proto.gap_tracker import MISSING_MAX, OLD_RUN_S
from icom_proto.link_states import LinkState
from icom_proto.link_timings import LinkTimings, RecoveryLimits
from icom_proto.packets import AudioData, Idle, RetransmitMany, RetransmitOne
from icom_proto.seqnum import expand_ranges
from link_bench import make_link, payload

AGE_MAX_S = 0.8 * OLD_RUN_S
UNDER_WAY_MAX = 60
REQUESTS_MAX, COPIES = 5, 2
CALM_S = 5.0
OTHER = {Role.CLIENT: Role.RADIO, Role.RADIO: Role.CLIENT}


@dataclass(frozen=True)
class Flight:
    """A datagram under way."""

    to: Role
    data: bytes
    sent_at: float


class LinkMachine(RuleBasedStateMachine):
    """See the module's docstring."""

    @initialize(
        first_seq=st.sampled_from([1, 0xFFF0]),
        idles=st.booleans(),
        seed=st.integers(0, 3),
    )
    def make(self, first_seq: int, idles: bool, seed: int) -> None:
        timings = LinkTimings(
            idle_after_s=0.1 if idles else None,
            request_copies=COPIES,
            recovery=RecoveryLimits(give_up_s=1.0, requests_max=REQUESTS_MAX),
        )

        self.links = {
            role: make_link(
                role,
                stream=Stream.AUDIO,
                timings=timings,
                first_seq=first_seq,
                seed=seed,
            )
            for role in Role
        }
        self.links[Role.RADIO].trust()
        self.now = 0.0
        self.under_way: list[Flight] = []
        self.sent: dict[Role, set[int]] = {role: set() for role in Role}
        self.asked: Counter[tuple[Role, int]] = Counter()
        self.got: Counter[tuple[Role, bytes]] = Counter()
        self.closed: list[Role] = []
        self.number = 0
        self.links[Role.CLIENT].open(self.now)
        self.drain(Role.CLIENT)

    # what the network does

    @precondition(lambda self: self.under_way)
    @rule(index=st.integers(0, UNDER_WAY_MAX), again=st.booleans())
    def deliver(self, index: int, again: bool) -> None:
        flight = self.under_way[index % len(self.under_way)]
        if not again:
            self.under_way.remove(flight)
        self.arrive(flight)

    @precondition(lambda self: self.under_way)
    @rule()
    def deliver_all(self) -> None:
        for flight in list(self.under_way):
            self.under_way.remove(flight)
            self.arrive(flight)

    @precondition(lambda self: self.under_way)
    @rule(index=st.integers(0, UNDER_WAY_MAX))
    def drop(self, index: int) -> None:
        del self.under_way[index % len(self.under_way)]

    # what the two sides do

    @rule(role=st.sampled_from(Role), count=st.integers(1, 20))
    def send(self, role: Role, count: int) -> None:
        link = self.links[role]
        for _ in range(count if link.can_send else 0):
            self.number += 1
            link.send(payload(self.number).encode(), self.now)
            self.drain(role)

    @rule(later_s=st.sampled_from([0.001, 0.01, 0.05, 0.3]))
    def wait(self, later_s: float) -> None:
        self.pass_time(self.now + later_s)

    @rule()
    def jump(self) -> None:
        """To the next deadline of either side."""
        self.pass_time(min(self.deadlines(), default=self.now))

    @precondition(lambda self: self.number > 5)
    @rule(role=st.sampled_from(Role))
    def close(self, role: Role) -> None:
        link = self.links[role]
        if link.can_close:
            link.close(self.now)
            self.drain(role)

    # what must be true

    @invariant()
    def nothing_comes_twice(self) -> None:
        if is_made(self):
            assert not [what for what, times in self.got.items() if times > 1]

    @invariant()
    def memory_is_bounded(self) -> None:
        if is_made(self):
            for link in self.links.values():
                assert len(link.tracker.missing) <= MISSING_MAX

    def teardown(self) -> None:
        if not is_made(self):
            return
        self.calm(CALM_S)
        if all(link.state is LinkState.UP for link in self.links.values()):
            for link in self.links.values():
                assert not link.tracker.missing, "a calm network heals all"
        client = self.links[Role.CLIENT]
        if client.can_close:
            client.close(self.now)
            self.drain(Role.CLIENT)
        self.calm(60.0)
        for role, link in self.links.items():
            never_called = role is Role.RADIO and link.state is LinkState.NEW
            assert never_called or link.state is LinkState.CLOSED
            assert link.next_timeout() is None
        assert not self.under_way

    # inside

    def calm(self, seconds: float) -> None:
        """Everything arrives, in order and at once."""
        end = self.now + seconds
        while self.under_way or any(at <= end for at in self.deadlines()):
            while self.under_way:
                self.arrive(self.under_way.pop(0))
            due = [at for at in self.deadlines() if at <= end]
            if due:
                self.pass_time(min(due))
        self.now = end

    def deadlines(self) -> list[float]:
        """Those of both sides."""
        found = [link.next_timeout() for link in self.links.values()]
        return [at for at in found if at is not None]

    def pass_time(self, to: float) -> None:
        """Both sides are called whenever they want to be."""
        while (due := [at for at in self.deadlines() if at <= to]) or self.now < to:
            self.now = max(self.now, min([*due, to]))
            for role, link in self.links.items():
                link.handle_timeout(self.now)
                deadline = link.next_timeout()
                assert deadline is None or deadline > self.now, "no driver can spin"
                self.drain(role)
        oldest = self.now - AGE_MAX_S
        self.under_way = [each for each in self.under_way if each.sent_at >= oldest]

    def arrive(self, flight: Flight) -> None:
        self.links[flight.to].handle_datagram(flight.data, self.now)
        self.drain(flight.to)

    def drain(self, role: Role) -> None:
        """Put on the way what this side sends, and look at it."""
        outputs = drain(self.links[role])
        assert role not in self.closed or not outputs, "closed, and not quiet"
        for output in of(Transmit, outputs):
            self.look_at(role, output.data)
            if len(self.under_way) < UNDER_WAY_MAX:
                self.under_way.append(Flight(OTHER[role], output.data, self.now))
        self.hear(role, outputs)

    def hear(self, role: Role, outputs: list[Output]) -> None:
        for received in of(DataReceived, outputs):
            # A peer that began with 0 may have no numbers at all (rigplane's mock).
            if received.seq:
                self.got[role, received.data] += 1
        if of(LinkClosed, outputs):
            self.closed.append(role)
            assert isinstance(outputs[-1], LinkClosed)

    def look_at(self, role: Role, data: bytes) -> None:
        """Requests name what the other side sent, and not without end."""
        header, body = decode_datagram(Stream.AUDIO, data)
        if isinstance(body, Idle | AudioData):
            self.sent[role].add(header.seq)
        if not isinstance(body, RetransmitOne | RetransmitMany):
            return
        wanted = [header.seq]
        if isinstance(body, RetransmitMany):
            pairs = [(each.first, each.last) for each in body.ranges]
            wanted = expand_ranges(pairs, 512)
        for seq in wanted:
            assert seq in self.sent[OTHER[role]]
            self.asked[role, seq] += 1
            assert self.asked[role, seq] <= REQUESTS_MAX * COPIES


def is_made(machine: LinkMachine) -> bool:
    """Has `make` run?"""
    return "links" in vars(machine)


LinkMachine.TestCase.settings = settings(
    max_examples=25 * DEPTH, stateful_step_count=40, deadline=None
)
TestLinkMachine = LinkMachine.TestCase
