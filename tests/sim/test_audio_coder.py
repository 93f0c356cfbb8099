"""Codecs of the fake radio: the tone goes through, and Opus may be missing."""

import random
import subprocess
import sys

import pytest

from icom_proto.audio_formats import Coding, block_frames, format_of
from icom_proto.codes import Codec
from icom_proto.errors import DecodeError
from icom_sim.audio_coder import OpusMissingError, decoder_for, encoder_for, load_opus
from icom_sim.audio_quality import tone_share
from icom_sim.audio_source import SourceMaker
from sim.icom_sim_process import ENVIRONMENT

CODECS = [codec for codec in Codec if codec not in (Codec.NONE, Codec.ADPCM_MONO)]
RATES_HZ = (8000, 12000, 16000, 24000, 48000)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("codec", CODECS)
def test_the_tone_survives_every_codec_there_and_back(
    codec: Codec, rate_hz: int
) -> None:
    tone = SourceMaker("tone:1000").make(rate_hz, random.Random(1))
    encode, decode = encoder_for(codec, rate_hz), decoder_for(codec, rate_hz)
    frames = block_frames(rate_hz)
    blocks = [decode(encode(tone.block(frames))) for _ in range(25)]
    assert {len(each) for each in blocks} == {2 * frames}
    # Opus has to find its feet in the first blocks.
    least = 0.99 if format_of(codec).coding is Coding.OPUS else 0.999
    assert tone_share(b"".join(blocks[5:]), rate_hz, 1000) > least


def test_opus_packets_are_far_smaller_than_a_datagram() -> None:
    tone = SourceMaker("noise").make(48000, random.Random(1))
    encode = encoder_for(Codec.OPUS_STEREO, 48000)
    assert max(len(encode(tone.block(960))) for _ in range(50)) < 700


@pytest.mark.parametrize("payload", [b"", b"\xff", b"\xff\xff\xff"])
def test_what_is_no_opus_packet_is_refused_and_the_next_one_is_heard(
    payload: bytes,
) -> None:
    encode, decode = (
        encoder_for(Codec.OPUS_MONO, 8000),
        decoder_for(Codec.OPUS_MONO, 8000),
    )
    with pytest.raises(DecodeError, match="Opus packet"):
        decode(payload)
    assert len(decode(encode(bytes(320)))) == 320


def test_every_codec_that_is_known_has_a_coder() -> None:
    assert {format_of(codec).coding.name for codec in CODECS} == {
        *("PCM8", "PCM16", "ULAW", "OPUS")
    }


def test_opuslib_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opuslib", None)
    with pytest.raises(OpusMissingError, match="pip install opuslib"):
        load_opus()


def test_a_missing_libopus_is_named_too() -> None:
    # opuslib raises a bare Exception then, which nobody could catch by name.
    script = (
        "import ctypes.util\n"
        "ctypes.util.find_library = lambda name: None\n"
        "from icom_sim.audio_coder import load_opus, OpusMissingError\n"
        "try:\n"
        "    load_opus()\n"
        "except OpusMissingError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "apt-get install libopus0" in done.stdout
