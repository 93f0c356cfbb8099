"""Arrivals as networks make them, from seeds: what the playout rows run on.

Packets of 20 ms leave a radio whose crystal is a little off, meet jitter that keeps
their order, and what the name of the family says. Lost ones may be asked for and come
one round trip later, as `icom_proto` does it. Times are the host's, in seconds.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

PACKET_S = 0.02
SECONDS = 180.0
DRIFT_SECONDS = 300.0
SPIKE_SECONDS, SPIKE_AT_S = 40.0, 30.0
# The crystals of radio and host together, except where drift is the point.
USUAL_PPM = 30.0
BASE_S = 0.005


@dataclass(frozen=True)
class Trace:
    """`sent[i]` and `arrived[i]` of packet i; None: it never came."""

    name: str
    seed: int
    ppm: float
    sent: list[float]
    arrived: list[float | None]
    spikes: tuple[float, ...] = ()  # ends of pauses on the way


class _Maker:
    """Packets one by one: a FIFO, a loss process, and a schedule of events."""

    def __init__(self, name: str, seed: int, ppm: float, seconds: float) -> None:
        self.name, self.seed, self.ppm = name, seed, ppm
        self.rng = random.Random(f"{name} {seed}")
        self._chance = random.Random(f"{name} {seed} pauses")
        self.seconds = seconds
        self.jitter_s: Callable[[float], float] = lambda _: 0.0
        self.base_s: Callable[[float], float] = lambda _: BASE_S
        self.lost: Callable[[float], bool] = lambda _: False
        self.healed = 0.0
        self.pauses: list[tuple[float, float]] = []

    def make(self) -> Trace:
        step = PACKET_S / (1 + self.ppm * 1e-6)
        sent = [step * at for at in range(int(self.seconds / PACKET_S))]
        arrived: list[float | None] = []
        last, pauses = 0.0, list(self.pauses)
        for at in sent:
            there = at + self.base_s(at) + self.jitter_s(at)
            while pauses and pauses[0][1] < there:
                pauses.pop(0)
            if pauses and pauses[0][0] <= there:
                there = pauses[0][1] + self._chance.uniform(0.0, 0.003)
            last = there = max(last, there)
            if not self.lost(at):
                arrived.append(there)
            elif self.rng.random() < self.healed:
                arrived.append(there + self.rng.uniform(0.02, 0.04))
            else:
                arrived.append(None)
        ends = tuple(end for _, end in self.pauses)
        return Trace(self.name, self.seed, self.ppm, sent, arrived, ends)

    def exponential(self, scale_s: float) -> float:
        return self.rng.expovariate(1 / scale_s)


def random_loss(seed: int) -> Trace:
    """Independent losses, jitter that stays the same; every second one has resends."""
    maker = _usual("random", seed)
    rng = maker.rng
    loss, scale_s = rng.uniform(0.01, 0.05), rng.uniform(0.001, 0.008)
    maker.lost = lambda _: rng.random() < loss
    maker.jitter_s = lambda _: maker.exponential(scale_s)
    maker.healed = 0.9 * (seed % 2)
    return maker.make()


def bursts(seed: int) -> Trace:
    """Congestion for seconds: jitter five to ten times as wide, losses in a row."""
    maker = _usual("bursts", seed)
    rng = maker.rng
    scale_s, factor = rng.uniform(0.001, 0.003), rng.uniform(5, 10)
    busy: list[tuple[float, float]] = []
    at = rng.uniform(5, 20)
    while at < maker.seconds:
        busy.append((at, at + rng.uniform(1, 8)))
        at = busy[-1][1] + rng.uniform(8, 30)
    bad = False

    def is_busy(at: float) -> bool:
        return any(begin <= at < end for begin, end in busy)

    def lost(at: float) -> bool:
        nonlocal bad
        enter, leave = (0.02, 0.3) if is_busy(at) else (0.002, 0.5)
        bad = rng.random() >= leave if bad else rng.random() < enter
        return bad

    maker.lost = lost
    maker.jitter_s = lambda at: maker.exponential(
        scale_s * (factor if is_busy(at) else 1)
    )
    return maker.make()


def scans(seed: int) -> Trace:
    """Wi-Fi scans: now and then, pauses of 80 to 300 ms; alone or channel by channel.

    Every third trace has single pauses, the others groups of two to six.
    """
    maker = _usual("scans", seed)
    rng = maker.rng
    scale_s = rng.uniform(0.001, 0.004)
    at = rng.uniform(8, 15)
    while at < maker.seconds - 5:
        for _ in range(1 if seed % 3 == 0 else rng.randint(2, 6)):
            end = at + rng.uniform(0.08, 0.3)
            maker.pauses.append((at, end))
            at = end + rng.uniform(0.1, 0.6)
        at += rng.uniform(8, 30)
    maker.jitter_s = lambda _: maker.exponential(scale_s)
    maker.lost = lambda _: rng.random() < 0.005
    return maker.make()


def steps(seed: int) -> Trace:
    """The route changes: 20 to 80 ms more or less, for 10 to 40 s."""
    maker = _usual("steps", seed)
    rng = maker.rng
    scale_s = rng.uniform(0.001, 0.005)
    levels = [(0.0, BASE_S)]
    while levels[-1][0] < maker.seconds:
        at = levels[-1][0] + rng.uniform(10, 40)
        raised = BASE_S + rng.uniform(0.02, 0.08)
        levels.append((at, BASE_S if levels[-1][1] > BASE_S else raised))

    def base_s(at: float) -> float:
        return [level for begin, level in levels if begin <= at][-1]

    maker.base_s = base_s
    maker.jitter_s = lambda _: maker.exponential(scale_s)
    maker.lost = lambda _: rng.random() < 0.01
    return maker.make()


def drift(seed: int) -> Trace:
    """A clock 60 to 100 ppm off, either way, for five minutes; quiet otherwise."""
    rng = random.Random(f"drift ppm {seed}")
    ppm = rng.uniform(60, 100) * (1 if seed % 2 else -1)
    maker = _Maker("drift", seed, ppm, DRIFT_SECONDS)
    scale_s = maker.rng.uniform(0.001, 0.004)
    maker.jitter_s = lambda _: maker.exponential(scale_s)
    maker.lost = lambda _: maker.rng.random() < 0.01
    return maker.make()


def spike(seed: int, *, calm: bool = False) -> Trace:
    """One scan of one to four pauses, half a minute in; `calm`: the same without."""
    maker = _Maker("spike", seed, 0.0, SPIKE_SECONDS)
    scan = random.Random(f"spike scan {seed}")
    scale_s, at = scan.uniform(0.001, 0.004), SPIKE_AT_S
    for _ in range(0 if calm else scan.randint(1, 4)):
        maker.pauses.append((at, at + scan.uniform(0.08, 0.3)))
        at = maker.pauses[-1][1] + scan.uniform(0.1, 0.6)
    maker.jitter_s = lambda _: maker.exponential(scale_s)
    return maker.make()


def _usual(name: str, seed: int) -> _Maker:
    rng = random.Random(f"{name} ppm {seed}")
    return _Maker(name, seed, rng.uniform(-USUAL_PPM, USUAL_PPM), SECONDS)


FAMILIES: dict[str, Callable[[int], Trace]] = {
    "random": random_loss,
    "bursts": bursts,
    "scans": scans,
    "steps": steps,
    "drift": drift,
}
