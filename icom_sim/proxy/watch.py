"""What happens in the sessions that pass by, told from their datagrams alone.

The names and fields are those of `icom-sim serve` (event_log.py) where the same can be
seen from outside. No event holds a credential.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from icom_proto import codes
from icom_proto.civ_frames import CivSplitter, frame_body
from icom_proto.codec import Body
from icom_proto.codes import Reply, Request, Stream
from icom_proto.datagrams import decode_datagram, text_of
from icom_proto.errors import DecodeError
from icom_proto.events import Address
from icom_proto.packets import (
    AudioData,
    CivData,
    Disconnect,
    Header,
    Login,
    LoginResponse,
    Status,
    StreamRequest,
    Token,
)
from icom_sim.event_log import Fields

# Those that `--record-from` can wait for, each with what it is.
EVENTS: Final = {
    "session_opened": "a login was accepted",
    "login_refused": "a login was refused",
    "streams_granted": "CI-V and audio were granted",
    "streams_refused": "they were refused: somebody else has them, or had them",
    "streams_closed": "the radio took them away",
    "audio_started": "the first audio of a client",
    "ptt": "the radio is keyed or released",
    "session_closed": "a client said goodbye, or its token was removed",
}
_CLIENTS_MAX: Final = 256
_PTT: Final = {b"\x1c\x00\x01": True, b"\x1c\x00\x00": False}
_REASONS: Final = {codes.STATUS_BUSY: "busy", codes.STATUS_REFUSED: "refused"}

Tell = Callable[[str, Fields, float], None]


@dataclass(slots=True)
class _Client:
    """What is known of who talks from one address, on one stream."""

    computer: str = ""
    request: StreamRequest | None = None
    answered: int | None = None  # number of the last answer that was told
    is_open: bool = False
    has_streams: bool = False
    keyed: bool = False
    sends_audio: bool = False
    frames: CivSplitter = field(default_factory=CivSplitter)


class Watch:
    """Sees what clients send, and what reaches them."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._clients: dict[tuple[Stream, Address], _Client] = {}

    def sent(self, stream: Stream, client: Address, data: bytes, now: float) -> None:
        """By a client."""
        decoded = _decoded(stream, data)
        if decoded is None:
            return
        known = self._client(stream, client)
        match decoded[1]:
            case Login(computer=computer):
                known.computer = text_of(computer)
            case StreamRequest() as request:
                known.request = request
            case Token(reply=Reply.REQUEST, request=Request.REMOVE_TOKEN):
                self._close(known, client, now)
            case Disconnect() if stream is Stream.CONTROL:
                self._close(known, client, now)
            case AudioData() if not known.sends_audio:
                known.sends_audio = True
                self._tell("audio_started", _fields(client), now)
            case CivData(data=frames):
                self._hear(known, client, frames, now)
            case _:
                pass

    def received(
        self, stream: Stream, client: Address, data: bytes, now: float
    ) -> None:
        """By a client."""
        decoded = _decoded(stream, data) if stream is Stream.CONTROL else None
        if decoded is None:
            return
        header, body = decoded
        if not isinstance(body, LoginResponse | Status):
            return
        known = self._client(stream, client)
        if known.answered == header.seq:
            return  # a repetition
        known.answered = header.seq
        if isinstance(body, LoginResponse):
            self._on_login(known, client, body, now)
        else:
            self._on_status(known, client, body, now)

    # inside

    def _on_login(
        self, known: _Client, client: Address, response: LoginResponse, now: float
    ) -> None:
        if response.error == codes.LOGIN_OK:
            known.is_open = True
            known.has_streams = False  # of a session before, that said no goodbye
            fields = _fields(client, computer=known.computer)
            self._tell("session_opened", fields, now)
        else:
            fields = _fields(client, reason="bad_credentials")
            self._tell("login_refused", fields, now)

    def _on_status(
        self, known: _Client, client: Address, status: Status, now: float
    ) -> None:
        if status.error != codes.STATUS_OK:
            reason = _REASONS.get(status.error, status.error.hex())
            self._tell("streams_refused", _fields(client, reason=reason), now)
        elif status.disconnected:
            known.has_streams = False
            self._tell("streams_closed", _fields(client), now)
        elif not known.has_streams:
            known.has_streams = True
            self._tell("streams_granted", _granted(known, client), now)

    def _close(self, known: _Client, client: Address, now: float) -> None:
        if known.is_open:
            fields = _fields(client, computer=known.computer)
            self._tell("session_closed", fields, now)
        del self._clients[Stream.CONTROL, client]

    def _hear(self, known: _Client, client: Address, frames: bytes, now: float) -> None:
        for frame in known.frames.feed(frames, now):
            keyed = _PTT.get(frame_body(frame), known.keyed)
            if keyed is not known.keyed:
                known.keyed = keyed
                self._tell("ptt", _fields(client, on=keyed), now)

    def _client(self, stream: Stream, address: Address) -> _Client:
        known = self._clients.get((stream, address))
        if known is None:
            if len(self._clients) >= _CLIENTS_MAX:
                del self._clients[next(iter(self._clients))]
            known = self._clients[stream, address] = _Client()
        return known


def _decoded(stream: Stream, data: bytes) -> tuple[Header, Body] | None:
    try:
        return decode_datagram(stream, data)
    except DecodeError:
        return None


def _fields(client: Address, **more: object) -> dict[str, object]:
    return {"client": f"{client.host}:{client.port}", **more}


def _granted(known: _Client, client: Address) -> Fields:
    request = known.request
    if request is None:
        return _fields(client, computer=known.computer)
    return _fields(
        client,
        computer=known.computer,
        rx_codec=request.rx_codec.name,
        rx_rate_hz=request.rx_rate_hz,
        tx_codec=request.tx_codec.name,
        tx_rate_hz=request.tx_rate_hz,
        tx_buffer_ms=request.tx_buffer_ms,
    )
