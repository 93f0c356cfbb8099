"""A scan: which one runs, and how it is set. It moves no dial (spec CIV.md 3.2).

It stops when the radio transmits or is switched off.
"""

from dataclasses import dataclass

STOP = 0x00
RESUME_OFF, RESUME_ON = 0xD0, 0xD3
SPANS = tuple(range(0xA1, 0xA8))
SELECT_MARKS = (0xB0, 0xB1, 0xB2)
# guess: +/- 10 kHz.
_SPAN = 0xA2


@dataclass(slots=True)
class Scan:
    """`kind` is the code of 0E that started it, None while nothing is scanned."""

    kind: int | None = None
    span: int = _SPAN
    resume: bool = True

    def obey(self, code: int) -> None:
        """A code that the model has."""
        match code:
            case _ if code in SPANS:
                self.span = code
            case _ if code in SELECT_MARKS:
                pass  # the marks of a memory channel, which its contents hold
            case 0xD0 | 0xD3:
                self.resume = code == RESUME_ON
            case _:
                self.kind = None if code == STOP else code

    def stop(self) -> None:
        self.kind = None
