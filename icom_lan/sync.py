"""`IcomRadio` for programs without an event loop: the same methods, and they block.

    from icom_lan.sync import IcomRadio

    with IcomRadio("192.168.1.100", username="user", password="secret") as radio:
        print(radio.get_frequency())

Between calls the session lives on in a thread of its own, which also runs the callbacks
of audio. A callback must not call blocking methods: they would wait for their own
thread, and raise RuntimeError instead. Ctrl-C cancels the call that it meets, and the
radio can be released as ever. A program that ends without `disconnect` releases it too.
"""

import threading
import weakref
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypedDict, TypeVar, Unpack

from icom_lan import radio
from icom_lan.audio_plan import JITTER_DEPTH, PacketCallback, PcmCallback
from icom_lan.deprecation import deprecated_alias
from icom_lan.exceptions import ConnectionError
from icom_lan.loop_thread import LoopThread
from icom_lan.radio_audio import Bytes
from icom_lan.reconnect import NOT_CONNECTED, AudioRecoveryState
from icom_lan.types import AudioCapabilities, AudioCodec, CivFrame, GrantedAudio, Mode

__all__ = ["IcomRadio"]

T = TypeVar("T")


class RadioOptions(TypedDict, total=False):
    """The arguments of `icom_lan.IcomRadio` after the host; its defaults hold."""

    port: int
    username: str
    password: str
    radio_addr: int | None
    timeout: float
    audio_codec: AudioCodec | int
    audio_sample_rate: int
    audio: bool
    radio_name: str | None
    auto_reconnect: bool
    reconnect_delay: float
    reconnect_max_delay: float
    watchdog_timeout: float
    auto_recover_audio: bool
    on_audio_recovery: Callable[[AudioRecoveryState], object] | None
    ptt_timeout: float | None


class IcomRadio:
    """A radio in the network, for `with`. Any thread may use it, several at once.

    Arguments and methods are those of `icom_lan.IcomRadio`, whose documentation holds.
    """

    def __init__(self, host: str, **options: Unpack[RadioOptions]) -> None:
        self._radio = radio.IcomRadio(host, **options)
        self._thread_name = f"IcomRadio {host}"
        self._lock = threading.Lock()
        self._ending = threading.Lock()  # who disconnects; the next one waits
        # From connect to disconnect, and what ends it if nobody else does.
        self._thread: LoopThread | None = None
        self._finalizer: weakref.finalize[Any, Any] | None = None

    def __repr__(self) -> str:
        return repr(self._radio)

    # session

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.disconnect()

    def connect(self) -> None:
        """Log in and open the streams. Interrupted, it leaves nothing open."""
        with self._lock:
            thread, is_first = self._thread, self._thread is None
            if thread is None:
                thread = self._thread = LoopThread(self._thread_name)
                self._finalizer = weakref.finalize(self, _release, thread, self._radio)
        try:
            thread.call(self._radio.connect())
        except BaseException:
            if is_first:
                self.disconnect()
            raise

    def disconnect(self) -> None:
        """Release the radio and end the thread; from any thread but that one."""
        thread = self._thread
        if thread is not None and thread.is_current:
            thread.call(self._radio.disconnect())  # raises
        with self._ending:
            thread = self._thread
            if thread is None:
                return
            try:
                thread.call(self._radio.disconnect())
            finally:
                self._end(thread)

    @property
    def connected(self) -> bool:
        """Whether the radio serves us."""
        return self._radio.connected

    @property
    def name(self) -> str:
        """The radio's name in its network menu."""
        return self._radio.name

    def wait_closed(self) -> None:
        """Return after `disconnect`; raise when the session ends in another way."""
        self._wait_for(self._radio.wait_closed())

    def statistics(self) -> dict[str, dict[str, int]]:
        """Counters of the session."""
        return self._ask(self._radio.statistics)

    # control

    def get_frequency(self) -> int:
        """The operating frequency in Hz."""
        return self._wait_for(self._radio.get_frequency())

    def set_frequency(self, freq_hz: int) -> None:
        """Tune."""
        self._wait_for(self._radio.set_frequency(freq_hz))

    def get_mode(self) -> Mode:
        """The operating mode."""
        return self._wait_for(self._radio.get_mode())

    def set_mode(self, mode: Mode | str, filter_width: int | None = None) -> None:
        """Change the mode, and perhaps the filter."""
        self._wait_for(self._radio.set_mode(mode, filter_width))

    def set_ptt(self, on: bool) -> None:
        """Start or stop transmitting."""
        self._wait_for(self._radio.set_ptt(on))

    def get_s_meter(self) -> int:
        """The S-meter, raw."""
        return self._wait_for(self._radio.get_s_meter())

    def send_civ(
        self, command: int, sub: int | None = None, data: bytes | None = None
    ) -> CivFrame:
        """Send any CI-V command and return the answer."""
        return self._wait_for(self._radio.send_civ(command, sub, data))

    # audio

    @staticmethod
    def audio_capabilities() -> AudioCapabilities:
        """What this library can do with audio, and its defaults."""
        return radio.IcomRadio.audio_capabilities()

    @property
    def audio_codec(self) -> AudioCodec:
        """What was asked for."""
        return self._radio.audio_codec

    @property
    def audio_sample_rate(self) -> int:
        """What was asked for, in Hz."""
        return self._radio.audio_sample_rate

    @property
    def granted_audio(self) -> GrantedAudio | None:
        """Codec and rate of both directions; None while not connected."""
        return self._radio.granted_audio

    def get_audio_stats(self) -> dict[str, Any]:
        """The 17 figures of docs/audio.md."""
        return self._ask(self._radio.get_audio_stats)

    def get_audio_network_stats(self) -> dict[str, Any]:
        """What the network did to received audio."""
        return self._ask(self._radio.get_audio_network_stats)

    def start_audio_rx_opus(
        self, callback: PacketCallback, *, jitter_depth: int = JITTER_DEPTH
    ) -> None:
        """Hand received payloads to `callback`, in the radio's thread."""
        self._wait_for(
            self._radio.start_audio_rx_opus(callback, jitter_depth=jitter_depth)
        )

    def stop_audio_rx_opus(self) -> None:
        """No callback any more."""
        self._wait_for(self._radio.stop_audio_rx_opus())

    def start_audio_rx_pcm(
        self,
        callback: PcmCallback,
        *,
        sample_rate: int = 48000,
        channels: int = 1,
        frame_ms: int = 20,
        jitter_depth: int = JITTER_DEPTH,
    ) -> None:
        """Hand received audio to `callback` in frames, in the radio's thread."""
        self._wait_for(
            self._radio.start_audio_rx_pcm(
                callback,
                sample_rate=sample_rate,
                channels=channels,
                frame_ms=frame_ms,
                jitter_depth=jitter_depth,
            )
        )

    def stop_audio_rx_pcm(self) -> None:
        """No callback any more."""
        self._wait_for(self._radio.stop_audio_rx_pcm())

    def start_audio_tx_opus(self) -> None:
        """Allow `push_audio_tx_opus`."""
        self._wait_for(self._radio.start_audio_tx_opus())

    def push_audio_tx_opus(self, opus_data: bytes) -> None:
        """Send one block in the granted codec."""
        self._wait_for(self._radio.push_audio_tx_opus(opus_data))

    def stop_audio_tx_opus(self) -> None:
        """Refuse what is pushed from now on; return when what waits has left."""
        self._wait_for(self._radio.stop_audio_tx_opus())

    def start_audio_tx_pcm(
        self, *, sample_rate: int = 48000, channels: int = 1, frame_ms: int = 20
    ) -> None:
        """Allow `push_audio_tx_pcm` of frames of this shape."""
        self._wait_for(
            self._radio.start_audio_tx_pcm(
                sample_rate=sample_rate, channels=channels, frame_ms=frame_ms
            )
        )

    def push_audio_tx_pcm(self, pcm_bytes: Bytes) -> None:
        """Send exactly one frame."""
        self._wait_for(self._radio.push_audio_tx_pcm(pcm_bytes))

    def push_audio_tx_pcm_chunk(self, pcm_bytes: Bytes) -> None:
        """Send any number of bytes, in frames."""
        self._wait_for(self._radio.push_audio_tx_pcm_chunk(pcm_bytes))

    def stop_audio_tx_pcm(self) -> None:
        """As `stop_audio_tx_opus`."""
        self._wait_for(self._radio.stop_audio_tx_pcm())

    def start_audio_opus(
        self,
        rx_callback: PacketCallback,
        *,
        tx_enabled: bool = True,
        jitter_depth: int = JITTER_DEPTH,
    ) -> None:
        """Both directions."""
        self._wait_for(
            self._radio.start_audio_opus(
                rx_callback, tx_enabled=tx_enabled, jitter_depth=jitter_depth
            )
        )

    def stop_audio_opus(self) -> None:
        """End both directions."""
        self._wait_for(self._radio.stop_audio_opus())

    start_audio_rx = deprecated_alias(start_audio_rx_opus)
    stop_audio_rx = deprecated_alias(stop_audio_rx_opus)
    start_audio_tx = deprecated_alias(start_audio_tx_opus)
    push_audio_tx = deprecated_alias(push_audio_tx_opus)
    stop_audio_tx = deprecated_alias(stop_audio_tx_opus)
    start_audio = deprecated_alias(start_audio_opus)
    stop_audio = deprecated_alias(stop_audio_opus)

    # inside

    def _wait_for(self, coroutine: Coroutine[Any, Any, T]) -> T:
        thread = self._thread
        return _at_once(coroutine) if thread is None else thread.call(coroutine)

    def _ask(self, question: Callable[[], T]) -> T:
        """A question that a callback may ask too: nothing is waited for."""
        thread = self._thread
        if thread is None or thread.is_current:
            return question()

        async def ask() -> T:
            return question()

        return thread.call(ask())

    def _end(self, thread: LoopThread) -> None:
        with self._lock:
            if self._thread is thread:
                self._thread = None
                if self._finalizer is not None:
                    self._finalizer.detach()
        thread.close()


def _at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """Without a session nothing waits: it raises, or there is nothing to do."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        value: T = end.value
        return value
    coroutine.close()
    raise ConnectionError(NOT_CONNECTED)


def _release(thread: LoopThread, left: radio.IcomRadio) -> None:
    """The program ends, or nobody can use the radio any more: tell it that we leave."""
    thread.close(left.disconnect())
