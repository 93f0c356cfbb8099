"""What makes the radio transmit, and what makes it stop (spec CIV.md 7.4).

Causes are the PTT of the controller, the one on the front panel, the tuner, the CW
keyer and the voice memory. Each ends by its own rule and all of them by the time-out,
so that no lost command leaves a carrier on the air. Time passes in `advance`; between
two calls nothing changes.
"""

import random
from dataclasses import dataclass

# guess: 3 minutes. Radios offer 3 to 30 minutes and "off" (7.4); a simulator that keys
# for ever would hide the client's mistake that this timer exists for.
TIME_OUT_S = 180.0
# Real tuners take 2 to 5 s (7.4).
_TUNING_S = (2.0, 5.0)
# What built-in tuners are made for: 16.7 to 150 ohms.
TUNER_SWR_MAX = 3.0
# Network audio comes every 20 ms; this long without any, and the modulator is silent.
_AUDIO_HOLD_S = 0.1
# guess: a dummy load, raw 10 on the meter (7.4: "raw 0-24").
_SWR = 1.1


@dataclass(slots=True)
class _Cw:
    """The text being sent. With semi break-in the radio hangs on behind it."""

    ends_at: float | None = None
    on_air: bool = False
    hang_s: float = 0.0
    hangs_until: float | None = None

    def advance(self, now: float) -> None:
        if self.ends_at is not None and self.ends_at <= now:
            if self.on_air and self.hang_s:
                self.hangs_until = self.ends_at + self.hang_s
            self.ends_at = None
        if self.hangs_until is not None and self.hangs_until <= now:
            self.hangs_until = None

    @property
    def keys(self) -> bool:
        sends = self.ends_at is not None and self.on_air
        return sends or self.hangs_until is not None


class Transmitter:
    """Keyed or not, by which cause, and with how much audio.

    `swr` is that of the antenna and may be set to make it a bad one; `time_out_s` is
    None for a radio whose timer is off.
    """

    def __init__(self, rng: random.Random) -> None:
        self.swr = _SWR
        self.time_out_s: float | None = TIME_OUT_S
        self.tuner_on = False
        self._rng = rng
        self._ptt = False
        self._panel_ptt = False
        self._voice_until: float | None = None
        self._keyed_at: float | None = None
        self._tuned_at: float | None = None
        self._cw = _Cw()
        self._audio_level = 0.0
        self._audio_until = 0.0

    # inputs

    def press_ptt(self, now: float) -> None:
        self._ptt = True
        self._note_keying(now)

    def release_ptt(self, now: float) -> None:
        self._ptt = False
        self._note_keying(now)

    def hold_panel_ptt(self, on: bool, now: float) -> None:
        """The key of the hand microphone, which 1C 00 00 does not let go of."""
        self._panel_ptt = on
        self._note_keying(now)

    def play_voice(self, seconds: float, now: float) -> None:
        """A voice memory, instead of the one that may be playing."""
        self._voice_until = now + seconds
        self._note_keying(now)

    def stop_voice(self, now: float) -> None:
        self._voice_until = None
        self._note_keying(now)

    def start_tuning(self, now: float) -> None:
        self._tuned_at = now + self._rng.uniform(*_TUNING_S)
        self._note_keying(now)

    def set_tuner(self, on: bool, now: float) -> None:
        """Also ends a tuning that runs."""
        self.tuner_on, self._tuned_at = on, None
        self._note_keying(now)

    def send_cw(
        self, ends_at: float, on_air: bool, now: float, hang_s: float = 0.0
    ) -> None:
        """The keyer has text until then; semi break-in hangs on after it."""
        self._cw = _Cw(ends_at, on_air, hang_s)
        self._note_keying(now)

    def stop_cw(self, now: float) -> None:
        self._cw = _Cw()
        self._note_keying(now)

    def stop(self, now: float) -> None:
        """End every cause: power off, the end of the session, or the time-out."""
        self._ptt = self._panel_ptt = False
        self._tuned_at = self._voice_until = None
        self._cw = _Cw()
        self._note_keying(now)

    def hear(self, level: float, now: float) -> None:
        self._audio_level, self._audio_until = level, now + _AUDIO_HOLD_S

    def advance(self, now: float) -> None:
        if self._tuned_at is not None and self._tuned_at <= now:
            # With an antenna that it cannot match the tuner gives up and is off (3.10).
            self.tuner_on, self._tuned_at = self.swr <= TUNER_SWR_MAX, None
        self._cw.advance(now)
        if self._voice_until is not None and self._voice_until <= now:
            self._voice_until = None
        self._note_keying(now)
        time_out = self._times_out_at
        if time_out is not None and time_out <= now:
            self.stop(now)

    # outputs

    @property
    def transmitting(self) -> bool:
        return (
            self._ptt
            or self._panel_ptt
            or self.tuning
            or self.playing_voice
            or self._cw.keys
        )

    @property
    def tuning(self) -> bool:
        return self._tuned_at is not None

    @property
    def playing_voice(self) -> bool:
        return self._voice_until is not None

    @property
    def sending_cw(self) -> bool:
        return self._cw.ends_at is not None

    @property
    def matched_swr(self) -> float:
        """What the transmitter sees, and the meter shows."""
        antenna = max(1.0, self.swr)
        if self.tuner_on and antenna <= TUNER_SWR_MAX:
            return min(antenna, _SWR)
        return antenna

    def audio_level(self, now: float) -> float:
        return self._audio_level if now < self._audio_until else 0.0

    def next_timeout(self) -> float | None:
        ends = (
            self._tuned_at,
            self._cw.ends_at,
            self._cw.hangs_until,
            self._voice_until,
            self._times_out_at,
        )
        return min((at for at in ends if at is not None), default=None)

    # inside

    @property
    def _times_out_at(self) -> float | None:
        if self._keyed_at is None or self.time_out_s is None:
            return None
        return self._keyed_at + self.time_out_s

    def _note_keying(self, now: float) -> None:
        if not self.transmitting:
            self._keyed_at = None
        elif self._keyed_at is None:
            self._keyed_at = now
