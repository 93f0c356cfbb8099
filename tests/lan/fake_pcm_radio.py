"""A radio for the audio commands without a network: it notes what is done with it."""

import asyncio
from collections.abc import Callable

from icom_lan import ConnectionError


class FakePcmRadio:
    """Gives `frames` when it is asked to receive; takes what is pushed."""

    def __init__(self, *frames: bytes | None) -> None:
        self.done: list[str] = []
        self.pushed: list[bytes] = []
        self.on_push: Callable[[], object] = lambda: None
        self.is_stuck = False  # pushes wait for ever
        self._frames = frames
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def lose(self) -> None:
        """The session ends."""
        self._lost.set_exception(ConnectionError("the radio said goodbye"))

    async def start_audio_rx_pcm(
        self,
        callback: Callable[[bytes | None], None],
        *,
        sample_rate: int,
        channels: int,
        frame_ms: int,
    ) -> None:
        self.done.append(f"start rx {sample_rate} {channels} {frame_ms}")
        for frame in self._frames:
            asyncio.get_running_loop().call_soon(callback, frame)

    async def stop_audio_rx_pcm(self) -> None:
        self.done.append("stop rx")

    async def start_audio_tx_pcm(
        self, *, sample_rate: int, channels: int, frame_ms: int
    ) -> None:
        self.done.append(f"start tx {sample_rate} {channels} {frame_ms}")

    async def push_audio_tx_pcm(self, pcm_bytes: bytes, /) -> None:
        if not self.pushed:
            self.done.append("push")
        self.pushed.append(pcm_bytes)
        self.on_push()
        if self.is_stuck:
            await asyncio.Event().wait()

    async def stop_audio_tx_pcm(self) -> None:
        self.done.append("stop tx")

    async def set_ptt(self, on: bool, /) -> None:
        self.done.append(f"ptt {'on' if on else 'off'}")

    async def wait_closed(self) -> None:
        await asyncio.shield(self._lost)
