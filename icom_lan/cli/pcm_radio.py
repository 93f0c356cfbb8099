"""What the audio commands use of a radio that is connected. `IcomRadio` has it all."""

from collections.abc import Callable
from typing import Protocol


class ReceivingRadio(Protocol):
    """Gives PCM."""

    async def start_audio_rx_pcm(
        self,
        callback: Callable[[bytes | None], None],
        *,
        sample_rate: int,
        channels: int,
        frame_ms: int,
    ) -> None: ...
    async def stop_audio_rx_pcm(self) -> None: ...
    async def wait_closed(self) -> None: ...


class SendingRadio(Protocol):
    """Takes PCM, and transmits."""

    async def start_audio_tx_pcm(
        self, *, sample_rate: int, channels: int, frame_ms: int
    ) -> None: ...
    async def push_audio_tx_pcm(self, pcm_bytes: bytes, /) -> None: ...
    async def stop_audio_tx_pcm(self) -> None: ...
    async def set_ptt(self, on: bool, /) -> None: ...
    async def wait_closed(self) -> None: ...


class DuplexRadio(ReceivingRadio, SendingRadio, Protocol):
    """Both at once."""
