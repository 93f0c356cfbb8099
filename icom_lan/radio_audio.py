"""Received and sent audio, between the core and the application's callbacks.

Nothing is queued here: what the core hands over goes straight to the callback, and what
nobody listens to is dropped. How long a hole is waited for is the core's business; here
it is only told on, as None.
"""

from collections.abc import Callable
from typing import Protocol

from icom_lan.driver import Driver
from icom_lan.exceptions import AudioError, AudioFormatError
from icom_proto.audio_formats import block_size, split_sizes
from icom_proto.codes import Codec
from icom_proto.events import AudioLost, AudioReceived, StreamsGranted

# What the PCM methods give today: the radio's own format, cut into frames.
PCM_CODEC = Codec.PCM16_MONO
PCM_SAMPLE_RATES_HZ = (48000,)
PCM_CHANNELS = (1,)
PCM_FRAMES_MS = (10, 20, 40, 60)
# Of one `push_tx`: 20 ms in the widest format, 48 kHz stereo of 16 bit. A whole file
# pushed at once would leave as thousands of datagrams, which no network keeps.
PUSH_BYTES_MAX = 3840


# What callbacks get is the core's event as it is: another object for each of a hundred
# datagrams a second would cost a sixth of the way from the socket to the callback.
AudioPacket = AudioReceived


class Receiver(Protocol):
    """Who gets received audio."""

    @property
    def on_received(self) -> Callable[[AudioReceived], None]: ...
    def on_lost(self, event: AudioLost) -> None: ...


class PacketReceiver:
    """Hands payloads over untouched, and None for each that is lost."""

    def __init__(self, callback: Callable[[AudioPacket | None], None]) -> None:
        self._callback = callback
        self.on_received: Callable[[AudioReceived], None] = callback

    def on_lost(self, event: AudioLost) -> None:
        for _ in range(event.count):
            self._callback(None)


class PcmReceiver:
    """Cuts the stream into frames of one length; a frame with a hole in it is None.

    A block of 20 ms travels as two datagrams of 1364 and 556 bytes and either may be
    lost, so a hole gets the size that the lost datagram had: frames after a loss stand
    where they would have stood without it.
    """

    def __init__(
        self, callback: Callable[[bytes | None], None], frame_size: int, block: int
    ) -> None:
        self._callback, self._frame_size = callback, frame_size
        self._sizes = split_sizes(block)
        self._next = 0  # which of these sizes is due
        self._samples = bytearray()
        self._hole_end = 0  # the samples up to here are, or are cut by, a hole

    def on_received(self, event: AudioReceived) -> None:
        size = len(event.data)
        if size in self._sizes:
            self._next = (self._sizes.index(size) + 1) % len(self._sizes)
        self._samples += event.data
        self._deliver()

    def on_lost(self, event: AudioLost) -> None:
        for _ in range(event.count):
            self._samples += bytes(self._sizes[self._next])
            self._next = (self._next + 1) % len(self._sizes)
            self._hole_end = len(self._samples)
            self._deliver()

    def _deliver(self) -> None:
        size = self._frame_size
        while len(self._samples) >= size:
            frame = bytes(self._samples[:size])
            del self._samples[:size]
            whole, self._hole_end = not self._hole_end, max(0, self._hole_end - size)
            self._callback(frame if whole else None)


class AudioCore(Protocol):
    """What is used of the core here."""

    def send_audio(self, payload: bytes, now: float) -> None: ...


class AudioClient:
    """Audio of one session: at most one listener, and whether we send."""

    def __init__(
        self, core: AudioCore, driver: Driver, granted: StreamsGranted
    ) -> None:
        self._core, self._driver, self._granted = core, driver, granted
        self._sending = False
        self.stop_rx()

    def start_rx(self, callback: Callable[[AudioPacket | None], None]) -> None:
        """Payloads in the negotiated codec, from now on."""
        _check_callable(callback)
        self._listen(PacketReceiver(callback))

    def start_rx_pcm(
        self,
        callback: Callable[[bytes | None], None],
        *,
        sample_rate: int,
        channels: int,
        frame_ms: int,
    ) -> None:
        """Signed 16-bit little-endian samples in frames of `frame_ms`."""
        _check_callable(callback)
        _check_choice("sample_rate", sample_rate, PCM_SAMPLE_RATES_HZ)
        _check_choice("channels", channels, PCM_CHANNELS)
        _check_choice("frame_ms", frame_ms, PCM_FRAMES_MS)
        codec, rate_hz = self._granted.rx_codec, self._granted.rx_rate_hz
        if (codec, rate_hz) != (PCM_CODEC, sample_rate):
            raise AudioFormatError(
                f"PCM needs a session in {PCM_CODEC.name} at {sample_rate} Hz; this one"
                f" is in {codec.name} at {rate_hz} Hz"
            )
        frame_size = block_size(codec, rate_hz, frame_ms)
        block = block_size(codec, rate_hz)
        self._listen(PcmReceiver(callback, frame_size, block))

    def stop_rx(self) -> None:
        """No callback is called after this."""
        self._hand_to(None)

    def start_tx(self) -> None:
        """Allow `push_tx`. Nothing is sent yet."""
        if self._granted.tx_codec is Codec.NONE:
            raise AudioError("this session sends no audio: check audio= and the model")
        if self._sending:
            raise RuntimeError("Already transmitting: call the stop method first")
        self._sending = True

    def push_tx(self, payload: bytes) -> None:
        """Send one block in the negotiated codec."""
        if not self._sending:
            raise RuntimeError("Not transmitting: call start_audio_tx_opus() first")
        block = bytes(payload)  # kept for resending, so not the caller's own buffer
        if not 0 < len(block) <= PUSH_BYTES_MAX:
            raise AudioFormatError(
                f"a block of {len(block)} bytes: allowed is 20 ms of audio, 1 to"
                f" {PUSH_BYTES_MAX} bytes"
            )
        self._driver.apply(lambda now: self._core.send_audio(block, now))

    def stop_tx(self) -> None:
        """Refuse `push_tx` again."""
        self._sending = False

    def _listen(self, receiver: Receiver) -> None:
        if self._granted.rx_codec is Codec.NONE:
            raise AudioError("this session receives no audio: check audio=")
        if self._receiver is not None:
            raise RuntimeError("Already receiving: call the stop method first")
        self._hand_to(receiver)

    def _hand_to(self, receiver: Receiver | None) -> None:
        """Straight from the driver, because this happens 100 times a second."""
        self._receiver = receiver
        self._driver.handlers |= {
            AudioReceived: _drop if receiver is None else receiver.on_received,
            AudioLost: _drop if receiver is None else receiver.on_lost,
        }


def _drop(_: AudioReceived | AudioLost) -> None:
    """Nobody listens: nothing is kept, so that a later listener starts fresh."""


def _check_callable(callback: object) -> None:
    if not callable(callback):
        raise TypeError(f"callback must be callable, not {type(callback).__name__}")


def _check_choice(name: str, value: object, allowed: tuple[int, ...]) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    if value not in allowed:
        choices = ", ".join(map(str, allowed))
        raise AudioFormatError(f"Unsupported {name} {value}: allowed is {choices}")
