"""All packets: what is encoded decodes to itself; no bytes make decoding fall over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import BODIES, RECORDS, from_packet, hostile_datagrams
from icom_proto.codec import HEADER_SIZE, Body, Record, layout, size_of
from icom_proto.codes import PacketType, Reply, Request, Stream
from icom_proto.datagrams import decode_datagram, encode_datagram, text_of
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
    Ready,
    RetransmitMany,
    RetransmitOne,
    Status,
    StreamRequest,
    Token,
)

ONE_SIZED = [cls for cls in BODIES if cls not in (RetransmitMany, CivData, AudioData)]


def datagram(
    kind: int, size: int, *, length: int | None = None, changes: str = ""
) -> bytes:
    """Zeros behind a header; `changes` are offset:bytes, as in "15:03 10:c1"."""
    header = Header(
        length=size if length is None else length,
        type=PacketType(kind),
        seq=7,
        sender_id=1,
        receiver_id=2,
    )
    data = bytearray(header.encode() + bytes(size - HEADER_SIZE))
    for change in changes.split():
        offset, _, digits = change.partition(":")
        at, new = int(offset, 16), bytes.fromhex(digits)
        data[at : at + len(new)] = new
    return bytes(data)


def class_of(stream: Stream, data: bytes) -> type[Body]:
    return type(decode_datagram(stream, data)[1])


# ---- round trips ---------------------------------------------------------------------


@pytest.mark.parametrize("cls", BODIES)
@given(data=st.data())
def test_any_body_decodes_to_what_was_encoded(
    cls: type[Body], data: st.DataObject
) -> None:
    body = data.draw(from_packet(cls))
    assert cls.decode(bytes(HEADER_SIZE) + body.encode()) == body


@pytest.mark.parametrize("cls", RECORDS)
@given(data=st.data(), before=st.binary(max_size=3), after=st.binary(max_size=3))
def test_any_record_decodes_to_what_was_encoded(
    cls: type[Record], data: st.DataObject, before: bytes, after: bytes
) -> None:
    record = data.draw(from_packet(cls))
    encoded = record.encode()
    assert len(encoded) == size_of(cls)
    assert cls.decode(before + encoded + after, len(before)) == record


@pytest.mark.parametrize("cls", ONE_SIZED)
@given(data=st.data())
def test_any_bytes_of_the_right_size_survive_decoding(
    cls: type[Body], data: st.DataObject
) -> None:
    count = 2 if cls is Capabilities else 0
    size = size_of(cls) + count * 0x66
    raw = data.draw(st.binary(min_size=size, max_size=size))
    if cls is Capabilities:
        raw = raw[:0x40] + count.to_bytes(2, "big") + raw[0x42:]
    assert cls.decode(raw).encode() == raw[HEADER_SIZE:]


# ---- no bytes make it raise anything else --------------------------------------------


@given(st.sampled_from(Stream), hostile_datagrams() | st.binary(max_size=200))
def test_decoding_raises_decode_error_or_gives_back_the_same_bytes(
    stream: Stream, data: bytes
) -> None:
    try:
        header, body = decode_datagram(stream, data)
    except DecodeError:
        return
    assert encode_datagram(header, body) == data


@pytest.mark.parametrize("cls", BODIES)
@given(data=st.binary(max_size=200))
def test_a_body_of_any_other_size_is_a_decode_error(
    cls: type[Body], data: bytes
) -> None:
    try:
        body = cls.decode(data)
    except DecodeError:
        return
    assert len(data) == HEADER_SIZE + len(body.encode())


@pytest.mark.parametrize("size", range(HEADER_SIZE))
@pytest.mark.parametrize("stream", Stream)
def test_less_than_a_header_is_a_decode_error(stream: Stream, size: int) -> None:
    with pytest.raises(DecodeError, match="Header"):
        decode_datagram(stream, bytes(size))


# ---- which packet it is (PROTOCOL.md 2.1) --------------------------------------------


@pytest.mark.parametrize("stream", Stream)
@pytest.mark.parametrize(
    ("kind", "size", "expected"),
    [
        (0, 0x10, Idle),
        (1, 0x10, RetransmitOne),
        (1, 0x14, RetransmitMany),
        (1, 0x18, RetransmitMany),
        (3, 0x10, AreYouThere),
        (4, 0x10, IAmHere),
        (5, 0x10, Disconnect),
        (6, 0x10, Ready),
        (7, 0x15, Ping),
    ],
)
def test_link_packets_are_the_same_on_every_stream(
    stream: Stream, kind: int, size: int, expected: type[Body]
) -> None:
    assert class_of(stream, datagram(kind, size)) is expected


@pytest.mark.parametrize(
    ("size", "changes", "expected"),
    [
        (0x40, "", Token),
        (0x50, "", Status),
        (0x60, "", LoginResponse),
        (0x80, "", Login),
        (0x90, "14:03", ConnInfo),
        (0x90, "14:0103", StreamRequest),
        (0xA8, "40:0001", Capabilities),
        (0x42 + 3 * 0x66, "40:0003", Capabilities),
    ],
)
def test_control_packets_are_known_by_their_size(
    size: int, changes: str, expected: type[Body]
) -> None:
    assert class_of(Stream.CONTROL, datagram(0, size, changes=changes)) is expected


@pytest.mark.parametrize("size", [0x40, 0x50, 0x60, 0x80, 0x90, 0xA8])
def test_a_retransmit_list_as_long_as_a_login_is_a_retransmit_list(size: int) -> None:
    assert class_of(Stream.CONTROL, datagram(1, size)) is RetransmitMany


@pytest.mark.parametrize("size", [0x15, 0x16, 0x1B, 0x40, 0x80, 0x90, 0x400])
def test_civ_data_may_have_the_size_of_any_other_packet(size: int) -> None:
    data = datagram(0, size, changes="10:c1")
    assert class_of(Stream.CIV, data) is CivData


def test_an_open_is_known_in_the_order_of_every_known_client() -> None:
    usual = datagram(0, 0x16, changes="10:c0010000")
    hamlib = datagram(0, 0x16, changes="10:01c00000")
    assert class_of(Stream.CIV, usual) is CivOpenClose
    assert class_of(Stream.CIV, hamlib) is CivOpenClose


def test_an_open_on_the_audio_stream_is_known_for_what_it_is() -> None:
    data = datagram(0, 0x16, changes="10:c0010000")
    assert class_of(Stream.AUDIO, data) is CivOpenClose


@pytest.mark.parametrize("size", [0x18, 0x19, 0x40, 0x56C])
def test_audio_is_anything_long_enough(size: int) -> None:
    assert class_of(Stream.AUDIO, datagram(0, size)) is AudioData


@pytest.mark.parametrize(
    ("stream", "data", "reason"),
    [
        (Stream.CONTROL, datagram(2, 0x10), "unknown packet type 0x2"),
        (Stream.CONTROL, datagram(0x7F18, 0x10), "unknown packet type 0x7f18"),
        (Stream.CONTROL, datagram(0, 0x11), "unknown CONTROL packet of 0x11 bytes"),
        (Stream.CONTROL, datagram(0, 0x90, changes="14:0105"), "CONTROL packet of"),
        (Stream.CONTROL, datagram(0, 0x42), "unknown CONTROL packet of 0x42 bytes"),
        (Stream.CONTROL, datagram(0, 0xA9), "unknown CONTROL packet of 0xa9 bytes"),
        (Stream.CONTROL, datagram(0, 0xA8, changes="40:0002"), "Capabilities"),
        (Stream.CIV, datagram(0, 0x14, changes="10:c1"), "CIV packet of 0x14 bytes"),
        (Stream.CIV, datagram(0, 0x17, changes="10:c0"), "CIV packet of 0x17 bytes"),
        (Stream.CIV, datagram(0, 0x20), "unknown CIV packet of 0x20 bytes"),
        (Stream.AUDIO, datagram(0, 0x17), "unknown AUDIO packet of 0x17 bytes"),
        (Stream.AUDIO, datagram(0, 0x16), "unknown AUDIO packet of 0x16 bytes"),
        (Stream.AUDIO, datagram(1, 0x12), "RetransmitMany: 0x12 bytes"),
        (Stream.AUDIO, datagram(1, 0x16), "RetransmitMany: 0x16 bytes"),
        (Stream.AUDIO, datagram(3, 0x11), "AreYouThere: 0x11 bytes"),
        (Stream.AUDIO, datagram(7, 0x10), "Ping: 0x10 bytes"),
        (Stream.AUDIO, datagram(7, 0x16), "Ping: 0x16 bytes"),
    ],
)
def test_what_is_not_known_is_reported_and_not_guessed(
    stream: Stream, data: bytes, reason: str
) -> None:
    with pytest.raises(DecodeError, match=reason):
        decode_datagram(stream, data)


@pytest.mark.parametrize("kind", [0, 3, 4, 5, 6])
@pytest.mark.parametrize("length", [0, 0x0F, 0x11, 1920])
def test_a_false_length_field_is_a_decode_error(kind: int, length: int) -> None:
    with pytest.raises(DecodeError, match=f"length field {length:#x} in a datagram"):
        decode_datagram(Stream.CONTROL, datagram(kind, 0x10, length=length))


def test_a_ping_of_a_real_radio_says_it_has_no_length() -> None:
    data = datagram(7, 0x15, length=0)
    assert class_of(Stream.CONTROL, data) is Ping
    with pytest.raises(DecodeError, match="length field 0x14"):
        decode_datagram(Stream.CONTROL, datagram(7, 0x15, length=0x14))


def test_a_request_of_kappanhang_is_shorter_than_it_says() -> None:
    data = datagram(1, 0x14, length=0x18)
    assert class_of(Stream.CONTROL, data) is RetransmitMany


# ---- details -------------------------------------------------------------------------


def test_offsets_count_from_the_start_of_the_datagram() -> None:
    offsets = {field.name: field.offset for field in layout(StreamRequest)}
    assert offsets["payload_size"] == 0x10
    assert offsets["inner_seq"] == 0x16
    assert offsets["username"] == 0x60
    assert offsets["tx_buffer_ms"] == 0x84


def test_codes_nobody_has_named_survive() -> None:
    data = datagram(0, 0x40, changes="14:ab 15:cd")
    header, body = decode_datagram(Stream.CONTROL, data)
    assert isinstance(body, Token)
    assert (body.reply, body.request) == (Reply(0xAB), Request(0xCD))
    assert body.request.name == "Request_0xcd"
    assert encode_datagram(header, body) == data


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"IC-7610", "IC-7610"),
        (b"IC-7610   ", "IC-7610"),
        (b"IC-705\0left over", "IC-705"),
        (b"", ""),
        ("M0ABC Küche".encode(), "M0ABC Küche"),
        (b"\xff\xfeshack", "��shack"),
    ],
)
def test_a_name_becomes_a_string_whatever_its_bytes(raw: bytes, text: str) -> None:
    assert text_of(raw) == text
