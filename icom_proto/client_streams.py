"""What a client has only while the radio grants it: the CI-V and audio links."""

from collections import deque
from collections.abc import Callable
from typing import Final

from icom_proto.civ_frames import BROADCAST, is_address
from icom_proto.civ_stream import CivState, ClientCiv
from icom_proto.client_audio import ClientAudio, audio_timings
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import Stream
from icom_proto.errors import LocalProtocolError
from icom_proto.events import CloseReason, Output, StreamsGranted
from icom_proto.link import Link
from icom_proto.link_states import LinkState
from icom_proto.link_timings import LinkTimings
from icom_proto.timers import AnyTimers

# Members bound once: looking one up on its class costs 0.1 µs on Python 3.11.
_AUDIO: Final = Stream.AUDIO
_CIV: Final = Stream.CIV
_CLOSED: Final = LinkState.CLOSED
_UP: Final = LinkState.UP

MakeLink = Callable[[Stream, LinkTimings], Link]


class ClientStreams:
    """Both links of one grant, and what runs over them."""

    def __init__(
        self,
        config: ClientConfig,
        granted: StreamsGranted,
        make_link: MakeLink,
        outputs: deque[Output],
    ) -> None:
        self.granted = granted
        self.links = {_CIV: make_link(_CIV, LinkTimings())}
        self.civ = ClientCiv(
            self.links[_CIV], controller=config.civ_controller, outputs=outputs
        )
        self._civ_address = config.civ_address
        self.audio: ClientAudio | None = None
        if config.audio:
            delay_s = config.playout_delay_s
            link = self.links[_AUDIO] = make_link(_AUDIO, audio_timings(delay_s))
            self.audio = ClientAudio(link, granted, delay_s, outputs)

    # commands

    def open(self, now: float) -> None:
        """Call the radio on each stream."""
        for link in self.links.values():
            link.open(now)

    def close(self, now: float) -> None:
        """Stop audio and CI-V, and say goodbye on each stream."""
        self.stop_audio()
        self.civ.close(now)
        for link in self.links.values():
            if link.can_close:
                link.close(now)

    def use_audio(self) -> ClientAudio:
        """The audio of this session, which may have been asked for without."""
        if self.audio is None:
            raise LocalProtocolError("this session was asked for without audio")
        return self.audio

    def stop_audio(self) -> None:
        """What waits to be sent is not sent any more."""
        if self.audio is not None:
            self.audio.pacer.drop()

    # inputs

    def handle_timeout(self, now: float) -> bool:
        """Do what is due; True if a link changed its state."""
        moved = False
        for link in self.links.values():
            if link.timers.soonest <= now:
                state = link.state
                link.handle_timeout(now)
                moved |= link.state is not state
        if self.civ.timers.soonest <= now:
            self.civ.handle_timeout(now)
        if self.audio is not None:
            self.audio.handle_timeout(now)
        return moved

    def follow(self, now: float) -> None:
        """CI-V is opened as soon as its link is up."""
        if self.links[_CIV].state is _UP and self.civ.state is CivState.SHUT:
            address = self._civ_address
            if address is None:
                listed = self.granted.radio.civ_address
                address = listed if is_address(listed) else BROADCAST
            self.civ.open(address, now)

    # questions

    @property
    def can_unkey(self) -> bool:
        """Was the radio told to transmit, and can it still be told to stop?"""
        return self.civ.keyed and self.links[_CIV].can_send

    @property
    def are_up(self) -> bool:
        """Is every link up?"""
        return all(link.state is _UP for link in self.links.values())

    @property
    def failure(self) -> tuple[CloseReason, str] | None:
        """Why a link ended, and which; None while none has."""
        for stream, link in self.links.items():
            if link.state is _CLOSED:
                reason = link.closed_by or CloseReason.LOCAL
                if reason is CloseReason.NO_ANSWER:
                    reason = CloseReason.DATA_PORTS_DEAD
                return reason, f"{stream.name} stream"
        return None

    @property
    def timers(self) -> list[AnyTimers]:
        """Every table of deadlines in here."""
        own: list[AnyTimers] = [link.timers for link in self.links.values()]
        own.append(self.civ.timers)
        return own + (self.audio.timers if self.audio is not None else [])

    def statistics(self) -> dict[str, dict[str, int]]:
        """Counters by stream."""
        counters = {
            stream.name.lower(): link.statistics()
            for stream, link in self.links.items()
        }
        if self.audio is not None:
            counters["audio"] |= self.audio.counters()
        return counters
