"""A port of a radio, which can send and receive at less cost where there are many.

There are two ways: the kernel cuts a long piece into datagrams (UDP_SEGMENT), and a
client that is there for longer gets a socket of its own, connected to it, behind the
same port. For that one the kernel looks up neither the way nor the owner of each
datagram.
"""

import errno
import socket
import sys
from typing import Final

from icom_lan.driver import BURST_MAX, DATAGRAM_MAX, UdpEndpoint
from icom_proto.events import Address, TransmitBlock

# What the kernel says of a way that cannot take a piece to be cut.
_CANNOT_CUT: Final = (errno.EINVAL, errno.EIO, errno.EMSGSIZE)
# Of <linux/udp.h>; the socket module has no name for it.
_UDP_SEGMENT: Final = 103


class RadioEndpoint(UdpEndpoint):
    """A bound UDP socket; a `FarmDriver` reads it by itself."""

    _cut_size = 0

    def cut_at(self, size: int) -> bool:
        """Have the kernel cut what is larger into datagrams of this size, and say
        whether it does. 0: leave all as it is."""
        self._cut_size = size if _cuts(self._socket, size) else 0
        return self._cut_size > 0

    @property
    def cuts(self) -> bool:
        """Does the kernel cut, as far as is known?"""
        return self._cut_size > 0

    def send(self, data: bytes, address: Address | None) -> None:
        """Sends one datagram, now or not at all."""
        if 0 < self._cut_size < len(data):
            self.cut_at(0)
        super().send(data, address)

    def send_block(self, block: TransmitBlock) -> None:
        """Sends several datagrams, in one call if the kernel cuts at their size."""
        _, data, address, size = block
        if size == self._cut_size and self._witness is None and address is not None:
            try:
                self._socket.sendto(data, address)
                return
            except BlockingIOError:
                self.dropped += -(-len(data) // size)
                return
            except OSError as error:
                self._count(error)
                if error.errno in _CANNOT_CUT:
                    self.cut_at(0)
                else:
                    return
        for _, part, _ in block.parts():
            self.send(part, address)

    def fileno(self) -> int:
        """Of the socket."""
        return self._socket.fileno()

    def receive(self) -> tuple[bytes, Address] | None:
        """The next datagram and where it came from; None: there is none."""
        try:
            data, address = self._socket.recvfrom(DATAGRAM_MAX)
        except BlockingIOError:
            return None
        except OSError as error:
            self._count(error)
            return None
        client = Address._make(address)
        if self._witness is not None:
            self._witness(client, self.local, data)
        return data, client

    def connected_to(self, client: Address, cut_size: int) -> socket.socket | None:
        """A socket behind the same port for this client alone, which cuts at this size.

        None: not here, or not now. What arrived at it before it is returned is lost, as
        with UDP it may be: some of it may be anybody's.
        """
        if sys.platform != "linux" or not isinstance(self._socket, socket.socket):
            return None
        if self._witness is not None:  # it would not see what passes there
            return None
        level, reuse = socket.SOL_SOCKET, socket.SO_REUSEADDR
        try:
            connected = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        except OSError:  # no more files
            return None
        try:
            # Both allow it, for this moment: the port stays taken for everybody else.
            self._socket.setsockopt(level, reuse, 1)
            connected.setsockopt(level, reuse, 1)
            connected.setblocking(False)
            connected.bind(self.local)
            connected.connect(client)
            connected.setsockopt(level, reuse, 0)
            if not _cuts(connected, cut_size):
                raise OSError("it does not cut")
            _empty(connected)
        except OSError:
            connected.close()
            return None
        finally:
            self._socket.setsockopt(level, reuse, 0)
        return connected


def _cuts(opened: socket.socket, size: int) -> bool:
    if not isinstance(opened, socket.socket):  # of a loop in simulated time
        return False
    try:
        opened.setsockopt(socket.IPPROTO_UDP, _UDP_SEGMENT, size)
    except OSError:
        return False
    return True


def _empty(opened: socket.socket) -> None:
    """Raises OSError if too much comes for that."""
    try:
        for _ in range(BURST_MAX):
            opened.recv(DATAGRAM_MAX)
    except BlockingIOError:
        return
    raise OSError("it does not get empty")
