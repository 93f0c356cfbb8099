"""A client and a radio joined in memory: one clock, one heap of arrivals, one network.

Nothing here sleeps. The clock jumps from arrival to deadline to arrival; what is due at
the same time is taken in the order in which it came to be, so that a seed decides
everything. Both ends are the product itself, which makes this the main test of the core.
"""

import random
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from icom_proto.client_connection import ClientConnection
from icom_proto.client_session import ClientConfig
from icom_proto.codes import Role, Stream
from icom_proto.events import Address, Output, Transmit
from icom_proto.radio_connection import RadioConnection
from icom_proto.radio_session import RadioConfig
from icom_proto.timers import NEVER
from icom_sim.network import Direction, Network

# Where the client lives; any addresses would do.
CLIENT_HOST = "192.168.1.10"
CLIENT_PORTS = (52001, 52002, 52003)
ADDRESSES = tuple(Address(CLIENT_HOST, port) for port in CLIENT_PORTS)
# Steps in a row that take no time: more is a core that wants to be called for ever.
STILL_MAX = 10_000

Step = Callable[[float], None]
Listener = Callable[[Role, Output, float], None]
# Time, order of creation, who is reached (None: the third is called), stream, datagram.
_Due = tuple[float, int, Role | Step, Stream, bytes]


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
        network: Network | None = None,
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
        self._network = network or Network(seed=seed)
        self._listener = listener or _ignore
        self._agenda: list[_Due] = []
        self._order = count()

    def call_at(self, at: float, step: Step) -> None:
        """Have something done at a time: a command, a block of audio, a fault."""
        heappush(self._agenda, (at, next(self._order), step, Stream.CONTROL, b""))

    def run_until(self, end: float) -> None:
        """Let time pass up to and including `end`."""
        self._drain()
        still = 0
        while (at := self._next()) <= end:
            still = still + 1 if at <= self.now else 0
            assert still < STILL_MAX, f"time stands still at {self.now}"
            self._step(at)
        self.now = max(self.now, end)

    def run_while(self, condition: Callable[[], bool], *, limit: float) -> bool:
        """Run until the condition ends; False if `limit` came first."""
        self._drain()
        while condition():
            if (at := self._next()) > limit:
                return False
            self._step(at)
        return True

    @property
    def is_quiet(self) -> bool:
        """Nothing in flight and nothing armed on either side."""
        return self._next() == NEVER

    # inside

    def _next(self) -> float:
        at = self._agenda[0][0] if self._agenda else NEVER
        client, radio = self.client.next_timeout(), self.radio.next_timeout()
        if client is not None and client < at:
            at = client
        return radio if radio is not None and radio < at else at

    def _step(self, at: float) -> None:
        """One thing that is due at `at`: an arrival, a call, or a timeout."""
        if at > self.now:
            self.now = at
        now, agenda = self.now, self._agenda
        if agenda and agenda[0][0] <= at:
            _, _, to, stream, data = heappop(agenda)
            if to is Role.CLIENT:
                self.client.handle_datagram(stream, data, now)
            elif to is Role.RADIO:
                self.radio.handle_datagram(stream, data, ADDRESSES[stream], now)
            else:
                to(now)
        else:
            # One of the two is due; to the other this is no more than a question.
            self.client.handle_timeout(now)
            self.radio.handle_timeout(now)
        self._drain()

    def _drain(self) -> None:
        """Carry what both sides want sent, and tell the listener what happened."""
        drained = True
        while drained:
            drained = self._drain_side(self.client.poll_output, Role.CLIENT)
            drained |= self._drain_side(self.radio.poll_output, Role.RADIO)

    def _drain_side(self, poll: Callable[[], Output | None], role: Role) -> bool:
        """True if an event was told, after which either side may have more."""
        told = False
        while (output := poll()) is not None:
            if type(output) is Transmit:
                self._carry(role, output.stream, output.data)
            else:
                told = True
                self._listener(role, output, self.now)
        return told

    def _carry(self, sender: Role, stream: Stream, sent: bytes) -> None:
        is_client = sender is Role.CLIENT
        direction = Direction.TO_RADIO if is_client else Direction.TO_CLIENT
        to = Role.RADIO if is_client else Role.CLIENT
        now, order = self.now, self._order
        for delay, data in self._network.carry(direction, stream, sent, now):
            heappush(self._agenda, (now + delay, next(order), to, stream, data))


def _ignore(role: Role, event: Output, now: float) -> None:
    """Nobody listens."""
