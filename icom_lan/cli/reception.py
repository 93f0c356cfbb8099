"""Received audio for so many seconds, watched: what `rx`, `caps` and `loopback` share.

A frame that was lost is None, and counts, so that what comes out keeps its time.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.cli.pcm_radio import ReceivingRadio, SendingRadio
from icom_lan.cli.progress import PROGRESS_S, Progress, level_of
from icom_lan.exceptions import AudioError, IcomLanError

T = TypeVar("T")


class Reception:
    """Hands frames on as they come, until there are enough."""

    def __init__(
        self,
        audio_format: PcmAudioFormat,
        take: Callable[[bytes | None], None],
        *,
        seconds: float | None,
        stall_s: float,
    ) -> None:
        """`seconds` None: for ever. `enough` raises what `take` does."""
        self._format, self._take = audio_format, take
        self._seconds, self._stall_s = seconds, stall_s
        self._frames_wanted = (
            None
            if seconds is None
            else max(1, round(seconds * 1000 / audio_format.frame_ms))
        )
        self._silence = bytes(audio_format.frame_bytes)
        self._latest = self._silence
        self._loop = asyncio.get_running_loop()
        self._finished: asyncio.Future[None] = self._loop.create_future()
        self._began = self._heard_at = self._loop.time()
        self._elapsed_s = 0.0
        self.frames = self.gaps = 0

    @asynccontextmanager
    async def receiving(self, radio: ReceivingRadio) -> AsyncIterator[None]:
        """Frames come until the end of the block."""
        await radio.start_audio_rx_pcm(
            self._on_frame,
            sample_rate=self._format.sample_rate,
            channels=self._format.channels,
            frame_ms=self._format.frame_ms,
        )
        try:
            yield
        finally:
            await radio.stop_audio_rx_pcm()

    async def enough(self, radio: ReceivingRadio) -> None:
        """Returns when there is enough; raises when the radio or `take` fails."""
        progress = Progress()
        try:
            await unless_lost(radio, self._watch(progress))
        finally:
            self._elapsed_s = self._loop.time() - self._began
            self._show(progress)
            progress.end()

    def fail(self, error: Exception) -> None:
        """`enough` raises this."""
        if not self._finished.done():
            self._finished.set_exception(error)

    @property
    def seconds_heard(self) -> float:
        return self.frames * self._format.frame_ms / 1000

    def report(self) -> dict[str, object]:
        """For --json; the names are those of the reference's command."""
        return {
            "seconds_requested": self._seconds,
            "seconds_elapsed": round(self._elapsed_s, 3),
            "sample_rate": self._format.sample_rate,
            "channels": self._format.channels,
            "rx_frames": self.frames - self.gaps,
            "gap_frames": self.gaps,
        }

    # inside

    def _on_frame(self, frame: bytes | None) -> None:
        if self._finished.done():
            return
        self._heard_at = self._loop.time()
        self._latest = self._silence if frame is None else frame
        try:
            self._take(frame)
        except (OSError, IcomLanError) as error:  # raised here it is only logged
            self.fail(error)
            return
        self.frames += 1
        self.gaps += frame is None
        if self.frames == self._frames_wanted:
            self._finished.set_result(None)

    async def _watch(self, progress: Progress) -> None:
        while not self._finished.done():
            await asyncio.wait([self._finished], timeout=PROGRESS_S)
            self._show(progress)
            self._check_stall()
        self._finished.result()

    def _check_stall(self) -> None:
        """A radio sends 50 frames a second, silence too: none is a failure."""
        stalled = self._loop.time() > self._heard_at + self._stall_s
        if stalled and not self._finished.done():
            raise AudioError(
                f"no audio for {self._stall_s:g} s: check the network, and that the"
                " radio sends audio to the LAN"
            )

    def _show(self, progress: Progress) -> None:
        wanted = "" if self._seconds is None else f" of {self._seconds:.1f}"
        progress.show(
            f"{self.seconds_heard:.1f}{wanted} s, {level_of(self._latest)},"
            f" {self.gaps} frames lost"
        )


async def unless_lost(
    radio: ReceivingRadio | SendingRadio, main: Coroutine[Any, Any, T]
) -> T:
    """What `main` returns. It is cancelled if the radio goes, and that is raised."""
    task = asyncio.ensure_future(main)
    lost = asyncio.ensure_future(radio.wait_closed())
    try:
        await asyncio.wait([task, lost], return_when=asyncio.FIRST_COMPLETED)
        if lost.done() and (not task.done() or task.exception()):
            lost.result()  # raises
        return await task
    finally:
        task.cancel()
        lost.cancel()
        # The task may have to unkey; what either raises now is not the reason.
        await asyncio.gather(task, lost, return_exceptions=True)
