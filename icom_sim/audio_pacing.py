"""RX audio: a block every 20 ms in the granted codec, on a clock without drift."""

import random
from functools import lru_cache
from math import inf
from typing import Final, Protocol

from icom_proto.audio_formats import BLOCK_MS, block_frames
from icom_proto.codes import Codec
from icom_sim.audio_coder import OPUS_CODECS, Encode, encoder_for
from icom_sim.audio_source import AudioSource, RingSource

BLOCK_S: Final = BLOCK_MS / 1000
# After a stall so many blocks are sent at once and the others never: a backlog sent in
# one go overruns receivers (PROTOCOL.md 8.6, where clients are asked for the same).
CATCH_UP_MAX: Final = 3
# A ring up to this long is encoded once for all radios that play it.
SHARED_BLOCKS_MAX: Final = 200
_OPUS: Final = frozenset(OPUS_CODECS)


class Pacer:
    """When blocks are due: each 20 ms from the first one, however late timers are.

    A radio whose sample clock is off has another `block_s`.
    """

    def __init__(self, block_s: float = BLOCK_S) -> None:
        self.skipped = 0
        self.due_at: float = inf  # when the next block is; infinity while stopped
        self._block_s = block_s
        self._started_at: float = inf
        self._taken = 0

    def start(self, now: float) -> None:
        """The first block is due at once."""
        self._started_at = self.due_at = now
        self._taken = 0

    def stop(self) -> None:
        self._started_at = self.due_at = inf

    def take(self, now: float) -> int:
        """How many blocks to send now; more than can be caught up are skipped."""
        if now < self.due_at:
            return 0
        self._taken += 1
        self.due_at = self._started_at + self._taken * self._block_s
        if now < self.due_at:  # as nearly always
            return 1
        return 1 + self._catch_up(now)

    def _catch_up(self, now: float) -> int:
        taken = int((now - self._started_at) / self._block_s)
        while self._started_at + taken * self._block_s <= now:  # the division rounds
            taken += 1
        due, self._taken = taken - self._taken, taken
        self.due_at = self._started_at + taken * self._block_s
        sent = min(due, CATCH_UP_MAX - 1)
        self.skipped += due - sent
        return sent


class Maker(Protocol):
    """Makes what is heard, for sessions of any sample rate."""

    def make(self, rate_hz: int, rng: random.Random) -> AudioSource:
        """Raises AudioSourceError for what cannot be played at this rate."""


class AudioFeed:
    """What the owner of the streams hears, in its codec and at its rate."""

    def __init__(
        self, maker: Maker, rng: random.Random, block_s: float = BLOCK_S
    ) -> None:
        self._maker, self._rng = maker, rng
        self.pacer = Pacer(block_s)
        self._source: AudioSource = RingSource(b"\0\0")
        self._encode: Encode | None = None
        self._frames = 0
        self._ring: list[bytes] = []  # all of its blocks, if they are shared
        self._at = 0
        self.blocks = 0

    @property
    def skipped(self) -> int:
        """Blocks that were never sent because the process stood still."""
        return self.pacer.skipped

    @property
    def is_ring(self) -> bool:
        """Is it played, and blocks that are encoded already come around?"""
        return bool(self._ring) and self.pacer.due_at != inf

    def grant(self, codec: Codec, rate_hz: int) -> None:
        """A client was granted these; codec NONE if it does not want to hear.

        Raises AudioSourceError if the source cannot be played at this rate: then the
        client hears silence.
        """
        self.stop()
        self.change(codec, rate_hz)

    def change(self, codec: Codec, rate_hz: int) -> None:
        """Hear what the maker makes now; blocks go on when they are due.

        Raises AudioSourceError as `grant` does.
        """
        self._frames = block_frames(rate_hz)
        self._source = RingSource(bytes(2 * self._frames))
        self._encode, self._ring, self._at = None, [], 0
        if codec is not Codec.NONE:
            self._encode = encoder_for(codec, rate_hz)
            self._source = self._maker.make(rate_hz, self._rng)
            # Opus alone remembers what came before.
            if isinstance(self._source, RingSource) and codec not in _OPUS:
                self._ring = _encoded_ring(self._source.ring, codec, rate_hz)

    def start(self, now: float) -> None:
        """The client's audio stream answers."""
        if self._encode is not None:
            self.pacer.start(now)

    def stop(self) -> None:
        self.pacer.stop()

    def take(self, now: float) -> list[bytes]:
        """The blocks that are due, encoded."""
        encode = self._encode
        if encode is None or not (due := self.pacer.take(now)):
            return []
        if self._ring:
            return [self.next_of_ring() for _ in range(due)]
        self.blocks += due
        return [encode(self._source.block(self._frames)) for _ in range(due)]

    def next_of_ring(self) -> bytes:
        """The next block where `is_ring`, whether or not it is due."""
        self.blocks += 1
        block = self._ring[self._at]
        self._at = self._at + 1 if self._at + 1 < len(self._ring) else 0
        return block

    def latest_of_ring(self, count: int) -> list[bytes]:
        """The blocks that came last, so many of them."""
        ring, at = self._ring, self._at
        return [ring[(at - back) % len(ring)] for back in range(count, 0, -1)]

    def next_timeout(self) -> float:
        """When the next block is due; infinity while nobody listens."""
        return self.pacer.due_at


@lru_cache(maxsize=16)
def _encoded_ring(ring: bytes, codec: Codec, rate_hz: int) -> list[bytes]:
    """Its blocks; none if it is too long for that, or does not end with a block."""
    size = 2 * block_frames(rate_hz)
    count, rest = divmod(len(ring), size)
    if rest or not 0 < count <= SHARED_BLOCKS_MAX:
        return []
    encode = encoder_for(codec, rate_hz)
    return [encode(ring[at : at + size]) for at in range(0, len(ring), size)]
