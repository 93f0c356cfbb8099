"""What the client sends: where its samples stand, and how loud they are."""

import pytest

from icom_proto.audio_formats import encode_from_pcm16, pcm_of, split_sizes
from icom_proto.codes import Codec
from icom_proto.errors import DecodeError
from icom_sim.audio_coder import load_opus
from icom_sim.tx_audio import TxAudio, loudness

FULL, REST = split_sizes(1920)  # a block at 48 kHz, 16 bit


def test_samples_follow_each_other() -> None:
    audio = TxAudio(Codec.PCM16_MONO, 48000)
    assert audio.receive(b"\1\0" * 682) == (0, b"\1\0" * 682)
    assert audio.receive(b"\2\0" * 278) == (682, b"\2\0" * 278)
    assert audio.receive(b"\3\0" * 682)[0] == 960


@pytest.mark.parametrize("count", range(1, 5))
def test_what_is_lost_leaves_a_gap_of_its_length(count: int) -> None:
    # Datagrams alternate between 682 and 278 samples; the first two arrive.
    audio = TxAudio(Codec.PCM16_MONO, 48000)
    audio.receive(bytes(FULL))
    audio.receive(bytes(REST))
    audio.skip(count)
    lost = sum((682, 278)[at % 2] for at in range(count))
    following = bytes((FULL, REST)[count % 2])
    assert audio.receive(following)[0] == 960 + lost


def test_a_client_that_does_not_cut_its_blocks_loses_whole_ones() -> None:
    # icom-lan 0.7.0 sends 1920 bytes in one datagram.
    audio = TxAudio(Codec.PCM16_MONO, 48000)
    audio.receive(bytes(1920))
    audio.skip(2)
    assert audio.receive(bytes(1920))[0] == 3 * 960


def test_an_empty_datagram_does_not_make_the_next_gap_empty() -> None:
    audio = TxAudio(Codec.PCM16_MONO, 48000)
    audio.receive(bytes(1364))
    assert audio.receive(b"") == (682, b"")
    audio.skip(1)  # the 556 bytes that end the block
    assert audio.receive(bytes(1364))[0] == 960


def test_a_loss_at_the_very_beginning_is_a_gap_too() -> None:
    audio = TxAudio(Codec.PCM16_MONO, 48000)
    audio.skip(2)
    assert audio.receive(bytes(FULL))[0] == 960


@pytest.mark.parametrize("codec", [Codec.ULAW_MONO, Codec.PCM8_MONO])
def test_narrow_codecs_become_16_bit(codec: Codec) -> None:
    audio = TxAudio(codec, 8000)
    pcm = pcm_of([0, 16000, -16000, 0])
    position, decoded = audio.receive(encode_from_pcm16(codec, pcm))
    assert position == 0
    assert loudness(decoded) == pytest.approx(16000 / 32768, abs=0.02)


def test_half_a_sample_is_refused_and_moves_nothing() -> None:
    audio = TxAudio(Codec.PCM16_MONO, 48000)
    with pytest.raises(DecodeError):
        audio.receive(b"\0\0\0")
    assert audio.receive(bytes(FULL))[0] == 0


@pytest.mark.parametrize("ms", [10, 20, 60])
def test_a_lost_opus_packet_is_a_gap_as_long_as_the_one_before(ms: int) -> None:
    audio = TxAudio(Codec.OPUS_MONO, 16000)
    packet = load_opus().Encoder(16000, 1, "audio").encode(bytes(32 * ms), 16 * ms)
    assert audio.receive(packet)[0] == 0
    audio.skip(3)
    assert audio.receive(packet)[0] == 4 * 16 * ms


@pytest.mark.parametrize("codec", [Codec.PCM16_STEREO, Codec.ULAW_STEREO])
def test_stereo_becomes_mono_in_its_place(codec: Codec) -> None:
    audio = TxAudio(codec, 8000)
    audio.receive(encode_from_pcm16(codec, pcm_of([8000, 16000] * 160)))
    position, pcm = audio.receive(encode_from_pcm16(codec, pcm_of([0, 0])))
    assert (position, pcm) == (160, pcm_of([0]))


def test_loudness_is_that_of_the_highest_sample() -> None:
    assert loudness(b"") == 0
    assert loudness(bytes(100)) == 0
    assert loudness(pcm_of([100, -16384, 5])) == 0.5
    assert loudness(pcm_of([-32768])) == 1.0
