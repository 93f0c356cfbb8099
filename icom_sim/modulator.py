"""From the TX buffer to the air: judged, heard by other radios, recorded.

`icom-sim serve --save-tx` records what the client sends, as it arrives; `--save-air`
what a receiver would have heard, over after over.
"""

from collections.abc import Callable
from math import inf

from icom_sim.air.airwaves import Antenna
from icom_sim.sample_clock import SampleClock
from icom_sim.tx_recorder import RecordingError, TxRecorder
from icom_sim.tx_verdict import TxJudge, TxVerdict


def audio_modulates(_now: float) -> bool | None:
    """Of a radio that has neither a key nor a tuner."""
    return None


class Modulator:
    """Keyed by the rig, fed by the client.

    `carrier` tells what the key or the tuner does now; None where audio modulates.
    """

    def __init__(
        self,
        antenna: Antenna,
        *,
        clock: SampleClock | None = None,
        recorder: TxRecorder | None = None,
        carrier: Callable[[float], bool | None] = audio_modulates,
    ) -> None:
        self._antenna, self._recorder, self._carrier = antenna, recorder, carrier
        self._judge = TxJudge(clock)
        self._sent: int | None = None  # samples of this session on the air
        self._keyed_to: float | None = None  # how far a carrier has been sent
        self._trouble: str | None = None

    # inputs

    def grant(self, rate_hz: int, buffer_ms: int) -> None:
        """A session begins."""
        self._judge.grant(rate_hz, buffer_ms)
        self._sent = 0
        self._record(lambda recorder: recorder.start(rate_hz))

    def hear(self, position: int, pcm: bytes, now: float) -> None:
        """Audio of the client arrives; `position` counts its samples, lost ones too."""
        self._judge.hear(position, pcm, now)
        self._send(now)

    def skip(self, count: int) -> None:
        """So many datagrams of it are lost."""
        self._judge.skip(count)

    def key(self, now: float, why_muted: str = "") -> None:
        """The rig transmits; without modulation, if there is a reason."""
        self._send(now)
        self._judge.key(now, why_muted)
        self._keyed_to = now

    def unkey(self, now: float) -> None:
        """It transmits no more."""
        self._judge.unkey(now)
        self._send(now)
        self._keyed_to = None
        self._antenna.cease(now)

    def handle_timeout(self, now: float) -> None:
        """Put on the air what is due."""
        self._judge.advance(now)
        self._send(now)

    # outputs

    def next_timeout(self) -> float:
        """When the next 20 ms are on the air; infinity while not keyed."""
        return inf if self._keyed_to is None else self._judge.next_timeout()

    def verdict(self) -> TxVerdict:
        """What would have been heard so far."""
        return self._judge.verdict()

    def poll_trouble(self) -> str | None:
        """What it cannot do any more."""
        trouble, self._trouble = self._trouble, None
        return trouble

    # inside

    def _send(self, now: float) -> None:
        carrier = None if self._keyed_to is None else self._carrier(now)
        if carrier is not None and self._keyed_to is not None:
            self._antenna.transmit_carrier(carrier, now - self._keyed_to, now)
        if self._keyed_to is not None:
            self._keyed_to = now
        while (pcm := self._judge.poll_on_air()) is not None:
            if carrier is None:
                self._antenna.transmit(pcm, self._judge.rate_hz, now)
            if self._sent is not None:
                self._record(_written(self._sent, pcm))
                self._sent += len(pcm) // 2

    def _record(self, write: Callable[[TxRecorder], None]) -> None:
        if self._recorder is None:
            return
        try:
            write(self._recorder)
        except RecordingError as error:
            self._recorder, self._trouble = None, str(error)


def _written(position: int, pcm: bytes) -> Callable[[TxRecorder], None]:
    return lambda recorder: recorder.write(position, pcm)
