"""A tone in every format that a radio can grant, in and out, over real UDP.

Each session is used twice: in the radio's own format, and in formats that others would
ask for, RX and TX differing, all at the same time. The radios of one codec run at once:
they mostly wait, because audio is paced in real time.
"""

import asyncio
import random
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from icom_lan import AudioCodec, IcomRadio
from icom_proto.audio_formats import FORMATS, Coding, pcm_of, samples_of
from icom_proto.codes import Codec
from icom_sim.audio_quality import tone_share
from icom_sim.audio_source import SourceMaker
from icom_sim.radio_setup import RadioSetup
from icom_sim.tx_recorder import TxRecorder
from sim.watched_server import WatchedServer

# What an IC-7610 offers: 0x8B01.
RATES_HZ = (48000, 24000, 16000, 12000, 8000)
TONE_HZ = 1000
HEARD_S = 0.6  # whole frames of any length
# An Opus decoder, and a resampler, that begin in the middle of a tone fade in.
BEGINNING_S = 0.12
# For a machine that is busy with something else; nothing here takes a second.
WAIT_S = 30

# How much of the energy is at the tone.
LEAST = {Coding.PCM16: 0.99, Coding.PCM8: 0.97, Coding.ULAW: 0.97, Coding.OPUS: 0.97}


@dataclass(frozen=True)
class Format:
    """What the caller of the PCM methods asks for."""

    rate_hz: int
    channels: int
    ms: int = 20

    @property
    def frame_bytes(self) -> int:
        return self.rate_hz * self.ms // 1000 * self.channels * 2


# (RX, TX) of the second use, one pair for each rate of the radio: up, down, and other
# lengths; mono from stereo and stereo from mono, by the codec.
OTHERS = {
    48000: (Format(16000, 2, 10), Format(8000, 1, 40)),
    24000: (Format(48000, 1, 60), Format(16000, 2, 20)),
    16000: (Format(48000, 2, 20), Format(24000, 1, 10)),
    12000: (Format(8000, 1, 40), Format(48000, 2, 60)),
    8000: (Format(24000, 2, 10), Format(48000, 1, 10)),
}


class Frames:
    """A callback for PCM, and something to wait for."""

    def __init__(self, wanted: int) -> None:
        self.heard: list[bytes | None] = []
        self._wanted = wanted
        self._enough = asyncio.Event()

    def __call__(self, frame: bytes | None) -> None:
        self.heard.append(frame)
        if len(self.heard) >= self._wanted:
            self._enough.set()

    async def enough(self) -> list[bytes]:
        """As many frames as are wanted; not one of them missing."""
        async with asyncio.timeout(WAIT_S):
            await self._enough.wait()
        frames = self.heard[: self._wanted]
        whole = [each for each in frames if each is not None]
        assert len(whole) == len(frames)
        return whole


async def hear(radio: IcomRadio, asked: Format) -> bytes:
    """Some PCM, in frames of exactly the size asked for."""
    frames = Frames(round(HEARD_S * 1000) // asked.ms)
    await radio.start_audio_rx_pcm(
        frames,
        sample_rate=asked.rate_hz,
        channels=asked.channels,
        frame_ms=asked.ms,
    )
    heard = await frames.enough()
    await radio.stop_audio_rx_pcm()
    assert {len(each) for each in heard} == {asked.frame_bytes}
    return b"".join(heard)


async def say(radio: IcomRadio, asked: Format) -> None:
    """As much of the tone, in frames of exactly the size asked for."""
    tone = SourceMaker(f"tone:{TONE_HZ}").make(asked.rate_hz, random.Random(1))
    await radio.start_audio_tx_pcm(
        sample_rate=asked.rate_hz, channels=asked.channels, frame_ms=asked.ms
    )
    for _ in range(round(HEARD_S * 1000) // asked.ms):
        mono = samples_of(tone.block(asked.rate_hz * asked.ms // 1000))
        repeated = [each for each in mono for _ in range(asked.channels)]
        await radio.push_audio_tx_pcm(pcm_of(repeated))
    await radio.stop_audio_tx_pcm()


def shares(pcm: bytes, rate_hz: int, channels: int) -> list[float]:
    """How much of each channel is the tone, once the beginning is over."""
    samples = samples_of(pcm)[round(BEGINNING_S * rate_hz) * channels :]
    return [
        tone_share(pcm_of(samples[channel::channels]), rate_hz, TONE_HZ)
        for channel in range(channels)
    ]


def read_mono(path: Path) -> tuple[int, bytes]:
    with wave.open(str(path)) as wav:
        assert wav.getnchannels() == 1
        return wav.getframerate(), wav.readframes(wav.getnframes())


def at_least(samples: int, recorder: TxRecorder) -> Callable[[], bool | None]:
    return lambda: recorder.samples >= samples or None


async def talk(codec: AudioCodec, rate_hz: int, path: Path) -> list[float]:
    """One session, used twice both ways; how much of everything was the tone."""
    facts = FORMATS[Codec(codec)]
    own = Format(rate_hz, facts.channels)
    is_opus = facts.coding is Coding.OPUS
    setup = RadioSetup().turned("connection", "WFVIEW" if is_opus else "FTTH")
    wanted = round(HEARD_S * rate_hz)
    found, before = [], list[int]()
    with TxRecorder(str(path)) as recorder:
        async with (
            WatchedServer(setup, recorder=recorder) as server,
            IcomRadio(
                "127.0.0.1",
                port=server.control_port,
                username="icom",
                password="icom",
                audio_codec=codec,
                audio_sample_rate=rate_hz,
                timeout=WAIT_S,
            ) as radio,
        ):
            for rx, tx in ((own, own), OTHERS[rate_hz]):
                before.append(recorder.samples)
                heard, _ = await asyncio.gather(hear(radio, rx), say(radio, tx))
                found += shares(heard, rx.rate_hz, rx.channels)
                await server.watch.once(at_least(before[-1] + wanted, recorder))
        sent_rate_hz, sent = read_mono(path)
    assert sent_rate_hz == rate_hz
    for start in before:
        found += shares(sent[2 * start : 2 * (start + wanted)], rate_hz, 1)
    return found


@pytest.mark.parametrize("codec", AudioCodec)
@pytest.mark.check("1.13", "9.6", "9.8", "9.11", "13.10", "13.12", "13.13")
async def test_the_tone_goes_in_and_out_in_every_format_that_a_radio_grants(
    codec: AudioCodec, tmp_path: Path
) -> None:
    found = await asyncio.gather(
        *(talk(codec, rate_hz, tmp_path / f"{rate_hz}.wav") for rate_hz in RATES_HZ)
    )
    least = LEAST[FORMATS[Codec(codec)].coding]
    assert [min(each) >= least for each in found] == [True] * len(RATES_HZ), found
