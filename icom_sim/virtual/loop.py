"""An asyncio event loop with a simulated clock and simulated UDP: nobody waits.

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main())

Whatever is due next is now: an hour of session takes as long as its computing. Programs
run on it unmodified, other people's too, as long as their datagrams go through asyncio
(`create_datagram_endpoint`) or `icom_lan.driver`. A job in a thread stops the clock
until it is done. Same program, same seeds, same order of everything.
"""

import asyncio
import selectors
import socket
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, TypeVarTuple, Unpack

from icom_sim.virtual.udp import FIRST_FILENO, HostPort, VirtualNet, VirtualSocket

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

P = TypeVar("P", bound=asyncio.BaseProtocol)
T = TypeVar("T")
Ts = TypeVarTuple("Ts")
_DATAGRAM_MAX = 0xFFFF
_LOOK_EVERY = 64
# A hundred years: whoever sleeps so long, or for ever, waits for nothing.
_FOREVER_S = 3.2e9
# Numeric, or this machine's own name: there is no name server in memory.
_OWN_NAMES = {"localhost": "127.0.0.1"}


class StandstillError(RuntimeError):
    """Everybody waits for something that nothing will ever cause."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` starts at 0.0 and jumps; `net` is the network in memory."""

    def __init__(self) -> None:
        self._clock = _JumpingSelector()
        self.net = VirtualNet()
        self._readers: dict[int, _Reader] = {}
        super().__init__(self._clock)

    def time(self) -> float:
        """Simulated seconds."""
        return self._clock.now

    def udp_socket(self) -> VirtualSocket:
        """A socket of the network in memory: what `icom_lan.driver` asks a loop for."""
        return self.net.socket()

    def add_reader(
        self,
        fd: "FileDescriptorLike",
        callback: Callable[[Unpack[Ts]], Any],
        *args: *Ts,
    ) -> None:
        """As any loop's; sockets in memory have file numbers of their own."""
        fileno = fd if isinstance(fd, int) else fd.fileno()
        if fileno < FIRST_FILENO:
            super().add_reader(fd, callback, *args)
        else:
            self.remove_reader(fd)  # one that it had is called no more
            sock = self.net.socket_of(fileno)
            self._readers[fileno] = _Reader(self, sock, callback, args)

    def remove_reader(self, fd: "FileDescriptorLike") -> bool:
        """True if there was one."""
        fileno = fd if isinstance(fd, int) else fd.fileno()
        if fileno < FIRST_FILENO:
            return super().remove_reader(fd)
        reader = self._readers.pop(fileno, None)
        if reader is not None:
            reader.stop()
        return reader is not None

    def run_in_executor(
        self,
        executor: Executor | None,
        func: Callable[[Unpack[Ts]], T],
        *args: *Ts,
    ) -> asyncio.Future[T]:
        """As any loop's; the clock stands until the job is done."""
        self._clock.jobs += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._clock.job_done)
        return future

    async def shutdown_default_executor(self, *timeout: float | None) -> None:
        """As any loop's: its threads end, which is a job for another one."""
        self._clock.jobs += 1
        try:
            await super().shutdown_default_executor(*timeout)
        finally:
            self._clock.jobs -= 1

    async def getaddrinfo(self, host: Any, port: Any, **_: Any) -> Any:  # noqa: ANN401
        """Numeric addresses, and "localhost"."""
        return socket.getaddrinfo(
            _OWN_NAMES.get(host, host),
            port,
            socket.AF_INET,
            socket.SOCK_DGRAM,
            flags=socket.AI_NUMERICHOST,
        )

    async def subprocess_exec(self, *_: object, **__: object) -> NoReturn:
        """Refused: a process has a clock of its own."""
        raise NotImplementedError(
            "no processes in simulated time: the clock would not wait for them"
        )

    subprocess_shell = subprocess_exec

    async def create_datagram_endpoint(
        self,
        protocol_factory: Callable[[], P],
        local_addr: tuple[str, int] | str | None = None,
        remote_addr: tuple[str, int] | str | None = None,
        *,
        sock: Any = None,  # noqa: ANN401
        **_: object,
    ) -> tuple[asyncio.DatagramTransport, P]:
        """An endpoint in memory."""
        if sock is None:
            sock = self.udp_socket()
            sock.bind(_numeric(local_addr) if local_addr else ("0.0.0.0", 0))
            if remote_addr:
                sock.connect(_numeric(remote_addr))
        assert isinstance(sock, VirtualSocket), "a real socket has no place in memory"
        protocol = protocol_factory()
        return _VirtualTransport(self, sock, protocol), protocol


class _Reader:
    """Calls back while a socket has something, once in each turn of the loop."""

    def __init__(
        self,
        loop: VirtualLoop,
        sock: VirtualSocket,
        callback: Callable[..., Any],
        args: tuple[Any, ...],
    ) -> None:
        self._loop, self._sock = loop, sock
        self._callback, self._args = callback, args
        self._handle: asyncio.Handle | None = None
        sock.on_readable = self._wake
        if sock.is_readable:
            self._wake()

    def stop(self) -> None:
        self._sock.on_readable = None
        if self._handle is not None:
            self._handle.cancel()

    def _wake(self) -> None:
        if self._handle is None:
            self._handle = self._loop.call_soon(self._run)

    def _run(self) -> None:
        self._handle = None
        self._callback(*self._args)
        if self._sock.on_readable is not None and self._sock.is_readable:
            self._wake()


class _JumpingSelector(selectors.DefaultSelector):
    """Waiting is adding to the time, unless a thread is at work."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.jobs = 0  # in threads
        self._looks_due = 0

    def job_done(self, _: object) -> None:
        self.jobs -= 1

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        """Returns at once, as late as it should have returned."""
        if self.jobs:
            return super().select(None if timeout is None or timeout > 0 else 0)
        ready = self._look(timeout)
        if not ready:
            if timeout is None or self.now > _FOREVER_S:
                raise StandstillError(
                    "everybody waits, and nothing is due (a thread is waited for if"
                    " run_in_executor or to_thread started it)"
                )
            self.now += max(timeout, 0.0)
        return ready

    def _look(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """Now and then, if nothing is there but the loop's own wake-up call: what it
        wakes for is in the queue already, and a look costs more than a turn."""
        self._looks_due -= 1
        if timeout is not None and self._looks_due > 0 and len(self.get_map()) <= 1:
            return []
        self._looks_due = _LOOK_EVERY
        return super().select(0)


class _VirtualTransport(asyncio.DatagramTransport):
    """A datagram protocol on a socket in memory."""

    def __init__(
        self, loop: VirtualLoop, sock: VirtualSocket, protocol: asyncio.BaseProtocol
    ) -> None:
        assert isinstance(protocol, asyncio.DatagramProtocol)
        self._loop, self._sock, self._protocol = loop, sock, protocol
        names = {"sockname": sock.getsockname(), "peername": sock.getpeername()}
        super().__init__({**names, "socket": sock})
        self._is_open = True
        protocol.connection_made(self)
        loop.add_reader(sock.fileno(), self._read)

    def _read(self) -> None:
        try:
            data, source = self._sock.recvfrom(_DATAGRAM_MAX)
        except BlockingIOError:
            return
        except OSError as error:
            self._protocol.error_received(error)
            return
        self._protocol.datagram_received(data, source)

    def sendto(self, data: Any, addr: Any = None) -> None:  # noqa: ANN401
        """To `addr`, or to where the endpoint is connected."""
        if not self._is_open:
            return
        try:
            if addr is None:
                self._sock.send(bytes(data))
            else:
                self._sock.sendto(bytes(data), _numeric(addr))
        except OSError as error:
            self._protocol.error_received(error)

    def close(self) -> None:
        """Nothing passes any more; the protocol is told, as it would be."""
        if self._is_open:
            self._is_open = False
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()
            self._loop.call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        """The same: nothing is buffered."""
        self.close()

    def is_closing(self) -> bool:
        return not self._is_open


def _numeric(address: tuple[str, int] | str) -> HostPort:
    assert not isinstance(address, str), "no Unix sockets here"
    host, port = address[0], address[1]
    return _OWN_NAMES.get(host, host), port
