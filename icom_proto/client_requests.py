"""What the client asks for on the control stream: configuration in, packets out.

Credentials and tokens live here and leave only as obfuscated bytes inside packets.
"""

import random
from dataclasses import field
from typing import TypedDict

from icom_proto.civ_frames import is_address
from icom_proto.codec import Body, payload_size_of
from icom_proto.codes import Codec, Reply, Request
from icom_proto.credentials import obscure
from icom_proto.errors import LocalProtocolError
from icom_proto.link import Link
from icom_proto.packets import Login, RadioRecord, StreamRequest, Token
from icom_proto.quick_dataclass import dataclass
from icom_proto.timers import NEVER

# First number of a client's own requests (PROTOCOL.md 4: W, F, N, T, H, M).
INNER_SEQ_FIRST = 0x30
# "Reset capability", which five clients write into token requests and no radio misses.
RESET_CAPABILITY = bytes.fromhex("00000000 0798 00000000000000000000")
# Stereo, and what is asked for instead: radios send stereo only if they have two
# receivers, and take only mono; an IC-7610 refuses a request for more (8.1).
MONO_OF = {
    Codec.PCM16_STEREO: Codec.PCM16_MONO,
    Codec.PCM8_STEREO: Codec.PCM8_MONO,
    Codec.ULAW_STEREO: Codec.ULAW_MONO,
    Codec.OPUS_STEREO: Codec.OPUS_MONO,
}
_OPUS = {Codec.OPUS_MONO, Codec.OPUS_STEREO}
# Bytes of the client's name that fit into a login (2.10).
COMPUTER_MAX = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfig:
    """What the client wants. A codec of NONE switches that direction off."""

    username: str
    password: str = field(repr=False)
    computer: str = "icom-lan"
    rx_codec: Codec = Codec.PCM16_MONO
    tx_codec: Codec = Codec.PCM16_MONO
    rx_rate_hz: int = 48000
    tx_rate_hz: int = 48000
    tx_buffer_ms: int = 150
    radio_name: str | None = None
    audio: bool = True
    civ_controller: int = 0xE0
    civ_address: int | None = None
    playout_delay_s: float = 0.1
    # How long one stream may bring nothing, not even pings, before all is lost.
    silence_s: float = 15.0

    @property
    def wants_opus(self) -> bool:
        """Is Opus asked for, in either direction?"""
        codecs = {self.rx_codec, self.tx_codec}
        return self.audio and not codecs.isdisjoint(_OPUS)

    def __post_init__(self) -> None:
        for address in (self.civ_controller, self.civ_address):
            if address is not None and not is_address(address):
                raise LocalProtocolError(
                    f"CI-V address {address:#x}: 0x00 to 0xFF are allowed, without 0xFD"
                    " and 0xFE, which mark the ends of a frame"
                )
        if not 0 <= self.playout_delay_s < NEVER:
            raise LocalProtocolError(
                f"a playout delay of {self.playout_delay_s:g} s: allowed is 0 s or more"
            )
        if not self.silence_s > 0:
            raise LocalProtocolError(
                f"silence_s is {self.silence_s:g}: allowed is more than 0 s"
            )


class _Common(TypedDict):
    """The fields that every control packet begins with."""

    payload_size: int
    reply: Reply
    request: Request
    inner_seq: int
    token_request: bytes
    token: bytes


class ClientRequests:
    """Builds and sends the client's requests, each with the next number."""

    def __init__(
        self,
        config: ClientConfig,
        link: Link,
        *,
        rng: random.Random,
        local_ports: tuple[int, int, int],
    ) -> None:
        # Zero would be "none"; icom-lan sends it, everybody else avoids it (2.10).
        self.token_request = rng.randbytes(1) + bytes([rng.randrange(1, 0x100)])
        self.token = bytes(4)
        # Requests for the streams since this counter was last set to 0.
        self.streams_asked = 0
        self._rx_codec = config.rx_codec
        self._config = config
        self._link = link
        self._local_ports = local_ports
        self._username = obscure(config.username)
        self._password = obscure(config.password)
        self._inner_seq = INNER_SEQ_FIRST

    def send_login(self, now: float) -> None:
        """Ask to be let in."""
        computer = self._config.computer.encode("ascii", "replace")[:COMPUTER_MAX]
        login = Login(
            **self._common(Request.LOGIN, Login),
            username=self._username,
            password=self._password,
            computer=computer,
        )
        self._send(login, now)

    def send_token(self, request: Request, now: float) -> None:
        """Confirm, renew or remove the token."""
        common = self._common(request, Token)
        self._send(Token(**common, identity=RESET_CAPABILITY), now)

    def send_streams(self, radio: RadioRecord, now: float) -> None:
        """Ask for CI-V and audio.

        Codecs and rates are real ones even where a direction is off: wfserver 1.60 dies
        of codec 0.
        """
        self.streams_asked += 1
        config, (rx_codec, tx_codec) = self._config, self.codecs(radio)
        _, civ_port, audio_port = self._local_ports
        request = StreamRequest(
            **self._common(Request.STREAMS, StreamRequest),
            identity=radio.identity,
            name=radio.name,
            username=self._username,
            rx_enable=int(rx_codec is not Codec.NONE),
            tx_enable=int(tx_codec is not Codec.NONE),
            rx_codec=rx_codec or Codec.PCM16_MONO,
            tx_codec=tx_codec or Codec.PCM16_MONO,
            rx_rate_hz=config.rx_rate_hz,
            tx_rate_hz=config.tx_rate_hz,
            civ_port=civ_port,
            audio_port=audio_port if config.audio else 0,
            tx_buffer_ms=config.tx_buffer_ms,
        )
        self._send(request, now)

    def codecs(self, radio: RadioRecord) -> tuple[Codec, Codec]:
        """What to ask for: no transmit audio where the radio takes none (2.13)."""
        if not self._config.audio:
            return Codec.NONE, Codec.NONE
        may_transmit = radio.tx_rates > 1
        return self._rx_codec, self._config.tx_codec if may_transmit else Codec.NONE

    def fall_back_to_mono(self) -> bool:
        """Ask for mono from now on; False if stereo was not asked for."""
        if not self._config.audio or self._rx_codec not in MONO_OF:
            return False
        self._rx_codec = MONO_OF[self._rx_codec]
        return True

    def _common(self, request: Request, body: type[Body]) -> _Common:
        inner_seq = self._inner_seq
        self._inner_seq = (inner_seq + 1) & 0xFFFF
        return _Common(
            payload_size=payload_size_of(body),
            reply=Reply.REQUEST,
            request=request,
            inner_seq=inner_seq,
            token_request=self.token_request,
            token=self.token,
        )

    def _send(self, body: Body, now: float) -> None:
        if self._link.can_send:  # it may have ended just now
            self._link.send(body.encode(), now)
