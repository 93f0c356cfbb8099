"""The radio's end of one link on loopback: the core's `Link` in the radio role.

For what runs over a single link without a session. It answers the first client that
calls; `drops` says which datagrams never arrive, in either direction.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Self

from icom_lan.audio import AudioPacket, build_audio_packet, parse_audio_packet
from icom_lan.driver import Driver, UdpEndpoint
from icom_proto.codec import HEADER_SIZE
from icom_proto.codes import PacketType, Role, Stream
from icom_proto.events import Address, DataReceived, LinkClosed, Output
from icom_proto.link import Link
from icom_proto.link_timings import LinkTimings
from icom_proto.packets import Header, RetransmitMany, SeqRange

LOOPBACK = "127.0.0.1"
WAIT_S = 100.0  # of the fast clock


class LinkRadio:
    """`async with LinkRadio() as radio:` and then connect to `radio.port`."""

    def __init__(self, first_seq: int = 1) -> None:
        self._first_seq = first_seq
        self._endpoint = UdpEndpoint(LOOPBACK)
        self.outputs: deque[Output] = deque()
        self.link: Link | None = None
        self._driver = Driver(self, {Stream.AUDIO: self._endpoint}, self._on_event)
        self.received: list[bytes] = []
        self.closed = False
        self.headers: list[Header] = []  # of the datagrams that reached us
        self.drops: Callable[[bytes], bool] = lambda _: False
        self.dropped = 0
        self._seq = 0
        self._changed = asyncio.Event()

    @property
    def port(self) -> int:
        return self._endpoint.local.port

    @property
    def packets(self) -> list[AudioPacket]:
        """The audio that came."""
        found = map(parse_audio_packet, self.received)
        return [each for each in found if each is not None]

    async def __aenter__(self) -> Self:
        await self._endpoint.read_from_any(self._receive, self._driver.apply)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._driver.close()

    def send(self, payload: bytes = b"\0" * 960, seq: int | None = None) -> int:
        """One audio packet; returns its audio number."""
        self._seq = self._seq if seq is None else seq
        self.send_raw(self._audio(payload))
        return self._seq - 1

    def send_raw(self, datagram: bytes) -> None:
        """The body of this, as a tracked packet."""
        assert self.link is not None
        self._driver.apply(partial(self.link.send, datagram[HEADER_SIZE:]))

    def lose(self, payload: bytes) -> None:
        """As `send`, but it does not arrive, unless it is asked for."""
        link = self.link
        assert link is not None

        def send_into_the_void(now: float) -> None:
            link.send(self._audio(payload)[HEADER_SIZE:], now)
            self.outputs.pop()

        self._driver.apply(send_into_the_void)

    def ask_for(self, first: int, last: int) -> None:
        """Ask for the packets from one number to another again."""
        link = self.link
        assert link is not None
        body = RetransmitMany(ranges=(SeqRange(first=first, last=last),)).encode()

        def ask(_: float) -> None:
            link.output.send_untracked(PacketType.RETRANSMIT, 0, body)

        self._driver.apply(ask)

    def came(self, kind: PacketType, seq: int | None = None) -> int:
        """How many datagrams of this type, and of this number, reached us."""
        return sum(
            header.type == kind and (seq is None or header.seq == seq)
            for header in self.headers
        )

    def close(self) -> None:
        """Say goodbye."""
        assert self.link is not None
        self._driver.apply(self.link.close)

    async def until(self, condition: Callable[[], object]) -> None:
        """Returns when it is true; looked at again after each event."""
        async with asyncio.timeout(WAIT_S):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    # the core that the driver drives

    def handle_timeout(self, now: float) -> None:
        if self.link is not None:
            self.link.handle_timeout(now)

    def next_timeout(self) -> float | None:
        return None if self.link is None else self.link.next_timeout()

    # inside

    def _audio(self, payload: bytes) -> bytes:
        seq, self._seq = self._seq & 0xFFFF, self._seq + 1
        return build_audio_packet(payload, sender_id=0, receiver_id=0, send_seq=seq)

    def _receive(self, data: bytes, address: Address, now: float) -> None:
        self.headers.append(Header.decode(data))
        self._changed.set()
        if self.drops(data):
            self.dropped += 1
            return
        if self.link is None:
            self.link = Link(
                Role.RADIO,
                Stream.AUDIO,
                own_id=0x0BADCAFE,
                rng=random.Random(1),
                timings=LinkTimings(),
                outputs=self.outputs,
                address=address,
                first_seq=self._first_seq,
            )
            self.link.trust()
        self.link.handle_datagram(data, now)

    def _on_event(self, event: Output) -> None:
        if isinstance(event, DataReceived):
            self.received.append(event.data)
        self.closed |= isinstance(event, LinkClosed)
        self._changed.set()
