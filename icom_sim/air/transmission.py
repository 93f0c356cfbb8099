"""One transmission: what a radio puts on the air between key and unkey, as audio.

Samples are -1 to 1 at full drive, at the rate of the air. Receivers read them at their
own pace; what nobody has read after half a second is gone.
"""

from collections.abc import Sequence
from operator import mul

from icom_proto.civ_values import Mode
from icom_sim.air import lines
from icom_sim.air.filters import AIR_RATE_HZ
from icom_sim.air.signals import Signal
from icom_sim.air.tuning import MODULATION_HZ, Family, family_of, pitch_of, sideband_of

_HISTORY = AIR_RATE_HZ // 2
# Blocks of two radios are not in step: so much waits before it is heard.
_AHEAD = AIR_RATE_HZ * 40 // 1000
# A receiver that slept hears what is new.
_BEHIND_MAX = AIR_RATE_HZ // 4
# A transmitter that sends no more samples is silent.
_FRESH_S = 0.1
# What a scope looks at: lines are 47 Hz apart.
_LOOK = 256


class Transmission:
    """As the radio sends it. `carrier` is CW or the tuner: samples are its envelope."""

    def __init__(
        self, mode: Mode, frequency_hz: int, dbm: float, *, carrier: bool
    ) -> None:
        self.mode, self.frequency_hz, self.dbm = mode, frequency_hz, dbm
        self.carrier = carrier
        self.over = False
        self.end = 0  # samples so far
        self.sent_at = 0.0
        self._history: list[float] = []
        self._mean_square = 0.0

    @property
    def band_hz(self) -> tuple[int, int]:
        """What it occupies, as far as receivers care."""
        at = self.frequency_hz
        if self.carrier or family_of(self.mode) is not Family.LINEAR:
            return at, at
        ends = [
            at + sideband_of(self.mode) * (hz - pitch_of(self.mode))
            for hz in MODULATION_HZ
        ]
        return min(ends), max(ends)

    def send(self, samples: Sequence[float], now: float) -> None:
        """The next samples."""
        self._history = (self._history + list(samples))[-_HISTORY:]
        self.end += len(samples)
        self.sent_at = now
        if samples:
            self._mean_square = sum(map(mul, samples, samples)) / len(samples)

    def since(self, position: int, count: int) -> list[float]:
        """Up to so many samples from there on; `position` is at most `_HISTORY` old."""
        start = position - self.end + len(self._history)
        return self._history[start : start + count]

    def is_on_air(self, now: float) -> bool:
        return not self.over and now - self.sent_at < _FRESH_S

    def strength(self, now: float) -> float:
        """The power at this moment, 0 to 1 of full drive."""
        if not self.is_on_air(now):
            return 0.0
        if self.carrier:
            return self._mean_square
        if family_of(self.mode) is Family.LINEAR:
            return min(1.0, 2 * self._mean_square)
        return 1.0

    def signals(self, loss_db: float, now: float) -> list[Signal]:
        """What a scope sees of it behind this attenuation."""
        if not self.strength(now):
            return []
        dbm = self.dbm - loss_db
        if self.carrier:
            return [lines.carrier(self.frequency_hz, dbm)]
        look = self._history[-_LOOK:]
        return lines.signals_of(self.mode, self.frequency_hz, dbm, look, AIR_RATE_HZ)


class Listener:
    """One receiver's place in one transmission."""

    def __init__(self, transmission: Transmission) -> None:
        self.transmission = transmission
        self._position = max(0, transmission.end - _BEHIND_MAX)
        self._waits = True

    @property
    def is_done(self) -> bool:
        """Heard to its end."""
        return self.transmission.over and self._position >= self.transmission.end

    def take(self, count: int) -> list[float] | None:
        """The next samples, silence behind the last one; None before there are any."""
        heard = self.transmission
        if heard.end - self._position > _BEHIND_MAX + count:
            self._position = heard.end - _AHEAD
        ahead = heard.end - self._position
        if self._waits and ahead < _AHEAD and not heard.over:
            return None
        samples = heard.since(self._position, count)
        self._position += len(samples)
        self._waits = len(samples) < count and not heard.over
        return samples + [0.0] * (count - len(samples)) if samples else None
