"""On, standby and the way back (spec CIV.md section 6).

In standby the network side lives on and CI-V is silent: no answers, no NG. Only 18 01
is understood, and not even that is acknowledged: whether radios do is not established,
and a client that survives silence survives an OK.
"""

import random
from enum import Enum

# Seen: 3.8 s on an IC-7300, 5.5 s on an IC-9700.
_WAKE_S = (3.8, 5.5)


class PowerState(Enum):
    """How much of the radio is awake."""

    ON = "on"
    STANDBY = "standby"
    WAKING = "waking"


class Power:
    """The power switch, and the seconds that waking takes."""

    def __init__(self, rng: random.Random) -> None:
        self.state = PowerState.ON
        self._rng = rng
        self._awake_at: float | None = None

    def switch_off(self) -> None:
        self.state, self._awake_at = PowerState.STANDBY, None

    def switch_on(self, now: float) -> None:
        if self.state is PowerState.STANDBY:
            self.state = PowerState.WAKING
            self._awake_at = now + self._rng.uniform(*_WAKE_S)

    def advance(self, now: float) -> None:
        if self._awake_at is not None and self._awake_at <= now:
            self.state, self._awake_at = PowerState.ON, None

    def next_timeout(self) -> float | None:
        return self._awake_at
