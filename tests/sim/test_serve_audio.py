"""The fake radio on real UDP: audio both ways, with and without loss."""

import asyncio
import random
import wave
from dataclasses import replace
from pathlib import Path

import pytest

from icom_proto.audio_formats import (
    block_size,
    decode_to_pcm16,
    encode_from_pcm16,
    format_of,
    stereo_to_mono,
)
from icom_proto.civ_commands import Meter, read_meter, set_ptt
from icom_proto.civ_frames import frame_body
from icom_proto.codes import Codec
from icom_proto.events import AudioLost, AudioReceived, ClientAudioStopped
from icom_sim.audio_quality import tone_share
from icom_sim.audio_source import SourceMaker
from icom_sim.happenings import Trouble
from icom_sim.network import Network
from icom_sim.radio_setup import RadioSetup
from icom_sim.tx_recorder import TxRecorder
from sim.udp_client import CONFIG, UdpClient
from sim.watched_server import WatchedServer

PCM16 = Codec.PCM16_MONO
RATES_HZ = (8000, 12000, 16000, 24000, 48000)
CODECS = (
    *(Codec.ULAW_MONO, Codec.PCM8_MONO, Codec.PCM16_MONO),
    *(Codec.ULAW_STEREO, Codec.PCM8_STEREO, Codec.PCM16_STEREO),
)
BLOCKS = 12


async def hear_tone(codec: Codec, rate_hz: int) -> float:
    """How much of what comes in this format is the tone."""
    config = replace(CONFIG, rx_codec=codec, rx_rate_hz=rate_hz)
    async with (
        WatchedServer() as server,
        UdpClient(server.control_port, config) as client,
    ):
        audio = await client.hear(BLOCKS * block_size(codec, rate_hz))
        pcm = decode_to_pcm16(codec, audio)
        if format_of(codec).channels == 2:
            pcm = stereo_to_mono(pcm)
        return tone_share(pcm, rate_hz, 1000)


@pytest.mark.parametrize("codec", CODECS)
async def test_the_tone_comes_in_every_codec_at_every_rate(codec: Codec) -> None:
    # All rates at once: each is a radio of its own, and mostly waits.
    shares = await asyncio.gather(*(hear_tone(codec, rate) for rate in RATES_HZ))
    assert min(shares) > 0.999


async def test_five_percent_of_loss_leaves_99_of_100_datagrams() -> None:
    # The playout delay is long, so that a busy machine makes nothing late; the usual
    # one is tested in simulated time.
    config = replace(CONFIG, playout_delay_s=2.0)

    async def listen(seed: int) -> tuple[int, int]:
        network = Network.from_percent(loss=5, seed=seed)
        async with (
            WatchedServer(RadioSetup(seed=seed), network=network) as server,
            UdpClient(server.control_port, config) as client,
        ):
            await client.hear(75 * block_size(PCM16, 48000))
            lost = sum(each.count for each in client.watch.of(AudioLost))
            return len(client.watch.of(AudioReceived)), lost

    counts = await asyncio.gather(*(listen(seed) for seed in range(6)))
    received, lost = (sum(column) for column in zip(*counts, strict=True))
    assert received / (received + lost) >= 0.99


async def test_silence_stops_when_the_client_is_gone() -> None:
    async with WatchedServer() as server:
        async with UdpClient(server.control_port) as client:
            await client.hear(block_size(PCM16, 48000))
        await server.watch.until(ClientAudioStopped)
        sent = server.summary()["audio_blocks"]
        async with UdpClient(server.control_port, replace(CONFIG, audio=False)):
            pass
        assert server.summary()["audio_blocks"] == sent


async def test_a_source_that_cannot_be_played_is_told_and_the_radio_works() -> None:
    async with (
        WatchedServer(RadioSetup(audio="tone:6000")) as server,
        UdpClient(server.control_port, replace(CONFIG, rx_rate_hz=8000)) as client,
    ):
        trouble = await server.watch.until(Trouble)
        assert "too high for 8000" in trouble.message
        silence = await client.hear(10 * block_size(PCM16, 8000))
        assert not any(silence)


@pytest.mark.parametrize("codec", [Codec.ULAW_MONO, Codec.PCM8_MONO, PCM16])
@pytest.mark.parametrize("rate_hz", [8000, 48000])
async def test_what_the_client_sends_is_metered_and_recorded(
    codec: Codec, rate_hz: int, tmp_path: Path
) -> None:
    path = tmp_path / "sent.wav"
    config = replace(CONFIG, tx_codec=codec, tx_rate_hz=rate_hz)
    frames = rate_hz // 50
    tone = SourceMaker("tone:700").make(rate_hz, random.Random(1))
    with TxRecorder(str(path)) as recorder:
        async with (
            WatchedServer(recorder=recorder) as server,
            UdpClient(server.control_port, config) as client,
        ):
            # The modulator listens to the network: menu item 91 of the IC-7610.
            await client.ask(bytes.fromhex("1a05009105"))
            await client.ask(set_ptt(True))
            for _ in range(BLOCKS):
                client.send_audio(encode_from_pcm16(codec, tone.block(frames)))
            await client.all_sent()
            power = await client.ask(read_meter(Meter.PO))
            assert power is not None
            assert frame_body(power)[2:] != b"\0\0"
            await client.ask(set_ptt(False))
            assert recorder.samples == BLOCKS * frames
    with wave.open(str(path)) as wav:
        assert (wav.getframerate(), wav.getnchannels()) == (rate_hz, 1)
        pcm = wav.readframes(wav.getnframes())
    assert len(pcm) == 2 * BLOCKS * frames
    assert tone_share(pcm, rate_hz, 700) > 0.999
