"""Every packet of the protocol, declared once; offsets follow from the order of fields.

A datagram is a `Header` of 16 bytes and one body. The link owns headers (ids, sequence
numbers); sessions and streams own bodies, so a body class starts at offset 0x10. The
size beside each class was seen in captures and is checked against its fields at import.
Reserved bytes are fields with a zero default: what was decoded encodes to the same
bytes. Layouts: spec PROTOCOL.md section 2; `fixtures/captures` holds recorded ones of
each kind.
"""

from typing import Annotated, ClassVar

from icom_proto.codec import Body, Record, packet, record
from icom_proto.codes import CivKind, Codec, PacketType, Reply, Request
from icom_proto.fields import (
    U8,
    U16BE,
    U16LE,
    U32BE,
    U32LE,
    Array,
    Raw,
    Rest,
    Text,
    Uint,
)
from icom_proto.quick_dataclass import dataclass


@record(size=0x10)
@dataclass(frozen=True, slots=True, kw_only=True)
class Header(Record):
    """The 16 bytes in front of everything, in both directions."""

    length: Annotated[U32LE, "whole datagram; real radios put 0 into pings"]
    type: Annotated[PacketType, Uint(2, "little")]
    seq: Annotated[U16LE, "transport sequence number; 0 on most untracked packets"]
    sender_id: Annotated[U32LE, "id chosen by the sender for this stream"]
    receiver_id: Annotated[U32LE, "id of the other side; 0 while unknown"]


# ---- link: every stream, both roles --------------------------------------------------


@packet(size=0)
@dataclass(frozen=True, slots=True, kw_only=True)
class AreYouThere(Body):
    """The client looks for a radio (2.2). Repeated until answered."""

    TYPE: ClassVar[PacketType] = PacketType.ARE_YOU_THERE


@packet(size=0)
@dataclass(frozen=True, slots=True, kw_only=True)
class IAmHere(Body):
    """The radio answers and thereby tells its id (2.3)."""

    TYPE: ClassVar[PacketType] = PacketType.I_AM_HERE


@packet(size=0)
@dataclass(frozen=True, slots=True, kw_only=True)
class Ready(Body):
    """Are you ready, and I am ready: the same packet in the two directions (2.4)."""

    TYPE: ClassVar[PacketType] = PacketType.READY


@packet(size=0)
@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect(Body):
    """The sender leaves this stream (2.8)."""

    TYPE: ClassVar[PacketType] = PacketType.DISCONNECT


@packet(size=0)
@dataclass(frozen=True, slots=True, kw_only=True)
class Idle(Body):
    """Keeps a link alive and shows gaps; or replaces a packet that is gone (2.5)."""

    TYPE: ClassVar[PacketType] = PacketType.DATA


@packet(size=0x05)
@dataclass(frozen=True, slots=True, kw_only=True)
class Ping(Body):
    """A clock value to be echoed (2.6). Has a sequence counter of its own."""

    TYPE: ClassVar[PacketType] = PacketType.PING
    reply: Annotated[U8, "0 request, 1 reply"]
    time: Annotated[U32LE, "the requester's clock in ms, echoed bit for bit"]


@packet(size=0)
@dataclass(frozen=True, slots=True, kw_only=True)
class RetransmitOne(Body):
    """Asks for the one packet whose number stands in the header (2.7, R1)."""

    TYPE: ClassVar[PacketType] = PacketType.RETRANSMIT


@record(size=4)
@dataclass(frozen=True, slots=True, kw_only=True)
class SeqRange(Record):
    """An inclusive range of sequence numbers, modulo 0x10000."""

    first: U16LE
    last: U16LE


@packet(size=None)
@dataclass(frozen=True, slots=True, kw_only=True)
class RetransmitMany(Body):
    """Asks for several packets (2.7): ranges, or each number paired with itself."""

    TYPE: ClassVar[PacketType] = PacketType.RETRANSMIT
    ranges: Annotated[tuple[SeqRange, ...], Array(SeqRange, count=None)]


# ---- control stream ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlBody(Body):
    """The 16 bytes that all control packets share, at 0x10 to 0x1F (2.9)."""

    TYPE: ClassVar[PacketType] = PacketType.DATA
    payload_size: Annotated[U32BE, "datagram length less 0x10"]
    reply: Annotated[Reply, Uint(1, "big")]
    request: Annotated[Request, Uint(1, "big")]
    inner_seq: Annotated[U16BE, "+1 per client request; answers echo it"]
    reserved_18: Annotated[bytes, Raw(2)] = bytes(2)
    token_request: Annotated[bytes, Raw(2), "chosen by the client at login"]
    token: Annotated[bytes, Raw(4), "chosen by the radio in the login response"]


@packet(size=0x70)
@dataclass(frozen=True, slots=True, kw_only=True)
class Login(ControlBody):
    """User name and password, obfuscated, and the client's name in the clear (2.10)."""

    reserved_20: Annotated[bytes, Raw(32)] = bytes(32)
    username: Annotated[bytes, Text(16), "obfuscated: credentials.py"]
    password: Annotated[bytes, Text(16), "obfuscated: credentials.py"]
    computer: Annotated[bytes, Text(16), "plain; shown by the radio to other clients"]
    reserved_70: Annotated[bytes, Raw(16)] = bytes(16)


@packet(size=0x50)
@dataclass(frozen=True, slots=True, kw_only=True)
class LoginResponse(ControlBody):
    """The radio's verdict on a login, and the token of the session (2.11)."""

    auth_start_id: U16LE = 0
    reserved_22: Annotated[bytes, Raw(14)] = bytes(14)
    error: Annotated[bytes, Raw(4), "codes.LOGIN_OK or an error word"] = bytes(4)
    reserved_34: Annotated[bytes, Raw(12)] = bytes(12)
    connection: Annotated[bytes, Text(16), "FTTH from radios, WFVIEW from wfview"] = b""
    reserved_50: Annotated[bytes, Raw(16), "first byte 1 in one IC-705 capture"] = (
        bytes(16)
    )


@packet(size=0x30)
@dataclass(frozen=True, slots=True, kw_only=True)
class Token(ControlBody):
    """Confirm, renew or remove the token, or close the streams; answers too (2.12)."""

    identity: Annotated[bytes, Raw(16), "the radio, in CLOSE_STREAMS"] = bytes(16)
    response: Annotated[bytes, Raw(4), "codes.TOKEN_OK or TOKEN_REJECTED"] = bytes(4)
    reserved_34: Annotated[bytes, Raw(12)] = bytes(12)


@record(size=0x66)
@dataclass(frozen=True, slots=True, kw_only=True)
class RadioRecord(Record):
    """One radio behind this address, as the capabilities list it (2.13)."""

    identity: Annotated[bytes, Raw(16), "MAC form or GUID; copied verbatim"]
    name: Annotated[bytes, Text(32), "set by the owner: a label, not the model"]
    audio_name: Annotated[bytes, Text(32)] = b"ICOM_VAUDIO"
    connection_type: Annotated[bytes, Raw(2), "guess: RX and TX codec bits"]
    civ_address: U8
    rx_rates: Annotated[U16LE, "bit set, audio_formats.RATE_BITS"]
    tx_rates: Annotated[U16LE, "bit set; 0 or 1: the client may not send audio"]
    enable_a: Annotated[U8, "1: transmit audio supported (two clients)"] = 1
    enable_b: Annotated[U8, "1 in all captures; meaning unknown"] = 1
    enable_c: Annotated[U8, "1 in all captures; meaning unknown"] = 1
    civ_baud: U32BE = 19200
    unknown_5e: Annotated[bytes, Raw(2)] = bytes.fromhex("0150")
    reserved_60: Annotated[bytes, Raw(1)] = bytes(1)
    unknown_61: Annotated[bytes, Raw(2), "9001 IC-7610, B80B PC server"] = (
        bytes.fromhex("9001")
    )
    reserved_63: Annotated[bytes, Raw(3)] = bytes(3)


@packet(size=None)
@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities(ControlBody):
    """The radios that this login may use (2.13)."""

    reserved_20: Annotated[bytes, Raw(32)] = bytes(32)
    radio_count: U16BE
    radios: Annotated[tuple[RadioRecord, ...], Array(RadioRecord, count="radio_count")]


@packet(size=0x80)
@dataclass(frozen=True, slots=True, kw_only=True)
class ConnInfo(ControlBody):
    """The radio tells who uses it (2.14)."""

    identity: Annotated[bytes, Raw(16)]
    reserved_30: Annotated[bytes, Raw(16)] = bytes(16)
    name: Annotated[bytes, Text(32)] = b""
    busy: Annotated[U32LE, "0 free, 1 in use, 2 rig not available (wfserver)"] = 0
    computer: Annotated[bytes, Text(16), "client name of the user; may be empty"] = b""
    reserved_74: Annotated[bytes, Raw(16)] = bytes(16)
    ip_address: Annotated[bytes, Raw(4), "IPv4 of the user; may be zero"] = bytes(4)
    reserved_88: Annotated[bytes, Raw(8)] = bytes(8)


@packet(size=0x80)
@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRequest(ControlBody):
    """The client asks for CI-V and audio: codecs, rates and its own ports (2.15)."""

    identity: Annotated[bytes, Raw(16), "verbatim from the capabilities"]
    reserved_30: Annotated[bytes, Raw(16)] = bytes(16)
    name: Annotated[bytes, Text(32)] = b""
    username: Annotated[bytes, Text(16), "obfuscated: credentials.py"] = b""
    rx_enable: U8 = 1
    tx_enable: U8 = 1
    rx_codec: Annotated[Codec, Uint(1, "big")] = Codec.PCM16_MONO
    tx_codec: Annotated[Codec, Uint(1, "big")] = Codec.PCM16_MONO
    rx_rate_hz: U32BE = 48000
    tx_rate_hz: U32BE = 48000
    civ_port: Annotated[U32BE, "the client's local port"] = 0
    audio_port: Annotated[U32BE, "the client's local port"] = 0
    tx_buffer_ms: U32BE = 150
    convert: Annotated[U8, "1 in all captures; meaning unknown"] = 1
    reserved_89: Annotated[bytes, Raw(7)] = bytes(7)


@packet(size=0x40)
@dataclass(frozen=True, slots=True, kw_only=True)
class Status(ControlBody):
    """The answer to a stream request: the ports, or why not (2.16)."""

    identity: Annotated[bytes, Raw(16)]
    error: Annotated[bytes, Raw(4), "codes.STATUS_OK, _REFUSED or _BUSY"] = bytes(4)
    reserved_34: Annotated[bytes, Raw(12)] = bytes(12)
    disconnected: Annotated[U8, "1 with error 0: the radio closed the streams"] = 0
    reserved_41: Annotated[bytes, Raw(1)] = bytes(1)
    civ_port: U16BE = 0
    reserved_44: Annotated[bytes, Raw(2)] = bytes(2)
    audio_port: U16BE = 0
    reserved_48: Annotated[bytes, Raw(8)] = bytes(8)


# ---- CI-V stream ---------------------------------------------------------------------


@packet(size=0x06)
@dataclass(frozen=True, slots=True, kw_only=True)
class CivOpenClose(Body):
    """Starts (bit 2 of `action`) or stops the flow of CI-V (2.17)."""

    TYPE: ClassVar[PacketType] = PacketType.DATA
    kind: Annotated[CivKind, Uint(1, "big")] = CivKind.OPEN_CLOSE
    data_length: U16LE = 1
    inner_seq: Annotated[U16BE, "shares its counter with CivData"] = 0
    action: Annotated[U8, "0x04 or 0x05 open, 0x00 close"]


@packet(size=None)
@dataclass(frozen=True, slots=True, kw_only=True)
class CivData(Body):
    """CI-V bytes: none, one or several frames, or a part of one (2.18)."""

    TYPE: ClassVar[PacketType] = PacketType.DATA
    kind: Annotated[CivKind, Uint(1, "big")] = CivKind.DATA
    data_length: U16LE
    inner_seq: U16BE = 0
    data: Annotated[bytes, Rest()]


# ---- audio stream --------------------------------------------------------------------


@packet(size=None)
@dataclass(frozen=True, slots=True, kw_only=True)
class AudioData(Body):
    """At most 1364 bytes of samples in the negotiated codec (2.19)."""

    TYPE: ClassVar[PacketType] = PacketType.DATA
    ident: Annotated[U16BE, "0x8000 from clients; 0x0100 set: a block starts (8.4)"]
    send_seq: Annotated[U16BE, "+1 per audio datagram"]
    reserved_14: U16BE = 0
    data_length: U16BE
    data: Annotated[bytes, Rest()]
