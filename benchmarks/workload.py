"""The datagrams that peers are fed: 20 ms of LPCM16 mono 48 kHz as radios send it.

Made with `struct`, because a peer's worker cannot import our codec (see
start_worker.py), and because the yardstick of a codec should not be that codec. Ours
gets the same traffic from `icom_proto`'s radio role.
"""

import struct
from collections.abc import Sequence

PAYLOAD_SIZES = (1364, 556)
BLOCK_S = 0.02
_HEADER = struct.Struct("<IHHIIH")
_AUDIO = struct.Struct(">HHH")
_IDENT = 0x0080


def audio_datagrams(
    count: int, *, sender_id: int = 0x1234, receiver_id: int = 0x5678
) -> list[bytes]:
    """`count` datagrams, alternating 1388 and 580 bytes, in order, from seq 1 on."""
    return [
        audio_datagram(number + 1, number, sender_id=sender_id, receiver_id=receiver_id)
        for number in range(count)
    ]


def audio_datagram(
    seq: int,
    send_seq: int,
    *,
    sender_id: int,
    receiver_id: int,
    sizes: Sequence[int] = PAYLOAD_SIZES,
) -> bytes:
    """One of them; the sizes of the parts of a block take turns."""
    size = sizes[send_seq % len(sizes)]
    header = _HEADER.pack(24 + size, 0, seq & 0xFFFF, sender_id, receiver_id, _IDENT)
    body = _AUDIO.pack(send_seq & 0xFFFF, 0, size)
    return header + body + bytes([send_seq & 0xFF]) * size
