"""`icom-lan audio rx`: received audio to a file, to a pipe, to the loudspeaker."""

import argparse
from collections.abc import Callable
from contextlib import AsyncExitStack

from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.cli.audio_arguments import DEFAULT_SECONDS
from icom_lan.cli.options import UsageError
from icom_lan.cli.reception import Reception
from icom_lan.cli.reports import print_report, statistics_of
from icom_lan.cli.sinks import STDOUT, gaps_filled, target_of
from icom_lan.cli.sound_card import open_speaker
from icom_lan.radio import IcomRadio


async def record(
    radio: IcomRadio, audio_format: PcmAudioFormat, arguments: argparse.Namespace
) -> None:
    """For the time asked for. Raises UsageError if the target cannot be."""
    out, seconds = arguments.out, arguments.seconds
    if out is None and not arguments.play:
        raise UsageError("audio rx: give --out FILE.wav, --out - or --play")
    if arguments.device is not None and not arguments.play:
        raise UsageError("--device: only --play has one")
    if out is not None and seconds is None:
        seconds = DEFAULT_SECONDS
    writers: list[Callable[[bytes | None], None]] = []

    def take(frame: bytes | None) -> None:
        for write in writers:
            write(frame)

    async with AsyncExitStack() as stack:
        if out is not None:
            target = target_of(out, audio_format, seconds)
            sink = await stack.enter_async_context(target.open())
            writers.append(gaps_filled(sink, audio_format))
        if arguments.play:
            speaker = open_speaker(audio_format, arguments.device)
            writers.append(stack.enter_context(speaker).write)
        # Last, so that it is released before a slow reader has read the rest.
        await stack.enter_async_context(radio)
        reception = Reception(
            audio_format, take, seconds=seconds, stall_s=arguments.timeout
        )
        async with reception.receiving(radio):
            await reception.enough(radio)
            statistics = statistics_of(radio)
    written = 0 if out is None else reception.frames * audio_format.frame_bytes
    print_report(
        {"command": "audio rx", "output_file": out}
        | reception.report()
        | {"bytes_written": written},
        f"{'played' if out is None else out}: {reception.seconds_heard:.2f} s,"
        f" {reception.gaps} of {reception.frames} frames lost",
        statistics,
        arguments,
        beside_audio=out == STDOUT,
    )
