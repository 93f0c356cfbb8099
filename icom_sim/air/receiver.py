"""A receiver at an antenna: the air, as the knobs of its radio have it, as audio.

A block of 20 ms costs about 3 ms at 48 kHz and 1.5 ms at 8 kHz; each signal that is off
frequency, 2 ms more.
"""

import random

from icom_sim.air.airwaves import Antenna
from icom_sim.air.detectors import Detector, Heard
from icom_sim.air.filters import AIR_RATE_HZ
from icom_sim.air.transmission import Listener, Transmission
from icom_sim.resampling import Resampler, clipped_pcm

_FULL_SCALE = 32768
_RESAMPLER_WIDTH = 16


class AirReceiver:
    """An `AudioSource`, at its own pace. While its radio transmits it is silent."""

    def __init__(self, antenna: Antenna, rate_hz: int, rng: random.Random) -> None:
        self._antenna, self._rng = antenna, rng
        self._resampler = Resampler(AIR_RATE_HZ, rate_hz, _RESAMPLER_WIDTH)
        self._ready: list[float] = []
        self._detector: Detector | None = None
        self._listeners: dict[Transmission, Listener] = {}

    def block(self, frames: int) -> bytes:
        """The next samples."""
        missing = frames - len(self._ready)
        if missing > 0:
            samples = self._listen(self._resampler.needed(missing))
            self._ready += self._resampler.feed(samples)
        made, self._ready = self._ready[:frames], self._ready[frames:]
        return clipped_pcm(sample * _FULL_SCALE for sample in made)

    def _listen(self, count: int) -> list[float]:
        """So much of the air."""
        antenna = self._antenna
        if antenna.is_transmitting:
            self._listeners.clear()
            self._detector = None
            return [0.0] * count
        tuning = antenna.tuning()
        if self._detector is None or self._detector.tuning != tuning:
            self._detector = Detector(tuning, self._rng)
        heard = []
        arriving = antenna.arriving()
        for sent, dbm in arriving:
            listener = self._listeners.get(sent)
            if listener is None:
                listener = self._listeners[sent] = Listener(sent)
            samples = listener.take(count)
            if samples is not None and tuning.reaches(*sent.band_hz):
                heard.append(Heard(sent, samples, dbm))
        present = {sent for sent, _ in arriving}
        for gone in [each for each in self._listeners if each not in present]:
            del self._listeners[gone]
        return self._detector.listen(heard, antenna.noise_dbm, count)
