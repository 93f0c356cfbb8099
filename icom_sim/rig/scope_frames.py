"""One sweep of the scope as the bodies of CI-V frames (spec CIV.md 5.2 to 5.4)."""

from dataclasses import dataclass

from icom_proto.civ_values import SIX_BYTES_FROM_HZ, encode_bcd
from icom_sim.rig.scope_settings import ScopeMode

_WAVEFORM = b"\x27\x00"
_PIXELS_PER_DIVISION = 50
_FREQUENCY_SIZE = 5
# In place of the digit for 1 GHz: the lower edge lies below zero.
_NEGATIVE = 0xF0


@dataclass(frozen=True, slots=True)
class Sweep:
    """What the display showed, from `low_hz` to `high_hz`; no pixels if out of range.

    `header` holds the two frequencies of the frame: in center mode the middle and half
    of the span, else the edges.
    """

    scope: int
    mode: ScopeMode
    header: tuple[int, int]
    pixels: bytes | None


def single_frame(sweep: Sweep) -> bytes:
    """As the network gets it: division 1 of 1, pixels included."""
    return _division(sweep, 1, 1) + _header(sweep) + (sweep.pixels or b"")


def divided_frames(sweep: Sweep) -> list[bytes]:
    """As a serial port gets it: a header, then pixels in pieces of 50.

    guess: a sweep without pixels is its header, and the only division.
    """
    pixels = sweep.pixels or b""
    pieces = [
        pixels[start : start + _PIXELS_PER_DIVISION]
        for start in range(0, len(pixels), _PIXELS_PER_DIVISION)
    ]
    count = 1 + len(pieces)
    first = _division(sweep, 1, count) + _header(sweep)
    return [
        first,
        *(
            _division(sweep, number, count) + piece
            for number, piece in enumerate(pieces, start=2)
        ),
    ]


def _division(sweep: Sweep, number: int, count: int) -> bytes:
    place = encode_bcd(number, 1) + encode_bcd(count, 1)
    return _WAVEFORM + bytes((sweep.scope,)) + place


def _header(sweep: Sweep) -> bytes:
    first, second = sweep.header
    size = _FREQUENCY_SIZE + (max(first, second) >= SIX_BYTES_FROM_HZ)
    return (
        bytes((sweep.mode,))
        + _edge(first, size)
        + _edge(second, size)
        + bytes((sweep.pixels is None,))
    )


def _edge(hz: int, size: int) -> bytes:
    digits = bytearray(encode_bcd(abs(hz), size)[::-1])
    if hz < 0:
        digits[-1] |= _NEGATIVE
    return bytes(digits)
