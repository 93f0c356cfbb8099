"""A day of the `data` profile in virtual time: does sample n stay at its place?

`python -m icom_sim.virtual.data_timeline --hours 24`: a counter is hidden in the
samples, so that each one says where it belongs. Packets are lost, reordered, repeated,
and sent again a round trip later; numbers wrap every few minutes; once in a while
nothing comes for seconds. Every frame that comes out is compared with what belongs
there: the right sample, or silence where it never came in time. 8 kHz µ-law-sized
packets of 20 ms keep a day short; `--rate 48000` has the two sizes of a real block.
"""

import argparse
import heapq
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic

from icom_proto.audio_formats import block_size, split_sizes
from icom_proto.codes import Codec
from icom_proto.data_playout import DataPlayout
from icom_proto.playout_frames import FrameKind, PlayoutStatistics

CODEC = Codec.PCM16_MONO
BLOCK_S = 0.02
DELAY_MS = 200.0
LOSS, REORDERED, REPEATED = 0.05, 0.05, 0.01
RESENT = 0.9  # of what was lost, this share comes again
JITTER_S, OVERTAKEN_S = 0.02, 0.06
ROUND_TRIP_S = (0.03, 0.25)  # some of it too late
OUTAGE_EVERY_S, OUTAGE_S_MAX = 600.0, 5.0
FIRST_SEQ = 0xFFF0
# Samples are the low 15 bits of the counter, plus one, so that none is silence.
_COUNT_MODULO = 0x7FFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run found. `wrong` counts samples that were not where they belong."""

    samples: int
    wrong: int
    silent: int
    frames_played: int
    statistics: PlayoutStatistics


def run(hours: float, *, seed: int, rate_hz: int = 8000, ppm: float = 0.0) -> Outcome:
    """Play so many hours. With `ppm`, the radio's clock is off, and ticks follow it."""
    playout = DataPlayout(CODEC, rate_hz, delay_ms=DELAY_MS)
    arrivals = _arrivals(hours * 3600, random.Random(seed), rate_hz, ppm)
    coming = next(arrivals, None)
    frame = playout.frame_bytes // 2
    samples = wrong = silent = played = 0
    source = _Counter(frame)
    now = 0.0
    while coming is not None:
        while coming is not None and coming[0] <= now:
            playout.put(coming[1] % 0x10000, source.bytes_at(*coming[2]), coming[0])
            coming = next(arrivals, None)
        pulled = playout.pull(now)
        now += playout.tick_s
        place = playout.position
        if place is None:
            continue
        samples += frame
        expected = source.bytes_at(place - frame, frame)
        if pulled.pcm == expected:
            played += pulled.kind is FrameKind.PLAYED
            continue
        silent_here, wrong_here = _compare(pulled.pcm, expected)
        silent, wrong = silent + silent_here, wrong + wrong_here
    statistics = playout.statistics()
    return Outcome(
        samples=samples,
        wrong=wrong,
        silent=silent,
        frames_played=played,
        statistics=statistics,
    )


class _Counter:
    """The counter as PCM: sample n holds n modulo 0x7FFF, plus one."""

    def __init__(self, frame: int) -> None:
        row = bytearray()
        for value in range(1, _COUNT_MODULO + 1):
            row += bytes((value & 0xFF, value >> 8))
        self._row = bytes(row)
        self._row += self._row[: 2 * max(frame, _COUNT_MODULO)]

    def bytes_at(self, start: int, count: int) -> bytes:
        """Samples from `start` on; silence before the first."""
        if start < 0:
            lead = min(count, -start)
            return bytes(2 * lead) + self.bytes_at(0, count - lead)
        begin = 2 * (start % _COUNT_MODULO)
        return self._row[begin : begin + 2 * count]


def _compare(pcm: bytes, expected: bytes) -> tuple[int, int]:
    """Samples that are silent, and those that are neither silent nor right."""
    silent = wrong = 0
    for at in range(0, len(pcm), 2):
        sample = pcm[at : at + 2]
        if sample == b"\0\0":
            silent += expected[at : at + 2] != b"\0\0"
        elif sample != expected[at : at + 2]:
            wrong += 1
    return silent, wrong


def _arrivals(
    seconds: float, rng: random.Random, rate_hz: int, ppm: float
) -> Iterator[tuple[float, int, tuple[int, int]]]:
    """When, number, and place with length of each datagram, in order of arrival."""
    sizes = [size // 2 for size in split_sizes(block_size(CODEC, rate_hz))]
    step_s = BLOCK_S / (1 + ppm * 1e-6)
    under_way: list[tuple[float, int, tuple[int, int]]] = []
    number, start, outage_end = 0, 0, 0.0
    for block in range(int(seconds / step_s)):
        sent = block * step_s
        while under_way and under_way[0][0] < sent:
            yield heapq.heappop(under_way)
        if rng.random() < step_s / OUTAGE_EVERY_S:
            outage_end = sent + rng.random() * OUTAGE_S_MAX
        for frames in sizes:
            for at in _ways(sent, block, rng, sent < outage_end):
                heapq.heappush(under_way, (at, FIRST_SEQ + number, (start, frames)))
            number, start = number + 1, start + frames
    while under_way:
        yield heapq.heappop(under_way)


def _ways(sent: float, block: int, rng: random.Random, outage: bool) -> Iterator[float]:
    """When the copies of one datagram arrive; the first block of all is spared."""
    if not block:
        yield sent
        return
    lost = outage or rng.random() < LOSS
    if lost and (outage or rng.random() >= RESENT):
        return
    at = sent + rng.random() * JITTER_S
    if lost:
        at += rng.uniform(*ROUND_TRIP_S)
    elif rng.random() < REORDERED:
        at += rng.random() * OVERTAKEN_S
    yield at
    if rng.random() < REPEATED:
        yield at + rng.random() * OVERTAKEN_S


def main(arguments: list[str] | None = None) -> int:
    """Prints what was found; 1 if a sample was not at its place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=int, default=8000, help="sample rate in Hz")
    parser.add_argument("--ppm", type=float, default=0.0, help="the radio's clock")
    chosen = parser.parse_args(arguments)
    began = monotonic()
    found = run(chosen.hours, seed=chosen.seed, rate_hz=chosen.rate, ppm=chosen.ppm)
    figures = found.statistics
    lines = (
        f"{chosen.hours:g} h at {chosen.rate} Hz, seed {chosen.seed}:"
        f" {found.samples:,} samples in {monotonic() - began:.0f} s",
        f"error: {found.wrong} samples not at their place",
        f"silent: {found.silent:,} samples, {figures.concealed_ms / 1000:,.1f} s",
        f"packets: {figures.received:,} received, {figures.lost:,} never came,"
        f" {figures.repaired:,} repaired, {figures.late:,} too late,"
        f" {figures.duplicates:,} twice, {figures.restarts} restarts",
        f"delay {figures.delay_ms:.1f} ms of {figures.target_delay_ms:g},"
        f" drift {figures.drift_ppm or 0.0:.1f} ppm",
    )
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if found.wrong or not found.frames_played else 0


if __name__ == "__main__":
    sys.exit(main())
