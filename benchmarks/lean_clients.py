"""Many clients in one process, which do as little as possible: for radios by the
thousand.

Each logs in with the core's client role, over UDP and with all three streams. From then
on it answers pings, which is what a radio needs to see, and counts what comes. All
clients of a group share three sockets; whose a datagram is shows in the port that it
comes from. The sockets are looked at each 5 ms and not waited for: so no sender pays
for waking us, and its CPU time is its own. Audio that was sent in one piece is taken in
one piece (UDP_GRO): else the loopback cuts it in the sender's time, and what it stands
for, a network card, cuts it in nobody's.
"""

import random
import socket
from collections.abc import Sequence
from contextlib import suppress
from threading import Event, Thread
from time import monotonic, sleep

from icom_proto.audio_formats import AUDIO_PAYLOAD_MAX
from icom_proto.audio_stream import HEAD_END
from icom_proto.client_connection import ClientConnection
from icom_proto.client_requests import ClientConfig
from icom_proto.codec import glance_struct
from icom_proto.codes import PacketType, Stream
from icom_proto.events import SessionClosed, SessionReady, Transmit
from icom_proto.link_output import unpack_header
from icom_proto.link_timings import PING_SIZE
from icom_proto.packets import Header, Ping

_struct = glance_struct(Header, Ping)
pack, unpack = _struct.pack, _struct.unpack
HOST = "127.0.0.1"
GROUP = 20
LOOK_EVERY_S = 0.005
# Logins at a time, and how long all of them may take. Between two of them a random
# time passes, this at most: else they fall into step, and then the pings do.
AT_ONCE = 40
PAUSE_S_MAX = 0.01
LOGIN_S_MAX = 40.0
BUFFER = 4 << 20
BURST = 64
DATAGRAM_MAX = HEAD_END + AUDIO_PAYLOAD_MAX
_DATA, _PING = int(PacketType.DATA), int(PacketType.PING)
_PORTS_EACH = 3
# Of <linux/udp.h>; the socket module has no name for it.
_UDP_GRO = 104


class LeanClients:
    """Clients of the radios at `ports`, which are their control ports."""

    def __init__(self, ports: Sequence[int], username: str, password: str) -> None:
        self._ports = list(ports)
        self._config = ClientConfig(username=username, password=password)
        self._radio_of = {
            port + at: radio
            for radio, port in enumerate(ports)
            for at in range(_PORTS_EACH)
        }
        groups = (len(ports) + GROUP - 1) // GROUP
        self._groups = [[open_socket() for _ in Stream] for _ in range(groups)]
        self._sockets: list[tuple[Stream, socket.socket]] = []
        for group in self._groups:
            for stream, each in zip(Stream, group, strict=True):
                self._sockets.append((stream, each))
            with suppress(OSError):  # an old kernel
                group[Stream.AUDIO].setsockopt(socket.IPPROTO_UDP, _UDP_GRO, 1)
        self._waiting = list(range(len(ports)))
        self._logging_in: dict[int, ClientConnection] = {}
        self._rng = random.Random(1)
        self._next_at = monotonic()
        self._ready = Event()
        self.audio = 0  # datagrams
        self.pings = 0
        self._buffer = bytearray(PING_SIZE)
        self._ping_at: dict[int, tuple[str, int]] = {}  # audio ports by their ids
        self._thread = Thread(target=self._run, daemon=True)

    def connect(self) -> None:
        """Returns when all hear audio. Raises TimeoutError."""
        self._thread.start()
        if not self._ready.wait(LOGIN_S_MAX):
            left = len(self._waiting) + len(self._logging_in)
            raise TimeoutError(f"{left} of {len(self._ports)} clients are not in")

    def restart(self) -> None:
        """Count from nothing."""
        self.audio = self.pings = 0

    # inside

    def _run(self) -> None:
        while True:
            if self._waiting or self._logging_in:
                self._log_in(monotonic())
            else:
                self._ready.set()
                sleep(LOOK_EVERY_S)
            for stream, each in self._sockets:
                self._read(stream, each)

    def _log_in(self, now: float) -> None:
        while self._waiting and len(self._logging_in) < AT_ONCE and now > self._next_at:
            self._next_at += self._rng.uniform(0, PAUSE_S_MAX)
            radio = self._waiting.pop()
            group = self._groups[radio // GROUP]
            control, civ, audio = (each.getsockname()[1] for each in group)
            core = ClientConnection(
                self._config,
                rng=random.Random(radio),
                local_ports=(control, civ, audio),
            )
            self._logging_in[radio] = core
            core.open(now)
            self._flush(radio, core)
        for radio, core in list(self._logging_in.items()):
            deadline = core.next_timeout()
            if deadline is not None and deadline <= now:
                core.handle_timeout(now)
                self._flush(radio, core)

    def _flush(self, radio: int, core: ClientConnection) -> None:
        group = self._groups[radio // GROUP]
        while core.outputs:
            output = core.outputs.popleft()
            if isinstance(output, Transmit):
                port = self._ports[radio] + int(output.stream)
                group[output.stream].sendto(output.data, (HOST, port))
            elif isinstance(output, SessionReady):
                self._logging_in.pop(radio, None)
            elif isinstance(output, SessionClosed) and radio in self._logging_in:
                del self._logging_in[radio]  # not in time: once more
                self._waiting.append(radio)

    def _read(self, stream: Stream, from_: socket.socket) -> None:
        if self._ready.is_set():
            (self._hear if stream is Stream.AUDIO else self._keep_alive)(from_)
            return
        recvfrom = from_.recvfrom
        try:
            for _ in range(BURST):
                data, address = recvfrom(4096)
                radio = self._radio_of[address[1]]
                core = self._logging_in.get(radio)
                if core is not None:
                    core.handle_datagram(stream, data, monotonic())
                    self._flush(radio, core)
                elif len(data) == PING_SIZE:
                    self._answer(data, from_, address)
                if stream is Stream.AUDIO:
                    self._ping_at[unpack_header(data)[3]] = address
        except BlockingIOError:
            pass

    def _hear(self, from_: socket.socket) -> None:
        """Audio, of which only the size is looked at, and pings."""
        recv_into, buffer, ping_at = from_.recv_into, self._buffer, self._ping_at
        try:
            for _ in range(4 * BURST):
                size = recv_into(buffer, PING_SIZE, socket.MSG_TRUNC)
                if size == PING_SIZE:
                    data = bytes(buffer)
                    self._answer(data, from_, ping_at[unpack_header(data)[3]])
                elif size > HEAD_END:
                    self.audio += -(-size // DATAGRAM_MAX)
        except BlockingIOError:
            pass

    def _keep_alive(self, from_: socket.socket) -> None:
        """Idles, which say nothing, and pings."""
        recvfrom_into, buffer = from_.recvfrom_into, self._buffer
        try:
            for _ in range(BURST):
                size, address = recvfrom_into(buffer, PING_SIZE)
                if size == PING_SIZE:
                    self._answer(bytes(buffer), from_, address)
        except BlockingIOError:
            pass

    def _answer(
        self, data: bytes, from_: socket.socket, address: tuple[str, int]
    ) -> None:
        _, kind, seq, sender_id, receiver_id, reply, clock = unpack(data)
        if kind == _PING and not reply:
            self.pings += 1
            ids = receiver_id, sender_id
            from_.sendto(pack(PING_SIZE, _PING, seq, *ids, 1, clock), address)


def open_socket() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setblocking(False)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    opened.bind((HOST, 0))
    return opened
