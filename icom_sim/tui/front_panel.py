"""The front panel: a display for each receiver, and what the transmitter does."""

from typing import Final

from icom_sim.rig.models import RigModel
from icom_sim.status import ReceiverStatus, RigStatus, Status
from icom_sim.tui import readings
from icom_sim.tui.glyphs import DIGIT_ROWS, Glyphs, bar, big, box
from icom_sim.tui.text import Line, Look, Span, fit_line, line_width

DISPLAY_ROWS: Final = DIGIT_ROWS + 4
_S_TEXT_CELLS: Final = 10
_BAR_MAX: Final = 60


def displays(status: Status, step_hz: int, width: int, glyphs: Glyphs) -> list[Line]:
    """All receivers side by side, exactly `width` wide."""
    rig = status["rig"]
    count = len(rig["receivers"])
    widths = [width // count + (at < width % count) for at in range(count)]
    drawn = [
        _display(status, at, step_hz, each, glyphs) for at, each in enumerate(widths)
    ]
    return [[span for line in row for span in line] for row in zip(*drawn, strict=True)]


def transmitter(status: Status, width: int, glyphs: Glyphs) -> Line:
    """One line: the lamp, split, power, and the meters while it transmits."""
    rig, model = status["rig"], readings.model_of(status)
    if rig["power"] != "on":
        return [Span(f" {rig['power'].upper()} ", Look.WARN)]
    split = ("split on ", Look.WARN) if rig["split"] else ("split off", Look.DIM)
    before = [
        Span(" TX " if rig["transmitting"] else " RX ", _lamp(rig)),
        Span("  on  "),
        Span(*split),
        Span("  "),
    ]
    if not model.transmit:
        return [*before, Span("a receiver: it has no transmitter", Look.DIM)]
    return [*before, *_tx_meters(model, rig, width - line_width(before), glyphs)]


def _display(
    status: Status, at: int, step_hz: int, width: int, glyphs: Glyphs
) -> list[Line]:
    rig = status["rig"]
    receiver = rig["receivers"][at]
    is_selected = at == rig["selected"]
    inside = width - 2
    if rig["power"] == "on":
        lines = [
            *big(_digits(receiver["frequency_hz"]), glyphs, _digit_look(rig, at)),
            _mode_line(receiver, step_hz if is_selected else None, inside - 1),
            _s_line(status, at, inside - 1, glyphs),
        ]
        lines = [[Span(" "), *line] for line in lines]
    else:  # the display of a radio that is off is dark
        lines = [[], [_middle(rig["power"], inside)], [], [], []]
    look = Look.PLAIN if is_selected else Look.DIM
    title = [Span(f" {_name(status, at)} ", Look.TITLE if is_selected else Look.DIM)]
    fitted: list[Line] = [fit_line(line, inside) for line in lines]
    return box(title, fitted, width, glyphs, look)


def _name(status: Status, at: int) -> str:
    if len(status["rig"]["receivers"]) == 1:
        return status["model"]
    return ("MAIN", "SUB")[at]


def _digits(hz: int) -> str:
    """As on the display: 14.074.000."""
    return f"{hz:,}".replace(",", ".")


def _digit_look(rig: RigStatus, at: int) -> Look:
    if at != rig["selected"]:
        return Look.PLAIN
    return Look.ALARM if rig["transmitting"] else Look.STRONG


def _mode_line(receiver: ReceiverStatus, step_hz: int | None, width: int) -> Line:
    data = f"DATA{receiver['data']}" if receiver["data"] else ""
    left = [
        Span(f"{receiver['mode'].replace('_', '-'):<7}", Look.STRONG),
        Span(f"FIL{receiver['filter']}  "),
        Span(data, Look.GOOD),
    ]
    if step_hz is None:
        return left
    right = f"step {step_text(step_hz)} "
    return [*fit_line(left, width - len(right)), Span(right, Look.DIM)]


def step_text(step_hz: int) -> str:
    for unit, hz in (("MHz", 1_000_000), ("kHz", 1000)):
        if step_hz >= hz:
            return f"{step_hz // hz} {unit}"
    return f"{step_hz} Hz"


def _s_line(status: Status, at: int, width: int, glyphs: Glyphs) -> Line:
    rig = status["rig"]
    cells = min(_BAR_MAX, width - _S_TEXT_CELLS - 3)
    if rig["transmitting"] and at == rig["selected"]:  # it cannot hear itself
        return [Span("S ", Look.DIM), *bar(0, cells, glyphs, Look.DIM)]
    db = readings.db_over_s9(readings.model_of(status), rig["receivers"][at])
    look = Look.WARN if db > 0 else Look.GOOD
    return [
        Span("S "),
        *bar(readings.s_fraction(db), cells, glyphs, look),
        Span(f" {readings.s_units(db)}", Look.STRONG),
    ]


def _lamp(rig: RigStatus) -> Look:
    return Look.LAMP if rig["transmitting"] else Look.GOOD


def _tx_meters(model: RigModel, rig: RigStatus, width: int, glyphs: Glyphs) -> Line:
    sends = rig["transmitting"]
    rows = (
        ("Po", readings.power_part(rig), f"{readings.power_w(model, rig):.0f} W"),
        ("SWR", readings.swr_fraction(rig), f"{readings.swr(rig):.1f}"),
        (
            "ALC",
            readings.alc_fraction(rig),
            f"{100 * readings.alc_fraction(rig):.0f} %",
        ),
    )
    each = width // len(rows)
    line: list[Span] = []
    for name, fraction, reading in rows:
        cells = max(4, min(20, each - len(name) - 8))
        look = Look.WARN if name == "Po" else Look.GOOD
        meter = [
            Span(f"{name} ", Look.PLAIN if sends else Look.DIM),
            *bar(fraction, cells, glyphs, look),
            Span(f" {reading:<5} " if sends else " " * 7, Look.STRONG),
        ]
        line += fit_line(meter, len(name) + cells + 8)
    return line


def _middle(word: str, width: int) -> Span:
    return Span(word.upper().center(width), Look.DIM)
