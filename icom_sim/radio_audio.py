"""Audio of a fake radio: what each owner hears, and what the transmitter gets.

With most radios there is one owner; where a dialect has more slots, each has a feed of
its own, in its own codec, and one of them transmits.
"""

import random
from contextlib import suppress
from math import inf

from icom_proto.codes import Codec
from icom_proto.events import Address, ClientGranted
from icom_proto.radio_connection import RadioConnection
from icom_proto.radio_session import RadioSession
from icom_sim.air.reception import Reception
from icom_sim.audio_pacing import AudioFeed
from icom_sim.audio_source import AudioSourceError
from icom_sim.dialects.radio_dialect import Ulaw
from icom_sim.dialects.ulaw import WFVIEW_ULAW
from icom_sim.radio_setup import RadioSetup
from icom_sim.sample_clock import SampleClock

_ULAW_CODECS = (Codec.ULAW_MONO, Codec.ULAW_STEREO)


class Feeds:
    """What the owners hear, each in its codec and at its rate."""

    def __init__(
        self, setup: RadioSetup, reception: Reception, clock: SampleClock
    ) -> None:
        self._seed, self._reception, self._clock = setup.seed, reception, clock
        self._is_odd = False  # wfview's µ-law
        self._made = 0
        self._idle = self._make()
        self._feeds: dict[RadioSession, AudioFeed] = {}
        self._grants: dict[RadioSession, ClientGranted] = {}
        self._playing: dict[Address, RadioSession] = {}  # who hears there
        self._counts = {"sent": 0, "skipped": 0}  # of those who left

    def grant(self, owner: RadioSession, granted: ClientGranted) -> None:
        """Raises AudioSourceError if it cannot be played: then silence is heard."""
        self._grants[owner] = granted
        if owner not in self._feeds:
            self._feeds[owner] = self._make() if self._feeds else self._idle
        self._feeds[owner].grant(granted.rx_codec, granted.rx_rate_hz)

    def keep(self, owners: tuple[RadioSession, ...]) -> None:
        """All others have left."""
        for owner in [each for each in self._feeds if each not in owners]:
            feed = self._feeds.pop(owner)
            feed.stop()
            del self._grants[owner]
            if feed is not self._idle:
                self._counts["sent"] += feed.blocks
                self._counts["skipped"] += feed.skipped

    def start(self, address: Address, now: float) -> None:
        """The audio stream of this address answers."""
        owner = self._owner_at(address)
        if owner is not None:
            self._playing[address] = owner
            self._feeds[owner].start(now)

    def stop(self, address: Address) -> None:
        owner = self._playing.pop(address, None)
        if owner in self._feeds:
            self._feeds[owner].stop()

    @property
    def rates_hz(self) -> set[int]:
        """Of those who hear something."""
        return {
            granted.rx_rate_hz
            for granted in self._grants.values()
            if granted.rx_codec is not Codec.NONE
        }

    def remake(self) -> None:
        """What is heard has changed: go on with that."""
        for owner, feed in self._feeds.items():
            granted = self._grants[owner]
            # Who cannot hear it was told so when it got its rate.
            with suppress(AudioSourceError):
                feed.change(granted.rx_codec, granted.rx_rate_hz)

    def set_ulaw(self, ulaw: Ulaw) -> None:
        """Whose µ-law is sent."""
        self._is_odd = ulaw is Ulaw.WFVIEW

    def play(self, radio: RadioConnection, now: float) -> None:
        """Have the radio send the blocks that are due, encoded, to their owners."""
        for owner, feed in self._feeds.items():
            if feed.pacer.due_at <= now:
                for block in feed.take(now):
                    if self._is_odd:
                        block = self._as_wfview(owner, block)
                    radio.send_audio(block, now, owner)

    def sole_ring(self) -> AudioFeed | None:
        """What is heard, if it is one thing that comes around, and heard as it is."""
        if len(self._feeds) != 1 or self._is_odd:
            return None
        for feed in self._feeds.values():
            return feed if feed.is_ring else None
        return None

    def next_timeout(self) -> float:
        """When the next block is due; infinity while nobody listens."""
        soonest = inf
        for feed in self._feeds.values():
            if feed.pacer.due_at < soonest:
                soonest = feed.pacer.due_at
        return soonest

    def counts(self) -> dict[str, int]:
        feeds = [self._idle, *self._feeds.values()]
        feeds = [each for at, each in enumerate(feeds) if each not in feeds[:at]]
        return {
            "sent": self._counts["sent"] + sum(feed.blocks for feed in feeds),
            "skipped": self._counts["skipped"] + sum(feed.skipped for feed in feeds),
        }

    # inside

    def _as_wfview(self, owner: RadioSession, block: bytes) -> bytes:
        is_ulaw = self._grants[owner].rx_codec in _ULAW_CODECS
        return block.translate(WFVIEW_ULAW) if is_ulaw else block

    def _make(self) -> AudioFeed:
        # The first generator has the name it had when there was but one.
        name = "audio" if not self._made else f"audio {self._made}"
        self._made += 1
        rng = random.Random(f"{self._seed}/{name}")
        return AudioFeed(self._reception, rng, self._clock.block_s)

    def _owner_at(self, address: Address) -> RadioSession | None:
        """Who named this port, else the first of this host that hears nothing yet: as
        the radio gives out its links."""
        here = [
            owner
            for owner in self._feeds
            if owner.address.host == address.host
            and owner not in self._playing.values()
            and self._grants[owner].rx_codec is not Codec.NONE
        ]
        here.sort(key=lambda each: _audio_port_of(each) != address.port)
        return here[0] if here else None


def _audio_port_of(owner: RadioSession) -> int | None:
    return None if owner.request is None else owner.request.audio_port
