"""UDP in memory: sockets on a network that has no kernel and takes no time.

A datagram is in its receiver's queue when `send` returns. Ports that nobody asked for
are given in rising order, so that two runs of one program use the same ones. Delay and
loss are the business of whoever stands on it (`icom_sim.network`).
"""

import errno
import os
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Final

# What a kernel would keep for a receiver that does not read: two seconds of audio.
QUEUED_MAX: Final = 400
_FIRST_FREE_PORT: Final = 49152  # RFC 6335: dynamic ports
# File numbers that no real file has, so that a loop can tell them apart.
FIRST_FILENO: Final = 1 << 24
_ANY_HOSTS: Final = ("", "0.0.0.0")
_LOOPBACK: Final = "127.0.0.1"

HostPort = tuple[str, int]


class VirtualNet:
    """All hosts there are; every address exists."""

    def __init__(self) -> None:
        self._filenos = count(FIRST_FILENO)
        self._bound: dict[HostPort, VirtualSocket] = {}
        self._by_fileno: dict[int, VirtualSocket] = {}

    def socket(self) -> "VirtualSocket":
        """A UDP socket, not bound yet."""
        made = VirtualSocket(self, next(self._filenos))
        self._by_fileno[made.fileno()] = made
        return made

    def socket_of(self, fileno: int) -> "VirtualSocket":
        return self._by_fileno[fileno]

    def bind(self, sock: "VirtualSocket", address: HostPort) -> HostPort:
        """Raises OSError as a kernel does, if the port is in use."""
        host, port = address
        if not port:
            port = self._free_port()
        elif self._holder(host, port) is not None:
            raise _os_error(errno.EADDRINUSE)
        self._bound[host, port] = sock
        return host, port

    def move(self, sock: "VirtualSocket", old: HostPort, new: HostPort) -> None:
        """A bound socket has another address from now on."""
        del self._bound[old]
        self._bound[new] = sock

    def forget(self, sock: "VirtualSocket", address: HostPort | None) -> None:
        """A socket was closed: its port is free."""
        if address is not None:
            del self._bound[address]
        del self._by_fileno[sock.fileno()]

    def carry(self, data: bytes, source: HostPort, destination: HostPort) -> bool:
        """Into the queue of whoever is bound there; False if nobody is."""
        receiver = self._holder(*destination)
        if receiver is not None:
            receiver.deliver(data, source)
        return receiver is not None

    def _holder(self, host: str, port: int) -> "VirtualSocket | None":
        for each in (host, *_ANY_HOSTS):
            holder = self._bound.get((each, port))
            if holder is not None:
                return holder
        return None

    def _free_port(self) -> int:
        """One that no host has: who binds any host will be on one of them."""
        taken = {port for _, port in self._bound}
        for port in range(_FIRST_FREE_PORT, 0x10000):
            if port not in taken:
                return port
        raise _os_error(errno.EADDRNOTAVAIL)


class VirtualSocket:
    """What `socket.socket` is for UDP, as far as programs on an event loop use it."""

    def __init__(self, net: VirtualNet, fileno: int) -> None:
        self._net, self._fileno = net, fileno
        self._local: HostPort | None = None
        self._remote: HostPort | None = None
        self._queue: deque[tuple[bytes, HostPort]] = deque()
        self._refused = False
        self._is_closed = False
        self.on_readable: Callable[[], None] | None = None  # the loop's

    # set-up

    def setblocking(self, flag: bool) -> None:
        """As a socket: this one never blocks."""

    def setsockopt(self, *_: object) -> None:
        """As a socket: there are no buffers to size."""

    def bind(self, address: HostPort) -> None:
        self._local = self._net.bind(self, address)

    def connect(self, address: HostPort) -> None:
        """From now on datagrams go there, and only those from there are taken."""
        local = self._bound()
        if local[0] in _ANY_HOSTS:  # a kernel picks the interface by the route
            self._local = _LOOPBACK, local[1]
            self._net.move(self, local, self._local)
        self._remote = address

    def getsockname(self) -> HostPort:
        return self._local or ("0.0.0.0", 0)

    def getpeername(self) -> HostPort | None:
        """None where there is none, as a transport of asyncio tells it."""
        return self._remote

    def fileno(self) -> int:
        return -1 if self._is_closed else self._fileno

    def close(self) -> None:
        if not self._is_closed:
            self._net.forget(self, self._local)
            self._is_closed, self.on_readable = True, None

    # datagrams

    def send(self, data: bytes) -> int:
        assert self._remote is not None, "connect first"
        return self.sendto(data, self._remote)

    def sendto(self, data: bytes, address: HostPort) -> int:
        if self._is_closed:
            raise _os_error(errno.EBADF)
        self._raise_refusal()
        local = self._bound()
        source = (_LOOPBACK if local[0] in _ANY_HOSTS else local[0], local[1])
        if not self._net.carry(bytes(data), source, (address[0], address[1])):
            self._refuse()
        return len(data)

    def recv(self, size: int) -> bytes:
        return self.recvfrom(size)[0]

    def recvfrom(self, size: int) -> tuple[bytes, HostPort]:
        self._raise_refusal()
        if not self._queue:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        data, source = self._queue.popleft()
        return data[:size], source

    def deliver(self, data: bytes, source: HostPort) -> None:
        """A datagram arrives."""
        wanted = self._remote is None or self._remote == source
        if wanted and len(self._queue) < QUEUED_MAX:
            self._queue.append((data, source))
            self._wake()

    @property
    def is_readable(self) -> bool:
        return bool(self._queue) or self._refused

    # inside

    def _bound(self) -> HostPort:
        if self._local is None:
            self.bind(("0.0.0.0", 0))
        assert self._local is not None
        return self._local

    def _refuse(self) -> None:
        """ICMP "port unreachable", which only a connected socket is told."""
        if self._remote is not None:
            self._refused = True
            self._wake()

    def _raise_refusal(self) -> None:
        if self._refused:
            self._refused = False
            raise _os_error(errno.ECONNREFUSED)

    def _wake(self) -> None:
        if self.on_readable is not None:
            self.on_readable()


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
