"""From signals at the antenna to audio: what a receiver of each family makes of them.

Levels are amplitudes in which the strongest signal is 1: that is what the automatic
gain of a receiver is for. Noise is what it is beside that. Everything is audio at the
rate of the air, filtered by the passband; a signal off frequency is shifted in pitch.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import mul

from icom_sim.air.filters import AIR_RATE_HZ, BandFilter
from icom_sim.air.transmission import Transmission
from icom_sim.air.tuning import (
    MODULATION_HZ,
    Family,
    Tuning,
    family_of,
    pitch_of,
    sideband_of,
)

# guess: the gain rises no further than to noise 23 dB below a full signal.
_GAIN_MAX_DB = 20.0
# guess: FM is noise below the first, clean from the second on, of signal to noise; and
# the stronger of two signals wins by this much.
_FM_THRESHOLD_DB, _FM_CLEAN_DB, _FM_CAPTURE_DB = 3.0, 13.0, 6.0
# guess: an open squelch without a signal.
_FM_NOISE = 0.1
_SINE_RMS = math.sqrt(0.5)
_BAND_HZ_MIN = 50
_NOTHING_DB = -80.0


@dataclass(frozen=True, slots=True)
class Heard:
    """A block of one transmission, and how strong it arrives."""

    transmission: Transmission
    samples: Sequence[float]
    dbm: float


class Detector:
    """The receiver behind one tuning; a new one is made when the knobs move."""

    def __init__(self, tuning: Tuning, rng: random.Random) -> None:
        self.tuning = tuning
        self._noise_dbm = -math.inf
        self._gauss = rng.gauss
        low, high = tuning.audio_band_hz
        self._filter = BandFilter(low, max(high, low + _BAND_HZ_MIN))
        # So that noise has the power it should behind the filter.
        self._noise_gain = math.sqrt(AIR_RATE_HZ / 2 / max(_BAND_HZ_MIN, high - low))
        self._shifters: dict[Transmission, _Shifter] = {}
        self._levels: dict[Transmission | None, float] = {}

    def listen(
        self, heard: Sequence[Heard], noise_dbm: float, count: int
    ) -> list[float]:
        """A block of audio."""
        self._noise_dbm = noise_dbm
        family = family_of(self.tuning.mode)
        audible = [
            each for each in heard if family_of(each.transmission.mode) is family
        ]
        mixed = [0.0] * count
        if family is Family.LINEAR or family is Family.AM:
            shifted, noise = self._mix_by_strength(audible, mixed)
        else:
            shifted, noise = [], self._capture(audible, mixed)
        for at, ramp in enumerate(self._ramp(None, noise * self._noise_gain, count)):
            mixed[at] += self._gauss(0.0, ramp)
        audio = self._filter.feed(mixed)
        for samples in shifted:
            audio = [a + b for a, b in zip(audio, samples, strict=True)]
        self._forget({each.transmission for each in heard})
        return audio

    def _mix_by_strength(
        self, audible: Sequence[Heard], mixed: list[float]
    ) -> tuple[list[list[float]], float]:
        """Adds what needs no shifting; what was shifted, and the level of noise."""
        shifters = [self._shifter(each.transmission) for each in audible]
        passed = [
            None if shifter is None else shifter.feed(each.samples)
            for shifter, each in zip(shifters, audible, strict=True)
        ]
        # The gain follows what the filter leaves of a signal.
        strengths = [
            each.dbm + (shifter.passed_db if shifter else 0.0)
            for shifter, each in zip(shifters, audible, strict=True)
        ]
        reference = max(*strengths, self._noise_dbm + _GAIN_MAX_DB, -math.inf)
        shifted = []
        for each, samples in zip(audible, passed, strict=True):
            level = _amplitude(each.dbm - reference)
            ramp = self._ramp(each.transmission, level, len(mixed))
            if samples is not None:
                shifted.append([a * b for a, b in zip(ramp, samples, strict=True)])
            elif not each.transmission.carrier:
                _add(mixed, ramp, each.samples)
        return shifted, _SINE_RMS * _amplitude(self._noise_dbm - reference)

    def _capture(self, audible: Sequence[Heard], mixed: list[float]) -> float:
        """Adds the strongest; the level of noise."""
        order = sorted(audible, key=lambda each: each.dbm, reverse=True)
        quality = 0.0
        for each in order[:1]:
            rivals = [self._noise_dbm, *(o.dbm + _FM_CAPTURE_DB for o in order[1:2])]
            over = each.dbm - max(rivals) - _FM_THRESHOLD_DB
            quality = max(0.0, min(1.0, over / (_FM_CLEAN_DB - _FM_THRESHOLD_DB)))
            ramp = self._ramp(each.transmission, quality, len(mixed))
            if not each.transmission.carrier:
                _add(mixed, ramp, each.samples)
        hiss = _FM_NOISE * (1.0 - quality)
        return hiss if family_of(self.tuning.mode) is Family.FM else 0.0

    def _shifter(self, transmission: Transmission) -> "_Shifter | None":
        """None where audio comes out as it went in."""
        tuning = self.tuning
        if family_of(tuning.mode) is not Family.LINEAR:
            return None
        shifter = self._shifters.get(transmission)
        if shifter is None:
            ours, theirs = sideband_of(tuning.mode), sideband_of(transmission.mode)
            shift_hz = tuning.pitch_hz + ours * (
                transmission.frequency_hz - tuning.frequency_hz
            )
            turned = ours * theirs
            if not transmission.carrier:
                shift_hz -= turned * pitch_of(transmission.mode)
                if shift_hz == 0 and turned == 1:
                    return None
            shifter = _Shifter(
                tuning.audio_band_hz, shift_hz, turned, transmission.carrier
            )
            self._shifters[transmission] = shifter
        return shifter

    def _ramp(
        self, what: Transmission | None, level: float, count: int
    ) -> Sequence[float]:
        """From the last block's level to this one: nothing begins with a click."""
        before = self._levels.get(what, 0.0)
        self._levels[what] = level
        if before == level:
            return [level] * count
        return [before + (level - before) * at / count for at in range(1, count + 1)]

    def _forget(self, heard: set[Transmission]) -> None:
        for gone in [each for each in self._levels if each and each not in heard]:
            del self._levels[gone]
            self._shifters.pop(gone, None)


class _Shifter:
    """A signal that is off frequency, or on the other sideband, or a carrier."""

    def __init__(
        self, band_hz: tuple[int, int], shift_hz: int, turned: int, carrier: bool
    ) -> None:
        self._step = math.tau * shift_hz / AIR_RATE_HZ
        self._angle = 0.0
        self._turned = turned
        self.passed_db = 0.0  # what the filter leaves of the signal
        low, high = band_hz
        self._feed: Callable[[Sequence[float]], tuple[list[float], list[float]]]
        if carrier:
            heard = low <= shift_hz <= high
            self._feed = _at_half if heard else _nothing
            self.passed_db = 0.0 if heard else _NOTHING_DB
            return
        # The part of its audio that lands in the passband.
        ends = sorted((turned * (low - shift_hz), turned * (high - shift_hz)))
        low, high = max(ends[0], MODULATION_HZ[0]), min(ends[1], MODULATION_HZ[1])
        self._feed = (
            BandFilter(low, high).feed_both if high - low >= _BAND_HZ_MIN else _nothing
        )

    def feed(self, samples: Sequence[float]) -> list[float]:
        in_phase, quadrature = self._feed(samples)
        step, angle, turned = self._step, self._angle, self._turned
        self._angle = (angle + len(in_phase) * step) % math.tau
        shifted = [
            i * math.cos(angle + at * step) - turned * q * math.sin(angle + at * step)
            for at, (i, q) in enumerate(zip(in_phase, quadrature, strict=True))
        ]
        came, left = sum(map(mul, samples, samples)), sum(map(mul, shifted, shifted))
        if came and left and self._feed is not _at_half:
            self.passed_db = max(_NOTHING_DB, min(0.0, 10 * math.log10(left / came)))
        return shifted


def _at_half(samples: Sequence[float]) -> tuple[list[float], list[float]]:
    """A key, as loud as speech, with room above."""
    return [0.5 * sample for sample in samples], [0.0] * len(samples)


def _nothing(samples: Sequence[float]) -> tuple[list[float], list[float]]:
    return [0.0] * len(samples), [0.0] * len(samples)


def _add(mixed: list[float], ramp: Sequence[float], samples: Sequence[float]) -> None:
    for at, (level, sample) in enumerate(zip(ramp, samples, strict=True)):
        mixed[at] += level * sample


def _amplitude(db: float) -> float:
    return math.pow(10, db / 20)
