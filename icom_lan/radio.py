"""A radio at the other end of a network, as its user sees it."""

import socket
from collections.abc import Callable
from functools import partial
from operator import index
from types import TracebackType
from typing import Any, ParamSpec, Self

from icom_lan.audio_figures import idle_figures
from icom_lan.audio_plan import (
    JITTER_DEPTH,
    AudioPlan,
    PacketCallback,
    PcmCallback,
    PcmShape,
    RxPlan,
    TxPlan,
    check_int,
)
from icom_lan.connection import LanConnection, Live, Target, open_connection
from icom_lan.deprecation import deprecated_alias
from icom_lan.exceptions import AudioFormatError, ConnectionError
from icom_lan.radio_audio import Bytes, RadioAudio
from icom_lan.reconnect import (
    NOT_CONNECTED,
    AudioRecoveryState,
    ReconnectPolicy,
    SessionKeeper,
)
from icom_lan.types import (
    AudioCapabilities,
    AudioCodec,
    CivFrame,
    GrantedAudio,
    Mode,
    get_audio_capabilities,
)
from icom_proto import civ_commands as commands
from icom_proto.audio_formats import RATE_BITS
from icom_proto.civ_commands import Meter
from icom_proto.client_requests import COMPUTER_MAX, MONO_OF, ClientConfig
from icom_proto.codes import Codec
from icom_proto.credentials import obscure
from icom_proto.errors import LocalProtocolError

# What a radio's CI-V address can be set to; E0 and above are controllers and framing.
CIV_ADDRESSES = range(0x01, 0xE0)


class IcomRadio:
    """A radio in the network, for `async with`: it is released on every way out.

    Args:
        host: Name or IPv4 address.
        port: The control port in the radio's network menu.
        username: Network user of the radio, up to 16 characters.
        password: And its password.
        radio_addr: CI-V address; None takes the one that the radio reports.
        timeout: Seconds for connecting, and for each command.
        audio_codec: How audio travels. Stereo is asked for in RX only, and a radio
            that refuses it is asked for mono. Opus exists on wfview servers only:
            `connect` raises AudioFormatError where the radio is none.
        audio_sample_rate: Samples per second, both ways.
        audio: False leaves audio out, for programs that only send commands.
        radio_name: Which radio of a server that has several; None takes the first.
        auto_reconnect: A session that is lost is opened again, until `disconnect`.
        reconnect_delay: Seconds before the first attempt; each next wait is twice as
            long. A radio that still holds the lost session gets 20 s and more.
        reconnect_max_delay: No wait is longer.
        watchdog_timeout: How long one of the streams may bring nothing, not even the
            radio's pings, before the session counts as lost.
        auto_recover_audio: Audio that ran comes back with the session.
        on_audio_recovery: Is told how that goes, in the event loop.
        ptt_timeout: Seconds after which a transmission is ended from here; None: never.

    Raises:
        ValueError: An argument that no radio could accept.
        TypeError: A number that is no int, or a callback that nothing can call.
        AudioFormatError: A sample rate that the protocol cannot name.
    """

    def __init__(
        self,
        host: str,
        *,
        port: int = 50001,
        username: str = "",
        password: str = "",
        radio_addr: int | None = None,
        timeout: float = 5.0,
        audio_codec: AudioCodec | int = AudioCodec.PCM_1CH_16BIT,
        audio_sample_rate: int = 48000,
        audio: bool = True,
        radio_name: str | None = None,
        auto_reconnect: bool = False,
        reconnect_delay: float = 2.0,
        reconnect_max_delay: float = 60.0,
        watchdog_timeout: float = 30.0,
        auto_recover_audio: bool = True,
        on_audio_recovery: Callable[[AudioRecoveryState], object] | None = None,
        ptt_timeout: float | None = None,
    ) -> None:
        _check_numbers(port, radio_addr, audio_sample_rate)
        _check_times(timeout=timeout, watchdog_timeout=watchdog_timeout)
        if ptt_timeout is not None:
            _check_times(ptt_timeout=ptt_timeout)
        _checked(obscure, username)
        _checked(obscure, password)
        self._audio_codec = AudioCodec(audio_codec)
        self._audio_sample_rate = audio_sample_rate
        codec = Codec(self._audio_codec)
        config = ClientConfig(
            username=username,
            password=password,
            computer=socket.gethostname()[:COMPUTER_MAX],
            rx_codec=codec,
            tx_codec=MONO_OF.get(codec, codec),
            rx_rate_hz=audio_sample_rate,
            tx_rate_hz=audio_sample_rate,
            audio=audio,
            radio_name=radio_name,
            civ_address=radio_addr,
            silence_s=watchdog_timeout,
        )
        policy = ReconnectPolicy(
            delay_s=reconnect_delay,
            delay_max_s=reconnect_max_delay,
            recovers_audio=auto_recover_audio,
            on_audio_recovery=on_audio_recovery,
        )
        self._target = Target(
            host=host, port=port, timeout_s=timeout, ptt_timeout_s=ptt_timeout
        )
        self._keeper: SessionKeeper[LanConnection] = SessionKeeper(
            partial(open_connection, config, self._target),
            policy if auto_reconnect else None,
        )

    def __repr__(self) -> str:
        state = "connected" if self.connected else "not connected"
        return f"<IcomRadio {self._target} {state}>"

    # session

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.disconnect()

    async def connect(self) -> None:
        """Log in and open the streams. A failure here is not tried again.

        Raises:
            TimeoutError: Nothing answered within `timeout`, or not all the way.
            AuthenticationError: User name or password refused.
            RadioBusyError: Another client holds the radio.
            ConnectionError: Anything else; the text says what to check.
        """
        await self._keeper.connect()

    async def disconnect(self) -> None:
        """Release the radio: PTT off if we keyed it, log out, free the ports.

        Ends attempts to reconnect, and makes a `connect` under way raise. Cancelled, it
        does the same without waiting.
        """
        await self._keeper.disconnect()

    @property
    def connected(self) -> bool:
        """Whether the radio serves us."""
        return self._keeper.is_up

    @property
    def name(self) -> str:
        """The radio's name in its network menu: a label, not the model."""
        return self._live.name

    async def wait_closed(self) -> None:
        """Return after `disconnect`; raise when the session ends in another way.

        With `auto_reconnect` only when it is over for good: the password is refused.
        """
        await self._keeper.wait_closed()

    def statistics(self) -> dict[str, dict[str, int]]:
        """Counters of the session: datagrams, losses, repairs."""
        if self._connection is None:
            raise ConnectionError(NOT_CONNECTED)
        return self._connection.statistics()

    # control

    async def get_frequency(self) -> int:
        """The operating frequency in Hz."""
        body = commands.read_frequency()
        return await self._live.civ.ask(body, commands.decode_frequency_answer)

    async def set_frequency(self, freq_hz: int) -> None:
        """Tune. Raises CommandError for what the radio cannot receive."""
        hz = index(freq_hz)  # 14.074e6 is no int: TypeError says so
        await self._live.civ.request(_checked(commands.set_frequency, hz))

    async def get_mode(self) -> Mode:
        """The operating mode."""
        body = commands.read_mode()
        return (await self._live.civ.ask(body, commands.decode_mode_answer)).mode

    async def set_mode(self, mode: Mode | str, filter_width: int | None = None) -> None:
        """Change the mode, by value or by name, and perhaps the filter (1 to 3)."""
        wanted = _mode(mode)
        if filter_width not in (None, 1, 2, 3):
            raise ValueError(f"filter_width is 1, 2, 3 or None, not {filter_width}")
        await self._live.civ.request(commands.set_mode(wanted, filter_width))

    async def set_ptt(self, on: bool) -> None:
        """Start or stop transmitting. Off overtakes whatever else is under way."""
        await self._live.ptt.switch(on)

    async def get_s_meter(self) -> int:
        """The S-meter, raw: 0 is S0, 120 is S9, 241 is S9 + 60 dB."""
        body = commands.read_meter(Meter.S_METER)
        return await self._live.civ.ask(body, commands.decode_level_answer)

    async def send_civ(
        self, command: int, sub: int | None = None, data: bytes | None = None
    ) -> CivFrame:
        """Send any CI-V command and return the answer: OK (0xFB) or data."""
        head = (command,) if sub is None else (command, sub)
        body = bytes(head) + (data or b"")
        answer = await self._live.ptt.request(body)
        return CivFrame.parse(answer, has_sub=sub is not None)

    # audio

    @staticmethod
    def audio_capabilities() -> AudioCapabilities:
        """What this library can do with audio, and its defaults; needs no radio."""
        return get_audio_capabilities()

    @property
    def audio_codec(self) -> AudioCodec:
        """What was asked for; `granted_audio` tells what the radio made of it."""
        return self._audio_codec

    @property
    def audio_sample_rate(self) -> int:
        """What was asked for, in Hz."""
        return self._audio_sample_rate

    @property
    def granted_audio(self) -> GrantedAudio | None:
        """Codec and rate of both directions; None while not connected."""
        audio = self._session_audio
        return audio.formats() if audio is not None and self.connected else None

    def get_audio_stats(self) -> dict[str, Any]:
        """The 17 figures of docs/audio.md, for JSON; of an idle stream if none runs."""
        audio = self._session_audio
        return audio.statistics() if audio else idle_figures()

    def get_audio_network_stats(self) -> dict[str, Any]:
        """What the network did to received audio in this session, for JSON: loss and
        what was healed, late, concealed; jitter, bursts, delay, drift. Empty while not
        connected."""
        audio = self._session_audio
        return audio.network_statistics() if audio is not None else {}

    async def start_audio_rx_opus(
        self, callback: PacketCallback, *, jitter_depth: int = JITTER_DEPTH
    ) -> None:
        """Hand received payloads to `callback` as they travelled; None is a lost one.

        Despite the name the payload is in the codec that the radio granted. What is
        lost is waited for `jitter_depth` times 20 ms, up to 50; at 0 payloads are
        handed on as they come, late ones too, and nothing stands for lost ones.

        Raises:
            TypeError: The callback cannot be called, or the depth is no int.
            ValueError: A depth below 0 or above 50.
            ConnectionError: Not connected.
            AudioError: The session has no audio.
            RuntimeError: Audio is received already.
        """
        rx = RxPlan.of_packets(callback, jitter_depth)
        self._live.audio.start(AudioPlan(rx=rx))

    async def stop_audio_rx_opus(self) -> None:
        """No callback any more, whatever else runs. Harmless if none was asked for."""
        if (audio := self._session_audio) is not None:
            audio.stop_rx()

    async def start_audio_rx_pcm(
        self,
        callback: PcmCallback,
        *,
        sample_rate: int = 48000,
        channels: int = 1,
        frame_ms: int = 20,
        jitter_depth: int = JITTER_DEPTH,
    ) -> None:
        """Hand received audio to `callback` in frames of exactly `frame_ms`.

        A frame is signed 16-bit little-endian PCM, left before right; None stands for
        one with a hole in it, so that the frames keep their places. Whatever the radio
        granted is converted: codec, rate (resampled) and channels (stereo is mixed to
        mono, mono is put on both). `jitter_depth` is that of `start_audio_rx_opus`.

        Raises:
            TypeError: The callback cannot be called, or a number is no int.
            ValueError: A depth below 0 or above 50.
            ConnectionError: Not connected.
            AudioFormatError: No such rate, channel count or length; allowed are 8000,
                12000, 16000, 24000 and 48000 Hz, 1 and 2, 10, 20, 40 and 60 ms.
            AudioCodecBackendError: A library for the conversion is missing.
            AudioError: The session has no audio.
            RuntimeError: Audio is received already.
        """
        rx = RxPlan.of_pcm(callback, sample_rate, channels, frame_ms, jitter_depth)
        self._live.audio.start(AudioPlan(rx=rx))

    async def stop_audio_rx_pcm(self) -> None:
        """As `stop_audio_rx_opus`."""
        await self.stop_audio_rx_opus()

    async def start_audio_tx_opus(self) -> None:
        """Allow `push_audio_tx_opus`. PTT is another matter: `set_ptt`.

        Raises:
            ConnectionError: Not connected.
            AudioError: The session sends no audio, as with a receiver.
            RuntimeError: Audio is sent already.
        """
        self._live.audio.start(AudioPlan(tx=TxPlan()))

    async def push_audio_tx_opus(self, opus_data: bytes) -> None:
        """Send one block in the granted codec, whatever that is; 20 ms are usual.

        Blocks leave when they are due, one duration apart; this returns when no more
        than 0.1 s wait, so that a loop needs no sleep. Cancelled, nothing was sent.

        Raises:
            ConnectionError: Not connected.
            RuntimeError: `start_audio_tx_opus` was not called, or sending stopped.
            AudioFormatError: An empty block, or one of more than 120 ms.
        """
        await self._live.audio.push(opus_data)

    async def stop_audio_tx_opus(self) -> None:
        """Refuse what is pushed from now on; return when what waits has left.

        The radio still plays what it has buffered, some 0.15 s: wait before PTT off.
        """
        if (audio := self._session_audio) is not None:
            await audio.stop_tx()

    async def start_audio_tx_pcm(
        self, *, sample_rate: int = 48000, channels: int = 1, frame_ms: int = 20
    ) -> None:
        """Allow `push_audio_tx_pcm` of frames of this shape.

        Raises:
            TypeError: A number is no int.
            ConnectionError, AudioFormatError, AudioCodecBackendError: As
                `start_audio_rx_pcm`.
            AudioError, RuntimeError: As `start_audio_tx_opus`.
        """
        shape = PcmShape(sample_rate, channels, frame_ms)
        self._live.audio.start(AudioPlan(tx=TxPlan(shape)))

    async def push_audio_tx_pcm(self, pcm_bytes: Bytes) -> None:
        """Send exactly one frame of signed 16-bit little-endian PCM; at the default
        shape 1920 bytes. It waits as `push_audio_tx_opus` does.

        Raises:
            ConnectionError: Not connected.
            RuntimeError: `start_audio_tx_pcm` was not called, or sending stopped.
            AudioFormatError: Another size or type. Nothing was sent.
            AudioTranscodeError: The codec failed on it.
        """
        await self._live.audio.push_pcm(pcm_bytes)

    async def push_audio_tx_pcm_chunk(self, pcm_bytes: Bytes) -> None:
        """As `push_audio_tx_pcm`, for any number of bytes: what is no whole frame
        waits for the next chunk, or is filled up with silence at the stop."""
        await self._live.audio.push_pcm_chunk(pcm_bytes)

    async def stop_audio_tx_pcm(self) -> None:
        """As `stop_audio_tx_opus`."""
        await self.stop_audio_tx_opus()

    async def start_audio_opus(
        self,
        rx_callback: PacketCallback,
        *,
        tx_enabled: bool = True,
        jitter_depth: int = JITTER_DEPTH,
    ) -> None:
        """Both directions: `start_audio_rx_opus`, then `start_audio_tx_opus`.

        Raises what they do. If one cannot be, neither is started.
        """
        rx = RxPlan.of_packets(rx_callback, jitter_depth)
        tx = TxPlan() if tx_enabled else None
        self._live.audio.start(AudioPlan(rx, tx))

    async def stop_audio_opus(self) -> None:
        """End both directions, TX first, whatever runs of them."""
        if (audio := self._session_audio) is not None:
            await audio.stop()

    start_audio_rx = deprecated_alias(start_audio_rx_opus)
    stop_audio_rx = deprecated_alias(stop_audio_rx_opus)
    start_audio_tx = deprecated_alias(start_audio_tx_opus)
    push_audio_tx = deprecated_alias(push_audio_tx_opus)
    stop_audio_tx = deprecated_alias(stop_audio_tx_opus)
    start_audio = deprecated_alias(start_audio_opus)
    stop_audio = deprecated_alias(stop_audio_opus)

    # inside

    @property
    def _session_audio(self) -> RadioAudio | None:
        """Also of a session that was lost: its figures, and what may be stopped."""
        connection = self._keeper.session
        if connection is None or connection.live is None:
            return None
        return connection.live.audio

    @property
    def _connection(self) -> LanConnection | None:
        return self._keeper.session

    @property
    def _live(self) -> Live:
        connection = self._keeper.session
        if connection is None or (live := connection.live) is None:
            raise ConnectionError(NOT_CONNECTED)
        if not connection.is_up:
            raise ConnectionError(f"Not connected to radio: {self._keeper.why_down}")
        return live


P = ParamSpec("P")


def _check_numbers(port: int, radio_addr: int | None, audio_sample_rate: int) -> None:
    # 48000.0 is equal to a rate, and fits no field once the radio is logged in.
    check_int("port", port)
    check_int("audio_sample_rate", audio_sample_rate)
    if radio_addr is not None:
        check_int("radio_addr", radio_addr)
    if not 0 < port < 0x10000:
        raise ValueError(f"port must be 1 to 65535, not {port}")
    if radio_addr is not None and radio_addr not in CIV_ADDRESSES:
        raise ValueError(f"radio_addr must be 0x01 to 0xdf, not {radio_addr:#04x}")
    if audio_sample_rate not in RATE_BITS:
        allowed = ", ".join(map(str, RATE_BITS))
        raise AudioFormatError(
            f"Unsupported audio_sample_rate {audio_sample_rate}: allowed is {allowed}"
        )


def _check_times(**seconds: float) -> None:
    for name, value in seconds.items():
        if not value > 0:
            raise ValueError(f"{name} must be more than 0 s, not {value}")


def _checked(build: Callable[P, bytes], *args: P.args, **kwargs: P.kwargs) -> bytes:
    """The core's "you cannot ask for this" as the ValueError that callers expect."""
    try:
        return build(*args, **kwargs)
    except LocalProtocolError as error:
        raise ValueError(str(error)) from None


def _mode(mode: Mode | str) -> Mode:
    if not isinstance(mode, str):
        return Mode(mode)
    try:
        return Mode[mode.upper().replace("-", "_")]
    except KeyError:
        names = ", ".join(each.name for each in Mode)
        raise ValueError(f"no mode {mode!r}; there are {names}") from None
