"""Lines of text with looks, cut and padded to cells of a terminal.

Names come from the network: whatever stands in a `Span` made by `told` obeys nothing
and is as wide as it seems. Nothing here is markup.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias


class Look(Enum):
    """What a piece of text means; how that looks is the terminal's business."""

    PLAIN = auto()
    DIM = auto()
    STRONG = auto()
    TITLE = auto()
    KEY = auto()
    GOOD = auto()
    WARN = auto()
    ALARM = auto()
    LAMP = auto()  # seen from across the room, without colours too


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line."""

    text: str
    look: Look = Look.PLAIN


Line: TypeAlias = Sequence[Span]

_WIDE = ("W", "F")
_COMBINING = ("Mn", "Me", "Mc")


def told(text: str, look: Look = Look.PLAIN) -> Span:
    """What somebody else wrote: without control and combining characters."""
    return Span("".join(map(_harmless, text)), look)


def _harmless(char: str) -> str:
    harmless = char.isprintable() and unicodedata.category(char) not in _COMBINING
    return char if harmless else "?"


def width_of(text: str) -> int:
    """In cells: signs of east Asia take two."""
    if text.isascii():
        return len(text)
    return sum(1 + (unicodedata.east_asian_width(char) in _WIDE) for char in text)


def line_width(line: Line) -> int:
    return sum(width_of(span.text) for span in line)


def fit(span: Span, width: int) -> Span:
    """Exactly so wide."""
    return Span(_fitted(span.text, width), span.look)


def fit_line(line: Line, width: int) -> list[Span]:
    """Exactly so wide: padded behind, or cut, which an ellipsis tells."""
    fitted: list[Span] = []
    left = width
    for at, span in enumerate(line):
        wide = width_of(span.text)
        if wide > left or (wide == left and line_width(line[at + 1 :])):
            fitted.append(Span(_fitted(span.text + "  ", left), span.look))
            return fitted
        fitted.append(span)
        left -= wide
    if left:
        fitted.append(Span(" " * left))
    return fitted


def beside(
    left: Sequence[Line], right: Sequence[Line], widths: tuple[int, int]
) -> list[Line]:
    """Two blocks next to each other, as high as the higher one."""
    rows = max(len(left), len(right))
    blocks = [[*block, *[()] * (rows - len(block))] for block in (left, right)]
    return [
        [*fit_line(one, widths[0]), *fit_line(other, widths[1])]
        for one, other in zip(*blocks, strict=True)
    ]


def plain(line: Line) -> str:
    """Without looks."""
    return "".join(span.text for span in line)


def _fitted(text: str, width: int) -> str:
    wide = width_of(text)
    if wide <= width:
        return text + " " * (width - wide)
    kept, left = "", width - 1
    for char in text:
        left -= width_of(char)
        if left < 0:
            break
        kept += char
    return (kept + "~" * (width > 0)).ljust(width - _extra(kept))


def _extra(text: str) -> int:
    return width_of(text) - len(text)
