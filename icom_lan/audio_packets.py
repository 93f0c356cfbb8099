"""One audio datagram, as bytes and as `AudioPacket`.

The layout is the core's (`icom_proto.packets.AudioData`); here are the two functions
that applications know. `ident` is read as other programs show it, low byte first.
"""

from collections.abc import Callable
from typing import Final

from icom_proto.codec import HEADER_SIZE, head_struct, size_of
from icom_proto.codes import PacketType
from icom_proto.events import AudioReceived
from icom_proto.packets import AudioData, Header
from icom_proto.quick_dataclass import fast_constructor

# What `parse_audio_packet` returns and every audio callback gets.
AudioPacket = AudioReceived

AUDIO_HEADER_SIZE: Final = size_of(AudioData)
# `ident` of transmitted audio.
TX_IDENT: Final = 0x0080
# `ident` that other programs use with payloads of 0xA0 bytes.
RX_IDENT_0xA0: Final = 0x9781

_DATA: Final = int(PacketType.DATA)
_UNTRACKED: Final = 0  # the transport writes its own number here

_pack_header = head_struct(Header).pack
_pack_head = head_struct(AudioData).pack
# Length, type, number, sender id, receiver id.
_unpack_header: Callable[[bytes], tuple[int, int, int, int, int]] = head_struct(
    Header
).unpack_from
# Ident, number, 0, payload length; from an offset.
_unpack_head: Callable[[bytes, int], tuple[int, int, int, int]] = head_struct(
    AudioData
).unpack_from
_make_packet = fast_constructor(AudioPacket)


def parse_audio_packet(data: bytes) -> AudioPacket | None:
    """The packet in a datagram, or None if it is no audio. Never raises.

    No audio is: 0x18 bytes or fewer, a type other than DATA, and a datagram whose
    length fields do not say how long it is. Those were cut or padded on the way, or
    are something else; played as samples they would be noise.
    """
    size = len(data)
    if size <= AUDIO_HEADER_SIZE:
        return None
    length, kind, _, _, _ = _unpack_header(data)
    ident, send_seq, _, data_length = _unpack_head(data, HEADER_SIZE)
    if kind != _DATA or length != size or data_length != size - AUDIO_HEADER_SIZE:
        return None
    payload = bytes(data[AUDIO_HEADER_SIZE:])  # bytes, also from a bytearray
    return _make_packet(_swapped(ident), send_seq, payload)


def build_audio_packet(
    opus_data: bytes,
    *,
    sender_id: int,
    receiver_id: int,
    send_seq: int,
    ident: int = TX_IDENT,
) -> bytes:
    """A datagram with this payload, in whichever codec the session has.

    The transport's own sequence number is left 0: whoever sends it writes that. A
    payload of 0 bytes gives a datagram that no parser takes for audio.

    Raises:
        ValueError: A number or the payload does not fit its field.
    """
    _check("sender_id", sender_id, 0xFFFFFFFF)
    _check("receiver_id", receiver_id, 0xFFFFFFFF)
    _check("send_seq", send_seq, 0xFFFF)
    _check("ident", ident, 0xFFFF)
    size = len(opus_data)
    if size > 0xFFFF:
        raise ValueError(f"a payload of {size} bytes: allowed is 0 to 65535")
    header = _pack_header(
        AUDIO_HEADER_SIZE + size, _DATA, _UNTRACKED, sender_id, receiver_id
    )
    head = _pack_head(_swapped(ident), send_seq, 0, size)
    return b"".join((header, head, opus_data))


def _swapped(ident: int) -> int:
    """In the codec the ident is big-endian, like the rest of the audio head."""
    return ident >> 8 | (ident & 0xFF) << 8


def _check(name: str, value: int, highest: int) -> None:
    if not 0 <= value <= highest:
        raise ValueError(f"{name} {value:#x}: allowed is 0 to {highest:#x}")
