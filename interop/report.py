"""The matrix: what each program achieved, with a reason for every hole."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path


class Outcome(StrEnum):
    """What came of one check."""

    PASSED = "ok"
    FAILED = "FAIL"
    HOLE = "hole"


@dataclass(frozen=True, slots=True)
class Check:
    """One cell of the matrix; the detail is a figure or a reason."""

    outcome: Outcome
    detail: str


@dataclass(slots=True)
class Row:
    """One scenario's line of the matrix, filled from left to right."""

    scenario: str
    title: str
    condition: str
    columns: tuple[str, ...]
    checks: dict[str, Check] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def judge(self, column: str, holds: bool, detail: str) -> None:
        """Enter what was found; `detail` is shown either way."""
        self._enter(column, Outcome.PASSED if holds else Outcome.FAILED, detail)

    def leave_open(self, column: str, reason: str) -> None:
        """Say why this cannot be checked."""
        self._enter(column, Outcome.HOLE, reason)

    def close(self, outcome: Outcome, reason: str) -> None:
        """Give every column that was not reached this outcome."""
        for column in self.columns:
            if column not in self.checks:
                self._enter(column, outcome, reason)

    def _enter(self, column: str, outcome: Outcome, detail: str) -> None:
        assert column in self.columns, column
        # One line each: a table cell and a list item hold no more.
        self.checks[column] = Check(outcome, " ".join(detail.split())[:300])

    @property
    def outcome(self) -> Outcome:
        """The worst of the checks; a hole counts only when there is nothing else."""
        outcomes = [check.outcome for check in self.checks.values()]
        for worst in (Outcome.FAILED, Outcome.PASSED):
            if worst in outcomes:
                return worst
        return Outcome.HOLE


def markdown(rows: Sequence[Row], machine: Mapping[str, str]) -> str:
    """The whole report: a table per set of columns, then failures and holes."""
    parts = ["# Interoperation with other people's programs", ""]
    parts += [f"- {name}: {value}" for name, value in machine.items()]
    for columns in dict.fromkeys(row.columns for row in rows):
        parts += ["", *_table(columns, [r for r in rows if r.columns == columns])]
    parts += _list("Failures", rows, Outcome.FAILED)
    parts += _list("Holes and their reasons", rows, Outcome.HOLE)
    notes = [f"- {row.scenario}: {note}" for row in rows for note in row.notes]
    return "\n".join(parts + (["", "## Notes", "", *notes] if notes else [])) + "\n"


def _table(columns: tuple[str, ...], rows: Iterable[Row]) -> list[str]:
    lines = [_line(["program", "network", *columns]), "|---" * (len(columns) + 2) + "|"]
    for row in rows:
        cells = [_cell(row.checks[column]) for column in columns]
        lines.append(_line([row.title, row.condition, *cells]))
    return lines


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(check: Check) -> str:
    if check.outcome is Outcome.PASSED and check.detail:
        return f"{check.outcome}: {check.detail}"
    return str(check.outcome)


def _list(title: str, rows: Iterable[Row], outcome: Outcome) -> list[str]:
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for column, check in row.checks.items():
            if check.outcome is outcome:
                found.setdefault((row.scenario, check.detail), []).append(column)
    lines = [
        f"- {scenario}, {', '.join(columns)}: {reason}"
        for (scenario, reason), columns in found.items()
    ]
    return ["", f"## {title}", "", *(lines or ["none"])]


def save(rows: Sequence[Row], machine: Mapping[str, str], directory: Path) -> None:
    """Write the matrix for people and for programs."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "matrix.md").write_text(markdown(rows, machine))
    content = {"machine": dict(machine), "rows": [asdict(row) for row in rows]}
    text = json.dumps(content, indent=1, ensure_ascii=False)
    (directory / "matrix.json").write_text(text + "\n")
