"""AX.25 frames: who calls whom, the text, and the check sum that tells them from noise.

Sources: AX.25 2.2, sections 3.3 (octets), 3.7 and 3.12 (address field), 3.8 (FCS).
"""

import re
from dataclasses import dataclass

from icom_proto.errors import DecodeError

_ADDRESS_BYTES = 7
_ADDRESSES_MAX = 10  # destination, source and eight digipeaters
_UI, _NO_LAYER_3 = 0x03, 0xF0
_CALL = re.compile(r"([A-Z0-9]{1,6})(?:-(1[0-5]|[0-9]))?")
# Register contents after a frame with its own check sum has gone through.
FCS_GOOD = 0xF0B8


@dataclass(frozen=True, slots=True)
class Ax25Frame:
    """An unnumbered frame of text, which is what APRS is made of."""

    source: str
    destination: str
    text: str
    via: tuple[str, ...] = ()

    def encode(self) -> bytes:
        """Without flags, with the check sum. DecodeError for what is no call."""
        calls = (self.destination, self.source, *self.via)
        if len(calls) > _ADDRESSES_MAX:
            raise DecodeError(f"{len(self.via)} digipeaters: 8 are allowed")
        addresses = bytearray(b"".join(map(_encode_address, calls)))
        addresses[-1] |= 0x01
        info = self.text.encode("latin-1", "replace")
        body = bytes(addresses) + bytes((_UI, _NO_LAYER_3)) + info
        high, low = divmod(fcs(body) ^ 0xFFFF, 0x100)
        return body + bytes((low, high))

    @classmethod
    def decode(cls, frame: bytes) -> "Ax25Frame":
        """From a frame whose check sum is right. DecodeError if it is no AX.25."""
        ends = [at for at, byte in enumerate(frame) if byte & 0x01]
        length = ends[0] + 1 if ends else 0
        count, rest = divmod(length, _ADDRESS_BYTES)
        if rest or not 2 <= count <= _ADDRESSES_MAX:
            raise DecodeError("an AX.25 frame without an address field")
        destination, source, *via = (
            _decode_address(frame[at : at + _ADDRESS_BYTES])
            for at in range(0, length, _ADDRESS_BYTES)
        )
        text = frame[length + 2 : -2].decode("latin-1")
        return cls(source, destination, text, tuple(via))

    def __str__(self) -> str:
        """As packet monitors print it."""
        return (
            f"{','.join((f'{self.source}>{self.destination}', *self.via))}:{self.text}"
        )


def fcs(data: bytes) -> int:
    """The register of the check sum after these bytes."""
    register = 0xFFFF
    for byte in data:
        register = register >> 8 ^ _FCS[(register ^ byte) & 0xFF]
    return register


def _fcs_table() -> list[int]:
    table = []
    for byte in range(0x100):
        for _ in range(8):
            byte = byte >> 1 ^ (0x8408 if byte & 1 else 0)  # CCITT, least bit first
        table.append(byte)
    return table


_FCS = _fcs_table()


def _encode_address(call: str) -> bytes:
    parts = _CALL.fullmatch(call)
    if parts is None:
        raise DecodeError(
            f"{call!r} is no call: give up to 6 of A-Z, 0-9 and -0 to -15"
        )
    ssid = int(parts[2] or 0)
    letters = bytes(ord(letter) << 1 for letter in parts[1].ljust(6))
    return letters + bytes((0x60 | ssid << 1,))


def _decode_address(field: bytes) -> str:
    letters = bytes(byte >> 1 for byte in field[:6]).decode("latin-1").rstrip()
    ssid = field[6] >> 1 & 0x0F
    return f"{letters}-{ssid}" if ssid else letters
