"""One of many radios while nothing happens to it but what happens all the time.

Then it sends a block each 20 ms, pings and idles, and hears their answers; and that is
all that it does here, on a handful of objects. See `icom_proto.steady_session`.
"""

from collections.abc import Callable, Sequence
from typing import Final

from icom_proto.codes import Stream
from icom_proto.events import Address
from icom_proto.radio_streams import AUDIO_SILENCE_S
from icom_proto.steady_session import SteadySession
from icom_sim.audio_pacing import AudioFeed
from icom_sim.network import Direction, Network

_AUDIO: Final = Stream.AUDIO

# Takes one or more datagrams as one piece: with audio behind `JOINED_SIZE` bytes, else
# behind `PING_SIZE` another one begins.
Send = Callable[[bytes], object]
SendTo = Callable[[Stream, Address], Send | None]


class SteadyRadio:
    """What was lent by a `FakeRadio`, which rests until it gets it back."""

    __slots__ = (
        "_alive_at",
        "_audio",
        "_audio_link",
        "_feed",
        "_links",
        "_network",
        "_pacer",
        "_send_audio",
        "_sends",
        "_session",
        "_until",
        "_version",
    )

    def __init__(
        self,
        session: SteadySession,
        feed: AudioFeed,
        network: Network,
        sends: Sequence[Send],
        until: float,
    ) -> None:
        """`sends` in the order of `Stream`. At `until` the radio wants to be woken."""
        self._session, self._feed, self._network = session, feed, network
        self._links, self._audio = session.links, session.audio
        self._audio_link, self._pacer = session.links[_AUDIO], feed.pacer
        self._sends, self._send_audio = list(sends), sends[_AUDIO]
        self._until = min(until, session.until)
        self._version = network.version
        self._alive_at = min(link.due for link in self._links)

    @property
    def due(self) -> float:
        """When the next block is: all else waits for it."""
        return self._pacer.due_at

    def play(self, now: float) -> bool:
        """Send what is due. False: wake the radio, it is no matter of routine.

        Raises OSError if something cannot be sent.
        """
        if (
            now >= self._until
            or self._network.version != self._version
            or now >= self._audio_link.heard_at + AUDIO_SILENCE_S
        ):
            return False
        if self._alive_at <= now and not self._keep_alive(now):
            return False
        due = self._pacer.take(now)
        while due > 0:
            due -= 1
            block = self._feed.next_of_ring()
            self._send_audio(self._audio.datagrams(block, now))
        return True

    def take(self, stream: Stream, data: bytes, now: float) -> bool:
        """A datagram of the client. False: wake the radio, and have it take this.

        Raises OSError if the answer cannot be sent.
        """
        if self._network.version != self._version:
            return False
        answer = self._links[stream].take(data, now)
        if answer is None:
            return False
        if answer:
            self._sends[stream](answer)
        return True

    def give_back(self, now: float) -> None:
        """From here the radio goes on."""
        counts = self._session.give_back(now)
        for stream in Stream:
            sent, received = counts[stream]
            self._network.pass_more(Direction.TO_CLIENT, stream, sent)
            self._network.pass_more(Direction.TO_RADIO, stream, received)

    # inside

    def _keep_alive(self, now: float) -> bool:
        """False: a client fell silent."""
        soonest = self._until
        for stream, link in enumerate(self._links):
            if link.due <= now:
                if now >= link.silent_at:
                    return False
                self._sends[stream](link.keep_alive(now))
            if link.due < soonest:
                soonest = link.due
        self._alive_at = soonest
        return True
