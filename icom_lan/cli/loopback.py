"""`icom-lan audio loopback`: what is received is sent back, both ways at once."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.cli.pcm_radio import DuplexRadio
from icom_lan.cli.reception import Reception
from icom_lan.cli.reports import print_report, statistics_of
from icom_lan.exceptions import IcomLanError
from icom_lan.radio import IcomRadio

# Between the two directions; what does not fit is dropped. 200 ms.
WAITING_FRAMES_MAX = 10


async def loop_back(
    radio: IcomRadio, audio_format: PcmAudioFormat, arguments: argparse.Namespace
) -> None:
    """For the time asked for."""
    async with radio:
        loopback = Loopback(radio, audio_format)
        reception = Reception(
            audio_format,
            loopback.take,
            seconds=arguments.seconds,
            stall_s=arguments.timeout,
        )
        async with loopback.running(reception):
            await reception.enough(radio)
            statistics = statistics_of(radio)
    print_report(
        {"command": "audio loopback"}
        | reception.report()
        | {"tx_frames": loopback.sent, "dropped_frames": loopback.dropped},
        f"{reception.seconds_heard:.2f} s, {reception.gaps} of {reception.frames}"
        f" frames lost, {loopback.sent} sent back, {loopback.dropped} dropped",
        statistics,
        arguments,
    )


class Loopback:
    """Frames that wait to be sent back."""

    def __init__(self, radio: DuplexRadio, audio_format: PcmAudioFormat) -> None:
        self._radio, self._format = radio, audio_format
        self._silence = bytes(audio_format.frame_bytes)
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.sent = self.dropped = 0

    def take(self, frame: bytes | None) -> None:
        """Each frame received; a lost one is sent as silence."""
        if self._waiting.qsize() < WAITING_FRAMES_MAX:
            self._waiting.put_nowait(self._silence if frame is None else frame)
        else:
            self.dropped += 1

    @asynccontextmanager
    async def running(self, reception: Reception) -> AsyncIterator[None]:
        """Receive first, then send too: the order that every radio allows.

        What waits at the end of the block is sent.
        """
        async with reception.receiving(self._radio):
            await self._radio.start_audio_tx_pcm(
                sample_rate=self._format.sample_rate,
                channels=self._format.channels,
                frame_ms=self._format.frame_ms,
            )
            sending = asyncio.ensure_future(self._send(reception))
            try:
                yield
                self._waiting.put_nowait(None)
                await sending
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
                await self._radio.stop_audio_tx_pcm()

    async def _send(self, reception: Reception) -> None:
        try:
            while (frame := await self._waiting.get()) is not None:
                await self._radio.push_audio_tx_pcm(frame)
                self.sent += 1
        except IcomLanError as error:
            reception.fail(error)
            raise
