"""What happened in a session, in words: a line for each thing worth telling."""

from collections.abc import Iterator

from icom_proto.audio_formats import rates_of
from icom_proto.civ_commands import decode_frequency_answer
from icom_proto.civ_frames import CivSplitter, frame_body
from icom_proto.codes import (
    LOGIN_BAD_CREDENTIALS,
    LOGIN_OK,
    STATUS_BUSY,
    STATUS_OK,
    TOKEN_OK,
    Codec,
    Request,
    Role,
    Stream,
)
from icom_proto.datagrams import text_of
from icom_proto.errors import DecodeError
from icom_proto.packets import (
    AreYouThere,
    AudioData,
    Capabilities,
    CivData,
    CivOpenClose,
    ConnInfo,
    Disconnect,
    IAmHere,
    Login,
    LoginResponse,
    RadioRecord,
    Status,
    StreamRequest,
    Token,
)
from icom_sim.captures.observed import Observed
from icom_sim.captures.sequence import Came

# Somebody who turns a dial makes more of them than anybody reads.
LINES_MAX = 200
_OPEN_BIT = 0x04
# 00, 03 and 05 have a frequency behind them, 25 a band before that.
_FREQUENCIES = (b"\x00", b"\x03", b"\x05", b"\x25")
_PTT = b"\x1c\x00"
_CODEC_NAMES = {
    Codec.NONE: "nothing",
    Codec.ULAW_MONO: "µ-law",
    Codec.PCM8_MONO: "8 bit",
    Codec.PCM16_MONO: "16 bit",
    Codec.PCM8_STEREO: "8 bit stereo",
    Codec.PCM16_STEREO: "16 bit stereo",
    Codec.ULAW_STEREO: "µ-law stereo",
    Codec.OPUS_MONO: "Opus",
    Codec.OPUS_STEREO: "Opus stereo",
    Codec.ADPCM_MONO: "ADPCM",
}
_REQUESTS = {
    Request.REMOVE_TOKEN: "the client gives its token back",
    Request.CLOSE_STREAMS: "the client closes the streams, and stays logged in",
}


class Story:
    """One session's. Names are quoted from the wire, credentials never."""

    def __init__(self) -> None:
        self.lines: list[tuple[float, str]] = []
        self.left_out = 0
        self.keyed: list[tuple[float, bool]] = []
        self.renewals = self.renewals_refused = 0
        self.goodbye_at: float | None = None
        self.ended_by: Role | None = None
        self._called: dict[Stream, tuple[float, bool]] = {}
        self._hz: int | None = None
        self._is_open = self._is_keyed = False
        self._splitters = {role: CivSplitter() for role in Role}
        self._audio: dict[Role, float] = {}

    def handle(self, seen: Observed, came: Came) -> None:
        """Any datagram of the session, and what its number told."""
        first = came.is_first or not seen.is_numbered
        if seen.body is None or not first:
            return
        for text in self._told(seen):
            self.tell(seen.at, text)

    def tell(self, at: float, text: str) -> None:
        """One more line, if it is not one too many."""
        if len(self.lines) < LINES_MAX:
            self.lines.append((at, text))
        else:
            self.left_out += 1

    def in_order(self) -> list[tuple[float, str]]:
        """All lines by time."""
        return sorted(self.lines, key=lambda line: line[0])

    # inside

    def _told(self, seen: Observed) -> Iterator[str]:
        body = seen.body
        match body:
            case AreYouThere() | IAmHere():
                yield from self._call(seen)
            case Disconnect():
                yield from self._goodbye(seen)
            case Login():
                yield f"login as computer {_quoted(body.computer)}"
            case LoginResponse():
                yield _response(body)
            case Capabilities():
                yield from map(_radio, body.radios)
            case ConnInfo():
                if body.busy:
                    by = text_of(body.computer)
                    yield "the radio is in use" + (f" by {by!r}" if by else "")
            case StreamRequest():
                yield _request(body)
            case Status():
                yield _status(body)
            case Token():
                yield from self._token(seen, body)
            case CivOpenClose() if seen.stream is Stream.CIV:
                yield from self._open_close(body)
            case CivData():
                for frame in self._splitters[seen.side].feed(body.data, seen.at):
                    yield from self._frame(seen, frame)
            case AudioData():
                if seen.side not in self._audio:
                    self._audio[seen.side] = seen.at
                    yield f"first audio from the {seen.side.value}"
            case _:
                pass

    def _call(self, seen: Observed) -> Iterator[str]:
        stream, name = seen.stream, seen.stream.name.lower()
        called = self._called.get(stream)
        if isinstance(seen.body, AreYouThere):
            if called is None or called[1]:
                self._called[stream] = (seen.at, False)
                yield f"the client calls on {name}"
        elif called is not None and not called[1]:
            self._called[stream] = (called[0], True)
            yield f"the radio answers on {name}"

    def _goodbye(self, seen: Observed) -> Iterator[str]:
        if seen.stream is Stream.CONTROL:
            if self.goodbye_at is not None:
                return
            self.goodbye_at, self.ended_by = seen.at, seen.side
        yield f"the {seen.side.value} leaves {seen.stream.name.lower()}"

    def _token(self, seen: Observed, body: Token) -> Iterator[str]:
        if body.request == Request.RENEW_TOKEN and seen.side is Role.RADIO:
            self.renewals += 1
            if body.response != TOKEN_OK:
                self.renewals_refused += 1
                yield f"a renewal of the token is refused with {body.response.hex()}"
        elif seen.side is Role.CLIENT and body.request in _REQUESTS:
            yield _REQUESTS[body.request]

    def _open_close(self, body: CivOpenClose) -> Iterator[str]:
        opens = bool(body.action & _OPEN_BIT)
        if opens is not self._is_open:
            self._is_open = opens
            yield "CI-V is opened" if opens else "CI-V is closed"

    def _frame(self, seen: Observed, frame: bytes) -> Iterator[str]:
        body = frame_body(frame)
        if body.startswith(_PTT) and len(body) > len(_PTT):
            if seen.side is Role.CLIENT:
                yield from self._key(seen.at, on=bool(body[len(_PTT)]))
        elif body[:1] in _FREQUENCIES:
            yield from self._frequency(frame)

    def _key(self, at: float, *, on: bool) -> Iterator[str]:
        if on is not self._is_keyed:
            self._is_keyed = on
            if len(self.keyed) < LINES_MAX:
                self.keyed.append((at, on))
            yield "PTT on" if on else "PTT off"

    def _frequency(self, frame: bytes) -> Iterator[str]:
        try:
            hz = decode_frequency_answer(frame)
        except DecodeError:
            return  # a question, or a frame that is broken
        if hz and hz != self._hz:
            self._hz = hz
            yield f"frequency {hz / 1e6:.6f} MHz"


def _response(body: LoginResponse) -> str:
    if body.error == LOGIN_OK:
        kind = text_of(body.connection)
        return "logged in" + (f", connection {kind!r}" if kind else "")
    why = body.error.hex()
    if body.error == LOGIN_BAD_CREDENTIALS:
        why += ", wrong user name or password"
    return f"the login is REFUSED: {why}"


def _radio(radio: RadioRecord) -> str:
    rates = ", ".join(f"{hz / 1000:g}" for hz in rates_of(radio.rx_rates)) or "no"
    return (
        f"offered: radio {text_of(radio.name)!r}, CI-V address "
        f"{radio.civ_address:02X}, {rates} kHz to receive"
    )


def _request(body: StreamRequest) -> str:
    def format_of(enabled: int, codec: Codec, rate_hz: int) -> str:
        if not enabled or codec == Codec.NONE:
            return "nothing"
        return f"{_CODEC_NAMES.get(codec, codec.name)} at {rate_hz / 1000:g} kHz"

    receive = format_of(body.rx_enable, body.rx_codec, body.rx_rate_hz)
    transmit = format_of(body.tx_enable, body.tx_codec, body.tx_rate_hz)
    return (
        f"the client asks for streams: receive {receive}, transmit {transmit}, "
        f"buffer {body.tx_buffer_ms} ms"
    )


def _status(body: Status) -> str:
    if body.disconnected:
        return "the radio closes the streams"
    if body.error == STATUS_OK:
        return f"granted: CI-V on port {body.civ_port}, audio on {body.audio_port}"
    busy = ", busy" if body.error == STATUS_BUSY else ""
    return f"the streams are REFUSED: {body.error.hex()}{busy}"


def _quoted(raw: bytes) -> str:
    return repr(text_of(raw))
