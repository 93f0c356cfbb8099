"""`icom-lan audio ...`: which command, with which radio."""

import argparse

from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.cli.capabilities import tell_capabilities
from icom_lan.cli.formats import codec_for, received_format
from icom_lan.cli.loopback import loop_back
from icom_lan.cli.radios import radio_for
from icom_lan.cli.recorder import record
from icom_lan.cli.sender import open_input, send
from icom_lan.radio import IcomRadio


async def run_audio(arguments: argparse.Namespace) -> None:
    """Do what the command line says. Raises UsageError for impossible options."""
    if arguments.audio_command == "caps":
        radio = radio_for(arguments) if arguments.stats else None
        await tell_capabilities(radio, arguments)
    elif arguments.audio_command == "tx":
        with open_input(arguments) as audio:
            radio = _radio_for(arguments, audio.audio_format)
            await send(radio, audio, arguments)
    else:
        audio_format = received_format(arguments)
        radio = _radio_for(arguments, audio_format)
        act = record if arguments.audio_command == "rx" else loop_back
        await act(radio, audio_format, arguments)


def _radio_for(
    arguments: argparse.Namespace, audio_format: PcmAudioFormat
) -> IcomRadio:
    return radio_for(
        arguments,
        audio_codec=codec_for(arguments, audio_format),
        audio_sample_rate=audio_format.sample_rate,
    )
