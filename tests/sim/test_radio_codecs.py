"""Which codecs a fake radio grants, to whom, and what it does with Opus."""

import random
import sys
import wave
from dataclasses import replace
from pathlib import Path

import pytest

from icom_proto.codes import Codec
from icom_proto.events import (
    AudioReceived,
    ClientGranted,
    ClientRefused,
    CloseReason,
    SessionClosed,
    StreamsGranted,
)
from icom_sim.audio_coder import decoder_for, encoder_for
from icom_sim.audio_quality import tone_share
from icom_sim.audio_source import SourceMaker
from icom_sim.dialects.knobs import DialectError
from icom_sim.happenings import Trouble
from icom_sim.radio_setup import RadioSetup, radio_config
from icom_sim.rig.catalogue import MODELS
from icom_sim.tx_recorder import TxRecorder
from sim.joined import CONFIG, Joined

OPUS = (Codec.OPUS_MONO, Codec.OPUS_STEREO)
WFVIEW = RadioSetup().turned("connection", "WFVIEW")
VERDICTS = (ClientRefused, ClientGranted)
STEREO = {
    *(Codec.PCM8_STEREO, Codec.PCM16_STEREO, Codec.ULAW_STEREO, Codec.OPUS_STEREO)
}


def outcome(
    setup: RadioSetup,
    rx_codec: Codec = Codec.PCM16_MONO,
    tx_codec: Codec = Codec.PCM16_MONO,
) -> StreamsGranted | SessionClosed:
    """What the client is told in the end."""
    pair = Joined(setup, replace(CONFIG, rx_codec=rx_codec, tx_codec=tx_codec))
    pair.client.open(0.0)
    pair.run_while(lambda: not found(pair))
    return found(pair)[0]


def found(pair: Joined) -> list[StreamsGranted | SessionClosed]:
    kinds = StreamsGranted, SessionClosed
    return [each for each in pair.events if isinstance(each, kinds)]


@pytest.mark.check("12.3")
@pytest.mark.parametrize("codec", OPUS)
def test_opus_is_granted_by_a_radio_whose_connection_is_wfview(codec: Codec) -> None:
    granted = outcome(WFVIEW, rx_codec=codec, tx_codec=codec)
    assert isinstance(granted, StreamsGranted)
    assert (granted.rx_codec, granted.tx_codec) == (codec, codec)
    elsewhere = outcome(RadioSetup(), rx_codec=codec, tx_codec=codec)
    assert not isinstance(elsewhere, StreamsGranted)


def test_stereo_is_refused_when_asked_to_and_mono_is_not() -> None:
    setup = replace(WFVIEW, refuse_stereo=True)
    for stereo, mono in (
        (Codec.PCM16_STEREO, Codec.PCM16_MONO),
        (Codec.OPUS_STEREO, Codec.OPUS_MONO),
    ):
        pair = Joined(setup, replace(CONFIG, rx_codec=stereo))
        pair.open()  # our client asks a second time, for mono
        asked = [each for each in pair.happened if isinstance(each, VERDICTS)]
        assert [type(each) for each in asked] == list(VERDICTS)
        [granted] = [each for each in asked if isinstance(each, ClientGranted)]
        assert granted.rx_codec is mono
    config = radio_config(setup, 50002, 50003)
    assert not STEREO & {*config.rx_codecs, *config.tx_codecs}


@pytest.mark.parametrize("model", MODELS)
def test_a_model_without_stereo_has_none_in_opus_either(model: str) -> None:
    config = radio_config(replace(WFVIEW, model=MODELS[model]), 50002, 50003)
    has_stereo = MODELS[model].network.stereo_rx
    assert (STEREO & {*config.rx_codecs} == STEREO) is has_stereo
    assert (not STEREO & {*config.rx_codecs}) is not has_stereo


def test_a_connection_that_no_radio_has_is_refused_by_name() -> None:
    with pytest.raises(DialectError, match="'ISDN': allowed are FTTH, WFVIEW"):
        RadioSetup().turned("connection", "ISDN")


@pytest.mark.parametrize("codec", OPUS)
def test_the_client_hears_the_tone_in_opus(codec: Codec) -> None:
    pair = Joined(WFVIEW, replace(CONFIG, rx_codec=codec))
    pair.open()
    pair.run_for(1.0)
    packets = [each.data for each in pair.events if isinstance(each, AudioReceived)]
    assert len(packets) > 45  # one of 20 ms each, never cut
    decode = decoder_for(codec, 48000)
    pcm = b"".join(map(decode, packets))
    assert tone_share(pcm[8 * 1920 :], 48000, 1000) > 0.985


@pytest.mark.parametrize(
    "codec", [Codec.ULAW_MONO, Codec.PCM8_MONO, Codec.PCM16_MONO, *OPUS]
)
def test_what_the_client_sends_is_recorded_as_mono_whatever_the_codec(
    codec: Codec, tmp_path: Path
) -> None:
    path = tmp_path / "sent.wav"
    tone = SourceMaker("tone:700").make(16000, random.Random(1))
    with TxRecorder(str(path)) as recorder:
        config = replace(CONFIG, tx_codec=codec, tx_rate_hz=16000)
        pair = Joined(WFVIEW, config, recorder=recorder)
        pair.open()
        encode = encoder_for(codec, 16000)
        for _ in range(40):
            pair.client.send_audio(encode(tone.block(320)), pair.now)
            pair.run_for(0.02)
        pair.run_for(0.5)
    with wave.open(str(path)) as wav:
        assert (wav.getframerate(), wav.getnchannels()) == (16000, 1)
        pcm = wav.readframes(wav.getnframes())
    assert len(pcm) == 2 * 320 * 40
    assert tone_share(pcm[10 * 640 :], 16000, 700) > 0.985


def test_a_radio_without_opus_refuses_it_and_says_once_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opuslib", None)
    codec = Codec.OPUS_MONO
    pair = Joined(WFVIEW, replace(CONFIG, rx_codec=codec, tx_codec=codec))
    pair.client.open(0.0)
    pair.run_while(lambda: not found(pair))
    closed = found(pair)[0]
    assert isinstance(closed, SessionClosed)
    assert closed.reason is CloseReason.STREAMS_REFUSED
    pair.run_for(1.0)
    [trouble] = [each for each in pair.happened if isinstance(each, Trouble)]
    assert "OPUS_MONO is refused" in trouble.message
    assert "pip install opuslib" in trouble.message
    assert any(isinstance(each, ClientRefused) for each in pair.happened)


def test_a_session_without_opus_does_not_need_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opuslib", None)
    assert isinstance(outcome(WFVIEW), StreamsGranted)
