"""CI-V and audio of every owner of a radio; with most radios there is but one."""

from collections import deque

from icom_proto.codes import Stream
from icom_proto.events import Address, Output
from icom_proto.link import Link
from icom_proto.radio_config import RadioConfig
from icom_proto.radio_session import RadioSession
from icom_proto.radio_streams import RadioStreams, Statistics
from icom_proto.timers import AnyTimers


class RadioOwners:
    """Who has which streams. `first` serves one owner after the other and is always
    there; further ones have streams of their own (PROTOCOL.md 10, #50)."""

    def __init__(
        self, config: RadioConfig, outputs: deque[Output], past: Statistics
    ) -> None:
        self._config = config
        self.first = RadioStreams(config, outputs, past)
        self._has_first: RadioSession | None = None
        self._others: dict[RadioSession, RadioStreams] = {}
        self._outputs = outputs
        self._past = past

    def adopt(self, config: RadioConfig) -> None:
        """Be a radio like this from now on."""
        self._config = config
        for streams in self.all:
            streams.adopt_config(config)

    def follow(self, owners: list[RadioSession]) -> None:
        """These and no others have streams now."""
        if self._has_first not in owners:
            self._has_first = None
            self.first.drop()
        for session in [each for each in self._others if each not in owners]:
            self._others.pop(session).drop()
        for session in owners:
            if self._has_first is None and session not in self._others:
                self._has_first = session
            elif session is not self._has_first and session not in self._others:
                streams = RadioStreams(self._config, self._outputs, self._past)
                self._others[session] = streams

    @property
    def all(self) -> list[RadioStreams]:
        """The streams of all owners."""
        return [self.first, *self._others.values()]

    @property
    def links(self) -> list[Link]:
        """All of their links."""
        return [link for streams in self.all for link in streams.links.values()]

    @property
    def timers(self) -> list[AnyTimers]:
        return [timers for streams in self.all for timers in streams.timers]

    def of(self, owner: RadioSession) -> RadioStreams | None:
        """The streams of this owner, if it is one."""
        return self.first if owner is self._has_first else self._others.get(owner)

    def with_link(self, stream: Stream, address: Address) -> RadioStreams | None:
        """Who has a link with this address."""
        for streams in self.all:
            if streams.link_for(stream, address) is not None:
                return streams
        return None

    def answers_at(self, stream: Stream, address: Address) -> Address:
        """Where this sender is answered: at the port it named, if the radio does so."""
        if stream is Stream.CONTROL or not self._config.session.use_request_ports:
            return address
        for owner in self._owners():
            port = _port_of(owner, stream)
            if owner.address.host == address.host and port:
                return Address(address.host, port)
        return address

    def caller(
        self, stream: Stream, address: Address, now: float
    ) -> RadioSession | None:
        """Which owner calls from there; the one that named the port comes first."""
        here = [each for each in self._owners() if each.address.host == address.host]
        here.sort(key=lambda each: _port_of(each, stream) != address.port)
        for owner in here:
            streams, request = self.of(owner), owner.request
            assert streams is not None
            assert request is not None
            if streams.may_call(stream, address.port, request, now):
                return owner
        return None

    def _owners(self) -> list[RadioSession]:
        first = [] if self._has_first is None else [self._has_first]
        return first + list(self._others)


def _port_of(owner: RadioSession, stream: Stream) -> int:
    assert owner.request is not None, "whoever owns the radio has asked for it"
    is_civ = stream is Stream.CIV
    return owner.request.civ_port if is_civ else owner.request.audio_port
