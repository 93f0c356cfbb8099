"""What `icom-lan` uses of the module sounddevice, with a card that is a thread.

It plays into `card.played` and listens to `card.says`, as many frames at a time as the
stream asks for.
"""

from collections.abc import Callable
from threading import Event, Thread
from types import ModuleType
from typing import Any


class PortAudioError(Exception):
    """The class of this name."""


class FakeCard:
    """A sound card."""

    def __init__(self) -> None:
        self.opened: list[dict[str, Any]] = []
        self.played = bytearray()
        self.says = b"\x01\x02"  # over and over
        self.refusal: Exception | None = None
        self.closed = 0

    def module(self) -> ModuleType:
        """As `import sounddevice` would give it."""
        module = ModuleType("sounddevice")
        module.__dict__.update(
            PortAudioError=PortAudioError,
            RawOutputStream=lambda **options: self._stream(self._play, options),
            RawInputStream=lambda **options: self._stream(self._listen, options),
        )
        return module

    def _stream(
        self, act: Callable[["FakeStream"], None], options: dict[str, Any]
    ) -> "FakeStream":
        if self.refusal is not None:
            raise self.refusal
        self.opened.append(options)
        return FakeStream(self, act, **options)

    def _play(self, stream: "FakeStream") -> None:
        samples = bytearray(stream.period_bytes)
        stream.callback(samples, stream.frames, None, None)
        self.played += samples

    def _listen(self, stream: "FakeStream") -> None:
        samples = self.says * (stream.period_bytes // len(self.says))
        stream.callback(samples, stream.frames, None, None)


class FakeStream:
    """RawInputStream or RawOutputStream."""

    def __init__(
        self,
        card: FakeCard,
        act: Callable[["FakeStream"], None],
        *,
        samplerate: int,
        channels: int,
        dtype: str,
        blocksize: int,
        device: object,
        callback: Callable[..., None],
        finished_callback: Callable[[], None],
    ) -> None:
        assert dtype == "int16"
        self.callback, self.frames = callback, blocksize
        self._period_s = blocksize / samplerate
        self.period_bytes = 2 * channels * self.frames
        self.device = device
        self._card, self._act, self._finished = card, act, finished_callback
        self._stopped = Event()
        self._thread = Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def abort(self) -> None:
        self._stopped.set()
        self._thread.join()

    def close(self) -> None:
        self._card.closed += 1

    def _run(self) -> None:
        while not self._stopped.wait(self._period_s):
            self._act(self)
        self._finished()
