"""One session with one radio: three sockets, a core, and those who wait for it.

`open_connection` and `close` are the life of a session. Whatever interrupts them, the
radio is told that we leave, and sockets and timer are gone when they return. No task is
ever started: whoever waits holds a future that an event of the core resolves.
"""

import asyncio
import builtins
import logging
import random
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

from icom_lan.civ_client import CivClient
from icom_lan.driver import BURST_MAX, Driver, UdpEndpoint
from icom_lan.exceptions import (
    ConnectionError,
    IcomLanError,
    TimeoutError,
    error_for,
)
from icom_lan.ptt import Ptt
from icom_lan.radio_audio import RadioAudio
from icom_lan.resolve import resolve
from icom_lan.session_log import SessionLog
from icom_proto.client_connection import ClientConnection, Phase, StreamInlet
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import Codec, Stream
from icom_proto.datagrams import text_of
from icom_proto.events import (
    Address,
    CivExpired,
    CloseReason,
    LinkUp,
    LoggedIn,
    Output,
    RadioBusy,
    RadiosListed,
    SessionClosed,
    SessionReady,
    StreamsClosed,
    StreamsGranted,
)

# Leaving takes the core up to 0.5 s for the answer to the logout and as much of linger,
# in which it answers what the radio still asks for. Longer, and the core hangs.
CLOSE_S_MAX = 2.0
# Of a radio that does not tell its CI-V address: an IC-7610's, as other libraries do.
USUAL_CIV_ADDRESS = 0x98
# Deadlines until a closing core has nothing left to do; it needs about ten.
CLOSE_STEPS_MAX = 200


_log = logging.getLogger(__name__)

_READY = Phase.READY  # looked at before each command


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Which radio, and how patient its user is."""

    host: str
    port: int
    timeout_s: float
    ptt_timeout_s: float | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Live:
    """What there is while the radio serves us."""

    granted: StreamsGranted
    civ: CivClient
    ptt: Ptt
    audio: RadioAudio

    @property
    def name(self) -> str:
        """What the owner of the radio calls it."""
        return text_of(self.granted.radio.name)


class LanConnection:
    """Sockets, core and futures of one session; made by `open_connection`."""

    def __init__(
        self,
        config: ClientConfig,
        target: Target,
        remote: Address,
        endpoints: dict[Stream, UdpEndpoint],
    ) -> None:
        self._config, self._target = config, target
        self._remote, self._endpoints = remote, endpoints
        loop = asyncio.get_running_loop()
        local = endpoints[Stream.CONTROL].local
        ports = [
            endpoints[each].local.port if each in endpoints else 0 for each in Stream
        ]
        self._core = ClientConnection(
            config,
            rng=random.SystemRandom(),
            local_ports=(ports[0], ports[1], ports[2]),
            local_host=local.host,
        )
        # asyncio's debug mode is where a callback's error should be loud.
        self._driver = Driver(
            self._core, endpoints, self._on_event, strict=loop.get_debug()
        )
        self._ready: asyncio.Future[None] = loop.create_future()
        self._closed: asyncio.Future[None] = loop.create_future()
        self._reason = CloseReason.LOCAL
        self._log = SessionLog(str(target))
        self._stage = CloseReason.NO_ANSWER  # what it is if nothing more happens
        self._holder: RadioBusy | None = None
        self.live: Live | None = None
        self.error: IcomLanError | None = None

    async def open(self) -> None:
        """Returns when the radio serves us; else raises, with nothing left open."""
        try:
            for stream in self._endpoints:
                await self._driver.read(stream, StreamInlet(self._core, stream))
            self._driver.apply(self._core.open)
            await self._ready
            if self.error is not None:
                raise self.error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """PTT off if we keyed, logout, goodbye. Cancelled, it does so at once."""
        try:
            self._leave()
            await asyncio.wait([self._closed], timeout=CLOSE_S_MAX)
        finally:
            self.close_now()

    def close_now(self) -> None:
        """The same without waiting for any answer."""
        if not self._closed.done():
            self._driver.apply(self._hurry)
        self._driver.close()

    @property
    def is_up(self) -> bool:
        """Whether the radio serves us and nobody is leaving."""
        return self._core.phase is _READY

    @property
    def may_be_keyed(self) -> bool:
        """Whether the radio may transmit because we told it to."""
        return self.live is not None and self.live.ptt.may_be_keyed

    async def unkey(self) -> None:
        """Stop what an earlier session began."""
        if self.live is not None:
            await self.live.ptt.unkey()

    @property
    def has_audio(self) -> bool:
        """Whether audio runs, or did when the session was lost."""
        return self.live is not None and self.live.audio.snapshot() is not None

    def resume_audio(self, lost: Self) -> None:
        """Start what ran on the lost session, in the same form."""
        if self.live is not None and lost.live is not None:
            plan = lost.live.audio.snapshot()
            if plan is not None:
                self.live.audio.resume(plan)

    async def wait_closed(self) -> None:
        """Returns after `close`; raises the reason when the session ends otherwise."""
        await asyncio.wait([self._closed])
        if self.error is not None and self._reason is not CloseReason.LOCAL:
            raise self.error

    def statistics(self) -> dict[str, dict[str, int]]:
        """Counters by stream, and under "here" what went wrong on this side."""
        endpoints = self._endpoints.values()
        return self._core.statistics() | {
            "here": {
                "datagrams_not_sent": sum(each.dropped for each in endpoints),
                "socket_errors": sum(each.errors for each in endpoints),
                "callback_errors": self._driver.callback_errors,
                "ptt_timeouts": self.live.ptt.capped if self.live is not None else 0,
            }
        }

    def timed_out(self) -> IcomLanError:
        """The error for a connect that took too long, by how far it came."""
        return self._error(self._stage, f"within {self._target.timeout_s:g} s")

    # inside

    def _leave(self) -> None:
        if not self._closed.done():
            self._driver.apply(self._core.close)

    def _hurry(self, now: float) -> None:
        """Do now all that the core would do until it has nothing left to wait for."""
        self._core.close(now)
        for _ in range(CLOSE_STEPS_MAX):
            deadline = self._core.next_timeout()
            if deadline is None:
                break
            now = max(now, deadline)
            self._core.handle_timeout(now)

    def _on_event(self, event: Output) -> None:
        """What `Driver.handlers` does not send to CI-V or audio."""
        self._log.write(event)
        match event:
            case CivExpired():
                # On the way out everything expires; SessionClosed will tell why.
                if self.is_up and self.live is not None:
                    self.live.civ.on_failed(event)
            case LinkUp(stream=Stream.CONTROL):
                self._stage = CloseReason.LOGIN_TIMEOUT
            case LoggedIn():
                self._stage = CloseReason.NO_CAPABILITIES
            case RadiosListed():
                self._stage = CloseReason.STREAMS_TIMEOUT
            case RadioBusy():
                self._holder, self._stage = event, CloseReason.BUSY
            case StreamsGranted():
                self._on_granted(event)
            case SessionReady():
                _settle(self._ready)
            case StreamsClosed(reason=reason):
                self._end(reason)
                self._leave()
            case SessionClosed(reason=reason, detail=detail):
                self._end(reason, detail)
                self._driver.close()
                _settle(self._closed)
            case _:
                pass

    def _on_granted(self, granted: StreamsGranted) -> None:
        self._stage = CloseReason.DATA_PORTS_DEAD
        host, port = self._remote
        # Ports of 0 stand for the usual ones, next to the control port (2.16).
        ports = granted.civ_port or port + 1, granted.audio_port or port + 2
        try:
            for stream, data_port in zip(
                (Stream.CIV, Stream.AUDIO), ports, strict=True
            ):
                if stream in self._endpoints:
                    self._endpoints[stream].connect(Address(host, data_port))
        except (OSError, OverflowError) as error:  # Overflow: the port behind 65535
            self._end(CloseReason.DATA_PORTS_DEAD, str(error))
            self._leave()
            return
        if self.live is not None:
            return  # granted again, with a new token: who waits and listens stays
        civ = CivClient(
            self._core,
            self._driver,
            address=self._config.civ_address
            or granted.radio.civ_address
            or USUAL_CIV_ADDRESS,
            controller=self._config.civ_controller,
            timeout_s=self._target.timeout_s,
        )
        if granted.rx_codec not in (self._config.rx_codec, Codec.NONE):
            asked, got = self._config.rx_codec.name, granted.rx_codec.name
            _log.warning("%s refuses %s and sends %s", self._target, asked, got)
        audio = RadioAudio(self._core, self._driver, granted)
        ptt = Ptt(civ, self._target.ptt_timeout_s)
        self.live = Live(granted, civ, ptt, audio)

    def _end(self, reason: CloseReason, detail: str = "") -> None:
        """The first reason counts: what follows is only the way out."""
        if self.error is None:
            self._reason, self.error = reason, self._error(reason, detail)
        if self.live is not None:
            self.live.ptt.end()
            self.live.audio.end()
            self.live.civ.fail_all(self.error)
        _settle(self._ready)

    def _error(self, reason: CloseReason, detail: str = "") -> IcomLanError:
        holder = self._holder if reason is CloseReason.BUSY else None
        refused = self._endpoints[Stream.CONTROL].last_error
        if reason is CloseReason.NO_ANSWER and refused is not None:
            detail = refused.strerror or detail  # "Connection refused": wrong port
        return error_for(reason, str(self._target), detail, holder)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def open_connection(config: ClientConfig, target: Target) -> LanConnection:
    """A connection that is up. Raises IcomLanError, and then nothing is left behind."""
    connection = None
    try:
        async with asyncio.timeout(target.timeout_s):
            remote = Address(await resolve(target.host), target.port)
            connection = _bind(config, target, remote)
            await connection.open()
            return connection
    except IcomLanError:
        raise
    except builtins.TimeoutError:
        if connection is not None:
            raise connection.timed_out() from None
        raise TimeoutError(
            f"{target}: the host name is not resolved within {target.timeout_s:g} s;"
            " check it, and the name server"
        ) from None


def _bind(config: ClientConfig, target: Target, remote: Address) -> LanConnection:
    """A socket for each stream; the control one is connected, to learn our address."""
    endpoints: dict[Stream, UdpEndpoint] = {}
    try:
        with ExitStack() as on_failure:
            control = endpoints[Stream.CONTROL] = UdpEndpoint(burst=1)
            on_failure.callback(control.close)
            control.connect(remote)
            for stream in (Stream.CIV, Stream.AUDIO) if config.audio else (Stream.CIV,):
                burst = BURST_MAX if stream is Stream.AUDIO else 1
                endpoints[stream] = UdpEndpoint(control.local.host, burst=burst)
                on_failure.callback(endpoints[stream].close)
            connection = LanConnection(config, target, remote, endpoints)
            on_failure.pop_all()
            return connection
    except OSError as error:
        raise ConnectionError(
            f"{target}: cannot be reached from here ({error.strerror}); check host,"
            " port and this computer's network"
        ) from None
