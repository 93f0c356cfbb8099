"""What lines, bars and big digits are made of: for UTF-8, and for plain ASCII."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from icom_sim.tui.text import Line, Look, Span

DIGIT_ROWS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """`corners` are top left, top right, bottom left, bottom right."""

    rule: str
    side: str
    corners: tuple[str, str, str, str]
    full: str
    empty: str
    mark: str
    arrows: str
    digits: Mapping[str, tuple[str, str, str]]


UNICODE: Final = Glyphs(
    rule="─",
    side="│",
    corners=("╭", "╮", "╰", "╯"),
    full="█",
    empty="░",
    mark="●",
    arrows="↑↓←→",
    digits={
        "0": ("╭─╮", "│ │", "╰─╯"),
        "1": (" ╷ ", " │ ", " ╵ "),
        "2": ("╶─╮", "╭─╯", "╰─╴"),
        "3": ("╶─╮", " ─┤", "╶─╯"),
        "4": ("╷ ╷", "╰─┤", "  ╵"),
        "5": ("╭─╴", "╰─╮", "╶─╯"),
        "6": ("╭─╴", "├─╮", "╰─╯"),
        "7": ("╶─╮", "  │", "  ╵"),
        "8": ("╭─╮", "├─┤", "╰─╯"),
        "9": ("╭─╮", "╰─┤", "╶─╯"),
        ".": (" ", " ", "."),
    },
)

ASCII: Final = Glyphs(
    rule="-",
    side="|",
    corners=("+", "+", "+", "+"),
    full="#",
    empty=".",
    mark="*",
    arrows="arrows",
    digits={
        "0": (" _ ", "| |", "|_|"),
        "1": ("   ", "  |", "  |"),
        "2": (" _ ", " _|", "|_ "),
        "3": (" _ ", " _|", " _|"),
        "4": ("   ", "|_|", "  |"),
        "5": (" _ ", "|_ ", " _|"),
        "6": (" _ ", "|_ ", "|_|"),
        "7": (" _ ", "  |", "  |"),
        "8": (" _ ", "|_|", "|_|"),
        "9": (" _ ", "|_|", " _|"),
        ".": (" ", " ", "."),
    },
)


def big(text: str, glyphs: Glyphs, look: Look) -> list[Line]:
    """Digits and dots, three rows high."""
    return [
        [Span("".join(glyphs.digits[char][row] for char in text), look)]
        for row in range(DIGIT_ROWS)
    ]


def bar(fraction: float, width: int, glyphs: Glyphs, look: Look) -> Line:
    """Filled from the left; a little is seen as a little."""
    fraction = min(1.0, max(0.0, fraction))
    full = round(fraction * width) or (fraction > 0)
    return (
        Span(glyphs.full * full, look),
        Span(glyphs.empty * (width - full), Look.DIM),
    )


def heading(title: Line, width: int, glyphs: Glyphs) -> Line:
    """A title with a rule behind it."""
    used = sum(len(span.text) for span in title)
    rule = Span(" " + glyphs.rule * max(0, width - used - 1), Look.DIM)
    return (*title, rule)


def box(
    title: Line, inside: list[Line], width: int, glyphs: Glyphs, look: Look
) -> list[Line]:
    """Lines in a frame with a title on it. The lines must be `width - 2` wide."""
    top_left, top_right, bottom_left, bottom_right = glyphs.corners
    rest = width - 4 - sum(len(span.text) for span in title)
    side = Span(glyphs.side, look)
    return [
        [
            Span(top_left + glyphs.rule, look),
            *title,
            Span(glyphs.rule * rest + glyphs.rule + top_right, look),
        ],
        *([side, *line, side] for line in inside),
        [Span(bottom_left + glyphs.rule * (width - 2) + bottom_right, look)],
    ]
