"""Row 3.5: what all its contenders share: a run on the virtual loop, and its figures.

Delay is from the first sending of a datagram to the callback that gets it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from statistics import quantiles

from benchmarks.contenders import Figures
from benchmarks.model_radio import Conditions, LossyLink, ModelRadio
from benchmarks.virtual_loop import VirtualLoop

BASE_DELAY_MS = 5.0
# Audio begins when every client is done with its handshake; what comes in the first
# seconds is not counted, nor are the last ones, which are still under way in the end.
START_S, WARM_UP_S, TAIL_S = 10.0, 5.0, 3.0
# Numbers wrap at 0x10000; a run stays below, so that a number names a datagram.
_NUMBERS = 0x10000

Arrived = Callable[[int], None]


class Listening:
    """One run: the loop, the radio, and when which audio number came first."""

    def __init__(
        self, loop: VirtualLoop, conditions: Conditions, sizes: Sequence[int]
    ) -> None:
        self.loop = loop
        self.link = LossyLink(loop, conditions)
        self.radio = ModelRadio(loop, self.link, sizes)
        self._came_at: dict[int, float] = {}

    def arrived(self, number: int) -> None:
        """The callback got this audio number."""
        self._came_at.setdefault(number, self.loop.time())

    async def run(self, seconds: float) -> Figures:
        """From `START_S` on; figures of the `seconds` after the warm-up."""
        loop, radio = self.loop, self.radio
        begin = START_S + WARM_UP_S
        end = begin + seconds
        loop.call_at(START_S, radio.play, end + TAIL_S)
        await _sleep_until(loop, begin)
        first, before = len(radio.sent_at), radio.counts.copy()
        await _sleep_until(loop, end)
        last, after = len(radio.sent_at), radio.counts.copy()
        await _sleep_until(loop, end + TAIL_S)
        assert len(radio.sent_at) < _NUMBERS
        delays = [
            self._came_at[number] - radio.sent_at[number]
            for number in range(first, last)
            if number in self._came_at
        ]
        after.subtract(before)
        return _figures(last - first, delays, after, seconds)


def listen(
    start: Callable[[Listening], Awaitable[object]],
    conditions: Conditions,
    sizes: Sequence[int],
    seconds: float,
) -> Figures:
    """Run a client to the end; `start` gets it going and returns what keeps it."""

    async def run() -> Figures:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        listening = Listening(loop, conditions, sizes)
        loop.remote = listening.radio
        client = await start(listening)
        figures = await listening.run(seconds)
        del client
        return figures

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(run())


async def _sleep_until(loop: VirtualLoop, when: float) -> None:
    await asyncio.sleep(when - loop.time())


def _figures(
    sent: int, delays: list[float], counts: dict[str, int], seconds: float
) -> Figures:
    percentiles = quantiles(delays, n=100, method="inclusive")
    extra = counts["again bytes"] + counts["request bytes"]
    return {
        "sent": sent,
        "lost": sent - len(delays),
        "p50_ms": 1000 * percentiles[49],
        "p99_ms": 1000 * percentiles[98],
        "max_ms": 1000 * max(delays),
        "requests_per_s": counts["request"] / seconds,
        "resent_percent": 100 * counts["again"] / counts["audio"],
        "extra_bytes_percent": 100 * extra / counts["audio bytes"],
    }
