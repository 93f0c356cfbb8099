"""A radio at the other end of a network, as its user sees it."""

import socket
from collections.abc import Callable
from operator import index
from types import TracebackType
from typing import ParamSpec, Self

from icom_lan.connection import LanConnection, Live, open_connection
from icom_lan.exceptions import AudioFormatError, ConnectionError
from icom_lan.radio_audio import AudioPacket
from icom_lan.types import AudioCodec, CivFrame, Mode
from icom_proto import civ_commands as commands
from icom_proto.audio_formats import RATE_BITS
from icom_proto.civ_commands import Meter
from icom_proto.client_requests import COMPUTER_MAX, ClientConfig
from icom_proto.codes import Codec
from icom_proto.credentials import obscure
from icom_proto.errors import LocalProtocolError

# What a radio's CI-V address can be set to; E0 and above are controllers and framing.
CIV_ADDRESSES = range(0x01, 0xE0)
# Radios receive mono only: an IC-7610 refuses the request for stereo (PROTOCOL.md 8.1).
_TX_CODECS = {
    Codec.PCM16_STEREO: Codec.PCM16_MONO,
    Codec.PCM8_STEREO: Codec.PCM8_MONO,
    Codec.ULAW_STEREO: Codec.ULAW_MONO,
    Codec.OPUS_STEREO: Codec.OPUS_MONO,
}


class IcomRadio:
    """A radio in the network, for `async with`: it is released on every way out.

    Args:
        host: Name or IPv4 address.
        port: The control port in the radio's network menu.
        username: Network user of the radio, up to 16 characters.
        password: And its password.
        radio_addr: CI-V address; None takes the one that the radio reports.
        timeout: Seconds for connecting, and for each command.
        audio_codec: How audio travels. Stereo is asked for in RX only.
        audio_sample_rate: Samples per second, both ways.
        audio: False leaves audio out, for programs that only send commands.
        radio_name: Which radio of a server that has several; None takes the first.

    Raises:
        ValueError: An argument that no radio could accept.
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
    ) -> None:
        if not 0 < port < 0x10000:
            raise ValueError(f"port must be 1 to 65535, not {port}")
        if not timeout > 0:
            raise ValueError(f"timeout must be more than 0 s, not {timeout}")
        if radio_addr is not None and radio_addr not in CIV_ADDRESSES:
            raise ValueError(f"radio_addr must be 0x01 to 0xdf, not {radio_addr:#04x}")
        if audio_sample_rate not in RATE_BITS:
            allowed = ", ".join(map(str, RATE_BITS))
            raise AudioFormatError(
                f"Unsupported audio_sample_rate {audio_sample_rate}: allowed is"
                f" {allowed}"
            )
        _checked(obscure, username)
        _checked(obscure, password)
        codec = Codec(AudioCodec(audio_codec))
        self._host, self._port, self._timeout_s = host, port, timeout
        self._config = ClientConfig(
            username=username,
            password=password,
            computer=socket.gethostname()[:COMPUTER_MAX],
            rx_codec=codec,
            tx_codec=_TX_CODECS.get(codec, codec),
            rx_rate_hz=audio_sample_rate,
            tx_rate_hz=audio_sample_rate,
            audio=audio,
            radio_name=radio_name,
            civ_address=radio_addr,
        )
        self._connection: LanConnection | None = None
        self._connecting = False

    def __repr__(self) -> str:
        state = "connected" if self.connected else "not connected"
        return f"<IcomRadio {self._host}:{self._port} {state}>"

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
        """Log in and open the streams.

        Raises:
            TimeoutError: Nothing answered within `timeout`, or not all the way.
            AuthenticationError: User name or password refused.
            RadioBusyError: Another client holds the radio.
            ConnectionError: Anything else; the text says what to check.
        """
        if self.connected or self._connecting:  # a second session would be nobody's
            raise RuntimeError("Already connected: call disconnect() first")
        self._connecting = True
        try:
            await self.disconnect()  # what is left of a session that was lost
            self._connection = await open_connection(
                self._config,
                host=self._host,
                port=self._port,
                timeout_s=self._timeout_s,
            )
        finally:
            self._connecting = False

    async def disconnect(self) -> None:
        """Release the radio: PTT off if we keyed it, log out, free the ports.

        Does nothing if not connected. Cancelled, it does the same without waiting.
        """
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    @property
    def connected(self) -> bool:
        """Whether the radio serves us."""
        return self._connection is not None and self._connection.is_up

    @property
    def name(self) -> str:
        """The radio's name in its network menu: a label, not the model."""
        return self._live.name

    async def wait_closed(self) -> None:
        """Return after `disconnect`; raise when the session ends in another way."""
        if self._connection is None:
            raise ConnectionError(_NOT_CONNECTED)
        await self._connection.wait_closed()

    def statistics(self) -> dict[str, dict[str, int]]:
        """Counters of the session: datagrams, losses, repairs."""
        if self._connection is None:
            raise ConnectionError(_NOT_CONNECTED)
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
        ptt = self._live.ptt
        await (ptt.key() if on else ptt.unkey())

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
        answer = await self._live.civ.request(body)
        return CivFrame.parse(answer, has_sub=sub is not None)

    # audio

    async def start_audio_rx_opus(
        self, callback: Callable[[AudioPacket | None], None]
    ) -> None:
        """Hand received payloads to `callback` as they travelled; None is a lost one.

        Despite the name the payload is in whatever codec was negotiated.
        """
        self._live.audio.start_rx(callback)

    async def stop_audio_rx_opus(self) -> None:
        """No callback any more. Does nothing if none was asked for."""
        if self._connection is not None and self._connection.live is not None:
            self._connection.live.audio.stop_rx()

    async def start_audio_rx_pcm(
        self,
        callback: Callable[[bytes | None], None],
        *,
        sample_rate: int = 48000,
        channels: int = 1,
        frame_ms: int = 20,
    ) -> None:
        """Hand received audio to `callback` in frames of exactly `frame_ms`.

        A frame is signed 16-bit little-endian PCM; None stands for one with a hole in
        it, so that the frames keep their places.
        """
        self._live.audio.start_rx_pcm(
            callback, sample_rate=sample_rate, channels=channels, frame_ms=frame_ms
        )

    async def stop_audio_rx_pcm(self) -> None:
        """No callback any more. Does nothing if none was asked for."""
        await self.stop_audio_rx_opus()

    async def start_audio_tx_opus(self) -> None:
        """Allow `push_audio_tx_opus`. PTT is another matter: `set_ptt`."""
        self._live.audio.start_tx()

    async def push_audio_tx_opus(self, opus_data: bytes) -> None:
        """Send one block of 20 ms in the negotiated codec, whatever that is."""
        self._live.audio.push_tx(opus_data)

    async def stop_audio_tx_opus(self) -> None:
        """End what `start_audio_tx_opus` began. Does nothing if it did not."""
        if self._connection is not None and self._connection.live is not None:
            self._connection.live.audio.stop_tx()

    # inside

    @property
    def _live(self) -> Live:
        connection = self._connection
        if connection is None or (live := connection.live) is None:
            raise ConnectionError(_NOT_CONNECTED)
        if not connection.is_up:
            why = connection.error or "the session is ending"
            raise ConnectionError(f"Not connected to radio: {why}")
        return live


_NOT_CONNECTED = "Not connected to radio: call connect() first, or use `async with`"

P = ParamSpec("P")


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
