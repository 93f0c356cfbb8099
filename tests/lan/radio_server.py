"""A radio on loopback for tests: the core's radio role behind the driver.

What it answers to CI-V is a dictionary, and what happens to it is a list of events that
tests wait for. The rig of `icom_sim` knows more; here a test wants to say every answer.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Self, TypeVar

from icom_lan.driver import Driver, UdpEndpoint
from icom_lan.radio import IcomRadio
from icom_proto.civ_commands import is_read, read_identity
from icom_proto.civ_frames import (
    BROADCAST,
    NG,
    OK,
    build_frame,
    frame_body,
    frame_source,
    frame_to,
)
from icom_proto.codes import Stream
from icom_proto.events import (
    Address,
    CivFrameReceived,
    ClientAudioStarted,
    ClientLeft,
    ClientLoggedIn,
    Output,
    Transmit,
)
from icom_proto.packets import RadioRecord
from icom_proto.radio_config import RadioConfig, mac_identity
from icom_proto.radio_connection import RadioConnection
from icom_proto.radio_streams import AUDIO_SILENCE_S
from icom_proto.session_dialect import SessionDialect

LOOPBACK = "127.0.0.1"
CIV_ADDRESS, CLIENT_ADDRESS = 0x98, 0xE0
USERNAME, PASSWORD = "alice", "S3cret-Pa55word"
RECORD = RadioRecord(
    identity=mac_identity(bytes.fromhex("0090c7000001")),
    name=b"IC-7610",
    connection_type=bytes.fromhex("3f07"),
    civ_address=CIV_ADDRESS,
    rx_rates=0x8B01,
    tx_rates=0x8B01,
)

E = TypeVar("E")


class RadioServer:
    """`async with RadioServer() as radio:` and then connect to `radio.port`."""

    def __init__(self, port: int = 0, **changes: Any) -> None:  # noqa: ANN401
        """The changes are of the RadioConfig."""
        self._endpoints = {
            stream: UdpEndpoint(LOOPBACK, port if stream is Stream.CONTROL else 0)
            for stream in Stream
        }
        config = RadioConfig(
            username=USERNAME,
            password=PASSWORD,
            record=RECORD,
            civ_port=self._endpoints[Stream.CIV].local.port,
            audio_port=self._endpoints[Stream.AUDIO].local.port,
            session=SessionDialect(conn_computer=True, conn_ip=True),
        )
        self.config = replace(config, **changes)
        self.core = RadioConnection(self.config, rng=random.Random(1))
        self.driver = Driver(self.core, self._endpoints, self._on_event, strict=True)
        self.events: list[Output] = []
        self.bodies: list[bytes] = []  # CI-V commands, in the order they came
        self.addressed: list[int] = []
        self.answers: dict[bytes, bytes | None] = {
            b"\x19\x00": b"\x19\x00\x98",
            b"\x03": b"\x03\x00\x40\x07\x14\x00",
        }
        self.on_body: Callable[[bytes], None] = lambda _: None
        self.on_any: Callable[[Output], None] = lambda _: None
        self._playing: asyncio.TimerHandle | None = None
        self._watchers: list[Callable[[], None]] = []
        self._audio_heard_at = -AUDIO_SILENCE_S
        self._lost: bytes | None = None

    @property
    def port(self) -> int:
        """The control port."""
        return self._endpoints[Stream.CONTROL].local.port

    async def __aenter__(self) -> Self:
        for stream, endpoint in self._endpoints.items():
            receive = partial(self._receive, stream)
            await endpoint.read_from_any(receive, self.driver.apply)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.vanish()

    def vanish(self) -> None:
        """Be gone without a word, as when the power fails."""
        if self._playing is not None:
            self._playing.cancel()
        self.driver.close()

    def close(self) -> None:
        """Say goodbye to everybody."""
        self.driver.apply(self.core.close)

    def play(self, block: bytes, blocks: int = 1 << 30) -> None:
        """One block every 20 ms from now on; goodbye after `blocks` of them."""
        if not blocks:
            self.close()
            return
        if self._found(ClientAudioStarted) is not None:
            self.send_audio(block)
            blocks -= 1
        self.look()
        loop = asyncio.get_running_loop()
        self._playing = loop.call_later(0.02, self.play, block, blocks)

    def answer(self, body: bytes) -> None:
        """Send the client an answer, late or unasked."""
        self._send(build_frame(CLIENT_ADDRESS, CIV_ADDRESS, body))

    def send_audio(self, block: bytes) -> None:
        """One block of 20 ms to the owner."""
        self.driver.apply(partial(self._send_audio, block))

    def lose(self, payload: bytes) -> None:
        """No audio datagram that ends in this reaches the client, however often."""
        self._lost = payload

    async def hears_the_client(self) -> None:
        """Returns while audio would not be withheld from a client that fell silent.

        On a busy machine the fast clock runs away from a client that is fine.
        """
        time = asyncio.get_running_loop().time
        await self.once(
            lambda: time() < self._audio_heard_at + AUDIO_SILENCE_S / 2 or None
        )

    async def until(self, kind: type[E]) -> E:
        """The first event of this class, once it is there."""
        return await self.once(lambda: self._found(kind))

    async def once(self, look: Callable[[], E | None]) -> E:
        """What `look` returns when it is not None; asked again after each event."""
        arrived: asyncio.Future[E] = asyncio.get_running_loop().create_future()

        def watch() -> None:
            found = look()
            if found is not None and not arrived.done():
                arrived.set_result(found)

        self._watchers.append(watch)
        watch()
        try:
            async with asyncio.timeout(100):
                return await arrived
        finally:
            self._watchers.remove(watch)

    def look(self) -> None:
        """Let those who wait look again; for what is no event of the radio."""
        for watch in list(self._watchers):
            watch()

    async def released(self) -> None:
        """Returns when nobody holds the radio or is logged in."""
        await self.once(lambda: None if self.held else True)

    @property
    def held(self) -> bool:
        """Whether a client is logged in or holds the streams."""
        left = sum(isinstance(each, ClientLeft) for each in self.events)
        return bool(self.core.owners) or self.logins > left

    @property
    def logins(self) -> int:
        """How often clients were let in."""
        return sum(isinstance(each, ClientLoggedIn) for each in self.events)

    # inside

    def _found(self, kind: type[E]) -> E | None:
        return next((each for each in self.events if isinstance(each, kind)), None)

    def _receive(
        self, stream: Stream, data: bytes, address: Address, now: float
    ) -> None:
        self.core.handle_datagram(stream, data, address, now)
        self._lose()
        if stream is Stream.AUDIO:
            self._audio_heard_at = now
            self.look()

    def _send_audio(self, block: bytes, now: float) -> None:
        self.core.send_audio(block, now)
        self._lose()

    def _lose(self) -> None:
        """Take what was said to be lost out of what waits to be sent."""
        if self._lost is not None:
            lost, outputs = self._lost, self.core.outputs
            kept = [each for each in outputs if not is_sent_with(each, lost)]
            outputs.clear()
            outputs.extend(kept)

    def _on_event(self, event: Output) -> None:
        self.events.append(event)
        self.on_any(event)
        if isinstance(event, CivFrameReceived):
            self._on_frame(event.frame)
        self.look()

    def _on_frame(self, frame: bytes) -> None:
        body, client = frame_body(frame), frame_source(frame)
        self.addressed.append(frame_to(frame))
        if body != read_identity():  # the core's own, to see whether CI-V flows
            self.bodies.append(body)
        self.on_body(body)
        self._send(frame)  # the echo
        answer = self.answers.get(body, NG if is_read(frame) else OK)
        if answer is not None and frame_to(frame) in (CIV_ADDRESS, BROADCAST):
            self._send(build_frame(client, CIV_ADDRESS, answer))

    def _send(self, frame: bytes) -> None:
        self.driver.apply(partial(self.core.send_civ, frame))


def radio_at(server: RadioServer, **arguments: Any) -> IcomRadio:  # noqa: ANN401
    """The client for it. Patient: on a busy machine the fast clock runs away."""
    defaults: dict[str, Any] = {"timeout": 100.0, "port": server.port}
    defaults |= {"username": USERNAME, "password": PASSWORD}
    return IcomRadio(LOOPBACK, **defaults | arguments)


def is_sent_with(output: Output, payload: bytes) -> bool:
    return isinstance(output, Transmit) and output.data.endswith(payload)
