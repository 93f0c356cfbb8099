"""What the library says that it can do with audio, and that it can."""

import itertools
import json

import pytest

import icom_lan
from icom_lan import AudioCodec, AudioFormatError, IcomRadio
from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.types import (
    CHANNELS,
    CODEC_PREFERENCE,
    SAMPLE_RATES_HZ,
    AudioCapabilities,
    get_audio_capabilities,
)


@pytest.mark.check("11.1", "11.2", "11.3", "11.4", "11.5", "11.6", "11.7")
def test_capabilities_need_no_radio() -> None:
    caps = IcomRadio.audio_capabilities()
    assert caps.supported_codecs == tuple(AudioCodec)
    assert caps.supported_sample_rates_hz == (8000, 12000, 16000, 24000, 48000)
    assert caps.supported_channels == (1, 2)
    assert caps.default_codec is AudioCodec.PCM_1CH_16BIT
    assert caps.default_sample_rate_hz == 48000
    assert caps.default_channels == 1


@pytest.mark.check("11.8")
def test_capabilities_can_be_printed() -> None:
    caps = IcomRadio.audio_capabilities()
    shown = " ".join(str(getattr(caps, name)) for name in type(caps).__slots__)
    assert "48000" in shown
    assert str(caps).startswith("AudioCapabilities(")


@pytest.mark.check("11.9", "11.14")
def test_capabilities_are_always_the_same() -> None:
    """API.md 17, 12: they were called negotiated, and were constants."""
    assert IcomRadio.audio_capabilities() is get_audio_capabilities()
    assert IcomRadio("192.0.2.1").audio_capabilities() is get_audio_capabilities()
    assert AudioCapabilities.choose() == get_audio_capabilities()


def test_every_rate_that_is_listed_can_be_asked_for_and_made_into_pcm() -> None:
    """API.md 17, 13: one list had 12 kHz, the other had not, a third had no limit."""
    caps = get_audio_capabilities()
    for rate_hz, channels in itertools.product(
        caps.supported_sample_rates_hz, caps.supported_channels
    ):
        assert IcomRadio("x", audio_sample_rate=rate_hz).audio_sample_rate == rate_hz
        assert PcmAudioFormat(rate_hz, channels).sample_rate == rate_hz
    for rate_hz in set(range(1000, 100_000, 25)) - set(caps.supported_sample_rates_hz):
        with pytest.raises(AudioFormatError, match="allowed is"):
            PcmAudioFormat(rate_hz)
    for codec in caps.supported_codecs:
        assert IcomRadio("x", audio_codec=codec).audio_codec is codec


@pytest.mark.check("11.10")
def test_the_default_codec_is_the_first_in_the_order_of_preference() -> None:
    assert set(CODEC_PREFERENCE) == set(AudioCodec)
    assert CODEC_PREFERENCE[0] is AudioCodec.PCM_1CH_16BIT
    for missing in range(len(CODEC_PREFERENCE)):
        codecs = CODEC_PREFERENCE[missing:]
        for order in (codecs, codecs[::-1], sorted(codecs)):
            assert AudioCapabilities.choose(order).default_codec is codecs[0]


@pytest.mark.check("11.11")
def test_the_default_rate_is_the_highest() -> None:
    for rates in itertools.permutations(SAMPLE_RATES_HZ, 3):
        caps = AudioCapabilities.choose(sample_rates_hz=rates)
        assert caps.default_sample_rate_hz == max(rates)


@pytest.mark.check("11.12")
@pytest.mark.parametrize("codec", AudioCodec)
def test_the_default_channels_are_those_of_the_default_codec(codec: AudioCodec) -> None:
    caps = AudioCapabilities.choose([codec])
    assert caps.default_channels == codec.channels == (2 if "2CH" in codec.name else 1)


@pytest.mark.check("11.13")
def test_without_that_count_the_default_channels_are_the_fewest() -> None:
    mono = [AudioCodec.PCM_1CH_16BIT]
    assert AudioCapabilities.choose(mono, channels=(4, 2)).default_channels == 2
    stereo = [AudioCodec.PCM_2CH_16BIT]
    assert AudioCapabilities.choose(stereo, channels=(4, 1)).default_channels == 1


@pytest.mark.check("11.14")
def test_the_same_in_another_order_gives_the_same_defaults() -> None:
    for codecs, rates, channels in itertools.product(
        itertools.permutations(CODEC_PREFERENCE[2:5]),
        itertools.permutations(SAMPLE_RATES_HZ[:3]),
        itertools.permutations(CHANNELS),
    ):
        caps = AudioCapabilities.choose(codecs, rates, channels)
        assert caps.default_codec is AudioCodec.ULAW_1CH
        assert caps.default_sample_rate_hz == 16000
        assert caps.default_channels == 1


@pytest.mark.parametrize("empty", ["codecs", "sample_rates_hz", "channels"])
def test_there_has_to_be_something_to_choose_from(empty: str) -> None:
    with pytest.raises(ValueError, match="at least one"):
        AudioCapabilities.choose(**{empty: ()})


def test_capabilities_can_be_written_as_json() -> None:
    found = json.loads(json.dumps(get_audio_capabilities().to_dict()))
    assert list(found) == list(AudioCapabilities.__slots__)
    assert found["default_codec"] == {"name": "PCM_1CH_16BIT", "value": 4}
    assert found["supported_codecs"][-1] == {"name": "OPUS_2CH", "value": 0x41}
    assert found["supported_channels"] == [1, 2]


# ---- the constructor -----------------------------------------------------------------


@pytest.mark.check("10.1", "10.2", "10.3", "10.4", "10.6")
def test_a_radio_needs_a_host_and_takes_codec_and_rate() -> None:
    plain = icom_lan.IcomRadio("192.168.1.100")
    assert plain.audio_codec is icom_lan.AudioCodec.PCM_1CH_16BIT
    assert plain.audio_sample_rate == 48000
    assert plain.granted_audio is None
    chosen = IcomRadio(
        "192.168.1.100", audio_codec=AudioCodec.ULAW_2CH, audio_sample_rate=8000
    )
    assert chosen.audio_codec is AudioCodec.ULAW_2CH
    assert chosen.audio_sample_rate == 8000
    assert IcomRadio("x", audio_codec=0x10).audio_codec is AudioCodec.PCM_2CH_16BIT


@pytest.mark.parametrize("codec", [0, 3, 0x80, -1])
def test_a_codec_that_there_is_not_is_a_value_error(codec: int) -> None:
    with pytest.raises(ValueError, match="AudioCodec"):
        IcomRadio("x", audio_codec=codec)


@pytest.mark.parametrize("rate_hz", [0, 44099, 96000])
def test_a_rate_that_the_protocol_cannot_name_is_refused(rate_hz: int) -> None:
    with pytest.raises(AudioFormatError, match="48000, 44100"):
        IcomRadio("x", audio_sample_rate=rate_hz)


@pytest.mark.check("12.1", "12.2", "12.5")
def test_codecs_have_the_numbers_of_the_protocol() -> None:
    numbers = {codec.name: int(codec) for codec in AudioCodec}
    assert numbers["OPUS_1CH"] == 0x40
    assert numbers["OPUS_2CH"] == 0x41
    assert numbers["PCM_1CH_16BIT"] == 0x04


@pytest.mark.check("0.3")
def test_the_package_and_its_audio_can_be_imported() -> None:
    from icom_lan import audio

    assert audio.AudioPacket is icom_lan.AudioPacket
