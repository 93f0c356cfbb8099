"""What a radio saw of its client: events and datagrams, kept in memory, bounded.

A test asks it what the client sent; a test that fails gets the datagrams as a file.
"""

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from icom_proto.codes import Stream
from icom_proto.datagrams import decode_datagram
from icom_proto.errors import DecodeError
from icom_proto.events import Address
from icom_sim.captures.pcap_writer import PcapWriter
from icom_sim.event_log import describe
from icom_sim.happenings import Happening
from icom_sim.harness.waiting_room import WaitingRoom
from icom_sim.network import Direction
from icom_sim.scenarios.vocabulary import KINDS, MALFORMED, RADIO_EVENTS, not_among

# Four minutes of a session with audio both ways at 48 kHz; the oldest go first.
DATAGRAMS_MAX: Final = 50_000
EVENTS_MAX: Final = 50_000
WAIT_S: Final = 5.0
# Where a capture says that the client was; the radio is told apart by its ports.
_CLIENT: Final = Address("127.0.0.2", 40000)


class NotSeenError(AssertionError):
    """The radio did not see what the test waited for: one line, and what it saw."""


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """One event of the radio, named as in `icom-sim serve --events jsonl`."""

    name: str
    t: float
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SeenDatagram:
    """One datagram at the radio's sockets."""

    direction: Direction
    stream: Stream
    data: bytes
    t: float

    @property
    def kind(self) -> str:
        """The name of its packet in `icom_proto.packets`; "Malformed" if it is none."""
        try:
            _, body = decode_datagram(self.stream, self.data)
        except DecodeError:
            return MALFORMED
        return type(body).__name__


class Record:
    """Filled by the thread of the radio, read by the thread of the test."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._datagrams: deque[SeenDatagram] = deque(maxlen=DATAGRAMS_MAX)
        self._events: deque[SeenEvent] = deque(maxlen=EVENTS_MAX)
        self._room = WaitingRoom()

    # from the radio

    def note_happening(self, happening: Happening, now: float) -> None:
        described = describe(happening)
        if described is not None:
            with self._room.changing():
                self._events.append(SeenEvent(described[0], now, described[1]))

    def note_datagram(
        self, direction: Direction, stream: Stream, data: bytes, now: float
    ) -> None:
        with self._room.lock:
            self._datagrams.append(SeenDatagram(direction, stream, data, now))

    # from the test

    @property
    def events(self) -> list[SeenEvent]:
        """Everything that happened, named as `icom-sim serve --events jsonl` does."""
        with self._room.lock:
            return list(self._events)

    @property
    def datagrams(self) -> list[SeenDatagram]:
        """All that the client sent, and what left for it, as it passed the sockets."""
        with self._room.lock:
            return list(self._datagrams)

    @property
    def civ(self) -> list[bytes]:
        """The CI-V frames that the client sent, in order."""
        frames = [each.fields["frame"] for each in self.events if each.name == "civ"]
        return [bytes.fromhex(frame) for frame in frames]

    def sent(
        self, kind: str | None = None, *, stream: Stream | str | None = None
    ) -> list[SeenDatagram]:
        """What the client sent: `sent("Login")`, `sent(stream="audio")`.

        `kind` is the name of a packet in `icom_proto.packets`, or "Malformed".
        """
        __tracebackhide__ = True
        if kind is not None:
            _check("kind of datagram", kind, KINDS)
        if isinstance(stream, str):
            _check("stream", stream, [each.name.lower() for each in Stream])
            stream = Stream[stream.upper()]
        return [
            each
            for each in self.datagrams
            if each.direction is Direction.TO_RADIO
            and stream in (None, each.stream)
            and kind in (None, each.kind)
        ]

    def wait_for(
        self, event: str, *, within_s: float = WAIT_S, **fields: object
    ) -> SeenEvent:
        """The first such event; blocks. In a coroutine await `until`.

        Raises NotSeenError after that time.
        """
        __tracebackhide__ = True
        _check_event(event, fields)
        seen = self._room.wait_for(lambda: self._find(event, fields), within_s)
        return seen or self._fail(event, fields, within_s)

    async def until(
        self, event: str, *, within_s: float = WAIT_S, **fields: object
    ) -> SeenEvent:
        """As `wait_for`, for a test that runs in an event loop."""
        __tracebackhide__ = True
        _check_event(event, fields)
        seen = await self._room.until(lambda: self._find(event, fields), within_s)
        return seen or self._fail(event, fields, within_s)

    def save_capture(
        self, path: Path, radio_host: str, ports: Mapping[Stream, int]
    ) -> None:
        """Every datagram as a pcap file, with the times of the radio's clock.

        Raises CaptureWriteError.
        """
        datagrams = self.datagrams
        times = iter([each.t for each in datagrams])
        with PcapWriter(str(path), clock=lambda: next(times)) as capture:
            for each in datagrams:
                ends = _CLIENT, Address(radio_host, ports[each.stream])
                if each.direction is Direction.TO_CLIENT:
                    ends = ends[1], ends[0]
                capture.note(*ends, each.data)

    # inside

    def _find(self, event: str, fields: Mapping[str, object]) -> SeenEvent | None:
        for each in self._events:
            if each.name == event and fields.items() <= dict(each.fields).items():
                return each
        return None

    def _fail(
        self, event: str, fields: Mapping[str, object], within_s: float
    ) -> SeenEvent:
        __tracebackhide__ = True
        told = [f"{name}={each!r}" for name, each in fields.items()]
        wanted = " ".join([event, *told])
        names = ", ".join(dict.fromkeys(each.name for each in self.events))
        raise NotSeenError(
            f"no {wanted} within {within_s:g} s; seen: {names or 'nothing'}"
            f" (seed {self._seed})"
        )


def _check_event(event: str, fields: Mapping[str, object]) -> None:
    """What nothing is called is not waited for."""
    __tracebackhide__ = True
    _check("event", event, RADIO_EVENTS)
    for field in fields:
        _check(f"field of event {event}", field, RADIO_EVENTS[event])


def _check(what: str, given: str, allowed: Collection[str]) -> None:
    __tracebackhide__ = True
    if given not in allowed:
        raise ValueError(not_among(what, given, allowed))
