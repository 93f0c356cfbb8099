"""Clients, streams, rules and events as tables of a fixed number of rows."""

from collections.abc import Sequence
from typing import Final

from icom_sim.status import ClientStatus, Status
from icom_sim.tui.glyphs import Glyphs, heading
from icom_sim.tui.journal import Journal
from icom_sim.tui.network_knobs import KNOBS, value_of_knob
from icom_sim.tui.rates import Rates
from icom_sim.tui.text import Line, Look, Span, fit, told

_STREAMS: Final = {"control": "control", "civ": "CI-V", "audio": "audio"}
# What a radio counts of requests, one way and the other: datagrams that were asked
# for again, that came all the same, and that are gone for good.
_ASKED: Final = {
    "to_client": ("requests_received", "resent", "fillers_sent"),
    "to_radio": ("requests_sent", "healed", "given_up"),
}
_NAME_CELLS: Final = 8
_COLUMNS: Final = (("/s", 6), ("lost", 6), ("asked", 6), ("healed", 7), ("gone", 6))
STREAM_CELLS: Final = _NAME_CELLS + 2 * sum(width for _, width in _COLUMNS) + 1
STREAM_ROWS: Final = 2 + len(_STREAMS)
_GAP: Final = 2
_RULE_CELLS: Final = 32
_DID: Final = ("dropped", "delayed", "duplicated", "corrupted", "truncated", "rebinds")


def clients(status: Status, rows: int, width: int, glyphs: Glyphs) -> list[Line]:
    """Heading and `rows` lines. An owner, who has the streams, is marked."""
    found = sorted(status["clients"], key=lambda each: not each["owner"])
    title = [Span("Clients ", Look.TITLE), Span(str(len(found)))]
    columns = [
        max((len(each[name]) for each in found), default=0) + _GAP
        for name in ("client", "computer")
    ]
    lines = [_client(each, columns, glyphs) for each in found]
    if not lines:
        lines = [[Span("  nobody has called", Look.DIM)]]
    return [heading(title, width, glyphs), *_limited(lines, rows)]


def streams(status: Status, rates: Rates, width: int, glyphs: Glyphs) -> list[Line]:
    """Both ways of each stream, in `STREAM_ROWS` lines of `STREAM_CELLS` cells."""
    group = sum(cells for _, cells in _COLUMNS)
    title = [
        Span(f"{'Streams':<{_NAME_CELLS}}", Look.TITLE),
        Span(f"{'to clients':>{group}} {'from clients':>{group}}", Look.DIM),
    ]
    names = "".join(f"{name:>{cells}}" for name, cells in _COLUMNS)
    columns = [Span(f"{'':{_NAME_CELLS}}{names} {names}", Look.DIM)]
    lines: list[Line] = [heading(title, width, glyphs), columns]
    for stream, name in _STREAMS.items():
        lines.append(
            [
                fit(Span(f" {name}", Look.STRONG), _NAME_CELLS),
                *_way(status, rates, "to_client", stream),
                Span(" "),
                *_way(status, rates, "to_radio", stream),
            ]
        )
    return lines


def network(status: Status, rows: int, width: int, glyphs: Glyphs) -> list[Line]:
    """What loss, delay and jitter are set to, and what each rule did."""
    title = [Span("Network", Look.TITLE)]
    for knob in KNOBS:
        value = value_of_knob(status, knob)
        look = Look.WARN if value else Look.PLAIN
        title += [Span(f"  {knob.rule} "), Span(f"{value:g} {knob.unit}", look)]
    lines = [_rule(rule) for rule in status["rules"]]
    if not lines:
        lines = [[Span("  no rules: everything arrives, at once", Look.DIM)]]
    return [heading(title, width, glyphs), *_limited(lines, rows)]


def events(
    journal: Journal, rows: int, back: int, *, chatter: bool, width: int, glyphs: Glyphs
) -> list[Line]:
    """The newest lines, or those so far back."""
    title = [
        Span("Events", Look.TITLE),
        Span("" if chatter else "  without CI-V frames", Look.DIM),
        Span(f"  {back} lines back" if back else "", Look.WARN),
    ]
    part = journal.part(rows - 1, back, chatter=chatter)
    lines: list[Line] = [[told(line)] for line in part]
    return [heading(title, width, glyphs), *lines][:rows]


def _client(client: ClientStatus, columns: Sequence[int], glyphs: Glyphs) -> Line:
    owner = client["owner"]
    mark = f"{glyphs.mark} " if owner else "  "
    return [
        Span(mark, Look.GOOD),
        fit(told(client["client"], Look.STRONG), columns[0]),
        fit(told(client["computer"]), columns[1]),
        told(client["state"]),
        Span(" owner" if owner else "", Look.GOOD),
    ]


def _way(status: Status, rates: Rates, way: str, stream: str) -> Line:
    network = status["to_client"] if way == "to_client" else status["to_radio"]
    links = status["links"].get(stream, {})
    rate = rates.per_s(way, stream)
    lost = network[stream]["dropped"]
    asked, healed, gone = (links.get(name, 0) for name in _ASKED[way])
    cells = [cells for _, cells in _COLUMNS]
    texts = ("-" if rate is None else f"{rate:.1f}", *map(str, (lost, asked, healed)))
    looks = (Look.PLAIN, _bad(lost), _bad(asked), Look.GOOD if healed else Look.DIM)
    spans = [
        Span(f"{text:>{each}}", look)
        for text, look, each in zip(texts, looks, cells[:-1], strict=True)
    ]
    alarm = Look.ALARM if gone else Look.DIM
    return [*spans, Span(f"{gone:>{cells[-1]}}", alarm)]


def _bad(count: int) -> Look:
    return Look.WARN if count else Look.DIM


def _rule(rule: dict[str, object]) -> Line:
    did = [f"{name} {rule[name]}" for name in _DID if rule.get(name)]
    return [
        Span(f"{rule.get('number', ''):>5}  ", Look.DIM),
        fit(told(str(rule["rule"]), Look.STRONG), _RULE_CELLS),
        Span("  " + (", ".join(did) or "nothing yet"), Look.PLAIN if did else Look.DIM),
    ]


def _limited(lines: Sequence[Line], rows: int) -> list[Line]:
    """Exactly so many: the last tells what has no place."""
    if len(lines) > rows:
        more = [Span(f"  and {len(lines) - rows + 1} more", Look.DIM)]
        return [*lines[: rows - 1], more]
    return [*lines, *[()] * (rows - len(lines))]
