"""`icom-sim decode --plot`: a capture as one picture.

matplotlib is asked for here and nowhere else: `pip install icom-lan-kit[plot]`.
"""

import importlib
import math
from io import BytesIO
from typing import Any

from icom_proto.codes import Role, Stream
from icom_sim.captures.timeline import Bins, Timeline

_COLOURS = {Role.CLIENT: "#c05a00", Role.RADIO: "#1f5fa8"}
_LOST, _RESENT, _KEYED = "#d00000", "#2a9d3a", "#f3c9c9"
_STREAM_COLOURS = {
    Stream.CONTROL: "#666666",
    Stream.CIV: "#8a4fbf",
    Stream.AUDIO: "#1f9d8a",
}
_NAMES = {Stream.CONTROL: "control", Stream.CIV: "CI-V", Stream.AUDIO: "audio"}
# Raw values of the S-meter and what is printed beside them on the front (CIV.md 3.8).
_S_UNITS = {0: "S0", 60: "S4½", 120: "S9", 160: "+20", 200: "+40", 241: "+60"}
# Above the curves, as a share of the height: lost, and sent again.
_MARK_HEIGHTS = {Role.CLIENT: (0.955, 0.885), Role.RADIO: (0.92, 0.85)}
_LEAST_MS, _HOLE_S = 0.1, 1.0
_SIZE_INCHES, _DPI = (14.0, 11.0), 110


class PlotError(Exception):
    """There can be no picture: one line with the reason."""


def draw(timeline: Timeline, title: str) -> bytes:
    """The picture as PNG."""
    try:
        figures: Any = importlib.import_module("matplotlib.figure")
        agg: Any = importlib.import_module("matplotlib.backends.backend_agg")
    except ImportError as error:
        raise PlotError(
            "a plot needs matplotlib: pip install 'icom-lan-kit[plot]'"
        ) from error
    figure = figures.Figure(figsize=_SIZE_INCHES, layout="constrained")
    agg.FigureCanvasAgg(figure)
    rows = figure.subplots(5, 1, sharex=True, height_ratios=(2, 2, 2, 1.6, 1.3))
    for stream, axes in zip(Stream, rows, strict=False):
        _draw_stream(axes, timeline, stream)
    _draw_times(rows[3], timeline)
    _draw_meter(rows[4], timeline)
    for axes in rows:
        _draw_marks(axes, timeline)
    rows[0].set_title(title, loc="left", fontsize=12)
    rows[-1].set_xlabel("seconds since the first datagram")
    rows[-1].set_xlim(0, max(timeline.until, 0.01))
    picture = BytesIO()
    figure.savefig(picture, format="png", dpi=_DPI)
    return picture.getvalue()


def _draw_stream(axes: Any, timeline: Timeline, stream: Stream) -> None:  # noqa: ANN401
    """Datagrams a second of both sides; losses hang from the top, resends below."""
    for role in Role:
        at, rates = timeline.traffic[stream, role].rates(timeline.until)
        colour = _COLOURS[role]
        axes.step(
            at, rates, where="mid", color=colour, lw=1.1, label=f"from {role.value}"
        )
    axes.set_ylim(0, max(axes.get_ylim()[1], 1) * 1.35)
    for role, heights in _MARK_HEIGHTS.items():
        lost, resent = timeline.lost[stream, role], timeline.resent[stream, role]
        _mark(axes, lost, "x", heights[0], _LOST, f"lost, from {role.value}")
        _mark(axes, resent, "^", heights[1], _RESENT, f"sent again, by {role.value}")
    axes.set_ylabel(f"{_NAMES[stream]}\ndatagrams/s")
    _legend(axes)


def _mark(
    axes: Any,  # noqa: ANN401
    bins: Bins,
    mark: str,
    height: float,
    colour: str,
    what: str,
) -> None:
    at, counts = bins.points()
    if at:
        axes.scatter(
            at,
            [height] * len(at),
            s=26,
            marker=mark,
            color=colour,
            lw=1.2,
            transform=axes.get_xaxis_transform(),
            label=f"{what}: {sum(counts):.0f}",
        )


def _draw_times(axes: Any, timeline: Timeline) -> None:  # noqa: ANN401
    for stream, bins in timeline.round_trip.items():
        at, longest = bins.points()
        if at:
            axes.plot(
                at,
                [max(each, _LEAST_MS) for each in longest],
                ".",
                ms=4,
                color=_STREAM_COLOURS[stream],
                label=f"ping, {_NAMES[stream]}",
            )
    for role, bins in timeline.off.items():
        at, longest = _broken(*bins.points())
        if at:
            label = f"jitter, {role.value}"
            axes.plot(at, longest, lw=0.9, color=_COLOURS[role], label=label)
    # Pings take less than one, jitter hundreds.
    axes.set_yscale("log")
    axes.set_ylim(bottom=_LEAST_MS)
    axes.set_ylabel("ms\n(longest)")
    _legend(axes)


def _broken(at: list[float], values: list[float]) -> tuple[list[float], list[float]]:
    """A curve with holes where there was nothing for a while."""
    places: list[float] = []
    shown: list[float] = []
    for here, value in zip(at, values, strict=True):
        if places and here - places[-1] > _HOLE_S:
            places.append(here)
            shown.append(math.nan)
        places.append(here)
        shown.append(max(value, _LEAST_MS))
    return places, shown


def _draw_meter(axes: Any, timeline: Timeline) -> None:  # noqa: ANN401
    at, raw = timeline.s_meter.points()
    if at:
        axes.step(at, raw, where="post", color="#333333", lw=1.2, label="S-meter")
    axes.set_ylim(0, 255)
    axes.set_yticks(list(_S_UNITS), list(_S_UNITS.values()))
    axes.set_ylabel("S-meter, PTT")
    keyed = _keyed_spans(timeline)
    for number, (start, end) in enumerate(keyed):
        axes.axvspan(
            start, end, color="#e07070", alpha=0.6, label="" if number else "PTT on"
        )
    if at or keyed:
        _legend(axes)
    else:
        nothing = "never asked for"
        axes.text(0.5, 0.5, nothing, color="grey", transform=axes.transAxes)


def _draw_marks(axes: Any, timeline: Timeline) -> None:  # noqa: ANN401
    """Where sessions begin, and when the transmitter is keyed."""
    axes.grid(visible=True, axis="both", color="#dddddd", lw=0.6)
    axes.set_axisbelow(True)
    for start, end in _keyed_spans(timeline):
        axes.axvspan(start, end, color=_KEYED, alpha=0.45, zorder=0)
    if len(timeline.sessions) > 1:
        for at, number in timeline.sessions:
            axes.axvline(at, color="#999999", lw=0.9, ls="--", zorder=0)
            if len(timeline.sessions) <= 20:
                axes.text(
                    at,
                    0.03,
                    f" {number}",
                    color="#777777",
                    fontsize=8,
                    transform=axes.get_xaxis_transform(),
                )


def _keyed_spans(timeline: Timeline) -> list[tuple[float, float]]:
    spans = []
    start: float | None = None
    for at, on in timeline.keyed:
        if on:
            start = at
        elif start is not None:
            spans.append((start, at))
            start = None
    if start is not None:
        spans.append((start, timeline.until))
    return spans


def _legend(axes: Any) -> None:  # noqa: ANN401
    if axes.get_legend_handles_labels()[0]:
        axes.legend(
            loc="center left", bbox_to_anchor=(1.005, 0.5), fontsize=8, frameon=False
        )
