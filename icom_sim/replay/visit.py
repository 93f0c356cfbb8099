"""The client of a capture, live against a radio: it asks again, and compares.

Our client role leads the session. Requests leave when they did, or when the answers to
those before are in; what would put a carrier on the air is left out unless asked for.
"""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Final

from icom_lan.driver import Driver, UdpEndpoint
from icom_proto.civ_commands import set_ptt
from icom_proto.civ_frames import NG, OK, build_frame, frame_body
from icom_proto.client_connection import ClientConnection, Phase
from icom_proto.codes import Stream
from icom_proto.errors import LocalProtocolError
from icom_proto.events import (
    Address,
    CivAnswered,
    CivExpired,
    CivRefused,
    CloseReason,
    Output,
    SessionClosed,
    SessionReady,
    StreamsGranted,
)
from icom_sim.replay.offline import client_config
from icom_sim.replay.pace import Pace
from icom_sim.replay.script import Asked, Script

# PTT, tuner and keyer: what makes a real radio transmit (CIV.md 3.6, 3.9).
TRANSMITS: Final = (set_ptt(True), b"\x1c\x01\x02", b"\x17")
LATEST_S: Final = 2.0
LEAVE_S_MAX: Final = 3.0


class VisitError(Exception):
    """There was no session: one line."""


class Verdict(StrEnum):
    """How a live answer compares with the recorded one."""

    SAME = "same"
    OTHER_VALUE = "other value"
    OTHER_KIND = "other kind"
    WITHHELD = "withheld"


@dataclass(slots=True)
class Compared:
    """One request, what was recorded and what came; None: no answer."""

    asked: Asked
    answer: bytes | None = None
    was_sent: bool = True

    @property
    def verdict(self) -> Verdict:
        if not self.was_sent:
            return Verdict.WITHHELD
        if self.answer == self.asked.answer or self.asked.answer is None:
            return Verdict.SAME  # what was never answered says nothing
        if kind_of(self.answer) == kind_of(self.asked.answer):
            return Verdict.OTHER_VALUE
        return Verdict.OTHER_KIND

    def line(self) -> str:
        before, now = told(self.asked.answer), told(self.answer)
        return f"{self.verdict:<11}  {self.asked.body.hex():<16}  {before}  now {now}"


@dataclass(frozen=True, slots=True)
class VisitReport:
    compared: tuple[Compared, ...]
    audio_received: int
    audio_sent: int

    def count(self, verdict: Verdict) -> int:
        return sum(each.verdict is verdict for each in self.compared)


def kind_of(body: bytes | None) -> str:
    if body is None:
        return "none"
    return {OK: "ok", NG: "ng"}.get(body, "data")


def told(body: bytes | None) -> str:
    kind = kind_of(body)
    return body.hex() if body is not None and kind == "data" else kind


class Visit:
    """One session with a radio."""

    def __init__(
        self,
        script: Script,
        login: tuple[str, str],
        *,
        pace: Pace,
        transmit: bool = False,
    ) -> None:
        self._script, self._pace, self._transmit = script, pace, transmit
        config = client_config(script.session)
        self._config = replace(
            config,
            username=login[0],
            password=login[1],
            audio=bool(script.rx or script.tx),
            radio_name=None,
        )
        self._pending: dict[int, Compared] = {}
        self._answered = asyncio.Event()
        self._granted: StreamsGranted | None = None

    async def run(self, remote: Address) -> VisitReport:
        """Raises VisitError, and OSError where there is no way to the radio."""
        loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = loop.create_future()
        self._closed: asyncio.Future[None] = loop.create_future()
        endpoints = {stream: UdpEndpoint() for stream in Stream}
        try:
            endpoints[Stream.CONTROL].connect(remote)
            self._remote, self._endpoints = remote, endpoints
            ports = [endpoints[stream].local.port for stream in Stream]
            core = self._core = ClientConnection(
                self._config,
                rng=random.Random(f"{ports}"),
                local_ports=(ports[0], ports[1], ports[2]),
                local_host=endpoints[Stream.CONTROL].local.host,
            )
            self._driver = Driver(core, endpoints, self._on_event, strict=True)
            for stream, endpoint in endpoints.items():
                receive = partial(core.handle_datagram, stream)
                await endpoint.read_connected(receive, self._driver.apply)
            self._driver.apply(core.open)
            await self._ready
            return await self._play()
        finally:
            for endpoint in endpoints.values():
                endpoint.close()

    # inside

    async def _play(self) -> VisitReport:
        sending = asyncio.create_task(self._send_audio())
        try:
            compared = await self._ask_all()
            sent = await sending
        finally:
            sending.cancel()
        core = self._core
        received = core.statistics().get("audio", {}).get("received", 0)
        if core.phase is not Phase.CLOSED:
            self._driver.apply(core.close)
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._closed), LEAVE_S_MAX)
        self._driver.close()
        return VisitReport(tuple(compared), received, sent)

    async def _ask_all(self) -> list[Compared]:
        loop = asyncio.get_running_loop()
        start, compared = loop.time(), []
        for index, asked in enumerate(self._script.asked):
            one = Compared(asked)
            compared.append(one)
            if not self._transmit and asked.body.startswith(TRANSMITS):
                one.was_sent = False
                continue
            speed = self._pace.speed
            due = start + asked.t / speed if speed else loop.time()
            await self._until(due)
            if self._core.phase is not Phase.READY:
                raise VisitError(
                    f"the session ended after {index} of "
                    f"{len(self._script.asked)} requests"
                )
            await self._ask(one)
        while self._pending and self._core.phase is Phase.READY:
            self._answered.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._answered.wait(), LATEST_S)
        return compared

    async def _ask(self, one: Compared) -> None:
        core, controller = self._core, self._config.civ_controller
        frame = build_frame(core.civ_address, controller, one.asked.body)
        number = self._driver.apply(lambda now: core.send_civ(frame, now))
        self._pending[number] = one
        while self._pace.speed is None and number in self._pending:
            self._answered.clear()
            await self._answered.wait()

    async def _send_audio(self) -> int:
        if not self._transmit:
            return 0
        loop = asyncio.get_running_loop()
        start, sent = loop.time(), 0
        for index, block in enumerate(self._script.tx):
            await self._until(start + self._pace.due(block, index))
            try:
                self._driver.apply(partial(self._core.send_audio, block.data))
            except LocalProtocolError:
                continue  # the session is over, or the codec is another
            sent += 1
        return sent

    async def _until(self, due: float) -> None:
        rest = due - asyncio.get_running_loop().time()
        if rest > 0:
            await asyncio.sleep(rest)

    def _on_event(self, event: Output) -> None:
        match event:
            case StreamsGranted():
                self._connect_streams(event)
            case SessionReady() if not self._ready.done():
                self._ready.set_result(None)
            case SessionClosed(reason, detail):
                self._on_closed(reason, detail)
            case CivAnswered(number, frame):
                self._take(number, frame_body(frame))
            case CivRefused(number):
                self._take(number, NG)
            case CivExpired(number):
                self._take(number, None)
            case _:
                pass

    def _connect_streams(self, granted: StreamsGranted) -> None:
        """To the ports that were named, or those behind the control port."""
        host, port = self._remote
        ports = granted.civ_port or port + 1, granted.audio_port or port + 2
        for stream, at in zip((Stream.CIV, Stream.AUDIO), ports, strict=True):
            self._endpoints[stream].connect(Address(host, at))

    def _on_closed(self, reason: CloseReason, detail: str) -> None:
        self._answered.set()
        if not self._closed.done():
            self._closed.set_result(None)
        if not self._ready.done():
            more = f" ({detail})" if detail else ""
            self._ready.set_exception(VisitError(f"{reason.value}{more}"))

    def _take(self, number: int, body: bytes | None) -> None:
        one = self._pending.pop(number, None)
        if one is not None:
            one.answer = body
            self._answered.set()
