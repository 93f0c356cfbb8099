"""The radio's side of everything: any number of clients, one owner of CI-V and audio.

Each client has a control link and a session. The owner's CI-V and audio links come and
go with the grant, and must come from the machine that the grant went to. All parts put
what happens into one queue. Behaviour: PROTOCOL.md 7.3; limits for strangers: `Link`.
Where the dialect has several slots there are several owners.
"""

import random
from collections import deque
from dataclasses import replace
from typing import Final

from icom_proto.codes import Stream
from icom_proto.events import (
    Address,
    IgnoredWhy,
    Output,
    PacketIgnored,
)
from icom_proto.link_output import IGNORED_SHOWN_MAX
from icom_proto.radio_config import RadioConfig
from icom_proto.radio_faults import RadioFaults
from icom_proto.radio_links import RadioLinks
from icom_proto.radio_owners import RadioOwners
from icom_proto.radio_peers import RadioPeers, is_call
from icom_proto.radio_session import RadioSession
from icom_proto.radio_slots import Slots
from icom_proto.radio_streams import RadioStreams, Statistics, add_statistics
from icom_proto.session_dialect import StaleMode
from icom_proto.steady_link import can_be_steady
from icom_proto.steady_session import SteadySession
from icom_proto.timers import AnyTimers, Clock, TimerGroup

# Members bound once: looking one up on its class costs 0.1 µs on Python 3.11.
_CONTROL: Final = Stream.CONTROL


class RadioConnection:
    """Radio role. Datagrams come with an address, and leave with one.

    `outputs` and `deadlines` are what `poll_output` and `next_timeout` look at.
    """

    def __init__(
        self, config: RadioConfig, *, rng: random.Random, first_seq: int = 1
    ) -> None:
        config = _completed(config)
        self.outputs: deque[Output] = deque()
        self.deadlines = TimerGroup()
        self.is_closed = False
        self._config = config
        self._clock = Clock()
        self._past: Statistics = {}  # counters of those who left
        self._slots: Slots[RadioSession] = Slots(config)
        self._links = RadioLinks(
            config,
            rng=rng,
            outputs=self.outputs,
            clock=self._clock,
            first_seq=first_seq,
        )
        self._peers = RadioPeers(
            config,
            self._links,
            self._slots,
            rng=rng,
            outputs=self.outputs,
            past=self._past,
        )
        self._media = RadioOwners(config, self.outputs, self._past)
        self._first: RadioStreams = self._media.first
        self._told: tuple[RadioSession, ...] = ()  # the owners the others know of
        self._faults = RadioFaults()
        # Must each datagram be looked at before anything else is done?
        self._is_screening = config.session.use_request_ports

    # commands

    def send_civ(self, frame: bytes, now: float) -> None:
        """Send one CI-V frame to all owners; dropped where CI-V is not open."""
        self._clock.advance(now)
        for streams in self._media.all:
            if streams.civ is not None:
                streams.civ.send(frame, now)

    def send_audio(
        self, block: bytes, now: float, owner: RadioSession | None = None
    ) -> None:
        """Send one block in the granted RX codec to its owner, if its audio runs.

        None: to the first one, which with most radios is the only one.
        """
        self._clock.advance(now)
        streams = self._first if owner is None else self._media.of(owner)
        if streams is not None:
            streams.send_audio(block, now)

    def force_disconnect(self, now: float) -> None:
        """Take the streams from their owners and leave them logged in."""
        self._clock.advance(now)
        for owner in list(self._slots.owners):
            owner.force_streams_closed(now)
        self._react(now)

    def adopt(self, config: RadioConfig, now: float) -> None:
        """Be a radio like this from now on; sessions and links stay."""
        self._clock.advance(now)
        config = _completed(config)
        self._config = self._slots.config = self._peers.config = config
        self._media.adopt(config)
        self._links.adopt(config, self._peers.links + self._media.links, now)
        for session in self._peers.sessions:
            session.adopt(config)
        self._screen(now)

    def fail_next_logins(self, count: int) -> None:
        """Refuse so many logins, whatever their password."""
        self._slots.logins_to_fail = count

    def refuse_next_streams(self, count: int) -> None:
        """Refuse so many stream requests that would be granted."""
        self._slots.streams_to_refuse = count

    def wedge(self, stream: Stream, until: float, now: float) -> None:
        """Hear and say nothing on this stream before that time."""
        self._clock.advance(now)
        if not self.is_closed:
            self._faults.wedge(stream, until)
            self._screen(now)

    def reboot(self, until: float, now: float) -> None:
        """Forget everybody without a word, and be silent before that time."""
        self._clock.advance(now)
        self._peers.forget_all(now)
        self._react(now)
        self._slots.forget()
        if not self.is_closed:
            self._faults.reboot(until)
            self._screen(now)

    def close(self, now: float) -> None:
        """Say goodbye to everybody; from then on nobody is answered."""
        self._clock.advance(now)
        self.is_closed = True
        for link in self._peers.links:
            link.close(now)
        self._react(now)
        self._peers.forget_all(now)
        self._faults.timers.stop_all()
        self._react(now)

    def lend(self, now: float) -> SteadySession | None:
        """What the client has, if there is one and nothing is going on: until it is
        given back nobody may call the radio."""
        self._clock.advance(now)
        peer = self._peers.sole
        if peer is None or self._told != (peer.session,) or self._is_screening:
            return None
        parts = self._first.steady_parts(now)
        if parts is None or self._media.of(peer.session) is not self._first:
            return None
        civ, audio, sender = parts
        links = [peer.link, civ, audio]
        tables = [peer.session.timers, *self._first.own_timers]
        until = min(table.soonest for table in tables)
        is_steady = all(can_be_steady(link) for link in links)
        is_idle = now < until and not self.outputs and not self.is_closed
        return SteadySession(links, sender, until) if is_steady and is_idle else None

    # inputs

    def handle_datagram(
        self, stream: Stream, data: bytes, address: Address, now: float
    ) -> None:
        """Take one datagram. Never raises for it."""
        if self.is_closed:
            return
        if self._is_screening:
            if self._faults.is_dead(stream):
                self._ignore(stream, IgnoredWhy.UNEXPECTED, data)
                return
            address = self._media.answers_at(stream, address)
        if stream is _CONTROL:
            self._handle_control(data, address, now)
            return
        streams = self._first
        link = streams.link_for(stream, address)
        if link is None:
            found = self._streams_for(stream, data, address, now)
            if found is None:
                self._ignore(stream, IgnoredWhy.STRANGER, data)
                return
            streams, link = found, found.links[stream]
        state = link.state
        datagram = link.receive(data, now)
        if datagram is not None:
            streams.handle_datagram(stream, datagram, now)
        elif link.state is not state:
            streams.on_link_state(stream)
            self._react(now)

    def handle_timeout(self, now: float) -> None:
        """Do what is due."""
        self._clock.advance(now)
        if self.deadlines.soonest() > now:
            return
        is_news = self._peers.handle_timeout(now)
        for streams in self._media.all:
            is_news |= streams.handle_timeout(now)
        if self._faults.timers.fired(now):
            self._screen(now)
        if is_news:
            self._react(now)

    # outputs

    def poll_output(self) -> Output | None:
        """The next thing to send or that happened, or None."""
        return self.outputs.popleft() if self.outputs else None

    def next_timeout(self) -> float | None:
        """When `handle_timeout` wants to be called."""
        return self.deadlines.next()

    # questions

    @property
    def owners(self) -> tuple[RadioSession, ...]:
        """The sessions that hold CI-V and audio, in the order of their grants; with
        most radios there is one at most. Another object if that changed."""
        return self._told

    @property
    def sessions(self) -> tuple[RadioSession, ...]:
        """Of all clients with a control link."""
        return tuple(self._peers.sessions)

    @property
    def clients(self) -> tuple[Address, ...]:
        """Addresses with a control link."""
        return tuple(self._peers.known)

    def statistics(self) -> Statistics:
        """Counters by stream, over all clients that are or were here."""
        counters = {name: dict(sums) for name, sums in self._past.items()}
        for link in self._peers.links:
            add_statistics(counters, link)
        for streams in self._media.all:
            streams.add_statistics(counters)
        return counters

    # inside

    def _handle_control(self, data: bytes, address: Address, now: float) -> None:
        peer = self._peers.known.get(address)
        if is_call(data):
            before, peer = peer, self._peers.called(data, address, now)
            if peer is not before:
                self._react(now)
        if peer is None:
            why = IgnoredWhy.TOO_MANY if is_call(data) else IgnoredWhy.STRANGER
            self._ignore(_CONTROL, why, data)
        elif self._peers.receive(peer, data, now):
            self._react(now)

    def _react(self, now: float) -> None:
        """Forget who left, close what lost its owner, and tell the others."""
        self._peers.part(now)
        owners = tuple(self._slots.owners)
        is_news = owners != self._told
        if is_news:
            self._told = owners
            self._media.follow(self._slots.owners)
        self.outputs.extend(self._slots.partings)
        self._slots.partings.clear()
        if is_news:
            self._peers.tell_user(now)
        self._collect_timers()

    def _streams_for(
        self, stream: Stream, data: bytes, address: Address, now: float
    ) -> RadioStreams | None:
        """Another owner's, or of an owner that calls on this stream."""
        streams = self._media.with_link(stream, address)
        if streams is not None or not is_call(data):
            return streams
        owner = self._media.caller(stream, address, now)
        if owner is None or now < self._slots.data_dead_until:
            return None
        streams = self._media.of(owner)
        assert streams is not None
        assert owner.request is not None
        link = self._links.make(stream, address)
        link.trust()
        streams.adopt(stream, link, owner.request)
        self._collect_timers()
        return streams

    def _screen(self, now: float) -> None:
        """What is dead is mute, and what is not is not any more."""
        assert now >= self._clock.now
        faults = self._faults
        self._is_screening = faults.is_any or self._config.session.use_request_ports
        faults.silence(self._peers.links + self._media.links)
        self._collect_timers()

    def _collect_timers(self) -> None:
        own: list[AnyTimers] = [self._faults.timers]
        self.deadlines.watch(own + self._peers.timers + self._media.timers)

    def _ignore(self, stream: Stream, why: IgnoredWhy, data: bytes) -> None:
        shown = bytes(data[:IGNORED_SHOWN_MAX])
        self.outputs.append(PacketIgnored(stream, why, shown))


def _completed(config: RadioConfig) -> RadioConfig:
    """One of the stale modes is the links' affair."""
    if config.session.stale_mode is not StaleMode.CONTINUE_SEQ:
        return config
    return replace(config, links=replace(config.links, continue_seq=True))
