"""A client's audio while it is granted: both directions over one link."""

from collections import deque
from dataclasses import asdict
from typing import Final

from icom_proto.audio_lane import AudioLane
from icom_proto.audio_pacer import AudioPacer
from icom_proto.audio_stream import (
    CLIENT_IDENTS,
    HELD_MAX,
    REQUEST_COPIES,
    AudioReceiver,
    AudioSender,
    audio_recovery,
)
from icom_proto.codes import Codec
from icom_proto.counters import AudioQuality
from icom_proto.errors import LocalProtocolError
from icom_proto.events import Output, StreamsGranted
from icom_proto.link import Link
from icom_proto.link_timings import LinkTimings
from icom_proto.timers import AnyTimers

# More would not fit into what is held behind a hole: 50 stereo blocks a second travel
# as 150 datagrams.
PLAYOUT_DELAY_S_MAX: Final = 1.0
# Where nothing is waited for, what is lost is asked for all the same, for so long.
UNORDERED_RECOVERY_S: Final = 0.1

assert PLAYOUT_DELAY_S_MAX * 150 < HELD_MAX


def audio_timings(delay_s: float) -> LinkTimings:
    """Of the link that `ClientAudio` runs over."""
    return LinkTimings(
        idle_after_s=None,
        peer_restarts_when_ready=True,
        request_copies=REQUEST_COPIES,
        recovery=audio_recovery(delay_s or UNORDERED_RECOVERY_S),
    )


class ClientAudio:
    """Received audio in order, transmitted audio in time."""

    def __init__(
        self,
        link: Link,
        granted: StreamsGranted,
        delay_s: float,
        outputs: deque[Output],
    ) -> None:
        self._link = link
        self._granted = granted
        self._sender = AudioSender(link, CLIENT_IDENTS)
        self.pacer = AudioPacer(
            self._sender,
            codec=granted.tx_codec,
            rate_hz=granted.tx_rate_hz,
            outputs=outputs,
        )
        self.receiver = AudioReceiver(
            codec=granted.rx_codec,
            rate_hz=granted.rx_rate_hz,
            delay_s=delay_s,
            outputs=outputs,
        )
        # The short way for what is in order; the long one is the receiver's.
        self.lane = AudioLane(link, self.receiver, outputs)
        self.timers: list[AnyTimers] = [self.receiver.timers, self.pacer.timers]

    def send(self, audio: bytes, now: float, duration_s: float | None) -> None:
        """Send when it is due; see `AudioPacer.push`."""
        if self._granted.tx_codec is Codec.NONE:
            raise LocalProtocolError("no transmit audio was granted for this session")
        self.pacer.push(audio, now, duration_s)

    def set_delay(self, delay_s: float) -> None:
        """How long a hole is waited for, and what is lost is asked for."""
        if not 0 <= delay_s <= PLAYOUT_DELAY_S_MAX:
            raise LocalProtocolError(
                f"a playout delay of {delay_s:g} s: allowed is 0 to"
                f" {PLAYOUT_DELAY_S_MAX:g} s"
            )
        self._link.tracker.limits = audio_recovery(delay_s or UNORDERED_RECOVERY_S)
        self.receiver.set_delay(delay_s)

    def handle_timeout(self, now: float) -> None:
        """Do what is due."""
        if self.receiver.timers.soonest <= now:
            self.receiver.handle_timeout(now)
        if self.pacer.timers.soonest <= now:
            self.pacer.handle_timeout(now)

    def quality(self) -> AudioQuality:
        """How received audio stands."""
        return self.receiver.quality()

    def counters(self) -> dict[str, int]:
        """Of the audio, beside those of its link."""
        return asdict(self.receiver.counters) | {"audio_sent": self._sender.sent}
