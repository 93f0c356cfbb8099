"""Strangers on sockets of their own, who count what goes out and what comes back."""

import random
import socket
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic

from icom_proto.client_connection import ClientConnection
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import Stream
from icom_proto.events import Transmit
from icom_sim.hostile.datagrams import Hostility, Kind

HOST = "127.0.0.1"
SOCKETS_PER_PORT = 4
# So many try wrong passwords at a time; each gives up its port after some time.
LOGINS = 8
LOGIN_ROUNDS = 40
LARGEST = 65536
FLOOD = "login flood"
_CONTROL = Stream.CONTROL


@dataclass
class Tally:
    """Datagrams by kind, and bytes both ways."""

    kinds: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0


class Strangers:
    """All of them; `ports` are those of the radio, the control port first."""

    def __init__(self, ports: tuple[int, ...], hostility: Hostility, seed: int) -> None:
        self._hostility = hostility
        self._rng = random.Random(f"{seed}/strangers")
        self._sockets = [_connected(port) for port in ports * SOCKETS_PER_PORT]
        self._control_port = ports[0]
        self._logins: list[_Login] = []
        self.tally = Tally()

    def send(self, count: int) -> None:
        """So many datagrams, from any of the sockets; and the logins go on."""
        for _ in range(count):
            kind, data = self._hostility.make()
            if _send(self._rng.choice(self._sockets), data):
                self._note(kind, data)
        self._go_on_logging_in()

    def listen(self) -> None:
        """Count what came back."""
        for each in self._sockets:
            while (data := _receive(each)) is not None:
                self.tally.bytes_received += len(data)

    def close(self) -> None:
        for each in self._sockets:
            each.close()
        for login in self._logins:
            login.socket.close()

    # inside

    def _go_on_logging_in(self) -> None:
        while len(self._logins) < LOGINS:
            name = self._rng.randbytes(4).hex()
            self._logins.append(_Login(self._control_port, name, self._rng))
        for login in list(self._logins):
            sent, received = login.go_on()
            for data in sent:
                self._note(FLOOD, data)
            self.tally.bytes_received += received
            if login.rounds > LOGIN_ROUNDS:
                login.socket.close()
                self._logins.remove(login)

    def _note(self, kind: Kind | str, data: bytes) -> None:
        self.tally.kinds[str(kind)] += 1
        self.tally.sent += 1
        self.tally.bytes_sent += len(data)


class _Login:
    """Somebody who guesses a password, and then is gone without a word."""

    def __init__(self, port: int, name: str, rng: random.Random) -> None:
        self.socket = _connected(port)
        own_port = self.socket.getsockname()[1]
        self._core = ClientConnection(
            ClientConfig(username=name, password="guess"),
            rng=rng,
            local_ports=(own_port, own_port, own_port),
        )
        self._core.open(monotonic())
        self.rounds = 0

    def go_on(self) -> tuple[list[bytes], int]:
        """What was sent, and how many bytes came."""
        self.rounds += 1
        now, received, sent = monotonic(), 0, []
        core = self._core
        while (data := _receive(self.socket)) is not None:
            received += len(data)
            core.handle_datagram(_CONTROL, data, now)
        deadline = core.next_timeout()
        if deadline is not None and deadline <= now:
            core.handle_timeout(now)
        while (output := core.poll_output()) is not None:
            if isinstance(output, Transmit) and _send(self.socket, output.data):
                sent.append(output.data)
        return sent, received


def _connected(port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setblocking(False)
    opened.connect((HOST, port))
    return opened


def _send(by: socket.socket, data: bytes) -> bool:
    try:
        by.send(data)
    except OSError:  # full, or nobody listens: the soak sees that by other means
        return False
    return True


def _receive(by: socket.socket) -> bytes | None:
    try:
        return by.recv(LARGEST)
    except OSError:
        return None
