"""On, standby and the way back (spec CIV.md section 6).

In standby the network side lives on and CI-V is silent: no answers, no NG. Only 18 01
is understood, and not even that is acknowledged: whether radios do is not established,
and a client that survives silence survives an OK. A radio that is off has no network
either, and hears nothing: only its own key brings it back.
"""

import random
from enum import Enum


class PowerState(Enum):
    """How much of the radio is awake."""

    ON = "on"
    STANDBY = "standby"
    OFF = "off"
    WAKING = "waking"


class Power:
    """The power switch, and the seconds that waking takes."""

    def __init__(self, wake_s: tuple[float, float], rng: random.Random) -> None:
        self.state = PowerState.ON
        self._wake_s = wake_s
        self._rng = rng
        self._awake_at: float | None = None

    def stand_by(self) -> None:
        self.state, self._awake_at = PowerState.STANDBY, None

    def switch_off(self) -> None:
        self.state, self._awake_at = PowerState.OFF, None

    def switch_on(self, now: float) -> None:
        """By 18 01, or the key: who asks has to know whether the radio hears it."""
        if self.state in (PowerState.STANDBY, PowerState.OFF):
            self.state = PowerState.WAKING
            self._awake_at = now + self._rng.uniform(*self._wake_s)

    def advance(self, now: float) -> None:
        if self._awake_at is not None and self._awake_at <= now:
            self.state, self._awake_at = PowerState.ON, None

    def next_timeout(self) -> float | None:
        return self._awake_at
