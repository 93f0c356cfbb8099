"""Blocks of audio: when they are due, and what is in them."""

import random

import pytest

from icom_proto.audio_formats import (
    AUDIO_PAYLOAD_MAX,
    block_size,
    decode_to_pcm16,
    format_of,
    stereo_to_mono,
)
from icom_proto.codes import Codec
from icom_sim.audio_pacing import BLOCK_S, CATCH_UP_MAX, AudioFeed, Pacer
from icom_sim.audio_quality import tone_share
from icom_sim.audio_source import AudioSourceError, SourceMaker
from icom_sim.sample_clock import SampleClock, SampleClockError

PCM16 = Codec.PCM16_MONO


def feed(spec: str = "tone:1000") -> AudioFeed:
    return AudioFeed(SourceMaker(spec), random.Random(1))


def test_nothing_is_due_before_the_start_or_after_the_stop() -> None:
    pacer = Pacer()
    assert pacer.take(1e9) == 0
    pacer.start(5.0)
    pacer.stop()
    assert pacer.take(1e9) == 0


def test_the_first_block_is_due_at_once_and_the_next_after_20_ms() -> None:
    pacer = Pacer()
    pacer.start(0.0)
    assert pacer.take(0.0) == 1
    assert pacer.due_at == pytest.approx(0.02)
    assert pacer.take(0.0199) == 0
    assert pacer.take(0.0201) == 1


def test_late_timers_do_not_add_up() -> None:
    # Each timer is up to 4 ms late; after an hour of it the clock is where it was.
    pacer, lateness = Pacer(), random.Random(1)
    pacer.start(0.0)
    blocks, now = 0, 0.0
    while pacer.due_at < 3600:
        now = pacer.due_at + lateness.uniform(0, 0.004)
        blocks += pacer.take(now)
    assert blocks == 3600 / BLOCK_S
    assert pacer.skipped == 0


@pytest.mark.parametrize("ppm", [-200, 0, 200])
def test_a_sample_clock_that_is_off_gains_or_loses_blocks(ppm: float) -> None:
    # 100 ppm are a block in 200 s.
    pacer = Pacer(SampleClock(ppm).block_s)
    pacer.start(0.0)
    blocks, now = 0, 0.0
    while pacer.due_at < 999.99:
        now = pacer.due_at
        blocks += pacer.take(now)
    assert blocks == 50_000 + ppm // 20
    assert pacer.skipped == 0


def test_clocks_that_nobody_builds_are_refused() -> None:
    says = "a sample clock that is 20000 ppm fast: allowed are -10000 to 10000"
    with pytest.raises(SampleClockError, match=says):
        SampleClock(20_000)
    with pytest.raises(SampleClockError):
        SampleClock(float("nan"))


def test_after_a_stall_a_few_blocks_are_caught_up_and_the_rest_is_skipped() -> None:
    pacer = Pacer()
    pacer.start(0.0)
    pacer.take(0.0)
    assert pacer.take(1.0001) == CATCH_UP_MAX
    assert pacer.skipped == 50 - CATCH_UP_MAX
    assert 1.0001 < pacer.due_at <= 1.0201
    assert pacer.take(pacer.due_at) == 1


@pytest.mark.parametrize("exponent", range(0, 12, 3))
def test_what_was_taken_is_never_due_still(exponent: int) -> None:
    # A deadline that is not later than now would make a driver spin.
    pacer, rng = Pacer(), random.Random(exponent)
    now = 10.0**exponent
    pacer.start(now)
    for _ in range(1000):
        pacer.take(now)
        assert pacer.due_at > now
        now = pacer.due_at + rng.choice((0.0, 0.001, BLOCK_S, 7 * BLOCK_S))


@pytest.mark.parametrize("rate_hz", [8000, 12000, 16000, 24000, 48000])
@pytest.mark.parametrize(
    "codec",
    [
        *(Codec.ULAW_MONO, Codec.PCM8_MONO, Codec.PCM16_MONO),
        *(Codec.ULAW_STEREO, Codec.PCM8_STEREO, Codec.PCM16_STEREO),
    ],
)
def test_every_codec_and_rate_carries_the_tone(codec: Codec, rate_hz: int) -> None:
    audio = feed()
    audio.grant(codec, rate_hz)
    audio.start(0.0)
    blocks = [block for at in range(25) for block in audio.take(at * BLOCK_S + 1e-6)]
    assert [len(block) for block in blocks] == [block_size(codec, rate_hz)] * 25
    pcm = decode_to_pcm16(codec, b"".join(blocks))
    if format_of(codec).channels == 2:
        assert pcm[0::4] == pcm[2::4]
        pcm = stereo_to_mono(pcm)
    # 8 bits leave noise at about 48 dB below full scale.
    assert tone_share(pcm, rate_hz, 1000) > 0.999


def test_a_client_that_does_not_want_to_hear_gets_nothing() -> None:
    audio = feed("tone:5000")
    audio.grant(Codec.NONE, 8000)  # too slow for the tone, but nobody asked for it
    audio.start(0.0)
    assert audio.take(1.0) == []


def test_a_source_that_does_not_fit_the_rate_becomes_silence() -> None:
    audio = feed("tone:5000")
    with pytest.raises(AudioSourceError, match="too high for 8000"):
        audio.grant(PCM16, 8000)
    audio.start(0.0)
    assert audio.take(0.0) == [bytes(block_size(PCM16, 8000))]


def test_a_new_session_starts_silent_until_its_audio_is_up() -> None:
    audio = feed()
    audio.grant(PCM16, 48000)
    audio.start(0.0)
    audio.take(0.0)
    audio.grant(PCM16, 48000)
    assert audio.take(10.0) == []
    assert audio.blocks == 1


def test_a_block_may_be_larger_than_a_datagram() -> None:
    # Cutting is the core's work.
    audio = feed()
    audio.grant(PCM16, 48000)
    audio.start(0.0)
    assert len(audio.take(0.0)[0]) > AUDIO_PAYLOAD_MAX
