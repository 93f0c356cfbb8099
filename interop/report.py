"""The matrix: what each program achieved, with a reason for every hole."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType


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
    made: str = ""

    def judge(self, column: str, holds: bool, detail: str) -> None:
        """Enter what was found, if it is asked for; `detail` is shown either way."""
        self._enter(column, Outcome.PASSED if holds else Outcome.FAILED, detail)

    def leave_open(self, column: str, reason: str) -> None:
        """Say why this cannot be checked."""
        self._enter(column, Outcome.HOLE, reason)

    def excuse(self, reason: str) -> None:
        """What failed is no failure of ours, for this reason: a hole."""
        for column, check in self.checks.items():
            if check.outcome is Outcome.FAILED:
                self._enter(column, Outcome.HOLE, f"{reason}; {check.detail}")

    def close(self, outcome: Outcome, reason: str, columns: Sequence[str] = ()) -> None:
        """Give every column, or these, that were not reached this outcome."""
        for column in columns or self.columns:
            if column not in self.checks:
                self._enter(column, outcome, reason)

    def _enter(self, column: str, outcome: Outcome, detail: str) -> None:
        if column in self.columns:
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


def markdown(
    rows: Sequence[Row],
    introduction: str = "",
    headings: Mapping[tuple[str, ...], str] = MappingProxyType({}),
) -> str:
    """The whole report: a table per set of columns, then failures and holes."""
    parts = [introduction.rstrip()] if introduction else []
    for columns in dict.fromkeys(row.columns for row in rows):
        if columns in headings:
            parts += ["", f"## {headings[columns]}"]
        parts += ["", *_table(columns, [r for r in rows if r.columns == columns])]
    parts += _list("Failures", rows, Outcome.FAILED)
    parts += _list("Holes and their reasons", rows, Outcome.HOLE)
    notes = [f"- {row.scenario}: {note}" for row in rows for note in row.notes]
    parts += ["", "## Notes", "", *notes] if notes else []
    made: dict[str, list[str]] = {}
    for row in rows:
        made.setdefault(row.made, []).append(row.scenario)
    parts += ["", "## When each row was made", ""]
    parts += [f"- {when}: {', '.join(names)}" for when, names in made.items()]
    return "\n".join(parts) + "\n"


def _table(columns: tuple[str, ...], rows: Iterable[Row]) -> list[str]:
    heads = ["program", "conditions", *columns]
    lines = [_line(heads), "|---" * len(heads) + "|"]
    for row in rows:
        cells = [_cell(row.checks[column]) for column in columns]
        lines.append(_line([row.title, row.condition, *cells]))
    return lines


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(each.replace("|", "\\|") for each in cells) + " |"


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


def merge(old: Iterable[Row], new: Iterable[Row], order: Sequence[str]) -> list[Row]:
    """All that is known: new rows instead of old ones, without those no longer run."""
    known = {row.scenario: row for row in (*old, *new)}
    return [known[name] for name in order if name in known]


def load(path: Path) -> list[Row]:
    """The rows of an earlier run; none where nothing was saved."""
    if not path.exists():
        return []
    rows = []
    for row in json.loads(path.read_text())["rows"]:
        checks = {
            column: Check(Outcome(check["outcome"]), check["detail"])
            for column, check in row["checks"].items()
        }
        rows.append(Row(**row | {"columns": tuple(row["columns"]), "checks": checks}))
    return rows


def save(rows: Sequence[Row], path: Path) -> None:
    """For `load`, and for programs that look for a figure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
