"""The last event lines, for a view that shows a part of them."""

from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Final

# Some minutes of a busy client; who wants all of them records them.
LINES_MAX: Final = 2000
# Where `EventLog` writes the name of an event: behind a time of ten and two spaces.
_NAME: Final = slice(12, 28)
# A client that polls makes more of these than of all others, and they hide the rest.
_CHATTER: Final = ("civ", "civ pushed")


class Journal:
    """Takes lines as they come, at once, and gives a part of them back."""

    def __init__(self) -> None:
        self._all: deque[str] = deque(maxlen=LINES_MAX)
        self._spare: deque[str] = deque(maxlen=LINES_MAX)

    def note(self, line: str) -> None:
        """A line of an event log in text style."""
        self._all.append(line)
        if line[_NAME].strip() not in _CHATTER:
            self._spare.append(line)

    def size(self, *, chatter: bool) -> int:
        return len(self._all if chatter else self._spare)

    def part(self, rows: int, back: int, *, chatter: bool) -> Sequence[str]:
        """So many lines, the last of them `back` before the newest."""
        lines = self._all if chatter else self._spare
        end = max(0, len(lines) - back)
        return list(islice(lines, max(0, end - rows), end))
