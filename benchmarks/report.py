"""What a row found, figures and claims with targets: as text, Markdown and JSON."""

import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.rounds import Summary


@dataclass(frozen=True)
class Measured:
    """One contender's figure."""

    contender: str
    unit: str
    summary: Summary


@dataclass(frozen=True)
class Claim:
    """A value, the target it is held against, and on which side of it is good."""

    what: str
    value: Summary
    target: float
    more_is_better: bool
    unit: str

    @property
    def verdict(self) -> str:
        """PASS or MISS, by the median."""
        value, target = self.value.median, self.target
        good = value >= target if self.more_is_better else value <= target
        return "PASS" if good else "MISS"

    @property
    def measured_text(self) -> str:
        """The value, with its extremes if it came from rounds."""
        return spread(self.value, self.unit)

    @property
    def target_text(self) -> str:
        """The target with its sign."""
        sign = ">=" if self.more_is_better else "<="
        return f"{sign} {quantity(self.target, self.unit)}"


@dataclass(frozen=True)
class Table:
    """Figures that no claim is made of."""

    head: list[str]
    rows: list[list[str]]


@dataclass
class Report:
    """One row: its figures in the order they are to be read."""

    row: str
    title: str
    measured: list[Measured] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    table: Table | None = None

    def at_least(
        self, what: str, value: Summary, target: float, unit: str = "x"
    ) -> None:
        """Claim that it is no less than the target; more is better."""
        self.claims.append(Claim(what, value, target, True, unit))

    def at_most(
        self, what: str, value: Summary, target: float, unit: str = "x"
    ) -> None:
        """Claim that it is no more than the target; less is better."""
        self.claims.append(Claim(what, value, target, False, unit))


def quantity(value: float, unit: str) -> str:
    """A number with its unit, in about four digits."""
    digits = 3 if abs(value) < 1 else 2 if abs(value) < 10 else 1
    if unit.endswith("%"):
        digits = 3
    if abs(value) >= 1000 or value == 0:
        digits = 0
    separator = "" if unit in {"x", "%"} else " "
    return f"{value:,.{digits}f}{separator}{unit}"


def spread(summary: Summary, unit: str) -> str:
    """Median [min .. max], n."""
    if summary.n == 1:
        return quantity(summary.median, unit)
    low, high = quantity(summary.low, ""), quantity(summary.high, "")
    return (
        f"{quantity(summary.median, unit)} "
        f"[{low.strip()} .. {high.strip()}], n = {summary.n}"
    )


def as_text(report: Report) -> str:
    """One row for the terminal."""
    lines = [f"({report.row}) {report.title}"]
    lines += [
        f"    {one.contender:<34} {spread(one.summary, one.unit)}"
        for one in report.measured
    ]
    lines += [
        f"  {claim.verdict}  {claim.what}: {claim.measured_text}"
        f"  (target {claim.target_text})"
        for claim in report.claims
    ]
    if report.table is not None:
        head, rows = report.table.head, report.table.rows
        lines += [
            "    " + "".join(f"{cell:>24}" for cell in row) for row in [head, *rows]
        ]
    lines += [f"    note: {note}" for note in report.notes]
    return "\n".join(lines)


def as_markdown(reports: Sequence[Report], command: str) -> str:
    """All rows: the claims first, then the figures behind them."""
    lines = ["# Results of the last run", "", f"`{command}`, {conditions()['python']},"]
    lines += [f"{conditions()['machine']}. How to read it: ../README.md.", ""]
    lines += _markdown_table(
        ["row", "claim", "measured", "target", ""],
        [
            [one.row, claim.what, claim.measured_text, claim.target_text, claim.verdict]
            for one in reports
            for claim in one.claims
        ],
    )
    for report in reports:
        lines += ["", f"## ({report.row}) {report.title}", ""]
        lines += _markdown_table(
            ["contender", "median [min .. max]"],
            [[one.contender, spread(one.summary, one.unit)] for one in report.measured],
        )
        if report.table is not None:
            lines += ["", *_markdown_table(report.table.head, report.table.rows)]
        lines += [f"\n{note}" for note in report.notes]
    return "\n".join(lines) + "\n"


def _markdown_table(head: list[str], rows: list[list[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def conditions() -> dict[str, str]:
    """What a reader needs to know about the machine."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [n for n in cpuinfo.read_text().splitlines() if "model name" in n]
        model = names[0].partition(":")[2].strip() if names else model
    version = ".".join(map(str, sys.version_info[:3]))
    return {
        "python": f"{platform.python_implementation()} {version}",
        "machine": f"{platform.system()} on {model}",
    }


def save(reports: Sequence[Report], folder: Path, command: str) -> None:
    """Write latest.json and latest.md."""
    folder.mkdir(exist_ok=True)
    rows: list[dict[str, Any]] = []
    for report in reports:
        row = asdict(report)
        for claim, entry in zip(report.claims, row["claims"], strict=True):
            entry["verdict"] = claim.verdict
        rows.append(row)
    whole = {"command": command, **conditions(), "rows": rows}
    (folder / "latest.json").write_text(json.dumps(whole, indent=1) + "\n")
    (folder / "latest.md").write_text(as_markdown(reports, command))
