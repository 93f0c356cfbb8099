"""Row 3.4, what is done with any jitter buffer."""

from collections.abc import Callable, Sized
from time import perf_counter, process_time
from typing import TypeVar

from benchmarks.contenders import Figures, Sample
from benchmarks.jitter_streams import JUMPS, jump

P = TypeVar("P")


def pushing(packets: list[P], make_push: Callable[[], Callable[[P], object]]) -> Sample:
    """Packets pushed per second of CPU time, into a fresh buffer each time."""

    def sample() -> Figures:
        push = make_push()
        start = process_time()
        for packet in packets:
            push(packet)
        return {"per_s": len(packets) / (process_time() - start)}

    return sample


def worst_of_jumps(
    make_push: Callable[[], Callable[[P], Sized]], make_packet: Callable[[int], P]
) -> Sample:
    """Most items returned by one push, and its longest time, by size of the jump."""

    def sample() -> Figures:
        figures: Figures = {}
        for size in JUMPS:
            push = make_push()
            items, longest = 0, 0.0
            for seq in jump(size):
                packet = make_packet(seq)
                start = perf_counter()
                result = push(packet)
                longest = max(longest, perf_counter() - start)
                items = max(items, len(result))
            figures |= {f"items {size}": items, f"ms {size}": 1000 * longest}
        return figures

    return sample
