"""A client and a radio joined in memory: one clock, one heap of arrivals, one network.

Nothing here sleeps. The clock jumps from arrival to deadline to arrival; equal times
are taken in the order in which they came to be, so that a seed decides everything. Both
ends are the product itself, which is what makes this the main test of the core.
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
# Steps in a row that take no time: more is a core that wants to be called for ever.
STILL_MAX = 10_000

Arrival = tuple[float, int, Role, Stream, bytes]
Listener = Callable[[Role, Output, float], None]


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
        self._arrivals: list[Arrival] = []
        self._order = count()
        self._calls: list[tuple[float, int, Callable[[float], None]]] = []

    def call_at(self, at: float, call: Callable[[float], None]) -> None:
        """Have something done at a time: a command, a block of audio, a fault."""
        heappush(self._calls, (at, next(self._order), call))

    def drain(self) -> None:
        """Carry what both sides want sent, and tell the listener what happened."""
        while self._drain_client() or self._drain_radio():
            pass

    def run_until(self, end: float) -> None:
        """Let time pass up to and including `end`."""
        still = 0
        self.drain()
        while (at := self._next()) <= end:
            still = still + 1 if at <= self.now else 0
            assert still < STILL_MAX, f"time stands still at {self.now}"
            self.now = max(self.now, at)
            self._step(at)
            self.drain()
        self.now = max(self.now, end)

    def run_while(self, condition: Callable[[], bool], *, limit: float) -> bool:
        """Run until the condition ends, or `limit` is reached; tells which (True:
        ended)."""
        self.drain()
        while condition():
            at = self._next()
            if at > limit:
                return False
            self.run_until(at)
        return True

    @property
    def is_quiet(self) -> bool:
        """Nothing in flight and nothing armed on either side."""
        return self._next() == NEVER

    # inside

    def _next(self) -> float:
        arrivals, calls = self._arrivals, self._calls
        return min(
            arrivals[0][0] if arrivals else NEVER,
            calls[0][0] if calls else NEVER,
            _or_never(self.client.next_timeout()),
            _or_never(self.radio.next_timeout()),
        )

    def _step(self, at: float) -> None:
        """One thing that is due at `at`: an arrival, a call, or a timeout."""
        if self._arrivals and self._arrivals[0][0] <= at:
            _, _, role, stream, data = heappop(self._arrivals)
            if role is Role.CLIENT:
                self.client.handle_datagram(stream, data, self.now)
            else:
                address = Address(CLIENT_HOST, CLIENT_PORTS[stream])
                self.radio.handle_datagram(stream, data, address, self.now)
        elif self._calls and self._calls[0][0] <= at:
            _, _, call = heappop(self._calls)
            call(self.now)
        elif _or_never(self.client.next_timeout()) <= at:
            self.client.handle_timeout(self.now)
        else:
            self.radio.handle_timeout(self.now)

    def _drain_client(self) -> bool:
        drained = False
        while (output := self.client.poll_output()) is not None:
            drained = True
            if type(output) is Transmit:
                self._carry(Direction.TO_RADIO, Role.RADIO, output)
            else:
                self._listener(Role.CLIENT, output, self.now)
        return drained

    def _drain_radio(self) -> bool:
        drained = False
        while (output := self.radio.poll_output()) is not None:
            drained = True
            if type(output) is Transmit:
                self._carry(Direction.TO_CLIENT, Role.CLIENT, output)
            else:
                self._listener(Role.RADIO, output, self.now)
        return drained

    def _carry(self, direction: Direction, to: Role, sent: Transmit) -> None:
        stream = sent.stream
        for delay, data in self._network.carry(direction, stream, sent.data, self.now):
            heappush(
                self._arrivals, (self.now + delay, next(self._order), to, stream, data)
            )


def _or_never(deadline: float | None) -> float:
    return NEVER if deadline is None else deadline


def _ignore(role: Role, event: Output, now: float) -> None:
    """Nobody listens."""
