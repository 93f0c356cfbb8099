"""How many datagrams a second, from counters looked at now and then."""

from collections import deque
from typing import Final

from icom_sim.status import Status

_WINDOW_S: Final = 2.0
_LEAST_S: Final = 0.5

_Counts = dict[tuple[str, str], int]


class Rates:
    """Over the last two seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, _Counts]] = deque()

    def look(self, status: Status, now: float) -> None:
        """Note how the counters stand."""
        ways = {"to_client": status["to_client"], "to_radio": status["to_radio"]}
        counts = {
            (way, stream): each["sent"]
            for way, streams in ways.items()
            for stream, each in streams.items()
        }
        self._seen.append((now, counts))
        while _is_old(self._seen, now):
            self._seen.popleft()

    def per_s(self, way: str, stream: str) -> float | None:
        """None until there is something to compare."""
        if not self._seen:
            return None
        (began, first), (ended, last) = self._seen[0], self._seen[-1]
        if ended - began < _LEAST_S:
            return None
        key = (way, stream)
        return max(0, last[key] - first[key]) / (ended - began)


def _is_old(seen: deque[tuple[float, _Counts]], now: float) -> bool:
    """Whether the second one is old enough to measure from."""
    return len(seen) > 2 and now - seen[1][0] >= _WINDOW_S
