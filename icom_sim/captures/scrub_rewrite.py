"""A datagram without what is nobody's business: of the same length, and as numbered.

The same code looks for secrets and replaces them, by the hand that it is given:
`Secrets` notes, `Substitutes` replaces. What no program would understand is not kept,
because nobody can tell what it holds.
"""

from dataclasses import replace
from typing import Protocol

from icom_proto.codec import HEADER_SIZE, Body, offset_of, size_of
from icom_proto.codes import Codec, PacketType, Stream
from icom_proto.datagrams import decode_datagram
from icom_proto.errors import DecodeError
from icom_proto.packets import (
    AudioData,
    Capabilities,
    CivData,
    ConnInfo,
    ControlBody,
    Header,
    Login,
    RadioRecord,
    Status,
    StreamRequest,
    Token,
)
from icom_sim.captures.follow import Placed
from icom_sim.captures.scrub_audio import silenced
from icom_sim.captures.scrub_civ import masked
from icom_sim.captures.scrub_ids import id_for
from icom_sim.captures.shapes import shown_stream
from icom_sim.network.verdicts import Direction

# Of an unknown packet stays what comes before the token, if there is one.
_KNOWN_END = offset_of(ControlBody, "token_request")
# Larger than any datagram of the protocol: a length field that says more is damaged.
_DATAGRAM_MAX = 0x1000
_CIV_AT, _AUDIO_AT = size_of(CivData), size_of(AudioData)


class Hand(Protocol):
    """What is done to each thing that may be secret."""

    def text(self, raw: bytes) -> bytes: ...
    def credential(self, raw: bytes) -> bytes: ...
    def token(self, token: bytes) -> bytes: ...
    def token_request(self, token_request: bytes) -> bytes: ...
    def identity(self, identity: bytes) -> bytes: ...
    def host(self, host: str) -> str: ...
    def ip_address(self, raw: bytes) -> bytes: ...


class Rewriter:
    """Goes through the datagrams of one capture, in their order."""

    def __init__(self, hand: Hand, *, keep_civ: bool, silence_audio: bool) -> None:
        self._hand = hand
        self._keep_civ, self._silence_audio = keep_civ, silence_audio
        self._codecs: dict[tuple[int, Direction], Codec] = {}

    def rewritten(self, placed: Placed) -> bytes:
        data = placed.datagram.data
        if len(data) < HEADER_SIZE:
            return bytes(len(data))
        if shown_stream(data) is Stream.CONTROL:  # whatever port it went to
            stream = Stream.CONTROL
        else:
            stream = placed.stream
        return self._header(placed) + self._behind(stream, data, placed)[HEADER_SIZE:]

    # inside

    def _header(self, placed: Placed) -> bytes:
        datagram, host = placed.datagram, self._hand.host
        source, destination = datagram.source, datagram.destination
        header = Header.decode(datagram.data)
        sender_id = id_for(header.sender_id, source, host(source.host))
        receiver_id = id_for(header.receiver_id, destination, host(destination.host))
        if (sender_id, receiver_id) == (header.sender_id, header.receiver_id):
            return datagram.data[:HEADER_SIZE]
        return replace(header, sender_id=sender_id, receiver_id=receiver_id).encode()

    def _behind(self, stream: Stream, data: bytes, placed: Placed) -> bytes:
        """The datagram as its kind wants it; its header is not looked at again."""
        body, size = _understood(stream, data)
        if body is None:
            kept = _KNOWN_END if stream is Stream.CONTROL else HEADER_SIZE
            return data[:kept] + bytes(len(data[kept:]))
        if isinstance(body, ControlBody):
            if isinstance(body, StreamRequest):
                self._note_codecs(body, placed.session)
            whole = data[:HEADER_SIZE] + self._control(body).encode()
            return whole[: len(data)].ljust(len(data), b"\0")
        if isinstance(body, CivData) and not self._keep_civ:
            return data[:_CIV_AT] + masked(data[_CIV_AT:])
        if isinstance(body, AudioData) and self._silence_audio:
            codec = self._codecs.get((placed.session, placed.direction))
            return data[:_AUDIO_AT] + silenced(codec, data[_AUDIO_AT:])
        return data if size >= len(data) else data[:size].ljust(len(data), b"\0")

    def _note_codecs(self, request: StreamRequest, session: int) -> None:
        self._codecs[session, Direction.TO_CLIENT] = request.rx_codec
        self._codecs[session, Direction.TO_RADIO] = request.tx_codec

    def _control(self, body: ControlBody) -> ControlBody:
        hand = self._hand
        body = replace(
            body,
            token_request=hand.token_request(body.token_request),
            token=hand.token(body.token),
        )
        match body:
            case Login():
                return replace(
                    body,
                    username=hand.credential(body.username),
                    password=hand.credential(body.password),
                    computer=hand.text(body.computer),
                )
            case Capabilities():
                return replace(body, radios=tuple(map(self._radio, body.radios)))
            case ConnInfo():
                return replace(
                    body,
                    identity=hand.identity(body.identity),
                    name=hand.text(body.name),
                    computer=hand.text(body.computer),
                    ip_address=hand.ip_address(body.ip_address),
                )
            case StreamRequest():
                return replace(
                    body,
                    identity=hand.identity(body.identity),
                    name=hand.text(body.name),
                    username=hand.credential(body.username),
                )
            case Token() | Status():
                return replace(body, identity=hand.identity(body.identity))
            case _:
                return body

    def _radio(self, radio: RadioRecord) -> RadioRecord:
        hand = self._hand
        return replace(
            radio,
            identity=hand.identity(radio.identity),
            name=hand.text(radio.name),
            audio_name=hand.text(radio.audio_name),
        )


def _understood(stream: Stream, data: bytes) -> tuple[Body | None, int]:
    """The body, also of a datagram that was cut or has something behind its end.

    And how long it is by its own account.
    """
    header = Header.decode(data)
    for whole in (data, _fitted(header, data)):
        try:
            return decode_datagram(stream, whole)[1], len(whole)
        except DecodeError:
            continue
    return None, 0


def _fitted(header: Header, data: bytes) -> bytes:
    if header.type != PacketType.DATA or header.length > _DATAGRAM_MAX:
        return b""
    return data[: header.length].ljust(header.length, b"\0")
