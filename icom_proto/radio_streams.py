"""What the owner of the radio has: its CI-V and audio links."""

from collections import deque
from dataclasses import asdict
from typing import Final

from icom_proto.audio_send_lane import AudioSendLane
from icom_proto.audio_stream import (
    HEAD_END,
    AudioReceiver,
    AudioSender,
    radio_idents,
)
from icom_proto.codes import Stream
from icom_proto.events import (
    Address,
    ClientAudioStarted,
    ClientAudioStopped,
    ClientCivClosed,
    IgnoredWhy,
    Output,
    PacketIgnored,
)
from icom_proto.link import Link
from icom_proto.link_dialect import AudioStart
from icom_proto.link_output import IGNORED_SHOWN_MAX
from icom_proto.link_states import LinkState
from icom_proto.link_timings import LinkTimer
from icom_proto.packets import StreamRequest
from icom_proto.radio_civ import Numbered, RadioCiv
from icom_proto.radio_config import RadioConfig
from icom_proto.timers import NEVER, AnyTimers

# RX audio stops when its client has been silent this long (section 6, IC-7300MK2).
AUDIO_SILENCE_S: Final = 1.0

# Members bound once: looking one up on its class costs 0.1 µs on Python 3.11.
_AUDIO: Final = Stream.AUDIO
_CIV: Final = Stream.CIV
_CLOSED: Final = LinkState.CLOSED
# More than any datagram has.
_NO_LIMIT: Final = 1 << 16


# Counters by the name of the stream.
Statistics = dict[str, dict[str, int]]


class RadioStreams:
    """The CI-V and audio links of the owner, and what runs over them."""

    def __init__(
        self, config: RadioConfig, outputs: deque[Output], past: Statistics
    ) -> None:
        self.links: dict[Stream, Link] = {}
        self._past = past
        self.civ: RadioCiv | None = None
        self._stale: tuple[Numbered, ...] = ()  # CI-V of the last session
        self._outputs = outputs
        self._sender: AudioSender | None = None
        self._send_lane: AudioSendLane | None = None
        self._receiver: AudioReceiver | None = None
        self._playing_to: Address | None = None
        self.adopt_config(config)

    def adopt_config(self, config: RadioConfig) -> None:
        """Behave like this from now on; what runs keeps its numbers and its ident."""
        self._config = config
        limit = config.links.max_tx_payload
        self._tx_size_max = HEAD_END + limit if limit else _NO_LIMIT
        if self.civ is not None:
            self.civ.adopt(config.links)

    @property
    def timers(self) -> list[AnyTimers]:
        return [link.timers for link in self.links.values()] + self.own_timers

    @property
    def own_timers(self) -> list[AnyTimers]:
        """Those that are not of the links."""
        own: list[AnyTimers] = []
        if self.civ is not None:
            own.append(self.civ.timers)
        if self._receiver is not None:
            own.append(self._receiver.timers)
        return own

    def link_for(self, stream: Stream, address: Address) -> Link | None:
        """The link of this stream, if it is with this address."""
        link = self.links.get(stream)
        return link if link is not None and link.address == address else None

    def may_call(
        self, stream: Stream, port: int, request: StreamRequest, now: float
    ) -> bool:
        """The port that the owner named gets in at once, whoever was faster.

        Another one may be the owner behind a NAT, or a stranger on its machine: it gets
        in where nobody is, or where nobody has spoken for a while.
        """
        named = request.civ_port if stream is _CIV else request.audio_port
        link = self.links.get(stream)
        return link is None or port == named or now >= link.heard_at + AUDIO_SILENCE_S

    def adopt(self, stream: Stream, link: Link, request: StreamRequest) -> None:
        """The owner called on a stream: this is its link from now on."""
        assert link.address is not None
        if stream in self.links:
            self._forget(stream)
        self.links[stream] = link
        dialect = self._config.links
        if stream is _CIV:
            self.civ = RadioCiv(
                link,
                address=link.address,
                outputs=self._outputs,
                dialect=dialect,
                stale=self._stale,
            )
            return
        if request.rx_enable:
            idents = radio_idents(dialect.ident, request.rx_codec, request.rx_rate_hz)
            self._sender = AudioSender(link, idents, dialect.audio_seq_start)
            self._send_lane = AudioSendLane(
                link, self._sender, is_joining=self._config.joins_audio
            )
        if request.tx_enable:
            self._receiver = AudioReceiver(
                codec=request.tx_codec,
                rate_hz=request.tx_rate_hz,
                delay_s=self._config.playout_delay_s,
                outputs=self._outputs,
            )

    def handle_datagram(self, stream: Stream, data: bytes, now: float) -> None:
        """Take a tracked datagram of the owner."""
        if stream is _CIV:
            assert self.civ is not None
            self.civ.handle_datagram(data, now)
        elif len(data) > self._tx_size_max:
            # An IC-7610 drops it silently (8.3); here it is told to who looks on.
            shown = bytes(data[:IGNORED_SHOWN_MAX])
            self._outputs.append(PacketIgnored(_AUDIO, IgnoredWhy.TOO_MANY, shown))
        elif self._receiver is not None:
            self._receiver.handle_datagram(data, now)

    def on_link_state(self, stream: Stream) -> None:
        """A link was answered, came up, or ended."""
        link = self.links[stream]
        if link.state is _CLOSED:
            self._forget(stream)
        elif stream is _AUDIO and self._playing_to is None and self._may_play(link):
            assert link.address is not None
            self._playing_to = link.address
            self._outputs.append(ClientAudioStarted(link.address))

    def send_audio(self, block: bytes, now: float) -> None:
        """Send RX audio, unless its client fell silent."""
        link = self.links.get(_AUDIO)
        if link is None or self._sender is None or not link.can_send:
            return
        if self._playing_to is None or now >= link.heard_at + AUDIO_SILENCE_S:
            return
        if self._send_lane is None or not self._send_lane.take(block, now):
            self._sender.send(block, now)

    def handle_timeout(self, now: float) -> bool:
        """Do what is due; True if a link ended."""
        closed = []
        for stream, link in self.links.items():
            if link.timers.soonest <= now:
                link.handle_timeout(now)
                if link.state is _CLOSED:
                    closed.append(stream)
        for stream in closed:
            self._forget(stream)
        if self.civ is not None and self.civ.timers.soonest <= now:
            self.civ.handle_timeout(now)
        receiver = self._receiver
        if receiver is not None and receiver.timers.soonest <= now:
            receiver.handle_timeout(now)
        return bool(closed)

    def steady_parts(self, now: float) -> tuple[Link, Link, AudioSender] | None:
        """CI-V and audio links, and the sender, if audio is sent now and joined."""
        civ, audio = self.links.get(_CIV), self.links.get(_AUDIO)
        sender, lane = self._sender, self._send_lane
        if civ is None or audio is None or sender is None or lane is None:
            return None
        is_playing = (
            self._playing_to is not None and now < audio.heard_at + AUDIO_SILENCE_S
        )
        idles = audio.timers.due(LinkTimer.IDLE) != NEVER
        is_plain = is_playing and lane.is_joining and not idles
        return (civ, audio, sender) if is_plain else None

    def drop(self) -> None:
        """The owner is gone: so are its streams."""
        for stream in list(self.links):
            self._forget(stream)

    def add_statistics(self, sums: Statistics) -> None:
        """Add the counters of both streams."""
        for stream in self.links:
            self._add(sums, stream)

    def _add(self, sums: Statistics, stream: Stream) -> None:
        add_statistics(sums, self.links[stream])
        if stream is _AUDIO and self._receiver is not None:
            add_counters(sums, stream, asdict(self._receiver.counters))

    def _forget(self, stream: Stream) -> None:
        self._add(self._past, stream)
        link = self.links.pop(stream)
        assert link.address is not None
        if stream is _AUDIO:
            self._stop_audio()
            self._receiver = None
            return
        if self.civ is not None:
            self._stale = self.civ.last_frames
            if self.civ.is_open:
                self._outputs.append(ClientCivClosed(link.address))
        self.civ = None

    def _may_play(self, link: Link) -> bool:
        starts_early = self._config.links.audio_start is AudioStart.IAH
        return self._sender is not None and (starts_early or link.state is LinkState.UP)

    def _stop_audio(self) -> None:
        self._sender = self._send_lane = None
        if self._playing_to is not None:
            self._outputs.append(ClientAudioStopped(self._playing_to))
            self._playing_to = None


def add_statistics(sums: Statistics, link: Link) -> None:
    """Add the counters of a link to those of its stream."""
    add_counters(sums, link.stream, link.statistics())


def add_counters(sums: Statistics, stream: Stream, counters: dict[str, int]) -> None:
    """Add some counters to those of a stream."""
    own = sums.setdefault(stream.name.lower(), {})
    for counter, value in counters.items():
        own[counter] = own.get(counter, 0) + value
