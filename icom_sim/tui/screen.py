"""The whole view as lines, for a terminal of any size; 80 by 24 shows all of it.

Every part has a fixed number of rows, and the events have the rest: nothing jumps.
"""

from dataclasses import dataclass
from typing import Final

from icom_sim.status import Status
from icom_sim.tui import tables
from icom_sim.tui.front_panel import displays, transmitter
from icom_sim.tui.glyphs import Glyphs
from icom_sim.tui.journal import Journal
from icom_sim.tui.rates import Rates
from icom_sim.tui.text import Line, Look, Span, beside, fit_line, line_width, told

# From here on there is room beside the streams, and for more rows.
WIDE_CELLS: Final = 112
TALL_ROWS: Final = 32
# A display line of 200 cells is harder to read than one of 130.
_DISPLAYS_MAX: Final = 130
_FOOTER: Final = (
    ("{arrows}", "dial"),
    ("m", "mode"),
    ("space", "PTT"),
    ("+-", "signal"),
    ("l d j n", "network"),
    ("?", "all keys"),
    ("q", "quit"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """What does not change."""

    host: str
    ports: tuple[int, int, int]
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All that the screen depends on."""

    title: Title
    status: Status
    rates: Rates
    journal: Journal
    uptime_s: float
    step_hz: int
    back: int = 0
    chatter: bool = False
    message: Span | None = None


def screen(picture: Picture, width: int, height: int, glyphs: Glyphs) -> list[Line]:
    """Exactly `height` lines of exactly `width` cells."""
    footer = _footer(picture, width, glyphs)
    lines = [
        _title(picture, width),
        *_panel(picture, width, glyphs),
        *_tables(picture, width, height, glyphs),
    ]
    room = max(0, height - len(footer) - len(lines))
    lines += tables.events(
        *(picture.journal, room, picture.back),
        chatter=picture.chatter,
        width=width,
        glyphs=glyphs,
    )
    lines += [()] * (height - len(lines))
    lines[height - len(footer) :] = footer
    return [fit_line(line, width) for line in lines[:height]]


def event_rows(picture: Picture, width: int, height: int, glyphs: Glyphs) -> int:
    """How many events can be seen at once."""
    above = 1 + len(_panel(picture, width, glyphs))
    above += len(_tables(picture, width, height, glyphs))
    return max(1, height - above - 2)


def _title(picture: Picture, width: int) -> Line:
    title = picture.title
    names = ("control ", " CI-V ", " audio ") if width >= WIDE_CELLS else ("", " ", " ")
    ports = "".join(f"{a}{b}" for a, b in zip(names, title.ports, strict=True))
    left = [
        Span(f" {picture.status['model']} ", Look.TITLE),
        Span(f" {title.host}", Look.STRONG),
        Span(f"  {ports}  "),
        Span(f"seed {title.seed}", Look.DIM),
    ]
    minutes, seconds = divmod(int(picture.uptime_s), 60)
    up = f" up {minutes // 60}:{minutes % 60:02}:{seconds:02} "
    return [*fit_line(left, width - len(up)), Span(up)]


def _panel(picture: Picture, width: int, glyphs: Glyphs) -> list[Line]:
    wide = min(width, _DISPLAYS_MAX)
    return [
        *displays(picture.status, picture.step_hz, wide, glyphs),
        transmitter(picture.status, wide, glyphs),
    ]


def _tables(picture: Picture, width: int, height: int, glyphs: Glyphs) -> list[Line]:
    status, tall = picture.status, height >= TALL_ROWS
    gap: list[Line] = [()] if tall else []
    rules = 6 if tall else 2
    network = tables.network(status, rules, width, glyphs)
    if width >= WIDE_CELLS:
        widths = (tables.STREAM_CELLS + 2, width - tables.STREAM_CELLS - 2)
        streams = tables.streams(status, picture.rates, widths[0] - 2, glyphs)
        rows = tables.STREAM_ROWS - 1
        clients = tables.clients(status, rows, widths[1], glyphs)
        return [*gap, *beside(streams, clients, widths), *gap, *network, *gap]
    streams = tables.streams(status, picture.rates, width, glyphs)
    clients = tables.clients(status, 5 if tall else 2, width, glyphs)
    return [*gap, *clients, *gap, *streams, *gap, *network, *gap]


def _footer(picture: Picture, width: int, glyphs: Glyphs) -> list[Line]:
    """A message takes the place of the keys, in two lines if one is too short."""
    if picture.message is not None:
        message = told(" " + picture.message.text, picture.message.look)
        if line_width([message]) <= width:
            return [[message]]
        at = message.text.rfind(" ", 1, width) + 1 or width
        first, second = message.text[:at], " " + message.text[at:]
        return [[Span(each, message.look)] for each in (first, second)]
    line: list[Span] = []
    for keys, text in _FOOTER:
        shown = keys.format(arrows=glyphs.arrows)
        line += [Span(f" {shown}", Look.KEY), Span(f" {text} ", Look.DIM)]
    return [line]
