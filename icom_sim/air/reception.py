"""What one radio hears: a source of its own, or the air. One truth for audio, S-meter
and scope.

A source of one's own is a station on the frequency that the dial shows, in the mode of
the radio and as strong as asked for, S9 by default. Weak, it is heard in noise;
`silence` is a band without a station, and its audio is silence to the bit.
"""

import math
import random
from collections.abc import Callable, Sequence

from icom_proto.audio_formats import block_frames, samples_of
from icom_sim.air import lines
from icom_sim.air.airwaves import Antenna
from icom_sim.air.signals import Signal
from icom_sim.air.tuning import Tuning
from icom_sim.audio_source import AudioSource, RingSource, SourceMaker
from icom_sim.resampling import clipped_pcm

S9_DBM = -73.0
# So far above the noise a station is clean; at the noise, there is as much of both.
_CLEAN_DB = 40.0
_NOISE_PEAK = 8000
# A rate at which every source can be played.
_PREVIEW_HZ, _PREVIEW_FRAMES = 48_000, 1024


class Reception:
    """The receiving side of a radio; an `AudioSource` after `make`."""

    def __init__(
        self,
        spec: str,
        antenna: Antenna,
        tuning: Callable[[], Tuning],
        rng: random.Random,
    ) -> None:
        """Raises AudioSourceError for what no session could play."""
        self.dbm = S9_DBM  # of the source of one's own
        self._antenna, self._tuning, self._rng = antenna, tuning, rng
        self._rate_hz: int | None = None
        self._spec, self._maker = spec, SourceMaker(spec, self._air)
        self._source: AudioSource = RingSource(bytes(2))
        self._look: tuple[bytes, int] = b"", 0  # what was heard last, at which rate

    @property
    def spec(self) -> str:
        """What was asked for, as `--audio` has it."""
        return self._spec

    def change(self, spec: str) -> None:
        """Another source from now on. Raises AudioSourceError, and nothing changes."""
        maker = SourceMaker(spec, self._air)
        if self._rate_hz is not None:
            self._source = maker.make(self._rate_hz, self._rng)
        self._spec, self._maker, self._look = spec, maker, (b"", 0)

    def make(self, rate_hz: int) -> AudioSource:
        """For a session of this rate. Raises AudioSourceError if it cannot be played;
        then silence is heard."""
        self._rate_hz = rate_hz
        self._source = RingSource(bytes(2 * block_frames(rate_hz)))
        self._source = self._maker.make(rate_hz, self._rng)
        return self

    def poll_notice(self) -> str | None:
        """What people should know, once."""
        return self._maker.poll_notice()

    def block(self, frames: int) -> bytes:
        """The next samples."""
        block = self._source.block(frames)
        if not self._is_station or self._rate_hz is None:
            return block
        self._look = block, self._rate_hz
        return self._in_noise(block)

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
            signals += [
                signal
                for signal in self._station()
                if signal.frequency_hz + signal.width_hz / 2 >= low_hz
                and signal.frequency_hz - signal.width_hz / 2 <= high_hz
            ]
        return signals

    # inside

    @property
    def _is_station(self) -> bool:
        return self._spec not in ("air", "silence")

    def _air(self, rate_hz: int) -> AudioSource:
        return _AirSource(self._antenna, rate_hz)

    def _in_noise(self, block: bytes) -> bytes:
        over_db = self.dbm - self._antenna.noise_dbm
        if over_db >= _CLEAN_DB:
            return block
        noise = min(1.0, math.pow(10, -over_db / 20))
        station = min(1.0, math.pow(10, over_db / 20))
        peak, uniform = _NOISE_PEAK * noise, self._rng.uniform
        return clipped_pcm(
            station * sample + uniform(-peak, peak) for sample in samples_of(block)
        )

    def _station(self) -> list[Signal]:
        """All of it together is as strong as was asked for, whatever its loudness."""
        tuning = self._tuning()
        pcm, rate_hz = self._look if self._look[0] else self._preview()
        samples = [sample / 32768 for sample in samples_of(pcm)]
        signals = lines.signals_of(
            tuning.mode, tuning.frequency_hz, 0.0, samples, rate_hz
        )
        total = sum(10 ** (signal.dbm / 10) for signal in signals)
        gain_db = self.dbm - 10 * math.log10(total) if total else 0.0
        return [
            Signal(each.frequency_hz, each.width_hz, each.dbm + gain_db)
            for each in signals
        ]

    def _preview(self) -> tuple[bytes, int]:
        """What would be heard, while nobody listens."""
        if not self._spec.startswith("-"):  # which is heard only once
            source = self._maker.make(_PREVIEW_HZ, random.Random(0))
            self._look = source.block(_PREVIEW_FRAMES), _PREVIEW_HZ
        return self._look


class _AirSource:
    def __init__(self, antenna: Antenna, rate_hz: int) -> None:
        self._antenna, self._rate_hz = antenna, rate_hz

    def block(self, frames: int) -> bytes:
        return self._antenna.receive(frames, self._rate_hz)
