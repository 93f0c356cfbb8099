"""Which session a flow belongs to: by announced ports, else by who is missing one.

A session is a control flow with the CI-V and audio flows that its two sides announced
to each other. Address translation may change what a client announced, a refused client
may come anyway, and a capture may begin after the announcement; so ports are reasons
that are weighed, and hosts alone must agree.
"""

from dataclasses import dataclass, field
from enum import IntEnum

from icom_proto.codes import Role, Stream
from icom_proto.events import Address

# Sessions of two hosts that are remembered: a late datagram belongs to a recent one.
_RECENT = 16
# Pairs of hosts.
_PAIRS_MAX = 1024
# Datagrams that may correct what is known of a flow. Audio never proves who the radio
# is, and looking at every one of it would take most of the time.
_LESSONS_MAX = 256


class Trust(IntEnum):
    """How a flow's stream, or its radio, is known."""

    SUPPOSED = 0
    LIKELY = 1
    BY_PORT = 2
    ANNOUNCED = 3
    SHOWN = 4


class Flow:
    """Two addresses that talk to each other."""

    __slots__ = (
        *("active", "ends", "known", "lessons", "radio", "radio_trust", "seen"),
        *("session", "stream", "stream_trust"),
    )

    def __init__(self, source: Address, destination: Address) -> None:
        self.ends = (source, destination)
        self.stream, self.stream_trust = Stream.CONTROL, Trust.SUPPOSED
        self.radio, self.radio_trust = destination, Trust.SUPPOSED
        self.session: Session | None = None
        self.active = False  # more than a handshake was seen since the last call
        # Is what it is more than a supposition, or will it stay one?
        self.known = False
        self.lessons = _LESSONS_MAX  # how many datagrams may still teach something
        self.seen = 0.0

    @property
    def client(self) -> Address:
        return self.ends[self.ends[0] == self.radio]

    def learn_stream(self, stream: Stream, trust: Trust) -> bool:
        """True if it was taken for another."""
        changed = trust > self.stream_trust and stream is not self.stream
        if trust > self.stream_trust:
            self.stream, self.stream_trust = stream, trust
            self._judge()
        return changed

    def learn_radio(self, radio: Address, trust: Trust) -> None:
        if trust > self.radio_trust:
            self.radio, self.radio_trust = radio, trust
            self._judge()

    def _judge(self) -> None:
        least = min(self.stream_trust, self.radio_trust)
        self.known = self.known or least > Trust.LIKELY
        if least is Trust.SHOWN:
            self.lessons = 0


@dataclass(slots=True, eq=False)
class Session:
    """`ports` are those that each side announced; `flows` those that it has."""

    number: int
    closed: bool = False
    ports: dict[tuple[Role, Stream], int] = field(default_factory=dict)
    flows: dict[Stream, Flow] = field(default_factory=dict)

    def weight(self, flow: Flow) -> int:
        """How much speaks for this flow being of this session."""
        stream = flow.stream
        return (
            8 * (self.ports.get((Role.CLIENT, stream)) == flow.client.port)
            + 4 * (self.flows.get(stream) in (None, flow))
            + 2 * (self.ports.get((Role.RADIO, stream)) == flow.radio.port)
            + (not self.closed)
        )


class SessionBook:
    """The latest sessions of each two hosts."""

    def __init__(self) -> None:
        self.count = 0
        self._by_hosts: dict[tuple[str, ...], list[Session]] = {}

    def tie(self, flow: Flow, *, new: bool) -> None:
        """Give the flow its session: a new one if it begins one or none fits."""
        recent = self._recent(flow)
        if flow.stream is Stream.CONTROL:
            # One that was met through its other streams, in the middle.
            fitting = [each for each in recent if Stream.CONTROL not in each.flows]
        else:
            fitting = recent
        if new or not fitting:
            self.count += 1
            session = Session(self.count)
            recent.append(session)
            del recent[:-_RECENT]
        else:
            session = max(reversed(fitting), key=lambda each: each.weight(flow))
        self.release(flow)
        flow.session = session
        session.flows[flow.stream] = flow

    def release(self, flow: Flow) -> None:
        """The flow is of no session any more."""
        session, flow.session = flow.session, None
        if session is not None:
            for stream, held in list(session.flows.items()):
                if held is flow:
                    del session.flows[stream]

    def tie_again(self, flow: Flow) -> None:
        """The flow is another stream than it seemed. A session that was only begun for
        it never was, and what it has let go of is of the right one."""
        mistaken = flow.session
        self.release(flow)
        if mistaken is not None and not mistaken.flows:
            recent = self._recent(flow)
            recent[:] = [each for each in recent if each is not mistaken]
            self.count -= mistaken.number == self.count
        self.tie(flow, new=False)
        if mistaken is not None and not mistaken.flows and flow.session is not None:
            mistaken.number = flow.session.number

    def control_radio(self, flow: Flow) -> Address | None:
        """The radio's control address in the latest session of these hosts."""
        for session in reversed(self._recent(flow)):
            control = session.flows.get(Stream.CONTROL)
            if control is not None and control.radio_trust > Trust.LIKELY:
                return control.radio
        return None

    def radio_host(self, flow: Flow) -> str | None:
        """Which of two hosts the radio is on, if another flow of them has shown it."""
        if flow.ends[0].host == flow.ends[1].host:
            return None
        for session in reversed(self._recent(flow)):
            for other in session.flows.values():
                if other.radio_trust > Trust.LIKELY:
                    return other.radio.host
        return None

    def _recent(self, flow: Flow) -> list[Session]:
        hosts = tuple(sorted(end.host for end in flow.ends))
        if hosts not in self._by_hosts and len(self._by_hosts) >= _PAIRS_MAX:
            del self._by_hosts[next(iter(self._by_hosts))]
        return self._by_hosts.setdefault(hosts, [])
