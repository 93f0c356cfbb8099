"""What audio an application asked for, as values: to start it, and to start it again.

Making one checks what needs no radio: that a callback can be called, that numbers are
numbers. What the session has to say to it comes when it is started.
"""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Self

from icom_lan.audio_packets import AudioPacket
from icom_proto.client_audio import PLAYOUT_DELAY_S_MAX

# One unit of `jitter_depth`. The document's "default 5, about 100 ms" holds for it.
DEPTH_UNIT_S = 0.02
JITTER_DEPTH = 5
JITTER_DEPTH_MAX = round(PLAYOUT_DELAY_S_MAX / DEPTH_UNIT_S)

PacketCallback = Callable[[AudioPacket | None], object]
PcmCallback = Callable[[bytes | None], object]


@dataclass(frozen=True, slots=True)
class PcmShape:
    """Frames of PCM as they were asked for; whether they exist is checked later."""

    sample_rate: int = 48000
    channels: int = 1
    frame_ms: int = 20

    def __post_init__(self) -> None:
        for name in ("sample_rate", "channels", "frame_ms"):
            check_int(name, getattr(self, name))


@dataclass(frozen=True, slots=True)
class RxPlan:
    """Who gets received audio. One of the callbacks is set, `shape` with `on_pcm`.

    `jitter_depth` counts blocks of 20 ms, however many datagrams those are: a hole is
    waited for that long, and what was lost is asked for that long. 0: nothing is waited
    for, audio is handed on as it comes, late too, and there are no placeholders.
    """

    on_packet: PacketCallback | None = None
    on_pcm: PcmCallback | None = None
    shape: PcmShape | None = None
    jitter_depth: int = JITTER_DEPTH

    @classmethod
    def of_packets(cls, callback: PacketCallback, jitter_depth: int) -> Self:
        """Payloads as they travelled."""
        check_callable(callback)
        check_depth(jitter_depth)
        return cls(on_packet=callback, jitter_depth=jitter_depth)

    @classmethod
    def of_pcm(
        cls,
        callback: PcmCallback,
        sample_rate: int,
        channels: int,
        frame_ms: int,
        jitter_depth: int,
    ) -> Self:
        """Frames of PCM."""
        check_callable(callback)
        shape = PcmShape(sample_rate, channels, frame_ms)
        check_depth(jitter_depth)
        return cls(on_pcm=callback, shape=shape, jitter_depth=jitter_depth)

    @property
    def delay_s(self) -> float:
        """How long a hole is waited for."""
        return self.jitter_depth * DEPTH_UNIT_S


@dataclass(frozen=True, slots=True)
class TxPlan:
    """That audio is sent: payloads, or PCM in this shape."""

    shape: PcmShape | None = None


@dataclass(frozen=True, slots=True)
class AudioPlan:
    """What runs, or shall run; None where a direction is off."""

    rx: RxPlan | None = None
    tx: TxPlan | None = None


def check_callable(callback: object, name: str = "callback") -> None:
    if not callable(callback):
        raise TypeError(f"{name} must be callable, not {type(callback).__name__}")
    if iscoroutinefunction(callback):
        raise TypeError(f"{name} must be an ordinary function: nobody awaits it")


def check_int(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")


def check_depth(jitter_depth: object) -> None:
    check_int("jitter_depth", jitter_depth)
    assert isinstance(jitter_depth, int)
    if jitter_depth < 0:
        raise ValueError(f"jitter_depth must be >= 0, not {jitter_depth}")
    if jitter_depth > JITTER_DEPTH_MAX:
        raise ValueError(
            f"jitter_depth must be at most {JITTER_DEPTH_MAX}"
            f" ({PLAYOUT_DELAY_S_MAX:g} s), not {jitter_depth}"
        )
