"""What one datagram shows by itself: is it Icom's, which stream is it, who sent it.

Only what its bytes prove. A capture may begin in the middle of a session, on ports
that nobody announced, and then there is nothing else to go by. Pings, idles, handshakes
and retransmit requests look the same on all three streams.
"""

from icom_proto.civ_frames import BROADCAST
from icom_proto.codec import Body, head_struct, size_of
from icom_proto.codes import CivKind, PacketType, Reply, Role, Stream
from icom_proto.datagrams import decode_datagram
from icom_proto.errors import DecodeError
from icom_proto.packets import (
    AreYouThere,
    AudioData,
    Capabilities,
    CivData,
    CivOpenClose,
    ConnInfo,
    ControlBody,
    Header,
    IAmHere,
    Login,
    LoginResponse,
    Ping,
    Status,
    StreamRequest,
    Token,
)

HEADER_SIZE = size_of(Header)
_header = head_struct(Header).unpack_from

# Controllers have addresses from here on; E1 is what programs use on an IC-7760.
_CONTROLLERS = range(0xE0, 0xF0)
# Larger than any datagram of the protocol.
_DATAGRAM_MAX = 0x1000
_FRAME_START = b"\xfe\xfe"

# What only one side sends. Token packets and pings say in a field who it was.
_SENDERS: dict[type[Body], Role] = {
    AreYouThere: Role.CLIENT,
    Login: Role.CLIENT,
    StreamRequest: Role.CLIENT,
    CivOpenClose: Role.CLIENT,
    IAmHere: Role.RADIO,
    LoginResponse: Role.RADIO,
    Capabilities: Role.RADIO,
    ConnInfo: Role.RADIO,
    Status: Role.RADIO,
}


def looks_like_icom(data: bytes, *, cut: bool = False) -> bool:
    """A header that fits its datagram; enough to begin following a conversation.

    Real radios write no length into their pings (2.6).
    """
    if len(data) < HEADER_SIZE:
        return False
    length, kind, *_ = _header(data)
    if kind > PacketType.PING:
        return False
    is_ping = kind == PacketType.PING and len(data) == size_of(Ping)
    return (
        length == len(data)
        or (cut and len(data) < length < _DATAGRAM_MAX)
        or (is_ping and length == 0)
    )


def shown_stream(data: bytes) -> Stream | None:
    """The only stream that this datagram can be on; None if there are several.

    Of a datagram that was not recorded whole, the length field tells the size.
    """
    if len(data) <= HEADER_SIZE:
        return None
    size, kind, *_ = _header(data)
    if kind != PacketType.DATA:
        return None
    if _is_control(data):
        return Stream.CONTROL
    if len(data) >= size_of(CivData):
        civ = CivData.decode(data)
        if civ.kind == CivKind.DATA and civ.data_length == size - size_of(CivData):
            return Stream.CIV
    if len(data) >= size_of(AudioData):
        audio = AudioData.decode(data)
        if audio.data_length == size - size_of(AudioData):
            return Stream.AUDIO
    return None


def shown_sender(stream: Stream, data: bytes) -> Role | None:
    """The role that alone sends such a datagram."""
    try:
        header, body = decode_datagram(stream, data)
    except DecodeError:
        return None
    match body:
        case Ping():  # only radios leave the length out, in all their pings (2.6)
            return Role.RADIO if header.length == 0 else None
        case Token():
            return Role.CLIENT if body.reply == Reply.REQUEST else Role.RADIO
        case CivData():
            return _frame_sender(body.data)
        case _:
            return _SENDERS.get(type(body))


def supposed_sender(stream: Stream, data: bytes) -> Role | None:
    """A weaker sign. Radios echo what clients send, and clients may send audio too."""
    if stream is Stream.CIV and len(data) > size_of(CivData):
        return Role.CLIENT  # not from a radio, or shown_sender would know
    if stream is Stream.AUDIO and shown_stream(data) is Stream.AUDIO:
        return Role.RADIO
    return None


def _frame_sender(frames: bytes) -> Role | None:
    """A frame from a radio's address; one from a controller may be the radio's echo."""
    if not frames.startswith(_FRAME_START) or len(frames) < 6:
        return None
    source = frames[3]
    return None if source in _CONTROLLERS or source == BROADCAST else Role.RADIO


def _is_control(data: bytes) -> bool:
    try:
        _, body = decode_datagram(Stream.CONTROL, data)
    except DecodeError:
        return False
    return (
        isinstance(body, ControlBody) and body.payload_size == len(data) - HEADER_SIZE
    )
