"""Logs kept in files, and how another log differs from one, for people to read.

Events of one stream have an order; which of two streams had something first is chance.
So each stream of each session is compared for itself: what is missing, what is new, and
what came at another time.
"""

import difflib
import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from icom_sim.replay.events import LoggedEvent, event_of, lines_of

# Of an offline replay only rounding may differ.
TOLERANCE_S: Final = 0.001
SHOWN_MAX: Final = 40


class GoldenError(Exception):
    """A golden log cannot be read or written: one line."""


def save(path: str | Path, text: str) -> None:
    """The whole file or none. Raises GoldenError."""
    target = Path(path)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(text, "utf-8")
        unfinished.replace(target)
    except OSError as error:
        raise GoldenError(f"cannot write {str(path)!r}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()


def save_log(path: str | Path, events: Iterable[LoggedEvent]) -> None:
    """Raises GoldenError."""
    save(path, lines_of(events))


def load_log(path: str | Path) -> list[LoggedEvent]:
    """Raises GoldenError."""
    events = []
    try:
        text = Path(path).read_text("utf-8")
    except OSError as error:
        raise GoldenError(f"cannot read {str(path)!r}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise GoldenError(f"{str(path)!r} is no golden log: it is no text") from error
    for number, line in enumerate(text.splitlines(), 1):
        try:
            events.append(event_of(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise GoldenError(
                f"{str(path)!r} is no golden log: line {number} is no event"
            ) from error
    return events


def differences(
    golden: Sequence[LoggedEvent],
    events: Sequence[LoggedEvent],
    *,
    tolerance_s: float = TOLERANCE_S,
) -> list[str]:
    """Lines for people, none if the logs are the same: "-" is missing, "+" is new."""
    wanted, found = _lanes(golden), _lanes(events)
    lines: list[tuple[float, str]] = []
    for lane in wanted | found:
        lines += _compared(wanted.get(lane, []), found.get(lane, []), tolerance_s)
    return [line for _, line in sorted(lines, key=lambda each: each[0])]


def diff_text(name: str, lines: Sequence[str]) -> str:
    """The first of them, under a heading."""
    shown = list(lines[:SHOWN_MAX])
    if len(lines) > len(shown):
        shown.append(f"  and {len(lines) - len(shown)} more")
    heading = f"differs from {name} in {len(lines)} lines (- missing, + new):"
    return "\n".join((heading, *shown))


def _lanes(events: Iterable[LoggedEvent]) -> dict[object, list[LoggedEvent]]:
    lanes: dict[object, list[LoggedEvent]] = {}
    for each in events:
        lanes.setdefault((each.side, each.session, each.stream), []).append(each)
    return lanes


def _compared(
    wanted: list[LoggedEvent], found: list[LoggedEvent], tolerance_s: float
) -> Iterable[tuple[float, str]]:
    matcher = difflib.SequenceMatcher(
        None, [_key(each) for each in wanted], [_key(each) for each in found], False
    )
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag == "equal":
            for one, other in zip(wanted[first:last], found[start:end], strict=True):
                late = other.t - one.t
                if abs(late) > tolerance_s:
                    when = "later" if late > 0 else "earlier"
                    text = f"{one.text().rstrip()}  now {abs(late):.3f} s {when}"
                    yield one.t, f"~ {text}"
            continue
        for each in wanted[first:last]:
            yield each.t, f"- {each.text().rstrip()}"
        for each in found[start:end]:
            yield each.t, f"+ {each.text().rstrip()}"


def _key(event: LoggedEvent) -> str:
    return json.dumps([event.name, event.fields], sort_keys=True)
