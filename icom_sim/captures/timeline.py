"""What a plot shows, collected in one pass: a capture of any length in so many bins."""

from collections.abc import Callable
from dataclasses import dataclass, field

from icom_proto.civ_commands import decode_level_answer
from icom_proto.civ_frames import CivSplitter, frame_body
from icom_proto.codes import Role, Stream
from icom_proto.errors import DecodeError
from icom_proto.packets import CivData
from icom_sim.captures.observed import Observed
from icom_sim.captures.sequence import Came

_BINS_MAX = 1500
_WIDTH_S = 0.05
_MARKS_MAX = 500
_PTT, _S_METER = b"\x1c\x00", b"\x15\x02"
_RESENT = {Came.HEALED, Came.FILLED, Came.REPEATED}


@dataclass(frozen=True, slots=True)
class Told:
    """What a datagram tells. `lost_at`: of its side; None where nothing is told."""

    came: Came
    round_trip_s: float | None = None
    off_s: float | None = None
    lost_at: list[float] = field(default_factory=list)


class Bins:
    """Values over time. When time runs out of bins, each two become one."""

    def __init__(
        self, merge: Callable[[float, float], float], width_s: float = _WIDTH_S
    ) -> None:
        self._merge = merge
        self.width_s = width_s
        self._values: dict[int, float] = {}

    def add(self, at: float, value: float = 1.0) -> None:
        """One value at a time, from 0 on."""
        at = max(at, 0.0)
        while at >= self.width_s * _BINS_MAX:
            self._halve()
        place = int(at / self.width_s)
        known = self._values.get(place)
        self._values[place] = value if known is None else self._merge(known, value)

    def points(self) -> tuple[list[float], list[float]]:
        """Middles of the bins that have a value, and the values."""
        places = sorted(self._values)
        middles = [(place + 0.5) * self.width_s for place in places]
        return middles, [self._values[place] for place in places]

    def rates(self, until: float) -> tuple[list[float], list[float]]:
        """The same per second, with zeros where there is nothing."""
        places = range(int(until / self.width_s) + 1)
        middles = [(place + 0.5) * self.width_s for place in places]
        return middles, [
            self._values.get(place, 0.0) / self.width_s for place in places
        ]

    def _halve(self) -> None:
        before, self._values = self._values, {}
        self.width_s *= 2
        for place, value in before.items():
            known = self._values.get(place // 2)
            self._values[place // 2] = (
                value if known is None else self._merge(known, value)
            )


class Timeline:
    """All sessions of a capture, by the time since its first datagram."""

    def __init__(self) -> None:
        self.until = 0.0
        ways = [(stream, role) for stream in Stream for role in Role]
        self.traffic = {way: Bins(_sum, 0.2) for way in ways}
        self.lost = {way: Bins(_sum) for way in ways}
        self.resent = {way: Bins(_sum) for way in ways}
        self.round_trip = {stream: Bins(max) for stream in Stream}
        self.off = {role: Bins(max) for role in Role}
        self.s_meter = Bins(_last)
        self.keyed: list[tuple[float, bool]] = []
        self.sessions: list[tuple[float, int]] = []
        self._latest_session = 0
        self._is_keyed = False
        self._splitters = {role: CivSplitter() for role in Role}

    def add(self, seen: Observed, told: Told) -> None:
        """One datagram."""
        way = (seen.stream, seen.side)
        self.until = max(self.until, seen.at)
        self.traffic[way].add(seen.at)
        for at in told.lost_at:
            self.lost[way].add(at)
        if told.came in _RESENT:
            self.resent[way].add(seen.at)
        if told.round_trip_s is not None:
            self.round_trip[seen.stream].add(seen.at, told.round_trip_s * 1000)
        if told.off_s is not None:
            self.off[seen.side].add(seen.at, told.off_s * 1000)
        if seen.session > self._latest_session:
            self._latest_session = seen.session
            if len(self.sessions) < _MARKS_MAX:
                self.sessions.append((seen.at, seen.session))
        if isinstance(seen.body, CivData) and told.came.is_first:
            self._on_civ(seen, seen.body)

    def _on_civ(self, seen: Observed, body: CivData) -> None:
        for frame in self._splitters[seen.side].feed(body.data, seen.at):
            code = frame_body(frame)
            if seen.side is Role.CLIENT:
                if code.startswith(_PTT) and len(code) > len(_PTT):
                    self._key(seen.at, on=bool(code[len(_PTT)]))
            elif code.startswith(_S_METER) and len(code) > len(_S_METER):
                try:
                    self.s_meter.add(seen.at, decode_level_answer(frame))
                except DecodeError:
                    continue

    def _key(self, at: float, *, on: bool) -> None:
        if on is not self._is_keyed and len(self.keyed) < _MARKS_MAX:
            self._is_keyed = on
            self.keyed.append((at, on))


def _sum(one: float, other: float) -> float:
    return one + other


def _last(_: float, latest: float) -> float:
    return latest
