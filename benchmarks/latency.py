"""Round trips measured one after the other, and what is told about a batch of them."""

import statistics
from collections.abc import Awaitable, Callable
from time import perf_counter

from benchmarks.contenders import Figures


async def timed(request: Callable[[], Awaitable[object]], count: int) -> Figures:
    """Await `count` requests one by one."""
    taken = []
    for _ in range(count):
        start = perf_counter()
        await request()
        taken.append(perf_counter() - start)
    return figures(taken)


def figures(taken_s: list[float]) -> Figures:
    """Median and 99th percentile in microseconds, and the rate."""
    taken_s.sort()
    return {
        "median_us": statistics.median(taken_s) * 1e6,
        "p99_us": taken_s[int(len(taken_s) * 0.99)] * 1e6,
        "per_s": len(taken_s) / sum(taken_s),
    }
