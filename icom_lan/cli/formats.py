"""What the options about rates, channels and codecs come to."""

import argparse

from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.cli.options import UsageError
from icom_lan.exceptions import AudioFormatError
from icom_lan.types import SAMPLE_RATES_HZ, AudioCodec

FRAME_MS = 20
SAMPLE_RATE_HZ = 48000
# Of files; beyond, a header is more likely wrong.
RATE_HZ_MIN, RATE_HZ_MAX = 4000, 384_000


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


def sendable_rate(rate_hz: int) -> int:
    """The rate to send it at. Raises UsageError for what is no rate of audio."""
    if not RATE_HZ_MIN <= rate_hz <= RATE_HZ_MAX:
        raise UsageError(
            f"Unsupported sample_rate {rate_hz}: allowed is {RATE_HZ_MIN} to"
            f" {RATE_HZ_MAX}"
        )
    return rate_hz if rate_hz in SAMPLE_RATES_HZ else SAMPLE_RATE_HZ


def codec_for(
    arguments: argparse.Namespace, audio_format: PcmAudioFormat
) -> AudioCodec:
    """What the radio is asked for. Stereo to record needs stereo on the way here."""
    if arguments.codec is None and audio_format.channels == 2:
        return AudioCodec.PCM_2CH_16BIT
    return _codec_named(arguments.codec)


def _codec_named(name: str | None) -> AudioCodec:
    if name is None:
        return AudioCodec.PCM_1CH_16BIT
    try:
        return AudioCodec[name.upper().replace("-", "_")]
    except KeyError:
        names = ", ".join(each.name for each in AudioCodec)
        raise UsageError(f"--codec: no codec {name!r}; there are {names}") from None
