"""What tests of audio over real UDP share: samples that count, a listener, waiting."""

import array
from importlib import import_module
from typing import Any

from icom_proto.events import AudioReceived, ClientAudioStarted
from lan.radio_server import RadioServer

# Loaded now: a first start of PCM would hold up the fast loop for "seconds", in which
# the radio takes its client for gone.
import_module("icom_lan.pcm")

BLOCK = 1920  # 20 ms of 48 kHz mono in 16 bit, sent as 1364 + 556


def samples(first: int, count: int) -> bytes:
    """Samples that count, so that each tells its place."""
    values = ((first + each) % 0x8000 for each in range(count))
    return array.array("h", values).tobytes()


def block(number: int) -> bytes:
    """The 20 ms with this number of a stream that counts."""
    return samples(960 * number, 960)


class Listener:
    """A callback that a test can wait for."""

    def __init__(self, server: RadioServer) -> None:
        self.heard: list[Any] = []
        self._server = server

    def __call__(self, item: object) -> None:
        self.heard.append(item)
        self._server.look()

    async def until(self, count: int) -> list[Any]:
        await self._server.once(lambda: len(self.heard) >= count or None)
        return self.heard


async def start(server: RadioServer) -> None:
    await server.until(ClientAudioStarted)


async def play(server: RadioServer, *numbers: int) -> None:
    """Blocks of the stream that counts, from the radio."""
    await play_bytes(server, *map(block, numbers))


async def play_bytes(server: RadioServer, *blocks: bytes) -> None:
    """Blocks from the radio."""
    await server.hears_the_client()
    for each in blocks:
        server.send_audio(each)


async def sent(server: RadioServer, count: int) -> bytes:
    """The payloads of so many datagrams, joined."""
    return b"".join(
        each.data for each in await server.once(lambda: audio_of(server, count))
    )


def audio_of(server: RadioServer, count: int) -> list[AudioReceived] | None:
    found = [each for each in server.events if isinstance(each, AudioReceived)]
    return found if len(found) >= count else None
