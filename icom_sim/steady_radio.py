"""One of many radios while nothing happens to it but what happens all the time.

Then it sends a block each 20 ms, pings and idles, and hears their answers; and that is
all that it does here, on a handful of objects. See `icom_proto.steady_session`.
"""

from collections.abc import Callable, Sequence
from typing import Final

from icom_proto.codes import Stream
from icom_proto.events import Address
from icom_proto.radio_streams import AUDIO_SILENCE_S
from icom_proto.send_history import HISTORY_MAX
from icom_proto.steady_session import SteadySession
from icom_sim.audio_pacing import AudioFeed
from icom_sim.network import Direction, Network
from icom_sim.shared_loop import Alarm, SharedLoop

_AUDIO: Final = Stream.AUDIO

# Takes one or more datagrams as one piece: with audio behind `JOINED_SIZE` bytes, else
# behind `PING_SIZE` another one begins.
Send = Callable[[bytes], object]
# Told why, if something could not be sent, and the time.
OnEnd = Callable[[OSError | None, float], None]
SendTo = Callable[[Stream, Address], Send | None]


class SteadyRadio(Alarm):
    """What was lent by a `FakeRadio`, which rests until it gets it back.

    Call `play` when it is due, or `start` it on a shared loop. What the client sends
    goes to one of `links`, in the order of `Stream`.
    """

    __slots__ = (
        "_audio",
        "_blocks_before",
        "_feed",
        "_look_at",
        "_network",
        "_on_end",
        "_pacer",
        "_send_audio",
        "_sends",
        "_session",
        "_shared",
        "_silent_at",
        "_until",
        "_version",
        "links",
    )

    def __init__(
        self,
        session: SteadySession,
        feed: AudioFeed,
        network: Network,
        sends: Sequence[Send],
        until: float,
        now: float,
    ) -> None:
        """`sends` in the order of `Stream`. At `until` the radio wants to be woken."""
        super().__init__()
        self._shared: SharedLoop | None = None
        self._on_end: OnEnd | None = None
        self._session, self._feed, self._network = session, feed, network
        self.links, self._audio = session.links, session.audio
        self._pacer = feed.pacer
        self._sends, self._send_audio = list(sends), sends[_AUDIO]
        self._until = min(until, session.until)
        self._version = network.version
        self._look_at = self._silent_at = now  # both at the first block
        self._blocks_before = feed.blocks

    @property
    def due(self) -> float:
        """When the next block is: all else waits for it."""
        return self._pacer.due_at

    def start(self, shared: SharedLoop, on_end: OnEnd) -> None:
        """Play by itself from now on, until that is told that it is over."""
        self._shared, self._on_end = shared, on_end
        shared.set(self, self.due)

    def ring(self, _now: float) -> None:
        """It is time for a block."""
        problem, goes_on = None, False
        try:
            goes_on = self.play(_now)
        except OSError as error:
            problem = error
        if goes_on and self._shared is not None:
            self._shared.set(self, self.due)
        elif self._on_end is not None:
            self._on_end(problem, _now)

    def play(self, now: float) -> bool:
        """Send what is due. False: wake the radio, it is no matter of routine.

        Raises OSError if something cannot be sent.
        """
        if self._look_at <= now and not self._look(now):
            return False
        due = self._pacer.take(now)
        try:
            while due > 0:
                due -= 1
                block = self._feed.next_of_ring()
                self._send_audio(self._audio.datagrams(block, now))
        finally:
            self._pacer.skipped += due  # none, unless one could not be sent
        return True

    def give_back(self, now: float) -> None:
        """From here the radio goes on."""
        sent = min(self._feed.blocks - self._blocks_before, HISTORY_MAX)
        counts = self._session.give_back(now, self._feed.latest_of_ring(sent))
        for stream in Stream:
            sent, received = counts[stream]
            self._network.pass_more(Direction.TO_CLIENT, stream, sent)
            self._network.pass_more(Direction.TO_RADIO, stream, received)

    # inside

    def _look(self, now: float) -> bool:
        """Beside blocks: send what is due, unless there is something unusual."""
        if now >= self._silent_at:  # as of the last time; it was heard since
            of_audio = self.links[_AUDIO].heard_at + AUDIO_SILENCE_S
            self._silent_at = min(of_audio, *(link.silent_at for link in self.links))
        soonest = min(self._until, self._silent_at)
        if now >= soonest or self._network.version != self._version:
            return False
        for stream, link in enumerate(self.links):
            if link.due <= now:
                self._sends[stream](link.keep_alive(now))
            if link.due < soonest:
                soonest = link.due
        self._look_at = soonest
        return True
