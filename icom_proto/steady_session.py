"""A radio with one client to which nothing happens but what happens all the time.

    steady = radio.lend(now)        # None: something is going on
    ... steady.links, steady.audio: send and take, without the radio
    steady.give_back(now)           # before anything else happens to the radio

What a `RadioConnection` does for such a client is spread over a hundred objects. With
one radio that costs nothing; a thousand of them spend their time on waiting for memory.
"""

from icom_proto.audio_stream import AudioSender
from icom_proto.codes import Stream
from icom_proto.events import Address
from icom_proto.link import Link
from icom_proto.steady_audio import SteadyAudio
from icom_proto.steady_link import SteadyLink


class SteadySession:
    """The three links and the audio of a client, taken over from the radio."""

    __slots__ = ("addresses", "audio", "links", "until")

    def __init__(self, links: list[Link], sender: AudioSender, until: float) -> None:
        """`links` in the order of `Stream`. At `until` the radio has more to do."""
        self.links = [SteadyLink(link) for link in links]
        self.audio = SteadyAudio(links[Stream.AUDIO], sender)
        self.addresses = [_address_of(link) for link in links]
        self.until = until

    def give_back(self, now: float, latest: list[bytes]) -> list[tuple[int, int]]:
        """The radio goes on. By stream: how many datagrams were sent, and came.

        `latest` are the last blocks that `audio` sent, `HISTORY_MAX` of them, or all.
        """
        counts = [link.give_back(now) for link in self.links]
        sent, received = counts[Stream.AUDIO]
        counts[Stream.AUDIO] = sent + self.audio.give_back(latest), received
        return counts


def _address_of(link: Link) -> Address:
    assert link.address is not None, "a radio's links have one"
    return link.address
