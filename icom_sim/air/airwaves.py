"""The air between fake radios of one process: who sends what, and what others hear.

Each radio has an `Antenna`. What it transmits reaches every other one, attenuated; an
`AirReceiver` makes audio of it. A block of 20 ms at 48 kHz costs the transmitter about
1 ms. Who does not send and has no receiver costs nothing.
"""

import math
from collections.abc import Callable, Sequence

from icom_proto.audio_formats import samples_of
from icom_sim.air.filters import AIR_RATE_HZ
from icom_sim.air.signals import Signal, within
from icom_sim.air.transmission import Transmission
from icom_sim.air.tuning import Tuning, is_keyed
from icom_sim.resampling import Resampler

# In the passband of a receiver: S1 on the scale of CIV.md 3.8.
NOISE_FLOOR_DBM = -120.0
# 100 W arrives 13 dB above S9, so that strength can be seen on an S-meter.
ATTENUATION_DB = 110.0

_FULL_SCALE = 32768
_RESAMPLER_WIDTH = 24
# A carrier rises and falls in 5 ms: keys that click need it faster.
_EDGE = AIR_RATE_HZ * 5 // 1000
_FORGOTTEN_S = 1.0
_LEAST_W = 1e-6  # a logarithm wants something


class Airwaves:
    """What fake radios share. Which of them hear each other is a matter of dB."""

    def __init__(
        self,
        *,
        noise_floor_dbm: float = NOISE_FLOOR_DBM,
        attenuation_db: float = ATTENUATION_DB,
    ) -> None:
        self.noise_floor_dbm = noise_floor_dbm
        self.attenuation_db = attenuation_db
        self._antennas = 0
        self._between: dict[frozenset[Antenna], float] = {}
        self._sent: dict[Transmission, Antenna] = {}

    def connect(self, tuning: Callable[[], Tuning]) -> "Antenna":
        """The antenna of one more radio."""
        self._antennas += 1
        return Antenna(self, tuning)

    def attenuate(self, one: "Antenna", other: "Antenna", db: float) -> None:
        """How much is lost between these two, instead of the usual."""
        self._between[frozenset((one, other))] = db

    # for antennas

    @property
    def is_shared(self) -> bool:
        """Whether there is anybody who could hear."""
        return self._antennas > 1

    def begin(self, sender: "Antenna", sent: Transmission) -> None:
        """A radio goes on the air."""
        for gone in [each for each in self._sent if each.over]:
            if sent.sent_at - gone.sent_at > _FORGOTTEN_S:
                del self._sent[gone]
        self._sent[sent] = sender

    def around(self, antenna: "Antenna") -> list[tuple[Transmission, float]]:
        """What arrives there, and how strong at full drive."""
        arriving = []
        for sent, sender in self._sent.items():
            if sender is not antenna:
                pair = frozenset((sender, antenna))
                loss_db = self._between.get(pair, self.attenuation_db)
                arriving.append((sent, sent.dbm - loss_db))
        return arriving


class Antenna:
    """One radio's way to the air and from it."""

    def __init__(self, airwaves: Airwaves, tuning: Callable[[], Tuning]) -> None:
        self.noise_dbm = airwaves.noise_floor_dbm  # in the passband
        self._airwaves, self._tuning = airwaves, tuning
        self._sending: Transmission | None = None
        self._down: tuple[int, Resampler] | None = None
        self._key_level = 0.0

    # transmitting

    def transmit(self, pcm: bytes, rate_hz: int, now: float) -> None:
        """The next audio of the modulator, silence too. In CW the key sends instead."""
        tuning = self._tuning()
        if is_keyed(tuning.transmit_mode):
            return
        if self._down is None or self._down[0] != rate_hz:
            self._down = rate_hz, Resampler(rate_hz, AIR_RATE_HZ, _RESAMPLER_WIDTH)
        heard: list[float] = []
        if self._airwaves.is_shared:
            samples = self._down[1].feed(samples_of(pcm))
            heard = [sample / _FULL_SCALE for sample in samples]
        self._send(tuning, heard, now, carrier=False)

    def transmit_carrier(self, on: bool, duration_s: float, now: float) -> None:
        """What the key or the tuner did for this long."""
        goal, level = float(on), self._key_level
        envelope = []
        for _ in range(round(duration_s * AIR_RATE_HZ)):
            level += max(-1 / _EDGE, min(1 / _EDGE, goal - level))
            envelope.append(level)
        self._key_level = level
        self._send(self._tuning(), envelope, now, carrier=True)

    def cease(self, now: float) -> None:
        """The radio is no longer keyed."""
        if self._sending is not None:
            self._sending.over, self._sending.sent_at = True, now
            self._sending = self._down = None
            self._key_level = 0.0

    @property
    def is_transmitting(self) -> bool:
        return self._sending is not None

    # receiving

    def tuning(self) -> Tuning:
        """Where the knobs are."""
        return self._tuning()

    def arriving(self) -> list[tuple[Transmission, float]]:
        """What others send, and how strong it is here at full drive."""
        return self._airwaves.around(self)

    def received_dbm(self, now: float) -> float:
        """What the S-meter shows: everything in the passband, and noise."""
        tuning = self._tuning()
        watts = math.pow(10, self.noise_dbm / 10)
        for sent, dbm in self.arriving():
            if tuning.reaches(*sent.band_hz):
                watts += sent.strength(now) * math.pow(10, dbm / 10)
        return 10 * math.log10(watts)

    def spectrum(self, low_hz: int, high_hz: int, now: float) -> Sequence[Signal]:
        """What a scope sees; one's own transmission is not among it."""
        signals = [
            signal
            for sent, dbm in self.arriving()
            for signal in sent.signals(sent.dbm - dbm, now)
        ]
        return within(signals, low_hz, high_hz)

    # inside

    def _send(
        self, tuning: Tuning, samples: Sequence[float], now: float, *, carrier: bool
    ) -> None:
        sending = self._sending
        if (
            sending is None
            or sending.carrier is not carrier
            or sending.mode is not tuning.transmit_mode
            or sending.frequency_hz != tuning.transmit_hz
        ):
            self.cease(now)
            dbm = 10 * math.log10(max(_LEAST_W, tuning.power_w) * 1000)
            sending = Transmission(
                tuning.transmit_mode, tuning.transmit_hz, dbm, carrier=carrier
            )
            sending.sent_at = now
            self._sending = sending
            self._airwaves.begin(self, sending)
        sending.send(samples, now)
