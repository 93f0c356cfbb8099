"""The proxy on three UDP ports of this machine.

    async with ProxyServer(Address("192.168.1.5", 50001), listener=print) as proxy:
        ...  # clients connect to proxy.address(Stream.CONTROL)

In simulated time too: on a `VirtualLoop` the sockets are those of its network.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from math import inf
from typing import Self, TypeAlias, TypeVar

from icom_lan.driver import UdpEndpoint
from icom_proto.codes import Stream
from icom_proto.events import Address, Transmit
from icom_sim.captures.pcap_writer import CaptureWriteError
from icom_sim.event_log import Fields
from icom_sim.network import Network
from icom_sim.proxy.recording import Recording
from icom_sim.proxy.relay import ClosePath, OpenPath, PointPath, Relay, ToRadio
from icom_sim.radio_server import LOOPBACK, open_endpoints

T = TypeVar("T")
# Name and fields of an event, and the loop's time.
Listener: TypeAlias = Callable[[str, Fields, float], None]


class ProxyServer:
    """A `Relay` and its sockets.

    Args:
        radio: The radio's control port.
        listener: Is told what happens; it must not call back.
        host: Where to listen.
        port: The control port; 0 is any free one.
        civ_port: As `port`; None is the one behind the control port.
        audio_port: As `port`; None is the second behind the control port.
        network: What becomes of datagrams on the way; None: nothing.
        recording: Who keeps them.

    Raises:
        PortError: On entering: a port is in use, or the address is not ours.
    """

    def __init__(
        self,
        radio: Address,
        *,
        listener: Listener,
        host: str = LOOPBACK,
        port: int = 0,
        civ_port: int | None = None,
        audio_port: int | None = None,
        network: Network | None = None,
        recording: Recording | None = None,
    ) -> None:
        self.network = network or Network()
        self.recording = recording
        self._radio, self._listener = radio, listener
        self._where = host, port, civ_port, audio_port
        self._upstream: dict[int, UdpEndpoint] = {}
        self._readers: dict[int, asyncio.Task[None]] = {}
        self._leaving: deque[Transmit] = deque()
        self._turn: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._now = self._loop.time()
        self._endpoints = open_endpoints(*self._where)
        self._relay = Relay(
            self._radio,
            {stream: each.local.port for stream, each in self._endpoints.items()},
            network=self.network,
            tell=self._tell,
        )
        self.network.start(self._now)
        for stream, endpoint in self._endpoints.items():
            receive = partial(self._receive, stream)
            await endpoint.read_from_any(receive, self.apply)
        return self

    async def __aexit__(self, *_: object) -> None:
        for handle in (self._timer, self._turn):
            if handle is not None:
                handle.cancel()
        while self._leaving:
            self._send()
        for endpoint in (*self._endpoints.values(), *self._upstream.values()):
            endpoint.close()
        readers = tuple(self._readers.values())
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)

    def address(self, stream: Stream) -> Address:
        """Where clients find a stream."""
        return self._endpoints[stream].local

    @property
    def paths(self) -> int:
        """Sockets towards the radio."""
        return self._relay.paths

    def apply(self, mutate: Callable[[float], T]) -> T:
        """The only way in: `mutate` gets the time, then outputs are carried out."""
        self._now = max(self._now, self._loop.time())
        result = mutate(self._now)
        self._drain()
        return result

    # inside

    def _drain(self) -> None:
        outputs = self._relay.outputs
        while outputs:
            match outputs.popleft():
                case Transmit() as sent:
                    self._leaving.append(sent)
                case ToRadio(path, data) if path in self._upstream:
                    self._upstream[path].send(data, None)
                case OpenPath(path, remote):
                    self._open(path, remote)
                case PointPath(path, remote) if path in self._upstream:
                    self._point(path, remote)
                case ClosePath(path) if path in self._upstream:
                    self._upstream.pop(path).close()
                    if path in self._readers:  # it has not begun yet
                        self._readers[path].cancel()
                case _:
                    pass  # of a path that could not be opened
        self._arm()
        if self._leaving and self._turn is None:
            self._send()
            self._turn = self._loop.call_soon(self._on_turn)

    def _on_turn(self) -> None:
        """One datagram for clients in each turn of the loop.

        So a client on the same loop reads them in the order in which they left, on
        whatever stream, and others as good as always: a recording is worth more.
        """
        self._turn = None
        if self._leaving:
            self._send()
            self._turn = self._loop.call_soon(self._on_turn)

    def _send(self) -> None:
        stream, data, client = self._leaving.popleft()
        assert client is not None
        self._now = max(self._now, self._loop.time())
        local = self._endpoints[stream].local
        self._note(local, client, data, self._now)
        self._endpoints[stream].send(data, client)

    def _receive(
        self, stream: Stream, data: bytes, client: Address, now: float
    ) -> None:
        self._note(client, self._endpoints[stream].local, data, now)
        self._relay.from_client(stream, data, client, now)

    def _open(self, path: int, remote: Address) -> None:
        try:
            endpoint = self._upstream[path] = UdpEndpoint()
        except OSError as error:  # no more files may be open
            message = f"no socket for another client: {error.strerror}"
            self._tell("trouble", {"message": message}, self._now)
            self._relay.opened(path, None)
            return
        self._point(path, remote)
        receive = partial(self._relay.from_radio, path)
        reading = self._loop.create_task(endpoint.read_connected(receive, self.apply))
        self._readers[path] = reading
        reading.add_done_callback(lambda _: self._readers.pop(path, None))
        self._relay.opened(path, endpoint.local.port)

    def _point(self, path: int, remote: Address) -> None:
        try:
            self._upstream[path].connect(remote)
        except OSError as error:  # no route: as if everything were lost
            message = f"cannot reach {remote.host}:{remote.port}: {error.strerror}"
            self._tell("trouble", {"message": message}, self._now)

    def _arm(self) -> None:
        at = self._relay.next_timeout()
        if at < self._timer_at:
            if self._timer is not None:
                self._timer.cancel()
            self._timer, self._timer_at = self._loop.call_at(at, self._on_timer), at

    def _on_timer(self) -> None:
        # call_at may fire a clock tick early, hence the deadline as a floor.
        self._now = max(self._now, self._timer_at)
        self._timer, self._timer_at = None, inf
        self.apply(self._relay.handle_timeout)

    # inside: what is told and kept

    def _tell(self, event: str, fields: Fields, now: float) -> None:
        self._listener(event, fields, now)
        recording = self.recording
        is_release = event == "ptt" and not fields["on"]
        if recording is None or is_release:
            return
        try:
            if recording.happened(event):
                self._listener("recording", {"since": event}, now)
        except CaptureWriteError as error:
            self._stop_recording(error, now)

    def _note(
        self, source: Address, destination: Address, data: bytes, now: float
    ) -> None:
        if self.recording is None:
            return
        try:
            self.recording.note(source, destination, data, now)
        except CaptureWriteError as error:
            self._stop_recording(error, now)

    def _stop_recording(self, error: CaptureWriteError, now: float) -> None:
        self.recording = None
        self._listener("trouble", {"message": str(error)}, now)
