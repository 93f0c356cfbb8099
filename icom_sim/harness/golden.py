"""What a client did, held against how it was when somebody looked at it and liked it.

A golden log is a file of JSON lines beside the test. Times and ports are left out: they
are never the same twice.
"""

from collections.abc import Iterable, Mapping
from math import inf
from pathlib import Path
from typing import Any, Final

from icom_sim.harness.record import SeenEvent
from icom_sim.replay.events import LoggedEvent
from icom_sim.replay.golden import (
    GoldenError,
    diff_text,
    differences,
    load_log,
    save_log,
)

DIRECTORY: Final = "golden"
UPDATE: Final = "--icom-update-golden"
# Which of two streams is first is chance, so each has an order of its own; and so has
# what the radio says unasked, between the client's commands.
_STREAMS: Final = ("civ_pushed", "civ", "audio")


class GoldenLog:
    """`golden(name, events)` compares, or writes where the run updates."""

    def __init__(self, directory: Path, *, update: bool) -> None:
        self._directory, self._update = directory, update

    def __call__(
        self, name: str, events: Iterable[SeenEvent | Mapping[str, Any]]
    ) -> None:
        """Raises AssertionError with what differs; `events` are those of `saw`, or
        mappings with an "event"."""
        __tracebackhide__ = True
        path = self._directory / DIRECTORY / f"{name}.jsonl"
        logged = _logged(events)
        if self._update:
            save_log(path, logged)
            return
        if not path.exists():
            raise AssertionError(f"there is no {path}: write it with pytest {UPDATE}")
        try:
            wanted = load_log(path)
        except GoldenError as error:
            raise AssertionError(str(error)) from error
        lines = differences(wanted, logged, tolerance_s=inf)
        if lines:
            hint = f"if that is right: pytest {UPDATE}"
            raise AssertionError(f"{diff_text(path.name, lines)}\n{hint}")


def _logged(events: Iterable[SeenEvent | Mapping[str, Any]]) -> list[LoggedEvent]:
    clients: dict[str, int] = {}
    logged = []
    for each in events:
        if isinstance(each, SeenEvent):
            name, fields = each.name, dict(each.fields)
        else:
            fields = dict(each)
            name = str(fields.pop("event", ""))
            fields.pop("t", None)
        # Each stream has a port of its own; the machine is what tells clients apart.
        host = str(fields.pop("client", "")).rpartition(":")[0]
        session = clients.setdefault(host, len(clients) + 1) if host else 1
        stream = next((s for s in _STREAMS if name.startswith(s)), "control")
        logged.append(LoggedEvent(0.0, "radio", session, stream, name, fields))
    return logged
