"""The two sets of figures about audio, made from what the core counts.

The first has the 17 keys of the document; its RX figures count from the start of
reception and stand still after its end. The second tells what the network did, since
the session began.
"""

from typing import Any

from icom_lan.audio_plan import RxPlan
from icom_lan.audio_stats import AudioState, AudioStats, loss_percent
from icom_proto.client_connection import ClientConnection

# Of the counters of the audio stream, those that the documented figures are made of.
_RX = ("delivered", "lost", "holes", "late", "out_of_order", "restarts", "duplicates")
_NOTHING = dict.fromkeys((*_RX, "reordered"), 0)


class AudioFigures:
    """Figures of one session; the counters are the core's."""

    def __init__(self, core: ClientConnection) -> None:
        self._core = core
        self._rx_began: dict[str, int] = dict(_NOTHING)
        self._rx_ended: dict[str, int] | None = dict(_NOTHING)  # None: it runs
        self._tx_began = 0

    def begin_rx(self) -> None:
        """Count received audio from now on."""
        self._rx_began, self._rx_ended = self._counters(), None

    def end_rx(self) -> None:
        """The figures stay as they are."""
        self._rx_ended = self._counters()

    def begin_tx(self) -> None:
        """Count sent audio from now on."""
        self._tx_began = self._counters().get("audio_sent", 0)

    def documented(self, rx: RxPlan | None, *, is_sending: bool) -> dict[str, Any]:
        """See the table in docs/audio.md; how each is made stands beside it here."""
        now = self._counters()
        ended = self._rx_ended if self._rx_ended is not None else now
        began = self._rx_began  # a session that was evicted counts nothing any more
        rx_since = {key: max(ended[key] - began[key], 0) for key in _NOTHING}
        quality = self._core.audio_quality
        depth = rx.jitter_depth if rx is not None else 0
        jitter_s, jitter_max_s, pending = 0.0, 0.0, 0
        if quality is not None:
            jitter_s, jitter_max_s = quality.jitter_s, quality.jitter_max_s
            pending = quality.pending if depth else 0
        delivered, lost = rx_since["delivered"], rx_since["lost"]
        state = AudioState.TRANSMITTING if is_sending else AudioState.IDLE
        if rx is not None and not is_sending:
            state = AudioState.RECEIVING
        return AudioStats(
            active=state is not AudioState.IDLE,
            state=state,
            rx_packets_received=delivered + rx_since["late"] + rx_since["duplicates"],
            rx_packets_delivered=delivered,
            tx_packets_sent=max(now["audio_sent"] - self._tx_began, 0),
            packets_lost=lost,
            packet_loss_percent=loss_percent(lost, delivered),
            # Of arrival times, not of numbers: see the class of the core.
            jitter_ms=1000 * jitter_s,
            jitter_max_ms=1000 * jitter_max_s,
            # A hole that was still there when it was due; no delay, no hole.
            underrun_count=rx_since["holes"],
            # More behind a hole than is ever held: the stream goes on elsewhere.
            overrun_count=rx_since["restarts"],
            estimated_latency_ms=1000 * rx.delay_s if rx is not None else 0.0,
            jitter_buffer_depth_packets=depth,
            jitter_buffer_pending_packets=pending,
            duplicates_dropped=rx_since["duplicates"],
            stale_packets_dropped=rx_since["late"],
            out_of_order_packets=rx_since["reordered"] + rx_since["out_of_order"],
        ).to_dict()

    def network(self, decode_failures: int) -> dict[str, Any]:
        """Plain numbers, for JSON; None where something is not known."""
        counters, quality = self._counters(), self._core.audio_quality
        lost, holes = counters["lost"], counters["holes"]
        # What overtook the very first datagram was never missed. What was missed may
        # still be waited for, or be no audio: then there is no delivery to count from.
        missing = max(counters["missed"] - counters["reordered"], 0)
        delivered = counters["delivered"]
        arrived = max(delivered + lost - missing, 0)
        return {
            "network_lost": missing,
            "network_loss_percent": loss_percent(missing, arrived),
            "resends_requested": counters["asked"],
            "healed_by_resend": counters["healed"],
            "late": counters["late"],
            "reordered": counters["reordered"],
            "concealed": lost,
            "residual_loss_percent": loss_percent(lost, delivered),
            "decode_failures": decode_failures,
            "burst_count": holes,
            "burst_mean_packets": lost / holes if holes else 0.0,
            "burst_max_packets": quality.longest_hole if quality is not None else 0,
            "gap_mean_packets": delivered / (holes + 1),
            "interarrival_jitter_ms": 1000 * quality.jitter_s if quality else 0.0,
            "interarrival_jitter_max_ms": (
                1000 * quality.jitter_max_s if quality else 0.0
            ),
            "round_trip_ms": 1000 * self._core.round_trip.smoothed_s,
            "target_delay_ms": 1000 * quality.delay_s if quality else 0.0,
            "drift_ppm": quality.drift_ppm if quality is not None else None,
            "tx_queued_ms": 1000 * self._core.audio_queued_s,
        }

    def _counters(self) -> dict[str, int]:
        """As they are; zeros where the session has no audio, or none any more."""
        zeros = dict.fromkeys((*_NOTHING, "missed", "asked", "healed", "audio_sent"), 0)
        return zeros | self._core.statistics().get("audio", {})


def idle_figures() -> dict[str, Any]:
    """The documented ones where nothing runs."""
    return AudioStats.inactive().to_dict()
