"""Whole datagrams: which packet it is, and back to bytes.

The classification is that of PROTOCOL.md 2.1. It trusts the size of the datagram and
not the length field, asks for type 1 before any size (a retransmit list may be as long
as a login), and is made per stream, because CI-V data may have any length. What it does
not know it reports with a `DecodeError`; it does not guess.
"""

from icom_proto.codec import HEADER_SIZE, Body, offset_of, size_of
from icom_proto.codes import CivKind, PacketType, Request, Stream
from icom_proto.errors import DecodeError
from icom_proto.packets import (
    AreYouThere,
    AudioData,
    Capabilities,
    CivData,
    CivOpenClose,
    ConnInfo,
    Disconnect,
    Header,
    IAmHere,
    Idle,
    Login,
    LoginResponse,
    Ping,
    RadioRecord,
    Ready,
    RetransmitMany,
    RetransmitOne,
    Status,
    StreamRequest,
    Token,
)

_LINK_BODIES: dict[PacketType, type[Body]] = {
    body.TYPE: body for body in (AreYouThere, IAmHere, Ready, Disconnect, Ping)
}
# Of the control packets these are known by their size alone.
_CONTROL_BODIES: dict[int, type[Body]] = {
    size_of(body): body for body in (Login, LoginResponse, Token, Status)
}
# Two have the same size and differ in what they request (2.9).
_BODIES_0X90: dict[int, type[Body]] = {
    Request.LOGIN: ConnInfo,
    Request.STREAMS: StreamRequest,
}
_REQUEST_AT = offset_of(ConnInfo, "request")
_CIV_KIND_AT = offset_of(CivData, "kind")
_CONN_INFO_SIZE = size_of(ConnInfo)
_CAPABILITIES_SIZE = size_of(Capabilities)
_RADIO_SIZE = size_of(RadioRecord)
_CIV_SIZE = size_of(CivData)
_OPEN_CLOSE_SIZE = size_of(CivOpenClose)
_AUDIO_SIZE = size_of(AudioData)


def decode_datagram(stream: Stream, data: bytes) -> tuple[Header, Body]:
    """Header and body of a datagram from the network; DecodeError for what is unknown.

    A length field that disagrees with the size is an error too, because that is how
    wfserver's stale retransmissions show (captures named lossy5), except in pings,
    where real radios write 0, and in retransmit lists, where kappanhang writes 0x18
    into 0x14.
    """
    header = Header.decode(data)
    if header.type == PacketType.DATA:
        body = _data_body(stream, data)
    elif header.type == PacketType.RETRANSMIT:
        body = RetransmitOne if len(data) == HEADER_SIZE else RetransmitMany
    elif header.type in _LINK_BODIES:
        body = _LINK_BODIES[header.type]
    else:
        raise DecodeError(f"unknown packet type {header.type:#x}")
    if header.length != len(data) and not _length_may_differ(header, body):
        raise DecodeError(
            f"length field {header.length:#x} in a datagram of {len(data):#x} bytes"
        )
    return header, body.decode(data)


def encode_datagram(header: Header, body: Body) -> bytes:
    """The bytes of a datagram. The header stays as it is, its length field too."""
    return header.encode() + body.encode()


def text_of(raw: bytes) -> str:
    """A name from the wire as a string: up to the first NUL, without padding blanks."""
    return raw.partition(b"\0")[0].decode("utf-8", "replace").rstrip(" ")


def _length_may_differ(header: Header, body: type[Body]) -> bool:
    return body is RetransmitMany or (body is Ping and header.length == 0)


def _data_body(stream: Stream, data: bytes) -> type[Body]:
    """The class of a packet of type 0."""
    if len(data) == HEADER_SIZE:
        return Idle
    body = _DATA_BODIES[stream](data)
    if body is None:
        raise DecodeError(f"unknown {stream.name} packet of {len(data):#x} bytes")
    return body


def _control_body(data: bytes) -> type[Body] | None:
    size = len(data)
    if size == _CONN_INFO_SIZE:
        return _BODIES_0X90.get(data[_REQUEST_AT])
    if size > _CAPABILITIES_SIZE and (size - _CAPABILITIES_SIZE) % _RADIO_SIZE == 0:
        return Capabilities
    return _CONTROL_BODIES.get(size)


def _civ_body(data: bytes) -> type[Body] | None:
    if len(data) >= _CIV_SIZE and data[_CIV_KIND_AT] == CivKind.DATA:
        return CivData
    return _open_close(data)


def _audio_body(data: bytes) -> type[Body] | None:
    # Some clients open CI-V on the audio stream as well, to no effect (2.17).
    return AudioData if len(data) >= _AUDIO_SIZE else _open_close(data)


def _open_close(data: bytes) -> type[Body] | None:
    # Hamlib writes the kind one byte later, `01 C0 00`, and radios accept it (2.17).
    kinds = data[_CIV_KIND_AT : _CIV_KIND_AT + 2]
    if len(data) == _OPEN_CLOSE_SIZE and CivKind.OPEN_CLOSE in kinds:
        return CivOpenClose
    return None


_DATA_BODIES = {
    Stream.CONTROL: _control_body,
    Stream.CIV: _civ_body,
    Stream.AUDIO: _audio_body,
}
