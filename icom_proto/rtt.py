"""Round-trip time from pings, smoothed as RFC 6298 does it for TCP.

One estimator serves the three links of a connection: they share one path. Before the
first sample it answers with `RTT_INITIAL_S`, which suits Wi-Fi and does no harm on a
LAN.
"""

from typing import Final

RTT_INITIAL_S: Final = 0.05
# RFC 6298, section 2: the gains of the mean and of the mean deviation.
MEAN_GAIN: Final = 1 / 8
DEVIATION_GAIN: Final = 1 / 4


class RoundTrip:
    """Smoothed round-trip time, its mean deviation and its minimum, in seconds."""

    __slots__ = ("deviation_s", "minimum_s", "samples", "smoothed_s")

    def __init__(self) -> None:
        self.smoothed_s = RTT_INITIAL_S
        self.deviation_s = RTT_INITIAL_S / 2
        self.minimum_s = RTT_INITIAL_S
        self.samples = 0

    def add(self, sample_s: float) -> None:
        """Take one measured round trip."""
        self.samples += 1
        if self.samples == 1:
            self.smoothed_s = self.minimum_s = sample_s
            self.deviation_s = sample_s / 2
            return
        if sample_s < self.minimum_s:
            self.minimum_s = sample_s
        error = sample_s - self.smoothed_s
        self.smoothed_s += MEAN_GAIN * error
        if error < 0:
            error = -error
        self.deviation_s += DEVIATION_GAIN * (error - self.deviation_s)
