"""What a client hears, judged: hand an ear to it as the callback for PCM frames.

radio.start_audio_rx_pcm(ear)
ear.wait_for_tone(1000)
"""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from icom_sim.audio_quality import level_dbfs, tone_share
from icom_sim.harness.waiting_room import WaitingRoom

# Long enough to tell 1000 Hz from 1020, and no more than three blocks of a radio.
HEARD_S: Final = 0.06
SHARE_MIN: Final = 0.95
WAIT_S: Final = 5.0
_KEPT_S: Final = 60
_BYTES: Final = 2  # of a sample

# Begins to hand audio to the callback that it gets; may be a coroutine function.
Start = Callable[["Ear"], object]


class NotHeardError(AssertionError):
    """The client did not hear what the test waited for: one line, and what it heard."""


class Ear:
    """Takes mono frames of 16-bit PCM; None is a frame that was lost.

    Any thread may feed it.
    """

    def __init__(self, rate_hz: int = 48000) -> None:
        self.rate_hz = rate_hz
        self._frames: deque[bytes] = deque()
        self._size = 0
        self._room = WaitingRoom()

    def __call__(self, frame: bytes | None) -> None:
        """One frame more. What is older than a minute is forgotten."""
        with self._room.changing():
            if frame is None:  # what was before it does not touch what comes
                self._frames.clear()
                self._size = 0
                return
            self._frames.append(frame)
            self._size += len(frame)
            while self._size > _KEPT_S * self.rate_hz * _BYTES:
                self._size -= len(self._frames.popleft())

    @property
    def pcm(self) -> bytes:
        """What it has heard since the last gap."""
        with self._room.lock:
            return b"".join(self._frames)

    def wait_for_tone(
        self, tone_hz: float, start: Start | None = None, *, within_s: float = WAIT_S
    ) -> float:
        """Until 60 ms hold 95 % of their energy at that tone; blocks. The share.

        `start`, if given, is called with this ear first. Raises NotHeardError.
        """
        if start is not None:
            start(self)
        __tracebackhide__ = True
        share = self._room.wait_for(lambda: self._share(tone_hz), within_s)
        return share or self._fail(tone_hz, within_s)

    async def until_tone(
        self, tone_hz: float, start: Start | None = None, *, within_s: float = WAIT_S
    ) -> float:
        """As `wait_for_tone`, for a test that runs in an event loop."""
        if start is not None:
            begun = start(self)
            if isinstance(begun, Awaitable):
                await begun
        __tracebackhide__ = True
        share = await self._room.until(lambda: self._share(tone_hz), within_s)
        return share or self._fail(tone_hz, within_s)

    # inside

    def _share(self, tone_hz: float) -> float | None:
        """Of what was heard last, if it is enough of it."""
        last = self._last()
        if len(last) < self._wanted:
            return None
        share = tone_share(last, self.rate_hz, tone_hz, window_s=HEARD_S)
        return share if share >= SHARE_MIN else None

    def _last(self) -> bytes:
        wanted, taken = self._wanted, 0
        frames: deque[bytes] = deque()
        for frame in reversed(self._frames):
            if taken >= wanted:
                break
            frames.appendleft(frame)
            taken += len(frame)
        return b"".join(frames)[-wanted:]

    @property
    def _wanted(self) -> int:
        return round(HEARD_S * self.rate_hz) * _BYTES

    def _fail(self, tone_hz: float, within_s: float) -> float:
        __tracebackhide__ = True
        with self._room.lock:
            last = self._last()
        heard = "nothing"
        if last:
            ms = 1000 * len(last) / _BYTES / self.rate_hz
            share = tone_share(last, self.rate_hz, tone_hz, window_s=HEARD_S)
            heard = f"{level_dbfs(last):.0f} dBFS, {share:.0%} of it at that tone"
            heard = f"in the last {ms:.0f} ms {heard}"
        raise NotHeardError(
            f"no tone of {tone_hz:g} Hz within {within_s:g} s; heard: {heard}"
        )
