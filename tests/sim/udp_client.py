"""The core's client role on real UDP, for tests of the fake radio.

Not `icom_lan.IcomRadio`: that has its own tests, and here a test wants to see every
event, and to vanish without a word.
"""

import asyncio
import random
from functools import partial
from typing import Self

from icom_lan.driver import Driver, UdpEndpoint
from icom_proto.civ_frames import build_frame
from icom_proto.client_connection import ClientConnection
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import Stream
from icom_proto.events import (
    Address,
    AudioReceived,
    CivAnswered,
    CivRefused,
    Output,
    SessionReady,
    StreamsGranted,
)
from sim.watch import Watch

LOOPBACK = "127.0.0.1"
RIG, CONTROLLER = 0x98, 0xE0
CONFIG = ClientConfig(username="icom", password="icom")


class UdpClient:
    """`async with UdpClient(server.control_port) as client:` is a session that runs."""

    def __init__(
        self,
        control_port: int,
        config: ClientConfig = CONFIG,
        *,
        calls_audio: bool = True,
    ) -> None:
        """With `calls_audio=False` somebody else may use the audio port."""
        self._calls_audio = calls_audio
        self._radio = Address(LOOPBACK, control_port)
        control, civ, audio = (UdpEndpoint(LOOPBACK) for _ in Stream)
        self._endpoints = {
            Stream.CONTROL: control,
            Stream.CIV: civ,
            Stream.AUDIO: audio,
        }
        self.core = ClientConnection(
            config,
            rng=random.Random(control_port),
            local_ports=(control.local.port, civ.local.port, audio.local.port),
        )
        self._driver = Driver(self.core, self._endpoints, self._on_event, strict=True)
        self.watch: Watch[Output] = Watch()

    async def open(self) -> None:
        """Begin, without waiting for anything."""
        for stream, endpoint in self._endpoints.items():
            receive = partial(self.core.handle_datagram, stream)
            await endpoint.read_connected(receive, self._driver.apply)
        self._endpoints[Stream.CONTROL].connect(self._radio)
        self._driver.apply(self.core.open)

    async def __aenter__(self) -> Self:
        await self.open()
        try:
            await self.watch.until(SessionReady)
        except BaseException:
            self.vanish()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        # The goodbyes leave at once; nobody stays to repeat them, which takes 0.3 s.
        self._driver.apply(self.core.close)
        self.vanish()

    def vanish(self) -> None:
        """Be gone without a word, as when the power fails."""
        self._driver.close()

    async def ask(self, body: bytes, rig: int = RIG) -> bytes | None:
        """The rig's answer to a CI-V command; None for NG."""
        frame = build_frame(rig, CONTROLLER, body)
        send = partial(self.core.send_civ, frame, timeout_s=5.0)
        request_id = self._driver.apply(send)

        def answer() -> CivAnswered | CivRefused | None:
            answers: list[CivAnswered | CivRefused] = [
                *self.watch.of(CivAnswered),
                *self.watch.of(CivRefused),
            ]
            return next((a for a in answers if a.request_id == request_id), None)

        answered = await self.watch.once(answer)
        return answered.frame if isinstance(answered, CivAnswered) else None

    def send_audio(self, block: bytes) -> None:
        """One block in the granted TX codec; it leaves when it is due."""
        self._driver.apply(partial(self.core.send_audio, block))

    async def all_sent(self) -> None:
        """Returns when every block has left."""
        await self.watch.once(lambda: not self.core.audio_queued_s or None)

    async def hear(self, size: int) -> bytes:
        """So many bytes of audio, in the granted RX codec."""

        def heard() -> bytes | None:
            data = b"".join(each.data for each in self.watch.of(AudioReceived))
            return data if len(data) >= size else None

        return await self.watch.once(heard)

    # inside

    def _on_event(self, event: Output) -> None:
        if isinstance(event, StreamsGranted):
            host = self._radio.host
            self._endpoints[Stream.CIV].connect(Address(host, event.civ_port))
            if self._calls_audio:
                self._endpoints[Stream.AUDIO].connect(Address(host, event.audio_port))
            else:
                self._endpoints[Stream.AUDIO].close()
        self.watch.note(event)


async def say(data: bytes, port: int) -> asyncio.DatagramTransport:
    """A stranger sends this to a port of this machine."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=(LOOPBACK, port)
    )
    transport.sendto(data)
    return transport
