"""Sockets and timer of one of many radios: what `icom_lan.driver` is for one.

While nothing happens but routine the radio rests, and a `SteadyRadio` plays, pings and
hears through sockets that belong to its client alone. Whatever else comes, a command, a
datagram of another kind or of somebody else, a deadline, wakes the radio first.
"""

import socket
from collections.abc import Callable, Mapping
from math import inf
from typing import Final, TypeVar

from icom_lan.driver import DATAGRAM_MAX
from icom_proto.audio_send_lane import JOINED_SIZE
from icom_proto.codes import Stream
from icom_proto.events import Address, Transmit, TransmitBlock
from icom_proto.link_timings import PING_SIZE
from icom_proto.steady_link import SteadyLink
from icom_sim.fake_radio import FakeRadio
from icom_sim.radio_endpoint import RadioEndpoint
from icom_sim.shared_loop import Alarm, Reader, SharedLoop
from icom_sim.steady_radio import Send, SteadyRadio

# A client that wakes the radio is about to do so again: it rests only so much later.
REST_AFTER_S: Final = 0.25
# The same after something could not be sent to the client.
AFTER_ERROR_S: Final = 5.0

_AUDIO: Final = Stream.AUDIO
_TransmitBlock: Final = TransmitBlock

T = TypeVar("T")


class FarmDriver(Alarm):
    """One radio of many. Lives in the event loop of the `SharedLoop`."""

    def __init__(
        self,
        radio: FakeRadio,
        endpoints: Mapping[Stream, RadioEndpoint],
        shared: SharedLoop,
    ) -> None:
        """Reads from now on, until it is closed.

        Raises NotImplementedError where the event loop has no `add_reader`.
        """
        super().__init__()
        self._radio, self._shared, self._time = radio, shared, shared.time
        self._endpoints = [endpoints[stream] for stream in Stream]
        self._now = self._time()
        self._steady: SteadyRadio | None = None
        self._rest_from = self._now
        self._clients: list[_ClientReader | None] = [None for _ in Stream]
        for stream, endpoint in endpoints.items():
            shared.add_reader(endpoint.fileno(), _PortReader(self, stream, endpoint))
        # All else waits for the next block: one wake-up instead of several.
        radio.waits_for_audio = True

    def apply(self, mutate: Callable[[float], T]) -> T:
        """As `Driver.apply`: the only way to the radio for those outside."""
        now = self._advance(self._time())
        self._wake(now)
        result = mutate(now)
        self._drain()
        return result

    @property
    def is_resting(self) -> bool:
        """Does nothing happen to the radio but routine?"""
        return self._steady is not None

    def close(self) -> None:
        """Frees sockets and timer at once. The radio is not told. Idempotent."""
        if self._rest_from == inf:
            return
        self._wake(self._now)
        self._rest_from = inf  # never more
        self.cancel()
        for endpoint in self._endpoints:
            self._shared.remove_reader(endpoint.fileno())
            endpoint.close()
        for stream in Stream:
            self._forget_client(stream)

    def ring(self, _now: float) -> None:
        """It is time for something."""
        now = self._advance(_now)
        self._radio.handle_timeout(now)
        self._drain()
        if self._rest_from <= now:
            self._rest(now)

    def receive(
        self, stream: Stream, data: bytes, address: Address, time: float
    ) -> None:
        """A datagram came that is no matter of routine."""
        now = self._advance(time)
        self._wake(now)
        self._radio.handle_datagram(stream, data, address, now)
        self._drain()

    # inside

    def _advance(self, now: float) -> float:
        """The time; never backwards, since an alarm may be ahead of the clock."""
        if now > self._now:
            self._now = now
        return self._now

    def _rest(self, now: float) -> None:
        self._rest_from = now + REST_AFTER_S
        steady = self._radio.lend(self._send_to, now)
        if steady is not None:
            self._attach(steady)
            self.cancel()
            steady.start(self._shared, self._on_end)

    def _on_end(self, problem: OSError | None, time: float) -> None:
        """The radio is wanted: there is more to do, or `problem` with the client."""
        now = self._advance(time)
        self._wake(now)
        if problem is not None:
            self._rest_from = now + AFTER_ERROR_S
        self._radio.handle_timeout(now)
        self._drain()

    def _wake(self, now: float) -> None:
        steady = self._steady
        if steady is not None:
            steady.cancel()
            self._attach(None)
            self._radio.resume(steady, now)
            self._rest_from = now + REST_AFTER_S

    def _attach(self, steady: SteadyRadio | None) -> None:
        self._steady = steady
        for stream, reader in zip(Stream, self._clients, strict=True):
            if reader is not None:
                reader.link = None if steady is None else steady.links[stream]

    def _drain(self) -> None:
        outputs, endpoints = self._radio.outputs, self._endpoints
        while outputs:
            output = outputs.popleft()
            if type(output) is _TransmitBlock:
                endpoints[output[0]].send_block(output)
            else:
                assert isinstance(output, Transmit)
                stream, data, address = output
                endpoints[stream].send(data, address)
        due = self._radio.next_timeout()
        # One that rings too soon costs one look; to move it each time would cost more.
        if due is not None and due < self.when and self._rest_from != inf:
            self._shared.set(self, due)

    def _send_to(self, stream: Stream, client: Address) -> Send | None:
        """The way to a client by a socket of its own; None: there is none."""
        reader = self._clients[stream]
        if reader is None or reader.client != client:
            self._forget_client(stream)
            endpoint, is_audio = self._endpoints[stream], stream is _AUDIO
            if is_audio and not endpoint.cuts:  # it was found out that this way cannot
                return None
            cut_size = JOINED_SIZE if is_audio else PING_SIZE
            opened = endpoint.connected_to(client, cut_size)
            if opened is None:
                return None
            reader = _ClientReader(self, stream, client, opened)
            self._clients[stream] = reader
            self._shared.add_reader(opened.fileno(), reader)
        return reader.socket.send

    def _forget_client(self, stream: Stream) -> None:
        reader, self._clients[stream] = self._clients[stream], None
        if reader is not None:
            self._shared.remove_reader(reader.socket.fileno())
            reader.socket.close()


class _PortReader(Reader):
    """Reads what anybody sends to a port."""

    def __init__(
        self, driver: FarmDriver, stream: Stream, endpoint: RadioEndpoint
    ) -> None:
        self._driver, self._stream, self._endpoint = driver, stream, endpoint

    def read(self, _now: float) -> None:
        """Take one."""
        received = self._endpoint.receive()
        if received is not None:
            data, address = received
            self._driver.receive(self._stream, data, address, _now)


class _ClientReader(Reader):
    """Reads what one client sends to a port; while its radio rests that is routine."""

    def __init__(
        self,
        driver: FarmDriver,
        stream: Stream,
        client: Address,
        opened: socket.socket,
    ) -> None:
        self._driver, self._stream = driver, stream
        self.client, self.socket = client, opened
        self.link: SteadyLink | None = None
        self._recv = opened.recv

    def read(self, _now: float) -> None:
        """Take one."""
        try:
            data = self._recv(DATAGRAM_MAX)
            answer = None if self.link is None else self.link.take(data, _now)
            if answer:
                self.socket.send(answer)
        except OSError:  # none is there, or nobody is there any more
            return
        if answer is None:
            self._driver.receive(self._stream, data, self.client, _now)
