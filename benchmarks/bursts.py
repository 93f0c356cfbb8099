"""Asks the lean radio for a burst of audio, while no event loop runs."""

import socket

# Holds 200 datagrams of 1388 bytes as the kernel counts them.
RECEIVE_BUFFER = 1 << 20
# A contender that has not delivered a burst by then lost a part of it.
LOST_AFTER_S = 10.0


class BurstRemote:
    """The command port of the lean radio, seen from a contender."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._socket.settimeout(5)

    def queue(self, count: int) -> None:
        """On return the client's socket holds `count` audio datagrams."""
        self._socket.send(str(count).encode())
        self._socket.recv(16)


def roomy_socket() -> socket.socket:
    """A UDP socket that can hold a burst."""
    new = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    new.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    new.bind(("127.0.0.1", 0))
    new.setblocking(False)
    return new
