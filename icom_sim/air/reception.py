"""What one radio hears: a source of its own, or the air. One truth for audio, S-meter
and scope.

A source of one's own is a station on the frequency that the dial shows, in the mode of
the radio and as strong as asked for, S9 by default. Weak, it is heard in noise;
`silence` is a band without a station, and its audio is silence to the bit.
"""

import math
import random
from collections.abc import Callable, Iterable, Sequence

from icom_proto.audio_formats import samples_of
from icom_sim.air import lines
from icom_sim.air.airwaves import Antenna
from icom_sim.air.receiver import AirReceiver
from icom_sim.air.signals import Signal, within
from icom_sim.audio_source import AudioSource, SourceMaker
from icom_sim.resampling import clipped_pcm

S9_DBM = -73.0
CLEAN_DB = 40.0  # so far above the noise, a station is heard without any
_NOISE_PEAK = 8000


class Reception:
    """The receiving side of one radio, for as many sessions as it has."""

    def __init__(self, spec: str, antenna: Antenna) -> None:
        """Raises AudioSourceError for what no session could play."""
        self.dbm = S9_DBM  # of the source of one's own
        self._antenna = antenna
        self._spec, self._maker = spec, SourceMaker(spec)
        self._preview: tuple[int, bytes] | None = None

    @property
    def spec(self) -> str:
        """What is heard, as `--audio` has it."""
        return self._spec

    def change(self, spec: str, rates_hz: Iterable[int] = ()) -> None:
        """What `make` makes from now on, for sessions of these rates among others.

        Raises AudioSourceError, and nothing changes.
        """
        maker = SourceMaker(spec)
        for rate_hz in rates_hz:
            maker.check_rate(rate_hz)
        self._spec, self._maker, self._preview = spec, maker, None

    def make(self, rate_hz: int, rng: random.Random) -> AudioSource:
        """For a session of this rate. Raises AudioSourceError if it cannot be played.

        A station that is clean enough comes as its ring; make it again when `dbm`
        falls below that.
        """
        if self._spec == "air":
            return AirReceiver(self._antenna, rate_hz, rng)
        source = self._maker.make(rate_hz, rng)
        if self._spec == "silence" or self._over_noise_db >= CLEAN_DB:
            return source
        return _NoisySource(source, lambda: self._over_noise_db, rng)

    def poll_notice(self) -> str | None:
        """What people should know, once."""
        return self._maker.poll_notice()

    def received_dbm(self, now: float) -> float:
        """For the S-meter."""
        around = self._antenna.received_dbm(now)
        if not self._is_station:
            return around
        return 10 * math.log10(10 ** (around / 10) + 10 ** (self.dbm / 10))

    def spectrum(self, low_hz: int, high_hz: int, now: float) -> Sequence[Signal]:
        """For the scope; a `Spectrum`."""
        signals = list(self._antenna.spectrum(low_hz, high_hz, now))
        if self._is_station:
            signals += within(self._station(now), low_hz, high_hz)
        return signals

    # inside

    @property
    def _is_station(self) -> bool:
        return self._spec not in ("air", "silence")

    @property
    def _over_noise_db(self) -> float:
        return self.dbm - self._antenna.noise_dbm

    def _station(self, now: float) -> list[Signal]:
        """All of it together is as strong as was asked for, whatever its loudness."""
        tuning = self._antenna.tuning()
        self._preview = self._preview or self._maker.preview()
        if self._preview is None:  # a pipe, which is heard only once
            return [lines.blank(tuning.mode, tuning.frequency_hz, self.dbm)]
        rate_hz, ring = self._preview
        signals = lines.signals_of(
            tuning.mode, tuning.frequency_hz, 0.0, _moment(ring, rate_hz, now), rate_hz
        )
        total = sum(10 ** (signal.dbm / 10) for signal in signals)
        gain_db = self.dbm - 10 * math.log10(total) if total else 0.0
        return [
            Signal(each.frequency_hz, each.width_hz, each.dbm + gain_db)
            for each in signals
        ]


def _moment(ring: bytes, rate_hz: int, now: float) -> list[float]:
    """So much of it that lines are some 50 Hz apart, whether anybody listens or not."""
    size = min(2 * (rate_hz // 40), len(ring))
    start = int(now * rate_hz) * 2 % (len(ring) - size + 2)
    return [each / 32768 for each in samples_of(ring[start : start + size])]


class _NoisySource:
    """A weak station: at the noise there is as much of both."""

    def __init__(
        self,
        station: AudioSource,
        over_noise_db: Callable[[], float],
        rng: random.Random,
    ) -> None:
        self._station, self._over_noise_db, self._rng = station, over_noise_db, rng

    def block(self, frames: int) -> bytes:
        block, over_db = self._station.block(frames), self._over_noise_db()
        if over_db >= CLEAN_DB:
            return block
        noise = min(1.0, math.pow(10, -over_db / 20))
        level = min(1.0, math.pow(10, over_db / 20))
        peak, uniform = _NOISE_PEAK * noise, self._rng.uniform
        return clipped_pcm(
            level * sample + uniform(-peak, peak) for sample in samples_of(block)
        )
