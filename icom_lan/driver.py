"""Sockets and timers for a core of either role. No protocol lives here.

`UdpEndpoint` is one UDP socket; `Driver` owns a core, and nobody else calls it. Each
input, a command, a timer or a slice of a burst of datagrams, is one `begin`, one full
drain and one armed timer (`end`); `apply` is both around a call. Events leave after the
drain, so whoever handles them may call `apply` again.

The sockets are read with `loop.add_reader`, not through asyncio's datagram transport,
which takes 256 KiB of memory for each datagram and in a fresh process pays 22 us for
that, against 1.6 us (PERFORMANCE.md 5a). Where a loop has no `add_reader` (Proactor, on
Windows), the transport does the reading; sending is the same everywhere.
"""

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from math import inf
from time import monotonic
from typing import Any, Final, Protocol, TypeVar, cast

from icom_proto.codes import Stream
from icom_proto.events import Address, Output, Transmit
from icom_proto.link import Inlet

# Audio datagrams have 1388 bytes, the capabilities 66 + 102 for each radio: room for 39
# radios. Measured: recv costs the same for any size from 1500 to 65536.
DATAGRAM_MAX: Final = 4096
# What may wait in the kernel while the application holds up the event loop: two seconds
# of audio. Linux grants 0.4 MB of it unless net.core.rmem_max is raised.
RECEIVE_BUFFER: Final = 1 << 20
# Datagrams read per wake-up, so that a flood cannot starve timers and callers: about a
# millisecond of work. A wake-up costs as much as twenty datagrams.
BURST_MAX: Final = 256
# And handed on after so many, while the processor's caches still hold them.
SLICE: Final = 16
# Datagrams kept for a remote that is not known yet: a handshake packet and its repeats.
PENDING_MAX: Final = 8

_log = logging.getLogger(__name__)
_Transmit: Final = Transmit  # bound here: the driver looks at each output

T = TypeVar("T")
Mutation = Callable[[float], T]
Receive = Callable[[bytes, float], None]
ReceiveFrom = Callable[[bytes, Address, float], None]
# Told where a datagram came from, where it goes, and its bytes.
Witness = Callable[[Address, Address, bytes], None]
# Callbacks by the class of what they are called with.
Handlers = dict[type[Output], Callable[[Any], object]]


class Core(Protocol):
    """What a driver needs of a connection, whichever role it plays.

    `outputs` is the queue behind `poll_output`: a call for each of a thousand outputs a
    second would be a tenth of what they cost.
    """

    @property
    def outputs(self) -> deque[Output]: ...
    def handle_timeout(self, now: float) -> None: ...
    def next_timeout(self) -> float | None: ...


class UdpEndpoint:
    """A bound UDP socket. Once open, what goes wrong is loss as UDP knows it, counted.

    A client connects it to the radio, and the kernel then keeps strangers out. What is
    sent before that waits, what is received before that is dropped. A server leaves it
    unconnected and gives an address with each datagram; a `witness` sees what passes.
    """

    def __init__(
        self,
        host: str = "",
        port: int = 0,
        *,
        burst: int = BURST_MAX,
        witness: Witness | None = None,
    ) -> None:
        """Binds; port 0 is any free one. Raises OSError, as when the port is in use.

        Up to `burst` datagrams are read at once. Where they come one by one, as answers
        do, looking for a second one only delays the first: 1 is best there.
        """
        self._socket = _open_socket()
        try:
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            self._socket.bind((host, port))
            self.local = Address(*self._socket.getsockname())
        except BaseException:
            self._socket.close()
            raise
        self.burst = burst
        self._witness = witness
        self._remote: Address | None = None
        self._pending: deque[bytes] = deque(maxlen=PENDING_MAX)
        self._stop_reading: Callable[[], object] | None = None
        self.dropped = 0  # the kernel's buffer was full
        self.errors = 0  # ICMP (nobody listens there), no route, no buffers ...
        self.last_error: OSError | None = None

    def connect(self, remote: Address) -> None:
        """Talk to this address only; may be called again. Raises OSError (no route)."""
        self._socket.connect(remote)
        self.local = Address(*self._socket.getsockname())
        self._remote = remote
        while self._pending:
            self.send(self._pending.popleft(), None)

    def send(self, data: bytes, address: Address | None) -> None:
        """Sends now or not at all; to the connected remote if `address` is None."""
        try:
            if address is not None:
                if self._witness is not None:
                    self._witness(self.local, address, data)
                self._socket.sendto(data, address)
            elif self._remote is not None:
                self._socket.send(data)
            else:
                self._pending.append(data)
        except BlockingIOError:
            self.dropped += 1
        except OSError as error:
            self._count(error)

    async def read_connected(
        self,
        receive: Receive,
        apply: Callable[[Mutation[None]], None],
        on_readable: Callable[[], object] | None = None,
    ) -> None:
        """From now on hands datagrams of the connected remote to `receive`.

        Where the loop tells that there are some, `on_readable` may take them itself.
        """
        burst = partial(self._burst, _Receiving(receive))
        one = self._one(receive)
        await self._read(burst, one, apply, on_readable=on_readable)

    def take_some(self, inlet: Inlet, count: int, now: float) -> bool:
        """Hands on what has arrived, `count` datagrams at most; True if so many had."""
        recv = self._socket.recv
        try:
            if self._remote is None:
                recv(DATAGRAM_MAX)  # a stranger's: we have not spoken to anyone yet
                return False
            for _ in range(count):
                inlet.take(recv(DATAGRAM_MAX), now)
        except BlockingIOError:
            return False
        except OSError as error:
            self._count(error)
            return False
        return True

    @property
    def is_read(self) -> bool:
        """Whether somebody reads it: not before that was asked for, nor once closed."""
        return self._stop_reading is not None

    async def read_from_any(
        self,
        receive: ReceiveFrom,
        apply: Callable[[Mutation[None]], None],
    ) -> None:
        """From now on hands datagrams and where they came from to `receive`."""
        if self._witness is not None:
            receive = self._witnessed(receive, self._witness)
        burst = partial(self._burst_from, receive)
        await self._read(burst, receive, apply)

    def close(self) -> None:
        """Stops reading and frees the port. Closing twice is closing once."""
        stop, self._stop_reading = self._stop_reading, None
        if stop is not None:
            stop()
        self._pending.clear()
        self._socket.close()

    # inside

    async def _read(
        self,
        burst: Mutation[None],
        receive: ReceiveFrom,
        apply: Callable[[Mutation[None]], None],
        on_readable: Callable[[], object] | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        fileno = self._socket.fileno()
        try:
            loop.add_reader(fileno, on_readable or partial(apply, burst))
        except NotImplementedError:
            reader = _TransportReader(receive, apply, self._count)
            await loop.create_datagram_endpoint(lambda: reader, sock=self._socket)
            self._stop_reading = reader.close
        else:
            self._stop_reading = partial(loop.remove_reader, fileno)

    def _burst(self, inlet: Inlet, now: float) -> None:
        self.take_some(inlet, self.burst, now)

    def _burst_from(self, receive: ReceiveFrom, now: float) -> None:
        recvfrom = self._socket.recvfrom
        try:
            for _ in range(self.burst):
                data, address = recvfrom(DATAGRAM_MAX)
                receive(data, Address._make(address), now)
        except BlockingIOError:
            pass
        except OSError as error:
            self._count(error)

    def _one(self, receive: Receive) -> ReceiveFrom:
        def from_remote(data: bytes, address: Address, now: float) -> None:
            if address == self._remote:
                receive(data, now)

        return from_remote

    def _witnessed(self, receive: ReceiveFrom, witness: Witness) -> ReceiveFrom:
        def seen(data: bytes, address: Address, now: float) -> None:
            witness(address, self.local, data)
            receive(data, address, now)

        return seen

    def _count(self, error: OSError) -> None:
        self.errors += 1
        self.last_error = error


def clock_of(loop: asyncio.AbstractEventLoop) -> Callable[[], float]:
    """What tells the time of a loop, without the call in between that those of asyncio
    make."""
    is_plain = type(loop).time is asyncio.BaseEventLoop.time
    return monotonic if is_plain else loop.time


def udp_of(loop: object) -> Callable[[], socket.socket] | None:
    """What opens sockets for a loop that brings its own UDP, as one in simulated time
    does. No Protocol: compiled ones cannot be asked for at run time."""
    opener: Callable[[], socket.socket] | None = getattr(loop, "udp_socket", None)
    return opener


def _open_socket() -> socket.socket:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # opened before there is a loop
        loop = None
    opener = udp_of(loop)
    if opener is not None:
        return opener()
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


class _Receiving(Inlet):
    """An inlet for any function."""

    __slots__ = ("_receive",)

    def __init__(self, receive: Receive) -> None:
        self._receive = receive

    def take(self, data: bytes, now: float) -> None:
        self._receive(data, now)


class _TransportReader(asyncio.DatagramProtocol):
    """Reads through asyncio's transport, for loops without `add_reader`."""

    def __init__(
        self,
        receive: ReceiveFrom,
        apply: Callable[[Mutation[None]], None],
        count: Callable[[OSError], None],
    ) -> None:
        self._receive, self._apply, self._count = receive, apply, count

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not isinstance: CPython 3.11's selector transport is no DatagramTransport.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._apply(partial(self._receive, data, Address._make(addr)))

    def error_received(self, exc: Exception) -> None:
        if isinstance(exc, OSError):
            self._count(exc)

    def close(self) -> None:
        self._transport.abort()


class _Callbacks:
    """The application's, which may raise, and may call the driver again."""

    def __init__(
        self,
        on_event: Callable[[Output], None],
        loop: asyncio.AbstractEventLoop,
        *,
        strict: bool,
    ) -> None:
        self._on_event, self._loop, self._strict = on_event, loop, strict
        self.events: list[Output] = []
        self.handlers: Handlers = {}
        self.is_delivering = False
        self.errors = 0

    def deliver(self) -> None:
        """Hand out all events, in order."""
        self.is_delivering = True
        events, done = self.events, 0
        try:
            for event in events:  # goes on to what is added meanwhile
                done += 1
                try:
                    self.handlers.get(type(event), self._on_event)(event)
                except Exception:  # the application's callback: it must not kill us
                    if self._strict:
                        raise
                    self._report(event)
        finally:
            self.is_delivering = False
            del events[:done]
            if events:  # something was raised: the rest gets its turn
                self._loop.call_soon(self.deliver)

    def _report(self, event: Output) -> None:
        self.errors += 1
        if self.errors.bit_count() == 1:  # 1st, 2nd, 4th, 8th: no flood
            _log.exception(
                "a callback failed on %s (%d failures so far); the session goes on",
                type(event).__name__,
                self.errors,
            )


class Driver:
    """One core, its endpoints, one timer. Lives in the event loop that made it.

    `on_event` gets every output except Transmit, unless `handlers` names another for
    its class, as the frequent ones deserve. What they raise is the application's fault:
    logged, counted, and the session goes on. With `strict` it is raised (from a socket
    or timer: to the loop's exception handler), which tests want.
    """

    def __init__(
        self,
        core: Core,
        endpoints: Mapping[Stream, UdpEndpoint],
        on_event: Callable[[Output], None],
        *,
        strict: bool = False,
    ) -> None:
        loop = asyncio.get_running_loop()
        # Bound once: for a core that is any class, names are looked up at each call.
        self._handle_timeout = core.handle_timeout
        self._next_timeout = core.next_timeout
        self._time, self._call_at = clock_of(loop), loop.call_at
        self._timer_due = self._on_timer
        self._outputs = core.outputs
        self._endpoints = dict(endpoints)
        self._callbacks = _Callbacks(on_event, loop, strict=strict)
        self._now = self._time()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf
        self._deadline: float | None = None  # the core's, as of the last input

    @property
    def handlers(self) -> Handlers:
        """Who gets the outputs of a class."""
        return self._callbacks.handlers

    @handlers.setter
    def handlers(self, handlers: Handlers) -> None:
        self._callbacks.handlers = handlers

    @property
    def callback_errors(self) -> int:
        """How often a callback failed."""
        return self._callbacks.errors

    def apply(self, mutate: Mutation[T]) -> T:
        """One input: `mutate` gets the time, then all outputs are carried out."""
        result = mutate(self.begin())
        self.end()
        return result

    async def read(self, stream: Stream, inlet: Inlet) -> None:
        """From now on takes the datagrams of this stream's connected remote, with fewer
        steps between socket and core than `apply` has; slices of a burst are inputs of
        their own."""
        endpoint = self._endpoints[stream]
        on_readable = partial(self._on_readable, endpoint, inlet)
        await endpoint.read_connected(inlet.take, self.apply, on_readable)

    def begin(self) -> float:
        """The time for one input, which `end` has to follow: `apply` in two halves, for
        where a closure costs as much as what it does."""
        now = self._time()
        if now > self._now:  # a timer's deadline may have put us ahead of the clock
            self._now = now
        return self._now

    def close(self) -> None:
        """Frees sockets and timer at once. The core is not told. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = None, -inf  # no deadline is sooner: never armed
        for endpoint in self._endpoints.values():
            endpoint.close()

    def end(self) -> None:
        """Carry out what the input brought."""
        outputs, endpoints, callbacks = self._outputs, self._endpoints, self._callbacks
        events = callbacks.events
        while outputs:
            output = outputs.popleft()
            if type(output) is _Transmit:
                stream, data, address = output
                endpoints[stream].send(data, address)
            else:
                events.append(output)
        self._deadline = deadline = self._next_timeout()
        # An armed timer that fires too soon costs one look at the core; arming another
        # at each datagram would cost more than the rest of this method.
        if deadline is not None and deadline < self._timer_at:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._call_at(deadline, self._timer_due)
            self._timer_at = deadline
        if events and not callbacks.is_delivering:
            callbacks.deliver()

    # inside

    def _on_readable(self, endpoint: UdpEndpoint, inlet: Inlet) -> None:
        slice_size = min(endpoint.burst, SLICE)
        for _ in range(0, endpoint.burst, SLICE):
            has_more = endpoint.take_some(inlet, slice_size, self.begin())
            self.end()
            if not has_more or not endpoint.is_read:
                return

    def _on_timer(self) -> None:
        # call_at may fire a clock tick early, hence the deadline as a floor.
        now, at = self._time(), self._timer_at
        now = at if at > now else now
        if now > self._now:
            self._now = now
        self._timer, self._timer_at = None, inf
        if self._deadline is not None and self._deadline <= self._now:
            self._handle_timeout(self._now)
        self.end()
