"""HDLC on a wire of levels: flags, bit stuffing, and NRZI (AX.25 2.2, section 3)."""

from collections.abc import Iterable, Iterator

from icom_sim.afsk.frames import FCS_GOOD, fcs

FLAG = 0x7E
# Two addresses, a control byte and the check sum; and ten addresses, control, PID, 256
# bytes of text and the check sum, with as much again for those who send more.
FRAME_BYTES_MIN, FRAME_BYTES_MAX = 17, 1024
_FLAG_BITS = 7  # of the flag that ends a frame, already among its bits


class HdlcReceiver:
    """Levels in, one a bit; frames out whose check sum is right, check sum and all."""

    def __init__(self) -> None:
        self._level = False
        self._ones = 0
        self._bits: list[int] | None = None  # since the last flag

    def feed(self, level: bool) -> bytes | None:
        """A change is a 0, no change a 1. Tells the frame that this bit ends."""
        bit, self._level = level == self._level, level
        if bit:
            self._ones += 1
            if self._ones > 6:  # an abort, or noise
                self._bits = None
        else:
            ones, self._ones = self._ones, 0
            if ones == 5:  # stuffed
                return None
            if ones == 6:  # a flag
                bits, self._bits = self._bits, []
                return _frame(bits) if bits else None
        if self._bits is not None:
            self._bits.append(bit)
            if len(self._bits) > 8 * FRAME_BYTES_MAX + _FLAG_BITS:
                self._bits = None
        return None


def _frame(bits: list[int]) -> bytes | None:
    count, rest = divmod(len(bits) - _FLAG_BITS, 8)
    if rest or count < FRAME_BYTES_MIN:
        return None
    text = "".join("01"[bit] for bit in bits)
    frame = bytes(
        int(text[at + 7 : at - 1 if at else None : -1], 2)
        for at in range(0, 8 * count, 8)
    )
    return frame if fcs(frame) == FCS_GOOD else None


def levels_of(
    frames: Iterable[bytes], flags_before: int, flags_after: int
) -> Iterator[bool]:
    """Levels, one a bit: flags, the frames with two flags between, flags."""
    level = False
    for bit in _bits(frames, flags_before, flags_after):
        if not bit:
            level = not level
        yield level


def _bits(
    frames: Iterable[bytes], flags_before: int, flags_after: int
) -> Iterator[int]:
    yield from _bits_of(bytes([FLAG]) * flags_before)
    for frame in frames:
        ones = 0
        for bit in _bits_of(frame):
            yield bit
            ones = ones + 1 if bit else 0
            if ones == 5:
                yield 0
                ones = 0
        yield from _bits_of(bytes([FLAG]) * 2)
    yield from _bits_of(bytes([FLAG]) * flags_after)


def _bits_of(data: bytes) -> Iterator[int]:
    for byte in data:
        for place in range(8):
            yield byte >> place & 1
