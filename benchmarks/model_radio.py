"""Row 3.5: the radio's audio port and the link to it, the same for every client.

The radio answers calls and pings, sends blocks of audio every 20 ms, keeps what it
sent, and answers each request for it, however often it is asked. The link loses and
delays; the n-th datagram of a kind has the same fate whoever is at the other end,
because each kind has chance of its own. Both know time only by `Clock`, which an
asyncio event loop is. Made with `struct` for the reason given in workload.py.
"""

import struct
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from benchmarks.workload import BLOCK_S, audio_datagram

RADIO_ID = 0x5E1F8A3C
_HEADER = struct.Struct("<IHHII")
_RANGE = struct.Struct("<HH")
_SIZE = _HEADER.size
_RETRANSMIT, _CALL, _HERE, _READY, _PING = 0x01, 0x03, 0x04, 0x06, 0x07
_PING_EVERY_S = 0.5
# Numbers that one request may name (PROTOCOL.md 2.7).
_SPAN_MAX = 512


class Clock(Protocol):
    """The part of an event loop that is needed here."""

    def time(self) -> float: ...

    def call_at(
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,  # noqa: ANN401
    ) -> object: ...


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What the link does, each way; a seed stands for a trace."""

    seed: int
    loss_percent: float
    delay_ms: float
    jitter_ms: float


class LossyLink:
    """Both ways between a client and a radio. Loses nothing until `is_lossy`, so that
    every client has its handshake behind it when the trace begins."""

    def __init__(self, clock: Clock, conditions: Conditions) -> None:
        self.is_lossy = False
        self._clock = clock
        self._conditions = conditions
        self._chance: dict[str, Random] = {}

    def carry(self, kind: str, deliver: Callable[[bytes], object], data: bytes) -> None:
        """Deliver it later, or never."""
        link = self._conditions
        delay_ms = link.delay_ms
        if self.is_lossy:
            chance = self._chance.get(kind)
            if chance is None:
                chance = self._chance[kind] = Random(f"{link.seed}/{kind}")
            is_lost = chance.random() * 100 < link.loss_percent
            delay_ms += chance.random() * link.jitter_ms
            if is_lost:
                return
        self._clock.call_at(self._clock.time() + delay_ms / 1000, deliver, data)


class ModelRadio:
    """The audio port of a radio. `sizes` are the payloads of the parts of a block."""

    def __init__(self, clock: Clock, link: LossyLink, sizes: Sequence[int]) -> None:
        self.sent_at: list[float] = []  # for the first time, by audio number
        self.counts: Counter[str] = Counter()
        self._clock = clock
        self._link = link
        self._sizes = sizes
        self._deliver: Callable[[bytes], object] = _drop
        self._client_id = 0
        self._history: list[bytes] = []
        self._pings = 0

    # towards the client

    def attach(self, deliver: Callable[[bytes], object]) -> None:
        """The client's end of the link."""
        self._deliver = deliver

    def play(self, until: float) -> None:
        """A block now and every 20 ms, to the end; the link is lossy from now on."""
        self._link.is_lossy = True
        self._play_block(self._clock.time(), 0, until)
        self._ping()

    def _play_block(self, start: float, block: int, until: float) -> None:
        for _ in self._sizes:
            number = len(self._history)
            data = audio_datagram(
                number,
                number,
                sender_id=RADIO_ID,
                receiver_id=self._client_id,
                sizes=self._sizes,
            )
            self._history.append(data)
            self.sent_at.append(self._clock.time())
            self._count("audio", data)
            self._link.carry("audio", self._deliver, data)
        at = start + BLOCK_S * (block + 1)
        if at < until:
            self._clock.call_at(at, self._play_block, start, block + 1, until)

    def _ping(self) -> None:
        number, self._pings = self._pings, self._pings + 1
        self._answer(_PING, number & 0xFFFF, b"\x00" + _HEADER.pack(0, 0, 0, 0, 0)[:4])
        self._clock.call_at(self._clock.time() + _PING_EVERY_S, self._ping)

    def _answer(self, kind: int, seq: int, body: bytes = b"") -> None:
        head = _HEADER.pack(_SIZE + len(body), kind, seq, RADIO_ID, self._client_id)
        self._link.carry("radio's other", self._deliver, head + body)

    # from the client

    def handle_from_client(self, data: bytes) -> None:
        """The client sends: requests share one trace, all else another."""
        is_request = _HEADER.unpack_from(data)[1] == _RETRANSMIT
        if is_request:
            self._count("request", data)
        kind = "request" if is_request else "client's other"
        self._link.carry(kind, self._on_arrival, data)

    def _on_arrival(self, data: bytes) -> None:
        _, kind, seq, client_id, _ = _HEADER.unpack_from(data)
        if kind == _CALL:
            self._client_id = client_id
            self._answer(_HERE, 0)
        elif kind == _READY:
            self._answer(_READY, seq)
        elif kind == _PING and data[_SIZE] == 0:
            self._answer(_PING, seq, b"\x01" + data[_SIZE + 1 :])
        elif kind == _RETRANSMIT:
            for number in _numbers(seq, data[_SIZE:]):
                self._send_again(number)

    def _send_again(self, number: int) -> None:
        if number < len(self._history):
            data = self._history[number]
            self._count("again", data)
            self._link.carry("again", self._deliver, data)

    def _count(self, what: str, data: bytes) -> None:
        self.counts[what] += 1
        self.counts[f"{what} bytes"] += len(data)


def _numbers(seq: int, pairs: bytes) -> list[int]:
    """What a request asks for, each once: the header's number, or ranges (2.7)."""
    if not pairs:
        return [seq]
    wanted: dict[int, None] = {}
    for first, last in _RANGE.iter_unpack(pairs):
        for ahead in range((last - first & 0xFFFF) + 1):
            if len(wanted) < _SPAN_MAX:
                wanted[first + ahead & 0xFFFF] = None
    return list(wanted)


def _drop(_: bytes) -> None:
    """Nobody is attached yet."""
