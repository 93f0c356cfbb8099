"""An asyncio event loop whose time jumps to whatever is due next: nobody waits.

Programs run on it unmodified, other people's too. It asks of asyncio what its
documentation promises: a `SelectorEventLoop` takes a selector, waits in its `select`,
and tells the time by `time()`; `create_datagram_endpoint` gives a transport and a
protocol. Nothing here may need a thread, an executor or a real socket.
"""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

T = TypeVar("T", bound=asyncio.BaseProtocol)
Deliver = Callable[[bytes], None]
# What an endpoint says where it is; any addresses would do.
_OWN, _PEER = ("192.0.2.1", 52001), ("192.0.2.2", 50003)


class Remote(Protocol):
    """Whoever is at the other end of every datagram endpoint."""

    def attach(self, deliver: Deliver) -> None:
        """From now on datagrams for the client go to `deliver`."""

    def handle_from_client(self, data: bytes) -> None:
        """The client sends a datagram."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """`asyncio.Runner(loop_factory=VirtualLoop)`; time starts at 0."""

    def __init__(self) -> None:
        self._waiting = _JumpingSelector()
        self.remote: Remote | None = None
        super().__init__(self._waiting)

    def time(self) -> float:
        """Simulated seconds."""
        return self._waiting.now

    async def create_datagram_endpoint(
        self, protocol_factory: Callable[[], T], *_: object, **__: object
    ) -> tuple[asyncio.DatagramTransport, T]:
        """An endpoint in memory, connected to `remote` wherever it meant to go."""
        assert self.remote is not None, "nobody is there to talk to"
        protocol = protocol_factory()
        transport = _MemoryTransport(self.remote, protocol)
        protocol.connection_made(transport)
        return transport, protocol


class _JumpingSelector(selectors.DefaultSelector):
    """Waiting is adding to the time: no file ever becomes ready."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        """Returns at once, as late as it should have returned."""
        assert timeout is not None, "everybody waits, and nothing is due"
        self.now += max(timeout, 0.0)
        return []


class _MemoryTransport(asyncio.DatagramTransport):
    """What a datagram protocol sends goes to the remote, and back."""

    def __init__(self, remote: Remote, protocol: asyncio.BaseProtocol) -> None:
        super().__init__({"sockname": _OWN, "peername": _PEER})
        self._remote = remote
        self._protocol = protocol
        self._is_open = True
        remote.attach(self._deliver)

    def _deliver(self, data: bytes) -> None:
        if self._is_open:
            assert isinstance(self._protocol, asyncio.DatagramProtocol)
            self._protocol.datagram_received(data, _PEER)

    def sendto(self, data: Any, addr: object = None) -> None:  # noqa: ANN401, ARG002
        """Every datagram goes to the one remote."""
        if self._is_open:
            self._remote.handle_from_client(bytes(data))

    def close(self) -> None:
        """Nothing passes any more; the protocol is told, as it would be."""
        if self._is_open:
            self._is_open = False
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        """The same: nothing is buffered."""
        self.close()

    def is_closing(self) -> bool:
        """Was it closed?"""
        return not self._is_open
