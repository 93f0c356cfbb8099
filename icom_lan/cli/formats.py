"""What the options about rates, channels and codecs come to."""

import argparse

from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.cli.options import UsageError
from icom_lan.exceptions import AudioFormatError
from icom_lan.radio import IcomRadio
from icom_lan.types import AudioCodec

FRAME_MS = 20
SAMPLE_RATE_HZ = 48000


def received_format(arguments: argparse.Namespace) -> PcmAudioFormat:
    """Of the PCM that is asked of the library. Raises UsageError."""
    codec = _codec_named(arguments.codec)
    channels = arguments.channels or codec.channels
    return pcm_format(arguments.sample_rate or SAMPLE_RATE_HZ, channels)


def pcm_format(rate_hz: int, channels: int) -> PcmAudioFormat:
    """Raises UsageError for one that the library cannot convert."""
    try:
        return PcmAudioFormat(rate_hz, channels, FRAME_MS)
    except AudioFormatError as error:
        raise UsageError(str(error)) from None


def codec_for(
    arguments: argparse.Namespace, audio_format: PcmAudioFormat
) -> AudioCodec:
    """What the radio is asked for. Stereo to record needs stereo on the way here."""
    if arguments.codec is None and audio_format.channels == 2:
        return AudioCodec.PCM_2CH_16BIT
    return _codec_named(arguments.codec)


def rate_for(audio_format: PcmAudioFormat) -> int:
    """The PCM's own where radios have it, so that nothing needs resampling."""
    rates = IcomRadio.audio_capabilities().supported_sample_rates_hz
    rate_hz = audio_format.sample_rate
    return rate_hz if rate_hz in rates else SAMPLE_RATE_HZ


def _codec_named(name: str | None) -> AudioCodec:
    if name is None:
        return AudioCodec.PCM_1CH_16BIT
    try:
        return AudioCodec[name.upper().replace("-", "_")]
    except KeyError:
        names = ", ".join(each.name for each in AudioCodec)
        raise UsageError(f"--codec: no codec {name!r}; there are {names}") from None
