"""Pixels of a sweep: noise with a seeded roughness, and the signals on the air.

Thirty sweeps a second of 689 pixels may not cost a core: noise is made once, as a ring
of bytes, and moved up and down by `bytes.translate`; signals are slices laid over it.
Half a dB is one count, and no radio tells what dBm a count is (spec CIV.md 5.5).
"""

import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from icom_sim.air.signals import Signal

_COUNTS_PER_DB = 2
# guess: S9 (-73 dBm) in the middle of the display, as photographs of radios show it.
_ZERO_DBM = -118.0
# guess: a quiet band; its roughness is that of a spectrum, drawn fast.
_NOISE_DBM = -115.0
_NOISE_SPREAD_DB = 3.0
_RING_SIZE = 4096
_RING_MIDDLE = 64
_BYTE_MAX = 255
# A signal falls by so many counts for each pixel from its edge.
_SKIRT_COUNTS = 14
# Whoever puts more on the air has the rest ignored.
SIGNALS_MAX = 200
_TABLES_MAX = 100


@dataclass(frozen=True, slots=True)
class Display:
    """What is displayed: the range, and by how much the trace is lifted."""

    low_hz: int
    high_hz: int
    pixels: int
    amplitude_max: int
    gain_db: float
    smooth: bool  # by a narrow video bandwidth


class Trace:
    """Draws. Its noise depends on the seed and on how many sweeps were drawn."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._rings: dict[bool, bytes] = {}
        self._tables: dict[tuple[int, int], bytes] = {}

    def draw(self, display: Display, signals: Iterable[Signal]) -> bytes:
        """One byte for each pixel, the lowest frequency first."""
        floor = _count_of(display, _NOISE_DBM)
        pixels = bytearray(self._rough(display, floor, display.pixels))
        for first, last, count in _placed(display, signals):
            self._lay(display, pixels, first, last, count)
        return bytes(pixels)

    def _lay(
        self, display: Display, pixels: bytearray, first: int, last: int, count: int
    ) -> None:
        """A signal from one pixel to another; both may lie outside."""
        start, end = max(first, 0), min(last + 1, len(pixels))
        if start < end:
            # A carrier stands still; what is wide enough to be modulated dances.
            if last - first > 1:
                top = self._rough(display, count, end - start)
            else:
                top = bytes((_clipped(display, count),)) * (end - start)
            pixels[start:end] = bytes(map(max, pixels[start:end], top))
        steps = range(1, count // _SKIRT_COUNTS + 1)
        for step in steps:
            level = _clipped(display, count - step * _SKIRT_COUNTS)
            for at in (first - step, last + step):
                if 0 <= at < len(pixels) and pixels[at] < level:
                    pixels[at] = level

    def _rough(self, display: Display, count: int, size: int) -> bytes:
        """Noise around a count."""
        ring = self._rings.get(display.smooth)
        if ring is None:
            ring = self._rings[display.smooth] = self._ring(display.smooth)
        start = self._rng.randrange(_RING_SIZE)
        piece = ring[start : start + size]
        if len(piece) < size:  # around the end of the ring, perhaps more than once
            piece = (ring * (2 + size // _RING_SIZE))[start : start + size]
        return piece.translate(self._table(display, count))

    def _ring(self, smooth: bool) -> bytes:
        spread = _COUNTS_PER_DB * _NOISE_SPREAD_DB / (3 if smooth else 1)
        normal = self._rng.gauss
        return bytes(
            max(0, min(_BYTE_MAX, round(normal(_RING_MIDDLE, spread))))
            for _ in range(_RING_SIZE)
        )

    def _table(self, display: Display, count: int) -> bytes:
        key = count, display.amplitude_max
        if key not in self._tables:
            if len(self._tables) >= _TABLES_MAX:
                self._tables.clear()
            self._tables[key] = bytes(
                _clipped(display, byte - _RING_MIDDLE + count) for byte in range(256)
            )
        return self._tables[key]


def _placed(
    display: Display, signals: Iterable[Signal]
) -> Iterator[tuple[int, int, int]]:
    """First pixel, last pixel and height of what can be seen of each signal."""
    hz_per_pixel = (display.high_hz - display.low_hz) / (display.pixels - 1)
    for signal in islice(signals, SIGNALS_MAX):
        # A pixel shows the power of its own slice of a wide signal.
        spread = max(1.0, signal.width_hz / hz_per_pixel)
        count = _count_of(display, signal.dbm - 10 * math.log10(spread))
        if count <= 0:
            continue
        low = signal.frequency_hz - signal.width_hz / 2 - display.low_hz
        first = round(low / hz_per_pixel)
        last = max(first, round((low + signal.width_hz) / hz_per_pixel))
        yield first, last, count


def _count_of(display: Display, dbm: float) -> int:
    """The height of a level, which may be off the display. NaN is no signal."""
    height = (dbm + display.gain_db - _ZERO_DBM) * _COUNTS_PER_DB
    # The limits hold infinities too, and a skirt that would reach over many pixels.
    return round(min(height, 2.0 * _BYTE_MAX)) if height > -_BYTE_MAX else -_BYTE_MAX


def _clipped(display: Display, count: int) -> int:
    return max(0, min(display.amplitude_max, count))
