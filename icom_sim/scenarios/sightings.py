"""Does what happened fit what a scenario looks for? And when does a moment come?"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from icom_proto.civ_frames import frame_body, is_frame
from icom_proto.codec import Body
from icom_proto.codes import Stream
from icom_proto.datagrams import decode_datagram, text_of
from icom_proto.errors import DecodeError
from icom_sim.network import Direction
from icom_sim.scenarios.model import (
    Bounds,
    CivSight,
    DatagramSight,
    EventSight,
    Match,
    Moment,
    Scalar,
    Sight,
    Window,
)
from icom_sim.scenarios.vocabulary import ENDING, MALFORMED


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """Something happened."""

    name: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SeenDatagram:
    """Something travelled; `body` is None for what no packet is."""

    direction: Direction
    stream: Stream
    kind: str
    body: Body | None


Seen: TypeAlias = SeenEvent | SeenDatagram


def read_datagram(direction: Direction, stream: Stream, data: bytes) -> SeenDatagram:
    """What a datagram is, whatever its bytes."""
    try:
        _, body = decode_datagram(stream, data)
    except DecodeError:
        return SeenDatagram(direction, stream, MALFORMED, None)
    return SeenDatagram(direction, stream, type(body).__name__, body)


def fits(sight: Sight, seen: Seen) -> bool:
    """Is this what is looked for?"""
    match sight, seen:
        case EventSight(name, match), SeenEvent(seen_name, fields):
            return name == seen_name and all(
                name in fields and _is(fields[name], wanted)
                for name, wanted in match.items()
            )
        case CivSight(body), SeenEvent("civ", {"frame": str(text)}):
            frame = bytes.fromhex(text)
            return is_frame(frame) and frame_body(frame).startswith(body)
        case DatagramSight(), SeenDatagram():
            return (
                sight.direction is seen.direction
                and sight.stream in (None, seen.stream)
                and (not sight.kinds or seen.kind in sight.kinds)
                and _body_is(seen.body, sight.match)
            )
        case _:
            return False


def _body_is(body: Body | None, match: Match) -> bool:
    return not match or (
        body is not None
        and all(_is(getattr(body, name), wanted) for name, wanted in match.items())
    )


def _is(value: object, wanted: Scalar | Bounds) -> bool:
    """Numbers by value, enums by name too, bytes as text or in hexadecimal."""
    if isinstance(wanted, Bounds):
        return isinstance(value, int | float) and wanted.hold(value)
    if isinstance(wanted, str):
        if isinstance(value, bytes):
            return wanted.replace(" ", "").lower() == value.hex() or (
                wanted == text_of(value)
            )
        if isinstance(value, Enum):
            return wanted.upper() == value.name
        return str(value) == wanted
    if isinstance(wanted, bool) is not isinstance(value, bool):
        return False
    return value == wanted


class Countdown:
    """Waits for a moment: for what is seen for the n-th time, and then so long."""

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        self.count = 0
        self.at: float | None = None

    def see(self, seen: Seen, now: float) -> None:
        if self.at is None and fits(self.moment.sight, seen):
            self.count += 1
            if self.count == self.moment.times:
                self.at = now + self.moment.delay


# What is forbidden is forbidden while the scenario runs; goodbyes come after that.
_UNTIL_ENDING = Moment(EventSight(ENDING))


class OpenWindow:
    """A window as the run goes: when it opened, when it closed."""

    def __init__(self, window: Window, *, ends_with_run: bool) -> None:
        self._within = window.within
        self._opens = Countdown(window.after) if window.after is not None else None
        until = window.until
        if until is None and ends_with_run:
            until = _UNTIL_ENDING
        self._closes = Countdown(until) if until is not None else None

    @property
    def opened_at(self) -> float | None:
        return 0.0 if self._opens is None else self._opens.at

    @property
    def closed_at(self) -> float | None:
        """When it closes or closed, if that is known."""
        opened = self.opened_at
        if opened is None:
            return None
        ends = [
            end
            for end in (
                None if self._within is None else opened + self._within,
                None if self._closes is None else self._closes.at,
            )
            if end is not None
        ]
        return min(ends, default=None)

    def is_open(self, now: float) -> bool:
        """What comes after the event that closed it is outside, even in no time."""
        opened, closed = self.opened_at, self.closed_at
        if opened is None or now < opened:
            return False
        closes = self._closes
        is_shut = closes is not None and closes.at is not None
        if is_shut and closes is not None and not closes.moment.delay:
            return False
        return closed is None or now <= closed

    def see(self, seen: Seen, now: float) -> None:
        """What opens it is not inside it, what closes it is."""
        opened = self.opened_at
        if self._closes is not None and opened is not None and opened <= now:
            self._closes.see(seen, now)
        if self._opens is not None:
            self._opens.see(seen, now)
