"""What takes the place of the screen for a while: a frame in its middle."""

from collections.abc import Sequence

from icom_sim.tui.glyphs import Glyphs, box
from icom_sim.tui.text import Line, Look, Span, fit_line, line_width


def framed(
    title: str,
    lines: Sequence[Line],
    below: str,
    size: tuple[int, int],
    glyphs: Glyphs,
) -> list[Line]:
    """Exactly as big as `size`, or the upper left of it where that is too small."""
    width, height = size
    inside = max(len(title), len(below), *map(line_width, lines)) + 2
    body = [
        (),
        *lines,
        (),
        [Span(below, Look.DIM)],
    ]
    padded: list[Line] = [fit_line([Span(" "), *line], inside) for line in body]
    heading = [Span(f" {title} ", Look.TITLE)]
    frame = box(heading, padded, inside + 2, glyphs, Look.PLAIN)
    left = Span(" " * max(0, (width - inside - 2) // 2))
    above: list[Line] = [()] * max(0, (height - len(frame)) // 2)
    placed: list[Line] = [*above, *([left, *line] for line in frame)]
    placed += [()] * (height - len(placed))
    return [fit_line(line, width) for line in placed[:height]]
