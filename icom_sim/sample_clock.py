"""The sample clock of a radio: its seconds are a little shorter or longer than ours.

A clock that is 50 ppm fast sends its blocks of 20 ms each 19.999 ms, and plays what
comes as fast. Clients whose sound card has another clock run dry or over in minutes.
"""

from dataclasses import dataclass

from icom_proto.audio_formats import BLOCK_MS

# Crystals are within 100 ppm; a hundred times that shows in seconds what takes hours.
PPM_MAX = 10_000


class SampleClockError(ValueError):
    """An error that no clock has: one line with what is allowed."""


@dataclass(frozen=True, slots=True)
class SampleClock:
    """How much too fast it is, in millionths."""

    ppm: float = 0.0

    def __post_init__(self) -> None:
        if not -PPM_MAX <= self.ppm <= PPM_MAX:  # nor what is no number
            raise SampleClockError(
                f"a sample clock that is {self.ppm:g} ppm fast: allowed are"
                f" {-PPM_MAX} to {PPM_MAX}"
            )

    @property
    def block_s(self) -> float:
        """How long a block of 20 ms takes by a clock without error."""
        return self.seconds(BLOCK_MS, 1000)

    def seconds(self, frames: int, rate_hz: int) -> float:
        """How long these samples take."""
        return frames / rate_hz / (1 + self.ppm / 1e6)
