"""One link with a radio by itself: discovery, pings, resends, and packets in and out.

`IcomRadio` runs three such links under one session and needs none of this. Here is what
a program gets that runs a link of its own, as `AudioStream` does on the audio port of a
session. All of the protocol is the core's `Link`; this owns its socket and its timer,
a queue with a limit, and no task.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Final

from icom_lan.driver import Driver, UdpEndpoint
from icom_lan.exceptions import (
    ConnectionError,
    IcomLanError,
    TimeoutError,
    error_for,
)
from icom_lan.resolve import resolve
from icom_lan.session_log import SessionLog
from icom_proto.client_audio import audio_timings
from icom_proto.codec import HEADER_SIZE
from icom_proto.codes import PacketType, Role, Stream
from icom_proto.events import (
    Address,
    CloseReason,
    DataReceived,
    LinkClosed,
    LinkUp,
    Output,
)
from icom_proto.link import Link
from icom_proto.link_output import unpack_header
from icom_proto.link_timings import LinkTimings

# Packets kept for a caller who does not fetch them: five seconds of 48 kHz LPCM16. The
# oldest are dropped, because what is late is worth nothing.
RECEIVED_MAX: Final = 512
# The goodbye lingers for 0.3 s; longer, and the core hangs.
CLOSE_S_MAX: Final = 1.0
# How long lost audio is asked for.
RECOVERY_S: Final = 0.1


class ConnectionState(StrEnum):
    """Where a transport stands."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"


class IcomTransport:
    """A link of one stream. Connect, exchange packets, disconnect; then again.

    Pings are sent and answered, and lost packets asked for and repeated, from
    `connect` on. When the radio says goodbye or falls silent, the state is
    DISCONNECTED, and who waits for a packet gets a ConnectionError that says so.
    """

    def __init__(self, stream: Stream = Stream.AUDIO) -> None:
        self._stream = stream
        self._state = ConnectionState.DISCONNECTED
        self._live: _Live | None = None
        self._error: IcomLanError | None = None
        self._received: deque[bytes] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._send_seq = 0
        self._dropped = 0

    # commands

    async def connect(self, host: str, port: int) -> None:
        """Find the radio at this port. Raises IcomLanError; nothing is left open then.

        Raises:
            TimeoutError: Nobody answered.
            ConnectionError: The host is not known or cannot be reached.
            RuntimeError: It is connected already, or about to be.
        """
        if self._state is not ConnectionState.DISCONNECTED:
            raise RuntimeError(f"Already {self._state}: call disconnect() first")
        if not 0 < port < 0x10000:
            raise ValueError(f"port {port}: allowed is 1 to 65535")
        self._state = ConnectionState.CONNECTING
        self._live = self._error = None
        self._received.clear()
        self._dropped = self._send_seq = 0
        try:
            remote = Address(await resolve(host), port)
            if self._error is not None:
                raise self._error
            self._live = _Live(
                self._stream,
                remote,
                f"{host}:{port}",
                on_data=self._on_data,
                on_end=self._end,
            )
            await self._live.open()
            if self._error is not None:
                raise self._error
        except BaseException:
            if self._live is not None:
                self._live.leave()
            self._end(self._error)
            raise
        self._state = ConnectionState.CONNECTED

    async def disconnect(self) -> None:
        """Say goodbye and free the port. Harmless when it is not connected.

        Cancelled, it does so at once.
        """
        if self._state is ConnectionState.DISCONNECTED:
            return
        if self._live is None:  # the name of the host is still looked up
            self._error = ConnectionError("disconnect() was called while connecting")
            return
        live = self._live
        live.leave()
        try:
            await live.wait_closed()
        finally:
            if self._live is live:
                self._end(None)

    def start_ping_loop(self) -> None:
        """There is nothing to start: pings go out and are answered while connected."""

    def start_retransmit_loop(self) -> None:
        """There is nothing to start: what is lost is asked for while connected."""

    async def send_tracked(self, data: bytes) -> None:
        """Send a data packet under the next number, and keep it for repetition.

        `data` is a whole datagram, as `build_audio_packet` makes it; the header is
        written anew, with the ids of this link.

        Raises:
            ValueError: It is no data packet.
            ConnectionError: The link is not up.
        """
        if len(data) < HEADER_SIZE or unpack_header(data)[1] != PacketType.DATA:
            raise ValueError(
                f"a packet of {len(data)} bytes: allowed is a header of {HEADER_SIZE}"
                f" bytes of type {PacketType.DATA:#04x}, and what follows it"
            )
        live = self._up()
        body = bytes(data[HEADER_SIZE:])
        seq = live.driver.apply(partial(live.link.send, body))
        self._send_seq = (seq + 1) & 0xFFFF

    async def receive_packet(self, timeout: float = 5.0) -> bytes:  # noqa: ASYNC109
        """The next data packet, whole. What came before the end is still handed out.

        Pings, requests, idles and repetitions are not handed out.

        Raises:
            TimeoutError: None came in this many seconds.
            ConnectionError: The link is not up, or ended; it says why.
            RuntimeError: Somebody else waits already.
        """
        if not self._received:
            self._up()
            await self._wait(timeout)
        if self._received:
            return self._received.popleft()
        live = self._up()
        raise TimeoutError(f"{live.where}: no packet within {timeout:g} s")

    def discard_received(self) -> int:
        """Forget what is queued; returns how many packets that were."""
        count = len(self._received)
        self._received.clear()
        return count

    # questions

    @property
    def state(self) -> ConnectionState:
        """Whether the link is up."""
        return self._state

    @property
    def my_id(self) -> int:
        """Our id on this link; 0 before the first `connect`."""
        return 0 if self._live is None else self._live.link.output.own_id

    @property
    def remote_id(self) -> int:
        """The radio's id, learnt while connecting; 0 while unknown."""
        return 0 if self._live is None else self._live.link.output.peer_id

    @property
    def send_seq(self) -> int:
        """The number after that of the last packet sent."""
        return self._send_seq

    @property
    def rx_last_seq(self) -> int | None:
        """The newest number received; None before the first."""
        highest = -1 if self._live is None else self._live.link.tracker.highest
        return highest if highest >= 0 else None

    @property
    def rx_missing(self) -> tuple[int, ...]:
        """Numbers that are still asked for, oldest first."""
        return () if self._live is None else self._live.link.tracker.missing

    @property
    def rx_pending(self) -> int:
        """Packets that wait for `receive_packet`."""
        return len(self._received)

    @property
    def rx_dropped(self) -> int:
        """Packets dropped since `connect`, because nobody fetched them."""
        return self._dropped

    def statistics(self) -> dict[str, int]:
        """What the link sent, received and recovered."""
        return {} if self._live is None else self._live.link.statistics()

    # inside

    def _on_data(self, event: DataReceived) -> None:
        if len(self._received) >= RECEIVED_MAX:
            self._received.popleft()
            self._dropped += 1
        self._received.append(event.data)
        self._wake()

    def _end(self, error: IcomLanError | None) -> None:
        """It is over, for this reason; all is freed. Ids and figures stay."""
        self._state = ConnectionState.DISCONNECTED
        if self._error is None:
            self._error = error
        if self._live is not None:
            self._live.driver.close()
        self._wake()

    def _up(self) -> "_Live":
        if self._live is None or not self._live.link.can_send:
            raise self._error or ConnectionError("Not connected: call connect() first")
        return self._live

    async def _wait(self, timeout_s: float) -> None:
        if self._waiter is not None:
            raise RuntimeError("Another receive_packet() is waiting already")
        loop = asyncio.get_running_loop()
        self._waiter = waiter = loop.create_future()
        timer = loop.call_later(timeout_s, _settle, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None:
            _settle(self._waiter)


class _Live:
    """A link, its socket and its driver: the `Core` that the driver drives."""

    def __init__(
        self,
        stream: Stream,
        remote: Address,
        where: str,
        *,
        on_data: Callable[[DataReceived], None],
        on_end: Callable[[IcomLanError], None],
    ) -> None:
        """Binds and connects a socket. Raises ConnectionError."""
        self.where = where
        self.outputs: deque[Output] = deque()
        self._endpoint = _bind(remote, where)
        is_audio = stream is Stream.AUDIO
        self.link = Link(
            Role.CLIENT,
            stream,
            own_id=0x10000 | self._endpoint.local.port,
            rng=random.SystemRandom(),
            timings=audio_timings(RECOVERY_S) if is_audio else LinkTimings(),
            outputs=self.outputs,
        )
        self.handle_timeout = self.link.handle_timeout
        self.next_timeout = self.link.next_timeout
        loop = asyncio.get_running_loop()
        self._answered: asyncio.Future[None] = loop.create_future()
        self._closed: asyncio.Future[None] = loop.create_future()
        self._on_end = on_end
        self._log = SessionLog(where)
        self.driver = Driver(
            self, {stream: self._endpoint}, self._on_event, strict=loop.get_debug()
        )
        self.driver.handlers = {DataReceived: on_data}

    async def open(self) -> None:
        """Returns when the handshake is done, or the link closed."""
        await self._endpoint.read_connected(
            self.link.handle_datagram, self.driver.apply
        )
        self.driver.apply(self.link.open)
        await self._answered

    def leave(self) -> None:
        """Say goodbye, if there is anyone to say it to."""
        if self.link.can_close:
            self.driver.apply(self.link.close)

    async def wait_closed(self) -> None:
        """Returns when nothing follows the goodbye any more."""
        await asyncio.wait([self._closed], timeout=CLOSE_S_MAX)

    def _on_event(self, event: Output) -> None:
        self._log.write(event)
        if isinstance(event, LinkUp):
            _settle(self._answered)
        elif isinstance(event, LinkClosed):
            self._on_end(self._error(event.reason))
            _settle(self._answered)
            _settle(self._closed)

    def _error(self, reason: CloseReason) -> IcomLanError:
        refused, detail = self._endpoint.last_error, None
        if reason is CloseReason.NO_ANSWER and refused is not None:
            detail = refused.strerror  # "Connection refused": wrong port
        return error_for(reason, self.where, detail or "")


def _bind(remote: Address, where: str) -> UdpEndpoint:
    try:
        endpoint = UdpEndpoint()
        try:
            endpoint.connect(remote)
        except BaseException:
            endpoint.close()
            raise
    except OSError as error:
        raise ConnectionError(
            f"{where}: cannot be reached from here ({error.strerror}); check host, port"
            " and this computer's network"
        ) from None
    return endpoint


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
