"""The links of a radio: made here for each stream, as its dialect wants them."""

import random
from collections import deque
from collections.abc import Iterable
from typing import Final

from icom_proto.association import Association
from icom_proto.audio_stream import REQUEST_COPIES, audio_recovery
from icom_proto.codes import Role, Stream
from icom_proto.events import Address, Output
from icom_proto.gap_tracker import GapTracker
from icom_proto.link import Link
from icom_proto.link_dialect import IahSeq, LinkDialect, PingLength
from icom_proto.link_states import LinkState
from icom_proto.link_timings import PING_SIZE, LinkTimings, RecoveryLimits
from icom_proto.radio_config import RadioConfig
from icom_proto.timers import Clock

# The latest links that a radio can go on from; strangers make more of them.
REMEMBERED_MAX: Final = 64

# The lengths of pings and of their answers (PROTOCOL.md 2.6).
PING_LENGTHS: Final = {
    PingLength.ZERO: (0, 0),
    PingLength.WS: (0, PING_SIZE),
    PingLength.FULL: (PING_SIZE, PING_SIZE),
}


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
        # Only of a radio that goes on with a client's numbers (11.2).
        self._remembered: dict[
            tuple[Stream, Address], tuple[Association, GapTracker]
        ] = {}

    def adopt(self, config: RadioConfig, links: Iterable[Link], now: float) -> None:
        """From now on links are as this config wants them, these ones too."""
        self._config = config
        for link in links:
            link.adopt(timings_of(link.stream, config), config.links, now)

    def make(self, stream: Stream, address: Address) -> Link:
        """The link with a client that calls on this stream."""
        link = Link(
            Role.RADIO,
            stream,
            own_id=self._rng.randrange(1, 1 << 32),
            rng=self._rng,
            timings=timings_of(stream, self._config),
            outputs=self._outputs,
            address=address,
            first_seq=self._first_seq_of(stream),
            clock=self._clock,
            dialect=self._config.links,
            last_of_peer=self._last_of(stream, address),
        )
        if self._config.links.continue_seq:
            self._remember(stream, address, link)
        return link

    # inside

    def _first_seq_of(self, stream: Stream) -> int:
        dialect = self._config.links
        if dialect.first_seq is not None:
            return dialect.first_seq
        # wfview's server gives number 0 to its first "I am here"; a radio's first audio
        # datagram has it, elsewhere it is 1 (section 4.2).
        if dialect.iah_seq is IahSeq.TRACKED or stream is Stream.AUDIO:
            return 0
        return self._first_seq

    def _last_of(self, stream: Stream, address: Address) -> int | None:
        """Where the numbers of this peer stood, if it left without a goodbye."""
        known = self._remembered.pop((stream, address), None)
        if known is None:
            return None
        association, tracker = known
        is_over = association.state is LinkState.CLOSED or tracker.highest < 0
        return None if is_over else tracker.highest

    def _remember(self, stream: Stream, address: Address, link: Link) -> None:
        if len(self._remembered) >= REMEMBERED_MAX:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[stream, address] = link.association, link.tracker


def timings_of(stream: Stream, config: RadioConfig) -> LinkTimings:
    """How a link of this stream behaves in time."""
    dialect, silence_s = config.links, config.session.stale_hold_s
    ping_length, pong_length = PING_LENGTHS[dialect.ping_len]
    idle_s = dialect.idle_ms / 1000
    if stream is Stream.AUDIO:
        return LinkTimings(
            ping_every_s=dialect.audio_ping_ms / 1000,
            ping_length=ping_length,
            pong_length=pong_length,
            silence_s=silence_s,
            idle_after_s=idle_s if dialect.audio_idle else None,
            restarts_when_ready=dialect.audio_seq_restart,
            request_copies=REQUEST_COPIES,
            recovery=_audio_recovery(config.playout_delay_s, dialect),
        )
    is_control = stream is Stream.CONTROL
    # Idles wait for the login: nothing tracked may come before its answer (2.11).
    waits = is_control and not dialect.early_idle
    return LinkTimings(
        ping_every_s=(dialect.ping_ms if is_control else dialect.civ_ping_ms) / 1000,
        ping_length=ping_length,
        pong_length=pong_length,
        silence_s=silence_s,
        idle_after_s=None if waits else idle_s,
        late_idle_after_s=idle_s,
        idles_when_called=dialect.early_idle,
    )


def _audio_recovery(delay_s: float, dialect: LinkDialect) -> RecoveryLimits:
    """Lost TX audio is asked for as long as it can still be played, or never."""
    limits = audio_recovery(delay_s)
    return limits if dialect.rtx_audio else RecoveryLimits(give_up_s=0, requests_max=0)
