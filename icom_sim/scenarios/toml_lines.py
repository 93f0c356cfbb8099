"""On which line of a TOML text does a key stand? `tomllib` does not tell.

The text is cut into statements: a header of a table, or a key with its value. Where a
value ends is asked of `tomllib` itself: it is the first line with which it is whole.
"""

import re
import tomllib

from icom_sim.scenarios.model import Path

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[\w-]+)*)\s*=""")
_LINE = re.compile(r"at line (\d+), column \d+")


def key_lines(text: str) -> dict[Path, int]:
    """The lines, from 1, of all tables and keys. The text must be good TOML."""
    lines = text.split("\n")
    found: dict[Path, int] = {}
    numbers: dict[Path, int] = {}
    table: Path = ()
    at = 0
    while at < len(lines):
        if header := _HEADER.match(lines[at]):
            table = _names(header[2])
            if header[1] == "[[":
                numbers[table] = numbers.get(table, -1) + 1
                table = (*table, numbers[table])
            found.setdefault(table, at + 1)
        elif key := _KEY.match(lines[at]):
            found[*table, *_names(key[1])] = at + 1
            at = _end_of_value(lines, at)
        at += 1
    return found


def line_of(lines: dict[Path, int], path: Path) -> int:
    """The line of what stands there, or of the nearest thing around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def line_of_syntax_error(error: tomllib.TOMLDecodeError, text: str) -> tuple[int, str]:
    """Where, and what is wrong there."""
    message = str(error)
    place = _LINE.search(message)
    line = int(place[1]) if place else text.count("\n") + 1
    return line, re.sub(r" \(at .*\)$", "", message)


def _names(dotted: str) -> Path:
    return tuple(name.strip().strip("\"'") for name in dotted.split("."))


def _end_of_value(lines: list[str], at: int) -> int:
    """The last line of the statement that begins here."""
    for end in range(at, len(lines)):
        try:
            tomllib.loads("\n".join(lines[at : end + 1]))
        except tomllib.TOMLDecodeError:
            continue
        return end
    return at
