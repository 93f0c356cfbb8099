"""A proper client of a fake radio: asks by CI-V, listens, and notes what goes wrong.

The core's client role on the driver's sockets, and no more: `icom_lan` itself must not
be needed to tell whether the fake radio serves its clients.
"""

import asyncio
import random
from collections import deque
from functools import partial
from typing import Self

from icom_lan.driver import Driver, UdpEndpoint
from icom_proto.civ_commands import read_frequency
from icom_proto.civ_frames import build_frame
from icom_proto.client_connection import ClientConnection
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import Stream
from icom_proto.events import (
    Address,
    AudioLost,
    AudioReceived,
    CivAnswered,
    CivExpired,
    Output,
    SessionClosed,
    SessionReady,
    StreamsClosed,
    StreamsGranted,
)

HOST = "127.0.0.1"
CONTROLLER = 0xE0
OPEN_S_MAX = 10.0
ANSWER_S_MAX = 5.0
# Datagrams of the session that are remembered.
HEARD_MAX = 256
SHORTEST = 16


class ProperClient:
    """`async with ProperClient(port) as client:` is a session that runs."""

    def __init__(self, port: int, config: ClientConfig, seed: int) -> None:
        self._radio = Address(HOST, port)
        self._endpoints = {stream: UdpEndpoint(HOST) for stream in Stream}
        control, civ, audio = (each.local.port for each in self._endpoints.values())
        self._core = ClientConnection(
            config, rng=random.Random(seed), local_ports=(control, civ, audio)
        )
        self._driver = Driver(self._core, self._endpoints, self._on_event, strict=True)
        self._ready = asyncio.get_running_loop().create_future()
        self._answer: asyncio.Future[bool] | None = None
        self.heard: deque[bytes] = deque(maxlen=HEARD_MAX)  # what the radio sent lately
        self.answers = self.audio = self.audio_lost = 0
        self.longest_silence_s = 0.0
        self._heard_at: float | None = None
        self.endings: list[Output] = []

    async def __aenter__(self) -> Self:
        for stream, endpoint in self._endpoints.items():
            receive = partial(self._receive, stream)
            await endpoint.read_connected(receive, self._driver.apply)
        self._endpoints[Stream.CONTROL].connect(self._radio)
        self._driver.apply(self._core.open)
        try:
            async with asyncio.timeout(OPEN_S_MAX):
                await self._ready
        except BaseException:
            self._driver.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._driver.apply(self._core.close)
        self._driver.close()

    async def ask(self) -> bool:
        """Read the frequency; was it answered?"""
        body = read_frequency()
        frame = build_frame(self._core.civ_address, CONTROLLER, body)
        self._answer = asyncio.get_running_loop().create_future()
        self._driver.apply(partial(self._core.send_civ, frame, timeout_s=ANSWER_S_MAX))
        is_answered = await self._answer
        self.answers += is_answered
        return is_answered

    # inside

    def _receive(self, stream: Stream, data: bytes, now: float) -> None:
        if len(data) >= SHORTEST:
            self.heard.append(data)
        self._core.handle_datagram(stream, data, now)

    def _on_event(self, event: Output) -> None:
        match event:
            case StreamsGranted(civ_port=civ_port, audio_port=audio_port):
                self._endpoints[Stream.CIV].connect(Address(HOST, civ_port))
                self._endpoints[Stream.AUDIO].connect(Address(HOST, audio_port))
            case SessionReady():
                self._ready.set_result(None)
            case AudioReceived():
                self._hear()
            case AudioLost(count=count):
                self.audio_lost += count
            case CivAnswered() | CivExpired():
                self._settle(isinstance(event, CivAnswered))
            case StreamsClosed() | SessionClosed():
                self.endings.append(event)
                self._settle(False)
            case _:
                pass

    def _hear(self) -> None:
        self.audio += 1
        before, self._heard_at = self._heard_at, asyncio.get_running_loop().time()
        if before is not None:
            silence_s = self._heard_at - before
            self.longest_silence_s = max(self.longest_silence_s, silence_s)

    def _settle(self, is_answered: bool) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(is_answered)
