"""Numbers about one direction of one stream: how much, how often, how late."""

import math
from collections import Counter
from dataclasses import dataclass, field

from icom_proto.audio_formats import BLOCK_MS, FORMATS, block_size, split_sizes
from icom_proto.codes import Codec
from icom_proto.packets import AudioData, Ping
from icom_proto.seqnum import seq_distance
from icom_sim.captures.observed import Observed
from icom_sim.captures.sequence import Came, Sequence

# Steps of a spread for each doubling: medians are right to 3 %.
_STEPS = 24
_LEAST_S = 1e-6
_PINGS_MAX = 64
# A pause in audio that somebody hears.
AUDIO_GAP_S = 0.1
_BLOCK_S = BLOCK_MS / 1000
_BLOCKS_MAX = 50


class Spread:
    """Durations, in memory that does not grow with them."""

    def __init__(self) -> None:
        self.count = 0
        self.least, self.most = math.inf, 0.0
        self._steps: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        """One more."""
        self.count += 1
        self.least, self.most = min(self.least, seconds), max(self.most, seconds)
        self._steps[round(math.log2(max(seconds, _LEAST_S)) * _STEPS)] += 1

    def quantile(self, share: float) -> float:
        """At most so long for this share of them; within the extremes."""
        wanted, seen = share * self.count, 0
        for step in sorted(self._steps):
            seen += self._steps[step]
            if seen >= wanted:
                return min(max(2 ** (step / _STEPS), self.least), self.most)
        return self.most

    def to_dict(self) -> dict[str, float] | None:
        """In milliseconds, ready for JSON; None if there is nothing."""
        if not self.count:
            return None
        shown = (self.least, self.quantile(0.5), self.quantile(0.95), self.most)
        names = ("min", "median", "p95", "max")
        return {
            f"{name}_ms": round(seconds * 1000, 3)
            for name, seconds in zip(names, shown, strict=True)
        }


@dataclass(slots=True)
class AudioFigures:
    """How evenly audio came. Jitter is how far blocks were off their time."""

    datagrams: int = 0
    gaps: int = 0
    longest_gap_s: float = 0.0
    first_at: float = 0.0
    last_at: float = 0.0
    jitter: Spread = field(default_factory=Spread)
    pieces: int = 1  # datagrams of a block
    first_size: int = 0  # of the first of them; 0 if sizes vary
    _block: tuple[int, float] | None = None  # audio number and time of the last

    def expect(self, codec: Codec, rate_hz: int) -> None:
        """What was asked for tells how blocks are cut."""
        known = FORMATS.get(codec)
        if known is not None and known.frame_bytes and rate_hz:
            sizes = split_sizes(block_size(codec, rate_hz))
            self.pieces, self.first_size = len(sizes), sizes[0]

    def add(self, body: AudioData, at: float) -> float | None:
        """One datagram; returned is how far off it was, if that can be told."""
        if not self.datagrams:
            self.first_at = at
        elif at - self.last_at > AUDIO_GAP_S:
            self.gaps += 1
            self.longest_gap_s = max(self.longest_gap_s, at - self.last_at)
        self.datagrams += 1
        self.last_at = max(self.last_at, at)
        if self.pieces > 1 and len(body.data) != self.first_size:
            return None
        last, self._block = self._block, (body.send_seq, at)
        if last is None:
            return None
        blocks, rest = divmod(seq_distance(body.send_seq, last[0]), self.pieces)
        if (
            rest
            or not 0 < blocks < 50
            or at - last[1] > AUDIO_GAP_S + blocks * _BLOCK_S
        ):
            return None
        off = abs(at - last[1] - blocks * _BLOCK_S)
        self.jitter.add(off)
        return off

    def to_dict(self) -> dict[str, object] | None:
        """Ready for JSON; None if there was no audio."""
        if not self.datagrams:
            return None
        return {
            "datagrams": self.datagrams,
            "first_t": round(self.first_at, 6),
            "last_t": round(self.last_at, 6),
            "gaps": self.gaps,
            "longest_gap_ms": round(self.longest_gap_s * 1000, 1),
            "jitter": self.jitter.to_dict(),
        }


class WayFigures:
    """One direction of one stream of one session."""

    def __init__(self) -> None:
        self.datagrams = self.size = self.unknown = 0
        self.first_at = self.last_at = 0.0
        self.sequence = Sequence()
        self.round_trip = Spread()  # of the pings of this side
        self.audio = AudioFigures()
        self._pings: dict[int, float] = {}

    def add(self, seen: Observed, *, is_foreign: bool = False) -> Came:
        """Any datagram of this side; what has foreign ids is counted as unknown."""
        if not self.datagrams:
            self.first_at = seen.at
        self.datagrams += 1
        self.size += len(seen.data)
        self.last_at = max(self.last_at, seen.at)
        if seen.fault or is_foreign:
            self.unknown += 1
            return Came.UNNUMBERED
        return self.sequence.handle(seen) if seen.is_numbered else Came.UNNUMBERED

    def ask(self, body: Ping, at: float) -> None:
        """A ping of this side."""
        self._pings[body.time] = at
        if len(self._pings) > _PINGS_MAX:
            del self._pings[next(iter(self._pings))]

    def answered(self, body: Ping, at: float) -> float | None:
        """The other side's answer to a ping; returned is how long it took."""
        asked_at = self._pings.pop(body.time, None)
        if asked_at is None or at < asked_at:
            return None
        self.round_trip.add(at - asked_at)
        return at - asked_at

    @property
    def seconds(self) -> float:
        return self.last_at - self.first_at

    def to_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        seconds, counts = self.seconds, self.sequence.counts
        return {
            "datagrams": self.datagrams,
            "bytes": self.size,
            "datagrams_per_s": round(self.datagrams / seconds, 1) if seconds else None,
            "kbit_per_s": round(self.size * 8e-3 / seconds, 1) if seconds else None,
            "unknown": self.unknown,
            "loss": round(counts.loss, 5),
            **counts.to_dict(),
            "round_trip": self.round_trip.to_dict(),
            "audio": self.audio.to_dict(),
        }
