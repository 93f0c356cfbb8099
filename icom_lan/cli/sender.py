"""`icom-lan audio tx`: a file, a pipe or the microphone to the radio.

The library keeps the pace. With --ptt the radio transmits from just before the first
block until the last one has been played, and on every other way out it stops at once.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AsyncExitStack,
    asynccontextmanager,
    closing,
    contextmanager,
    suppress,
)
from math import inf
from typing import NamedTuple

from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.cli.formats import SAMPLE_RATE_HZ, pcm_format, sendable_rate
from icom_lan.cli.options import UsageError
from icom_lan.cli.pcm_radio import SendingRadio
from icom_lan.cli.progress import PROGRESS_S, Progress, level_of
from icom_lan.cli.reception import unless_lost
from icom_lan.cli.reports import print_report, statistics_of
from icom_lan.cli.sound_card import open_microphone
from icom_lan.cli.sources import (
    STDIN,
    PipeSource,
    ResampledSource,
    Source,
    WavSource,
)
from icom_lan.exceptions import IcomLanError
from icom_lan.radio import IcomRadio

MICROPHONE = "microphone"
# What a radio holds back before it plays it, with some reserve: a client asks for 150
# ms. Unkeyed sooner, the end of the last word is missing.
RADIO_BUFFER_S = 0.2


class Input(NamedTuple):
    """What is to be sent."""

    name: str
    source: Source
    rate_hz: int  # its own; the source gives that of the format
    audio_format: PcmAudioFormat
    seconds: float | None  # at most; None: until it ends


@contextmanager
def open_input(arguments: argparse.Namespace) -> Iterator[Input]:
    """Until the end of the block. Raises UsageError for what cannot be sent."""
    rate_hz, channels = arguments.sample_rate, arguments.channels
    seconds, name = arguments.seconds, arguments.input
    if arguments.device is not None and not arguments.mic:
        raise UsageError("--device: only --mic has one")
    if not arguments.mic and name != STDIN:
        with closing(WavSource(name)) as wav:
            _check_said("--sample-rate", rate_hz, wav.rate_hz, name)
            _check_said("--channels", channels, wav.channels, name)
            seconds = min(wav.seconds, seconds or inf)
            yield _converted(name, wav, wav.rate_hz, wav.channels, seconds)
        return
    rate_hz, channels = rate_hz or SAMPLE_RATE_HZ, channels or 1
    if arguments.mic:
        audio_format = pcm_format(rate_hz, channels)
        with open_microphone(audio_format, arguments.device) as microphone:
            yield Input(MICROPHONE, microphone, rate_hz, audio_format, seconds)
    else:
        with closing(PipeSource()) as pipe:
            yield _converted(STDIN, pipe, rate_hz, channels, seconds)


def _converted(
    name: str, source: Source, rate_hz: int, channels: int, seconds: float | None
) -> Input:
    """Resampled here if the library does not take the rate, as that of a CD."""
    audio_format = pcm_format(sendable_rate(rate_hz), channels)
    if audio_format.sample_rate != rate_hz:
        source = ResampledSource(source, rate_hz, audio_format)
    return Input(name, source, rate_hz, audio_format, seconds)


async def send(radio: IcomRadio, audio: Input, arguments: argparse.Namespace) -> None:
    """All there is, or for the time asked for."""
    sending = Sending(audio)
    # The radio is not taken before there is something to send.
    await sending.begin()
    async with radio, sending.allowed(radio):
        await sending.run(radio, ptt=arguments.ptt)
        statistics = statistics_of(radio)
    print_report(
        {"command": "audio tx", "input_file": audio.name} | sending.report(),
        f"{audio.name}: {sending.seconds_sent:.2f} s sent",
        statistics,
        arguments,
    )


class Sending:
    """Frames from a source to the radio."""

    def __init__(self, audio: Input) -> None:
        self._audio, self._format = audio, audio.audio_format
        self._loop = asyncio.get_running_loop()
        self._next = b""
        self._elapsed_s = 0.0
        self._over_at = 0.0  # when the radio has been sent the last of it
        self.frames = 0

    async def begin(self) -> None:
        """Wait for the first frame. Raises UsageError if there is none to send."""
        self._next = await self._read()
        if not self._next:
            raise UsageError(f"--in: there is no audio in {self._audio.name}")

    @asynccontextmanager
    async def allowed(self, radio: SendingRadio) -> AsyncIterator[None]:
        """Audio may be sent until the end of the block."""
        await radio.start_audio_tx_pcm(
            sample_rate=self._format.sample_rate,
            channels=self._format.channels,
            frame_ms=self._format.frame_ms,
        )
        try:
            yield
        finally:
            await radio.stop_audio_tx_pcm()

    async def run(self, radio: SendingRadio, *, ptt: bool) -> None:
        """Returns when the radio has been sent all; raises when it is lost."""
        began = self._loop.time()
        try:
            await unless_lost(radio, self._send_all(radio, ptt=ptt))
        finally:
            self._elapsed_s = self._loop.time() - began

    @property
    def seconds_sent(self) -> float:
        return self.frames * self._format.frame_ms / 1000

    def report(self) -> dict[str, object]:
        """For --json; the names are those of the reference's command."""
        return {
            "seconds_elapsed": round(self._elapsed_s, 3),
            "sample_rate": self._audio.rate_hz,
            "channels": self._format.channels,
            "tx_frames": self.frames,
            "bytes_read": self._audio.source.bytes_read,
        }

    # inside

    async def _send_all(self, radio: SendingRadio, *, ptt: bool) -> None:
        async with AsyncExitStack() as stack:
            if ptt:
                await stack.enter_async_context(transmitting(radio))
            progress = Progress()
            stack.callback(progress.end)
            show_at = 0.0
            seconds = self._audio.seconds
            while self._next:
                await self._push(radio)
                if self._loop.time() >= show_at:
                    self._show(progress)
                    show_at = self._loop.time() + PROGRESS_S
                enough = seconds is not None and self.seconds_sent >= seconds
                self._next = b"" if enough else await self._read()
            rest_s = max(0.0, self._over_at - self._loop.time())
            await asyncio.sleep(rest_s + (RADIO_BUFFER_S if ptt else 0.0))

    async def _push(self, radio: SendingRadio) -> None:
        """One frame, the last one padded with silence."""
        frame = self._next.ljust(self._format.frame_bytes, b"\0")
        await radio.push_audio_tx_pcm(frame)
        self.frames += 1
        frame_s = self._format.frame_ms / 1000
        self._over_at = max(self._over_at, self._loop.time()) + frame_s

    def _show(self, progress: Progress) -> None:
        seconds = self._audio.seconds
        wanted = "" if seconds is None else f" of {seconds:.1f}"
        whole = self._next[: len(self._next) // 2 * 2]
        progress.show(f"{self.seconds_sent:.1f}{wanted} s, {level_of(whole)}")

    async def _read(self) -> bytes:
        return await self._audio.source.read(self._format.frame_bytes)


@asynccontextmanager
async def transmitting(radio: SendingRadio) -> AsyncIterator[None]:
    """PTT on. Off on every way out, and the reason of the way out is what is raised."""
    try:
        await radio.set_ptt(True)
        yield
    except BaseException:
        with suppress(IcomLanError):  # it is off with the session at the latest
            await radio.set_ptt(False)
        raise
    await radio.set_ptt(False)


def _check_said(option: str, said: int | None, found: int, name: str) -> None:
    if said not in (None, found):
        raise UsageError(f"{option}: {name} says {found}, not {said}")
