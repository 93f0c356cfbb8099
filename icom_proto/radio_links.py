"""The links of a radio: made here for each stream, as its config wants them."""

import random
from collections import deque
from typing import Final

from icom_proto.audio_stream import REQUEST_COPIES, audio_recovery
from icom_proto.codes import Role, Stream
from icom_proto.events import Address, Output
from icom_proto.link import Link
from icom_proto.link_timings import LinkTimings
from icom_proto.radio_config import RadioConfig
from icom_proto.timers import Clock

# Radios ping ten times a second; on audio wfview's server does it twice (section 6).
PING_EVERY_S: Final = 0.1
AUDIO_PING_EVERY_S: Final = 0.5


class RadioLinks:
    """Makes the links of one radio."""

    def __init__(
        self,
        config: RadioConfig,
        *,
        rng: random.Random,
        outputs: deque[Output],
        clock: Clock,
        first_seq: int,
    ) -> None:
        self._config = config
        self._rng = rng
        self._outputs = outputs
        self._clock = clock
        self._first_seq = first_seq

    def adopt(self, config: RadioConfig, now: float) -> None:
        """From now on links are made as this config wants them."""
        assert now >= self._clock.now, "time runs backwards"
        self._config = config

    def make(self, stream: Stream, address: Address) -> Link:
        """The link with a client that calls on this stream."""
        # A radio's first audio datagram has number 0, elsewhere it is 1 (section 4.2).
        first_seq = 0 if stream is Stream.AUDIO else self._first_seq
        return Link(
            Role.RADIO,
            stream,
            own_id=self._rng.randrange(1, 1 << 32),
            rng=self._rng,
            timings=timings_of(stream, self._config),
            outputs=self._outputs,
            address=address,
            first_seq=first_seq,
            clock=self._clock,
        )


def timings_of(stream: Stream, config: RadioConfig) -> LinkTimings:
    """How a link of this stream behaves in time."""
    if stream is Stream.AUDIO:
        return LinkTimings(
            ping_every_s=AUDIO_PING_EVERY_S,
            ping_length=0,
            silence_s=config.session.stale_hold_s,
            idle_after_s=None,
            restarts_when_ready=True,
            request_copies=REQUEST_COPIES,
            recovery=audio_recovery(config.playout_delay_s),
        )
    # Idles wait for the login: nothing tracked may come before its answer (2.11).
    return LinkTimings(
        ping_every_s=PING_EVERY_S,
        ping_length=0,
        silence_s=config.session.stale_hold_s,
        idle_after_s=None if stream is Stream.CONTROL else 0.1,
    )
