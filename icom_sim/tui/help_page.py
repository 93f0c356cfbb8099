"""The page of all keys, as lines."""

from collections.abc import Sequence
from typing import Final

from icom_sim.tui.glyphs import Glyphs
from icom_sim.tui.keys import HELP
from icom_sim.tui.overlay import framed
from icom_sim.tui.text import Line, Look, Span, beside, fit

_KEY_CELLS: Final = 11
_COLUMN_CELLS: Final = 37


def help_page(width: int, height: int, glyphs: Glyphs) -> list[Line]:
    """Two columns, which 80 by 24 has room for."""
    sections = [_section(name, rows) for name, rows in HELP]
    left = [*sections[0], (), *sections[2]]
    right = [*sections[1], (), *sections[3]]
    lines = beside(left, right, (_COLUMN_CELLS, _COLUMN_CELLS))
    return framed("Keys", lines, "any key goes back", (width, height), glyphs)


def _section(name: str, rows: Sequence[tuple[str, str]]) -> list[Line]:
    lines: list[Line] = [[Span(name, Look.TITLE)]]
    for keys, text in rows:
        shown = keys.replace("pageup", "pgup").replace("pagedown", "pgdn")
        lines.append([Span(" "), fit(Span(shown, Look.KEY), _KEY_CELLS), Span(text)])
    return lines
