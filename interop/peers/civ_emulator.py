"""A small CI-V radio on a pseudo-terminal: the rig behind wfserver.

    python -m interop.peers.civ_emulator 0x98

It prints the terminal's name, then each frame and its answer, until it is ended. One
write per frame, so that the server on the other side sees one frame at a time.
"""

import contextlib
import os
import pty
import select
import sys
import tty

PREAMBLE, END, ACCEPTED, REFUSED = b"\xfe\xfe", b"\xfd", b"\xfb", b"\xfa"
# wfserver takes a port that was silent for 2 s for broken: it opens it anew at the next
# command, which is lost. So the dial is "turned" more often than that.
SILENCE_S = 1.0
HALF_SCALE = b"\x01\x28"


def bcd_frequency(hertz: int) -> bytes:
    """Ten decimal digits, two to a byte, the lowest pair first."""
    return bytes.fromhex(f"{hertz:010d}")[::-1]


def frequency_from(bcd: bytes) -> int:
    """The inverse of `bcd_frequency`."""
    return int(bcd[::-1].hex())


class Rig:
    """Frequency, mode and PTT; every other read of one value answers half scale."""

    def __init__(self, address: int) -> None:
        self.address = address
        self.frequency_hz = 14_074_000
        self.mode = b"\x01\x01"
        self.ptt = b"\x00"

    def answer(self, frame: bytes) -> bytes:
        """The answer to one frame; empty if it is for somebody else."""
        if len(frame) < 6 or frame[2] != self.address:
            return b""
        body = self._body(frame[4:-1])
        return PREAMBLE + bytes((frame[3], self.address)) + body + END

    def dial_frame(self) -> bytes:
        """What a radio sends to all when its dial is turned."""
        body = b"\x00" + bcd_frequency(self.frequency_hz)
        return PREAMBLE + bytes((0x00, self.address)) + body + END

    def _body(self, order: bytes) -> bytes:
        match order[0], order[1:]:
            case 0x03, b"":
                return order + bcd_frequency(self.frequency_hz)
            case 0x05, frequency if len(frequency) == 5:
                self.frequency_hz = frequency_from(frequency)
            case 0x25, b"\x00":
                return order + bcd_frequency(self.frequency_hz)
            case 0x25, selected if len(selected) == 6 and selected[0] == 0:
                self.frequency_hz = frequency_from(selected[1:])
            case 0x04, b"":
                return order + self.mode
            case 0x06, mode if len(mode) in (1, 2):
                self.mode = mode.ljust(2, b"\x01")
            case 0x26, b"\x00":
                return order + self.mode[:1] + b"\x00" + self.mode[1:]
            case 0x1C, b"\x00":
                return order + self.ptt
            case 0x1C, ptt if len(ptt) == 2 and ptt[0] == 0:
                self.ptt = ptt[1:]
            case 0x19, b"\x00":
                return order + bytes((self.address,))
            case ((0x14 | 0x15), level) if len(level) == 1:
                return order + HALF_SCALE
            case _:
                return REFUSED
        return ACCEPTED


def serve(rig: Rig) -> None:
    """Answer on a new terminal for ever."""
    near, far = pty.openpty()
    tty.setraw(near)
    tty.setraw(far)
    print(os.ttyname(far), flush=True)
    pending = b""
    while True:
        if not select.select([near], [], [], SILENCE_S)[0]:
            os.write(near, rig.dial_frame())
            continue
        pending += os.read(near, 4096)
        while END in pending:
            frame, _, pending = pending.partition(END)
            start = max(0, frame.rfind(PREAMBLE))
            answer = rig.answer(frame[start:] + END)
            print(frame.hex(), "->", answer.hex() or "nothing", flush=True)
            if answer:
                os.write(near, answer)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        serve(Rig(int(sys.argv[1], 0)))
