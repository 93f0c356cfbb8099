"""A client and a radio joined in memory: one clock, one heap of arrivals, one network.

Nothing here sleeps. The clock jumps from arrival to deadline to arrival; what is due at
the same time is taken in the order in which it came to be, so that a seed decides
everything. Both ends are the product itself, which makes this the main test of the
core.
"""

import random
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Final, Protocol

from icom_proto.client_connection import ClientConnection
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import Role, Stream
from icom_proto.events import Address, Output, Transmit
from icom_proto.radio_config import RadioConfig
from icom_proto.radio_connection import RadioConnection
from icom_proto.timers import NEVER
from icom_sim.network import Direction, Network
from icom_sim.network.verdicts import Copy

# Where the client lives; any addresses would do.
CLIENT_HOST: Final = "192.168.1.10"
CLIENT_PORTS: Final = (52001, 52002, 52003)
ADDRESSES: Final = tuple(Address(CLIENT_HOST, port) for port in CLIENT_PORTS)
# Steps in a row that take no time: more is a core that wants to be called for ever.
STILL_MAX: Final = 10_000


class Carrier(Protocol):
    """What is between the two: a `Network`, or something that looks at it first."""

    def carry(
        self, direction: Direction, stream: Stream, data: bytes, now: float
    ) -> Sequence[Copy]: ...


Step = Callable[[float], None]
Listener = Callable[[Role, Output, float], None]
# Time, order of creation, the end that is reached or what is called, stream, datagram.
_Due = tuple[float, int, "_End | Step", Stream, bytes]


class Pair:
    """Both connections, in simulated time that starts at 0.0.

    `listener` sees every event of either side as it happens; it may call commands of
    the connections, whose outputs are drained when it returns.
    """

    def __init__(
        self,
        client_config: ClientConfig,
        radio_config: RadioConfig,
        *,
        seed: int,
        network: Carrier | None = None,
        listener: Listener | None = None,
        first_seq: int = 1,
    ) -> None:
        self.now = 0.0
        self.client = ClientConnection(
            client_config,
            rng=random.Random(f"client {seed}"),
            local_ports=CLIENT_PORTS,
            local_host=CLIENT_HOST,
            first_seq=first_seq,
        )
        self.radio = RadioConnection(
            radio_config, rng=random.Random(f"radio {seed}"), first_seq=first_seq
        )
        self._network: Carrier = network or Network(seed=seed)
        self._listener = listener or _ignore
        self._agenda: list[_Due] = []
        self._order = 0
        self._client = _End(Role.CLIENT, Direction.TO_RADIO, self.client)
        self._radio = _End(Role.RADIO, Direction.TO_CLIENT, self.radio)
        self._client.peer, self._radio.peer = self._radio, self._client

    def call_at(self, at: float, step: Step) -> None:
        """Have something done at a time: a command, a block of audio, a fault."""
        self._order += 1
        heappush(self._agenda, (at, self._order, step, Stream.CONTROL, b""))

    def run_until(self, end: float) -> None:
        """Let time pass up to and including `end`."""
        self._run(end, None)
        self.now = max(self.now, end)

    def run_while(self, condition: Callable[[], bool], *, limit: float) -> bool:
        """Run until the condition ends; False if `limit` came first."""
        return self._run(limit, condition)

    @property
    def is_quiet(self) -> bool:
        """Nothing in flight and nothing armed on either side."""
        return not self._agenda and self._client.due == self._radio.due == NEVER

    # inside

    def _run(self, end: float, condition: Callable[[], bool] | None) -> bool:
        """One thing after the other: an arrival, a call, or a timeout.

        All in one function, because a simulated second has some 350 of them.
        """
        client, radio, agenda = self._client, self._radio, self._agenda
        self._drain(client)
        self._drain(radio)
        still = 0
        while condition is None or condition():
            at, touched = agenda[0][0] if agenda else NEVER, None
            if client.due < at:
                at, touched = client.due, client
            if radio.due < at:
                at, touched = radio.due, radio
            if at > end:
                return False
            if at > self.now:
                self.now, still = at, 0
            else:
                still += 1
                assert still < STILL_MAX, f"time stands still at {at}"
            if touched is not None:
                if touched is client:
                    self.client.handle_timeout(self.now)
                else:
                    self.radio.handle_timeout(self.now)
                self._drain(touched)
                continue
            _, _, to, stream, data = heappop(agenda)
            if to is client:
                self.client.handle_datagram(stream, data, self.now)
            elif to is radio:
                address = ADDRESSES[stream]
                self.radio.handle_datagram(stream, data, address, self.now)
            elif not isinstance(to, _End):
                to(self.now)
                self._drain(client)
                to = radio
            self._drain(to)
        return True

    def _drain(self, end: "_End") -> None:
        """Carry what an end sends and tell what happened there."""
        outputs, told = end.outputs, False
        if outputs:
            now, agenda, network = self.now, self._agenda, self._network
            direction, peer, order = end.direction, end.peer, self._order
            while outputs:
                output = outputs.popleft()
                if type(output) is Transmit:
                    stream = output.stream
                    copies = network.carry(direction, stream, output.data, now)
                    for delay, data in copies:
                        order += 1
                        heappush(agenda, (now + delay, order, peer, stream, data))
                else:
                    told = True
                    self._order = order
                    self._listener(end.role, output, now)
                    order = self._order  # it may have called `call_at`
            self._order = order
        deadlines = end.deadlines
        end.due = deadlines.soonest() if deadlines.changed else deadlines.earliest
        if told:
            self._drain(end.peer)  # whom the listener may have given a command


class _End:
    """One end as the simulation sees it: where its datagrams go, when it is due.

    It looks at the queue and the deadlines themselves: asking for them by method would
    be a third of all the time a simulation takes.
    """

    __slots__ = (
        "deadlines",
        "direction",
        "due",
        "outputs",
        "peer",
        "role",
    )

    def __init__(
        self,
        role: Role,
        direction: Direction,
        connection: ClientConnection | RadioConnection,
    ) -> None:
        self.role = role
        self.direction = direction
        self.outputs = connection.outputs
        self.deadlines = connection.deadlines
        self.due = NEVER
        self.peer = self


def _ignore(role: Role, event: Output, now: float) -> None:
    """Nobody listens."""
