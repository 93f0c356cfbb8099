"""The sequence numbers that row 3.4 pushes into jitter buffers, the same for all."""

import random

COUNT = 20_000
FIRST = 0x10000 - COUNT // 2  # the wrap is in the middle
DEPTH = 5
# Numbers skipped at once, after a stream in order has settled.
JUMPS = (100, 300, 1_000, 3_000, 10_000, 32_000)
SETTLED = 50

# Share of packets: lost, swapped with the next one, repeated.
_SHARES = {
    "in order": (0.0, 0.0, 0.0),
    "5 % loss": (0.05, 0.0, 0.0),
    "5 % reorder": (0.0, 0.05, 0.0),
    "2 % duplicates": (0.0, 0.0, 0.02),
    "all three": (0.05, 0.05, 0.02),
}
STREAMS = tuple(_SHARES)


def stream(name: str, seed: int) -> list[int]:
    """Sequence numbers as they arrive."""
    lost, swapped, repeated = _SHARES[name]
    rng = random.Random(f"{name} {seed}")
    arriving: list[int] = []
    for place in range(COUNT):
        if rng.random() < lost:
            continue
        seq = (FIRST + place) & 0xFFFF
        arriving += [seq, seq] if rng.random() < repeated else [seq]
    for at in range(len(arriving) - 1):
        if rng.random() < swapped:
            arriving[at], arriving[at + 1] = arriving[at + 1], arriving[at]
    return arriving


def jump(size: int) -> list[int]:
    """A stream in order that goes on `size` further."""
    return [*range(SETTLED), *range(SETTLED + size, 2 * SETTLED + size)]
