"""Audio datagrams to packets and back, against bytes written by hand."""

from dataclasses import FrozenInstanceError, fields, is_dataclass
from inspect import Parameter, signature

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icom_lan import audio
from icom_lan.audio import (
    AUDIO_HEADER_SIZE,
    TX_IDENT,
    AudioPacket,
    RX_IDENT_0xA0,
    build_audio_packet,
    parse_audio_packet,
)
from icom_proto.codes import PacketType

# Length, type, transport number, sender, receiver, ident, audio number, 0, length.
DATAGRAM = bytes.fromhex(
    "1b000000 0000 0000 78563412 bc9a0000 8000 0102 0000 0003 aabbcc".replace(" ", "")
)


PAYLOAD = b"\xaa\xbb\xcc"


def build(payload: bytes, /, **changes: int) -> bytes:
    values = {"sender_id": 0x12345678, "receiver_id": 0x9ABC, "send_seq": 0x0102}
    return build_audio_packet(payload, **values | changes)


@pytest.mark.check("0.3", "7.7", "7.8", "7.9", "7.10", "7.11", "7.13")
def test_a_packet_is_built_byte_for_byte() -> None:
    assert build(PAYLOAD) == DATAGRAM
    assert build(PAYLOAD, ident=0x1234)[0x10:0x12] == b"\x34\x12"


@pytest.mark.check("7.1", "7.2", "4.2", "4.4", "4.5")
def test_a_packet_is_parsed_field_by_field() -> None:
    packet = parse_audio_packet(data=DATAGRAM)
    assert packet == AudioPacket(ident=0x0080, send_seq=0x0102, data=b"\xaa\xbb\xcc")


@pytest.mark.check("7.7", "7.8", "7.9", "7.10", "7.11")
def test_all_but_the_payload_go_by_name() -> None:
    parameters = signature(build_audio_packet).parameters
    kinds = {name: each.kind for name, each in parameters.items()}
    assert kinds.pop("opus_data") is Parameter.POSITIONAL_OR_KEYWORD
    assert kinds == dict.fromkeys(
        ["sender_id", "receiver_id", "send_seq", "ident"], Parameter.KEYWORD_ONLY
    )
    assert parameters["ident"].default == TX_IDENT


@pytest.mark.check("4.3", "7.12")
def test_the_constants_are_the_documents() -> None:
    assert (TX_IDENT, RX_IDENT_0xA0, AUDIO_HEADER_SIZE) == (0x0080, 0x9781, 0x18)


@pytest.mark.check("4.1", "4.2", "4.4", "4.5")
def test_a_packet_is_a_frozen_dataclass_of_three_fields() -> None:
    assert audio.AudioPacket is AudioPacket
    assert is_dataclass(AudioPacket)
    assert [each.name for each in fields(AudioPacket)] == ["ident", "send_seq", "data"]
    packet = AudioPacket(0x0080, 7, b"x")
    with pytest.raises(FrozenInstanceError):
        packet.send_seq = 8  # type: ignore[misc]


@pytest.mark.check("7.3", "7.4")
def test_a_datagram_without_payload_is_no_audio() -> None:
    for size in range(AUDIO_HEADER_SIZE + 1):
        assert parse_audio_packet(bytes(size)) is None
    assert parse_audio_packet(build(b"")) is None
    assert parse_audio_packet(build(b"x")) is not None


@pytest.mark.check("7.5")
@pytest.mark.parametrize("kind", [each for each in PacketType if each])
def test_a_datagram_of_another_type_is_no_audio(kind: PacketType) -> None:
    other = bytearray(DATAGRAM)
    other[4] = kind
    assert parse_audio_packet(bytes(other)) is None


@pytest.mark.parametrize("offset", [0x00, 0x01, 0x03, 0x16, 0x17])
def test_mistake_27_a_wrong_length_field_is_no_audio(offset: int) -> None:
    wrong = bytearray(DATAGRAM)
    wrong[offset] ^= 1
    assert parse_audio_packet(bytes(wrong)) is None


@pytest.mark.parametrize("change", [DATAGRAM + b"\0", DATAGRAM[:-1]])
def test_mistake_27_a_padded_or_cut_datagram_is_no_audio(change: bytes) -> None:
    assert parse_audio_packet(change) is None


def test_the_payload_is_bytes_whatever_it_was_parsed_from() -> None:
    for data in (bytearray(DATAGRAM), memoryview(DATAGRAM)):
        packet = parse_audio_packet(data)  # type: ignore[arg-type]
        assert packet is not None
        assert type(packet.data) is bytes


@pytest.mark.check("7.6")
@given(data=st.binary(max_size=60))
def test_parsing_never_raises(data: bytes) -> None:
    packet = parse_audio_packet(data)
    assert packet is None or packet.data == data[AUDIO_HEADER_SIZE:]


@pytest.mark.check("4.3", "7.14")
@given(
    payload=st.binary(min_size=1, max_size=2000),
    ids=st.tuples(*[st.integers(0, 0xFFFFFFFF)] * 2),
    send_seq=st.integers(0, 0xFFFF),
    ident=st.integers(0, 0xFFFF),
)
def test_what_was_built_parses_to_the_same(
    payload: bytes, ids: tuple[int, int], send_seq: int, ident: int
) -> None:
    datagram = build_audio_packet(
        payload, sender_id=ids[0], receiver_id=ids[1], send_seq=send_seq, ident=ident
    )
    assert parse_audio_packet(datagram) == AudioPacket(ident, send_seq, payload)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"send_seq": 0x10000}, "send_seq 0x10000: allowed is 0 to 0xffff"),
        ({"send_seq": -1}, "send_seq -0x1: allowed"),
        ({"ident": 0x10000}, "ident 0x10000: allowed is 0 to 0xffff"),
        ({"sender_id": 1 << 32}, "sender_id 0x100000000: allowed"),
        ({"receiver_id": -5}, "receiver_id -0x5: allowed is 0 to 0xffffffff"),
    ],
)
def test_a_number_that_does_not_fit_is_refused_by_name(
    changes: dict[str, int], text: str
) -> None:
    with pytest.raises(ValueError, match=text):
        build(PAYLOAD, **changes)


def test_a_payload_that_does_not_fit_is_refused() -> None:
    assert len(build(bytes(65535))) == 65535 + AUDIO_HEADER_SIZE
    with pytest.raises(ValueError, match="payload of 65536 bytes: allowed is 0 to"):
        build(bytes(65536))
