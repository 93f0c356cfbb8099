"""Between clients and a radio, datagram by datagram: the core of the proxy.

No socket, no clock: a driver hands in what came and carries out `outputs`. The relay
changes nothing but ports. The radio's answer to a stream request names its ports, and
the client must come to ours; the request names the client's, and the radio must know
those of the sockets that we have for them. Each client's stream has a `Path`.

    client -> watch -> network -> ports -> radio
    client <- watch <- network <- ports <- radio
"""

from collections import deque
from dataclasses import dataclass, replace
from math import inf
from typing import Final, NamedTuple, TypeAlias

from icom_proto.codec import Body
from icom_proto.codes import Stream
from icom_proto.datagrams import decode_datagram, encode_datagram
from icom_proto.errors import DecodeError
from icom_proto.events import Address, Transmit
from icom_proto.packets import Header, Status, StreamRequest
from icom_sim.network import Network
from icom_sim.proxy.paths import IDLE_S, Path, Paths
from icom_sim.proxy.watch import Tell, Watch
from icom_sim.wire import Wire

_DATA_STREAMS: Final = (Stream.CIV, Stream.AUDIO)
_PORT_MAX: Final = 0xFFFF
# Stream requests that wait for their sockets, which come at once.
_HELD_MAX: Final = 64


class OpenPath(NamedTuple):
    """A socket, connected to there; `Relay.opened` wants to know its port."""

    path: int
    remote: Address


class PointPath(NamedTuple):
    """The same socket, connected to somewhere else."""

    path: int
    remote: Address


class ClosePath(NamedTuple):
    path: int


class ToRadio(NamedTuple):
    path: int
    data: bytes


Output: TypeAlias = Transmit | OpenPath | PointPath | ClosePath | ToRadio


@dataclass(slots=True, eq=False)
class _Held:
    """A stream request that cannot go on before its paths have ports."""

    control: Path
    header: Header
    request: StreamRequest
    paths: dict[Stream, Path]


class Relay:
    """Args:
    radio: The control port of the radio.
    ports: Ours, where clients find CI-V and audio.
    network: What becomes of datagrams on the way.
    tell: Is told what happens in the sessions.
    """

    def __init__(
        self,
        radio: Address,
        ports: dict[Stream, int],
        *,
        network: Network,
        tell: Tell,
    ) -> None:
        self.outputs: deque[Output] = deque()
        self.network = network
        self._control, self._ports = radio, ports
        self._watch = Watch(tell)
        self._wire = Wire(network, None)
        self._paths = Paths()
        self._held: deque[_Held] = deque(maxlen=_HELD_MAX)
        # The radio's ports, by what it told; those that it has from the factory before.
        self._radio_ports = {
            stream: min(radio.port + at, _PORT_MAX)
            for at, stream in enumerate(_DATA_STREAMS, 1)
        }
        self._look_at = inf

    @property
    def paths(self) -> int:
        """How many are open."""
        return len(self._paths)

    def from_client(
        self, stream: Stream, data: bytes, client: Address, now: float
    ) -> None:
        """A client sent this to one of our ports."""
        self._watch.sent(stream, client, data, now)
        for copy, seen in self._wire.arriving(stream, data, client, now):
            self._to_radio(stream, copy, seen, now)

    def from_radio(self, number: int, data: bytes, now: float) -> None:
        """The radio sent this to the socket of a path."""
        path = self._paths.numbered(number)
        if path is not None:
            path.is_answered = True
            if path.stream is Stream.CONTROL:
                data = self._with_our_ports(path, data)
            self._wire.send(Transmit(path.stream, data, path.client), now)
            self._leave(now)

    def opened(self, number: int, local_port: int | None) -> None:
        """The socket of a path has this port; None: there can be no more sockets."""
        path = self._paths.numbered(number)
        if path is None:
            return
        if local_port is None:
            self._paths.close(path)
        path.local_port = local_port or 0
        for held in tuple(self._held):
            if all(each.local_port is not None for each in held.paths.values()):
                self._held.remove(held)
                self._request(held)

    def handle_timeout(self, now: float) -> None:
        for flight in self._wire.land(now):
            self._to_radio(flight.stream, flight.data, flight.address, now)
        self._leave(now)
        if now >= self._look_at:
            self._forget_idle(now)

    def next_timeout(self) -> float:
        """Infinity if there is nothing to wait for."""
        return min(self._wire.next_timeout(), self._look_at)

    # inside: to the radio

    def _to_radio(
        self, stream: Stream, data: bytes, client: Address, now: float
    ) -> None:
        path = self._path(stream, client, now)
        path.heard_at = now
        if stream is Stream.CONTROL:
            decoded = _decoded(data)
            if decoded is not None and isinstance(decoded[1], StreamRequest):
                self._hold(path, decoded[0], decoded[1], now)
                return
        self.outputs.append(ToRadio(path.number, data))

    def _hold(
        self, control: Path, header: Header, request: StreamRequest, now: float
    ) -> None:
        ports = {Stream.CIV: request.civ_port, Stream.AUDIO: request.audio_port}
        paths = {
            stream: self._path(stream, Address(control.client.host, port), now)
            for stream, port in ports.items()
            if 0 < port <= _PORT_MAX
        }
        held = _Held(control, header, request, paths)
        if all(path.local_port is not None for path in paths.values()):
            self._request(held)
        else:
            self._held.append(held)

    def _request(self, held: _Held) -> None:
        ours = {stream: path.local_port for stream, path in held.paths.items()}
        request = replace(
            held.request,
            civ_port=ours.get(Stream.CIV) or held.request.civ_port,
            audio_port=ours.get(Stream.AUDIO) or held.request.audio_port,
        )
        data = encode_datagram(held.header, request)
        self.outputs.append(ToRadio(held.control.number, data))

    def _path(self, stream: Stream, client: Address, now: float) -> Path:
        path = self._paths.of(stream, client)
        if path is None:
            oldest = self._paths.in_excess()
            if oldest is not None:
                self._close(oldest)
            path = self._paths.open(stream, client, self._remote(stream), now)
            self.outputs.append(OpenPath(path.number, path.remote))
            self._look_at = min(self._look_at, now + IDLE_S)
        return path

    def _remote(self, stream: Stream) -> Address:
        if stream is Stream.CONTROL:
            return self._control
        return Address(self._control.host, self._radio_ports[stream])

    # inside: to a client

    def _with_our_ports(self, control: Path, data: bytes) -> bytes:
        decoded = _decoded(data)
        status = decoded and decoded[1]
        if decoded is None or not isinstance(status, Status):
            return data
        told = {Stream.CIV: status.civ_port, Stream.AUDIO: status.audio_port}
        for stream, port in told.items():
            if port:
                self._learn_port(stream, port, control.client.host)
        return encode_datagram(
            decoded[0],
            replace(
                status,
                civ_port=status.civ_port and self._ports[Stream.CIV],
                audio_port=status.audio_port and self._ports[Stream.AUDIO],
            ),
        )

    def _learn_port(self, stream: Stream, port: int, host: str) -> None:
        """The radio's; what this client sends there from now on goes to it."""
        self._radio_ports[stream] = port
        remote = self._remote(stream)
        for path in self._paths:
            is_its = path.stream is stream and path.client.host == host
            if is_its and path.remote != remote:
                path.remote = remote
                self.outputs.append(PointPath(path.number, remote))

    def _leave(self, now: float) -> None:
        """What has come through the network reaches its client."""
        sent = self._wire.outputs
        while sent:
            output = sent.popleft()
            assert isinstance(output, Transmit)
            stream, client = output.stream, output.address
            assert client is not None
            self._watch.received(stream, client, output.data, now)
            self.outputs.append(output)

    # inside: forgetting

    def _forget_idle(self, now: float) -> None:
        for path in self._paths:
            if now - path.heard_at >= IDLE_S:
                self._close(path)
        times = (path.heard_at for path in self._paths)
        self._look_at = min(times, default=inf) + IDLE_S

    def _close(self, path: Path) -> None:
        self._paths.close(path)
        self.outputs.append(ClosePath(path.number))


def _decoded(data: bytes) -> tuple[Header, Body] | None:
    try:
        return decode_datagram(Stream.CONTROL, data)
    except DecodeError:
        return None
