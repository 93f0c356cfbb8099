"""RX audio: a block every 20 ms in the granted codec, on a clock without drift."""

import random
from math import inf

from icom_proto.audio_formats import BLOCK_MS, block_frames
from icom_proto.codes import Codec
from icom_sim.audio_coder import Encode, encoder_for
from icom_sim.audio_source import AudioSource, RingSource, SourceMaker

BLOCK_S = BLOCK_MS / 1000
# After a stall so many blocks are sent at once and the others never: a backlog sent in
# one go overruns receivers (PROTOCOL.md 8.6, where clients are asked for the same).
CATCH_UP_MAX = 3


class Pacer:
    """When blocks are due: each 20 ms from the first one, however late timers are.

    A radio whose sample clock is off has another `block_s`.
    """

    def __init__(self, block_s: float = BLOCK_S) -> None:
        self.skipped = 0
        self._block_s = block_s
        self._started_at = inf
        self._taken = 0

    @property
    def due_at(self) -> float:
        """When the next block is due; infinity while stopped."""
        return self._started_at + self._taken * self._block_s

    def start(self, now: float) -> None:
        """The first block is due at once."""
        self._started_at, self._taken = now, 0

    def stop(self) -> None:
        self._started_at = inf

    def take(self, now: float) -> int:
        """How many blocks to send now; more than can be caught up are skipped."""
        if now < self.due_at:
            return 0
        taken = int((now - self._started_at) / self._block_s)
        while self._started_at + taken * self._block_s <= now:  # the division rounds
            taken += 1
        due, self._taken = taken - self._taken, taken
        sent = min(due, CATCH_UP_MAX)
        self.skipped += due - sent
        return sent


class AudioFeed:
    """What the owner of the streams hears, in its codec and at its rate."""

    def __init__(self, spec: str, rng: random.Random, block_s: float = BLOCK_S) -> None:
        """Raises AudioSourceError for what no session could play."""
        self._maker, self._rng = SourceMaker(spec), rng
        self._pacer = Pacer(block_s)
        self._source: AudioSource = RingSource(b"\0\0")
        self._encode: Encode | None = None
        self._frames = 0
        self.blocks = 0

    @property
    def skipped(self) -> int:
        """Blocks that were never sent because the process stood still."""
        return self._pacer.skipped

    def grant(self, codec: Codec, rate_hz: int) -> None:
        """A client was granted these; codec NONE if it does not want to hear.

        Raises AudioSourceError if the source cannot be played at this rate: then the
        client hears silence.
        """
        self.stop()
        self._frames = block_frames(rate_hz)
        self._source = RingSource(bytes(2 * self._frames))
        self._encode = None
        if codec is not Codec.NONE:
            self._encode = encoder_for(codec, rate_hz)
            self._source = self._maker.make(rate_hz, self._rng)

    def start(self, now: float) -> None:
        """The client's audio stream answers."""
        if self._encode is not None:
            self._pacer.start(now)

    def stop(self) -> None:
        self._pacer.stop()

    def take(self, now: float) -> list[bytes]:
        """The blocks that are due, encoded."""
        encode = self._encode
        if encode is None or not (due := self._pacer.take(now)):
            return []
        self.blocks += due
        return [encode(self._source.block(self._frames)) for _ in range(due)]

    def next_timeout(self) -> float:
        """When the next block is due; infinity while nobody listens."""
        return self._pacer.due_at
