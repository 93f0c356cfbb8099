"""The TX buffer of a radio: what arrives waits, and is played by the radio's own clock.

It begins to play when it has waited as long as the client asked for (PROTOCOL.md 8.6).
Once it runs dry it waits again. Places are samples since the grant, by that clock.
"""

from collections import deque
from collections.abc import Iterator
from math import floor

from icom_sim.sample_clock import SampleClock

# guess: a radio holds twice what the client asked for; a backlog that comes in one go
# loses the rest, which is what it did to packets on an IC-705 and an IC-9700 (8.6).
_CAPACITY = 2
_CAPACITY_MS_MIN, _BUFFER_MS_MAX = 100, 10_000
_PIECE_MS = 20


class TxPlayout:
    """One session's buffer. Time may stand still between calls, but not go back."""

    def __init__(self, rate_hz: int, buffer_ms: int, clock: SampleClock) -> None:
        self.rate_hz = rate_hz
        buffer_ms = min(buffer_ms, _BUFFER_MS_MAX)
        capacity_ms = max(_CAPACITY_MS_MIN, _CAPACITY * buffer_ms)
        self._frames_per_s = 1 / clock.seconds(1, rate_hz)
        self._wait = rate_hz * buffer_ms // 1000
        self._capacity = rate_hz * capacity_ms // 1000
        self._piece = rate_hz * _PIECE_MS // 1000
        self._epoch: float | None = None
        self._waiting: deque[bytes] = deque()
        self._start = 0  # where the first of what waits is played, at the earliest
        self.frame = 0  # how far it has been played
        self.held = 0  # samples that wait

    def add(self, pcm: bytes, now: float) -> int:
        """What arrives now, after `play`. How many samples there was no room for."""
        if not self.held:
            self._start = self._frame_at(now) + self._wait
        room = self._capacity - self.held
        kept, lost = pcm[: 2 * room], max(0, len(pcm) // 2 - room)
        if kept:
            self._waiting.append(kept)
            self.held += len(kept) // 2
        return lost

    def play(self, now: float) -> Iterator[tuple[int, bytes]]:
        """What was played up to now: how many samples, and which; none is silence."""
        target = self._frame_at(now)
        while self.frame < target:
            count = min(target - self.frame, self._piece)
            pcm = b""
            if self.held and self.frame < self._start:
                count = min(count, self._start - self.frame)
            elif self.held:
                pcm = self._take(count)
                count = len(pcm) // 2
            self.frame += count
            yield count, pcm

    def skip_to(self, now: float) -> int:
        """Nobody hears the silence up to now: so many samples."""
        skipped = max(0, self._frame_at(now) - self.frame)
        self.frame += skipped
        return skipped

    def rest(self) -> bytes:
        """What has not been played."""
        return b"".join(self._waiting)

    def next_piece(self) -> float:
        """When the next 20 ms have been played."""
        assert self._epoch is not None
        return self._epoch + (self.frame + self._piece) / self._frames_per_s

    # inside

    def _frame_at(self, now: float) -> int:
        if self._epoch is None:
            self._epoch = now
        # A deadline that was rounded must not come again and again.
        return floor((now - self._epoch) * self._frames_per_s + 1e-6)

    def _take(self, count: int) -> bytes:
        first = self._waiting.popleft()
        taken, rest = first[: 2 * count], first[2 * count :]
        if rest:
            self._waiting.appendleft(rest)
        self.held -= len(taken) // 2
        return taken
