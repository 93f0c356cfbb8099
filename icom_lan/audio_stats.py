"""The runtime figures of audio that applications get, with the document's 17 names.

How each is made depends on who receives: `AudioStream` from what its jitter buffer and
`RxMeter` count, `IcomRadio` from what the core counts. The names, units and bounds are
the same.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class AudioState(StrEnum):
    """What audio does. Full duplex has no state of its own: it is TRANSMITTING."""

    IDLE = "idle"
    RECEIVING = "receiving"
    TRANSMITTING = "transmitting"


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStats:
    """One snapshot. Counters of RX run from the start of reception, and stay after it.

    `jitter_ms` and `jitter_max_ms` are of arrival times (RFC 3550), not of numbers;
    `estimated_latency_ms` is the longest that a packet waits in the jitter buffer now,
    in time as the packets' codec, rate and size tell it.
    """

    active: bool = False
    state: AudioState = AudioState.IDLE
    rx_packets_received: int = 0
    rx_packets_delivered: int = 0
    tx_packets_sent: int = 0
    packets_lost: int = 0
    packet_loss_percent: float = 0.0
    jitter_ms: float = 0.0
    jitter_max_ms: float = 0.0
    underrun_count: int = 0
    overrun_count: int = 0
    estimated_latency_ms: float = 0.0
    jitter_buffer_depth_packets: int = 0
    jitter_buffer_pending_packets: int = 0
    duplicates_dropped: int = 0
    stale_packets_dropped: int = 0
    out_of_order_packets: int = 0

    @classmethod
    def inactive(cls) -> Self:
        """All zero: there is no audio."""
        return cls()

    def to_dict(self) -> dict[str, Any]:
        """Numbers, booleans and one string, ready for JSON."""
        return asdict(self) | {"state": self.state.value}


def loss_percent(lost: int, delivered: int) -> float:
    """Of all packets that should have been played; 0.0 if there were none."""
    return 100.0 * lost / (lost + delivered) if lost > 0 else 0.0
