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
    value: float
    target: float
    at_least: bool
    unit: str
    spread: Summary | None = None

    @property
    def verdict(self) -> str:
        """PASS or MISS."""
        good = self.value >= self.target if self.at_least else self.value <= self.target
        return "PASS" if good else "MISS"

    @property
    def measured_text(self) -> str:
        """The value, with its extremes if it came from rounds."""
        if self.spread is None:
            return quantity(self.value, self.unit)
        return spread(self.spread, self.unit)

    @property
    def target_text(self) -> str:
        """The target with its sign."""
        return f"{'>=' if self.at_least else '<='} {quantity(self.target, self.unit)}"


@dataclass
class Report:
    """One row: its figures in the order they are to be read."""

    row: str
    title: str
    measured: list[Measured] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def ratio(self, what: str, value: Summary, *, at_least: float) -> None:
        """Claim that a paired ratio is no less than this."""
        self.claims.append(Claim(what, value.median, at_least, True, "x", value))

    def within(self, what: str, value: Summary, *, at_most: float) -> None:
        """Claim that a paired ratio is no more than this."""
        self.claims.append(Claim(what, value.median, at_most, False, "x", value))


def at_least(what: str, value: float, target: float, unit: str) -> Claim:
    """A claim that more is better."""
    return Claim(what, value, target, True, unit)


def at_most(what: str, value: float, target: float, unit: str) -> Claim:
    """A claim that less is better."""
    return Claim(what, value, target, False, unit)


def quantity(value: float, unit: str) -> str:
    """A number with its unit, in about four digits."""
    digits = 3 if abs(value) < 1 else 2 if abs(value) < 10 else 1
    if unit == "%":
        digits = 2
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
    lines += [f"    note: {note}" for note in report.notes]
    return "\n".join(lines)


def as_markdown(reports: Sequence[Report], command: str) -> str:
    """All rows: the claims first, then the figures behind them."""
    lines = ["# Results of the last run", "", f"`{command}`, {conditions()['python']},"]
    lines += [f"{conditions()['machine']}. How to read it: ../README.md.", ""]
    lines += ["| row | claim | measured | target | |", "|---|---|---|---|---|"]
    for report in reports:
        for claim in report.claims:
            lines.append(
                f"| {report.row} | {claim.what} | {claim.measured_text} "
                f"| {claim.target_text} | {claim.verdict} |"
            )
    for report in reports:
        lines += ["", f"## ({report.row}) {report.title}", ""]
        lines += ["| contender | median [min .. max] |", "|---|---|"]
        lines += [
            f"| {one.contender} | {spread(one.summary, one.unit)} |"
            for one in report.measured
        ]
        lines += [f"\n{note}" for note in report.notes]
    return "\n".join(lines) + "\n"


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
