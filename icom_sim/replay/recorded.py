"""The sessions of a capture, whole and in memory, and what they tell of both sides."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

from icom_proto.civ_frames import CivSplitter, frame_source, is_address
from icom_proto.codec import Body
from icom_proto.codes import LOGIN_OK, STATUS_OK, PacketType, Stream
from icom_proto.datagrams import decode_datagram
from icom_proto.errors import DecodeError
from icom_proto.packets import (
    AreYouThere,
    Capabilities,
    CivData,
    ConnInfo,
    Header,
    IAmHere,
    Login,
    LoginResponse,
    RadioRecord,
    Status,
    StreamRequest,
)
from icom_sim.captures.follow import Direction, Follower, Placed
from icom_sim.captures.reader import CaptureReader

# Half an hour of a session with 48 kHz audio both ways; a longer one can be cut.
DATAGRAMS_MAX: Final = 500_000
CONTROLLER: Final = 0xE0
_TO_CLIENT, _TO_RADIO = Direction.TO_CLIENT, Direction.TO_RADIO

B = TypeVar("B", bound=Body)


class ReplayError(Exception):
    """It cannot be replayed: one line with what was given and why."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A datagram that was understood, where it belongs, and when."""

    placed: Placed
    header: Header
    body: Body

    @property
    def t(self) -> float:
        return self.placed.datagram.t


class RecordedSession:
    """One session, with the datagrams of its three streams in their order."""

    def __init__(self, name: str, number: int, placed: list[Placed]) -> None:
        self.name, self.number, self.placed = name, number, placed

    # what was recorded

    def understood(
        self, stream: Stream, direction: Direction | None = None
    ) -> Iterator[Seen]:
        """Its datagrams of one stream; what is damaged is left out."""
        for placed in self.placed:
            if placed.stream is stream and direction in (None, placed.direction):
                seen = seen_of(placed)
                if seen is not None:
                    yield seen

    def first(self, kind: type[B], direction: Direction) -> B | None:
        return next(
            (
                each.body
                for each in self._control
                if isinstance(each.body, kind) and each.placed.direction is direction
            ),
            None,
        )

    @property
    def has_handshake(self) -> bool:
        """Was it recorded from its beginning?"""
        called = self.first(AreYouThere, _TO_RADIO) is not None
        return called and self.first(IAmHere, _TO_CLIENT) is not None

    @property
    def was_granted(self) -> bool:
        return self.status is not None

    @property
    def login(self) -> Login | None:
        return self.first(Login, _TO_RADIO)

    @property
    def accepted(self) -> LoginResponse | None:
        """The answer to a login that was let in."""
        answers = (each.body for each in self._control)
        return next(
            (
                each
                for each in answers
                if isinstance(each, LoginResponse) and each.error == LOGIN_OK
            ),
            None,
        )

    @property
    def status(self) -> Status | None:
        """The one that granted the streams."""
        answers = (each.body for each in self._control)
        return next(
            (
                each
                for each in answers
                if isinstance(each, Status)
                and each.error == STATUS_OK
                and each.civ_port
            ),
            None,
        )

    @property
    def request(self) -> StreamRequest | None:
        return self.first(StreamRequest, _TO_RADIO)

    @property
    def record(self) -> RadioRecord | None:
        """The radio that the client asked for, or else the first."""
        listed = self.first(Capabilities, _TO_CLIENT)
        if listed is None or not listed.radios:
            return self._unlisted()
        wanted = self.request.identity if self.request is not None else b""
        fitting = [each for each in listed.radios if each.identity == wanted]
        return (fitting or list(listed.radios))[0]

    @property
    def radios(self) -> int:
        """How many the capabilities list."""
        listed = self.first(Capabilities, _TO_CLIENT)
        return 0 if listed is None else len(listed.radios)

    @cached_property
    def controller(self) -> int:
        """The client's CI-V address."""
        splitter = CivSplitter()
        for seen in self.understood(Stream.CIV, _TO_RADIO):
            if isinstance(seen.body, CivData):
                for frame in splitter.feed(seen.body.data, seen.t):
                    source = frame_source(frame)
                    return source if is_address(source) else CONTROLLER
        return CONTROLLER

    # inside

    @cached_property
    def _control(self) -> list[Seen]:
        return list(self.understood(Stream.CONTROL))

    def _unlisted(self) -> RadioRecord | None:
        """A radio that was only told of in a notice."""
        notice = self.first(ConnInfo, _TO_CLIENT)
        if notice is None:
            return None
        return RadioRecord(
            identity=notice.identity,
            name=notice.name,
            connection_type=bytes(2),
            civ_address=0,
            rx_rates=0x8B01,
            tx_rates=0x8B01,
        )


@dataclass(frozen=True, slots=True)
class Recorded:
    """All sessions of a capture. `notes` are the reader's, one line each."""

    name: str
    sessions: tuple[RecordedSession, ...]
    placed: tuple[Placed, ...]
    notes: tuple[str, ...] = ()

    def session(self, number: int | None = None) -> RecordedSession:
        """That one; None: the first that had its streams, or else the first.

        Raises ReplayError.
        """
        if number is None:
            granted = (each for each in self.sessions if each.was_granted)
            return next(granted, self.sessions[0])
        for each in self.sessions:
            if each.number == number:
                return each
        raise ReplayError(
            f"{self.name} has no session {number}: there are "
            f"{', '.join(str(each.number) for each in self.sessions)}"
        )


def load(path: str) -> Recorded:
    """Raises CaptureError for what is no capture, and ReplayError."""
    reader = CaptureReader(path)
    placed: list[Placed] = []
    for each in Follower().follow(reader):
        placed.append(each)
        if len(placed) > DATAGRAMS_MAX:
            raise ReplayError(
                f"{reader.name} has more than {DATAGRAMS_MAX} datagrams: cut out the "
                "session that you want to replay"
            )
    if not placed:
        raise ReplayError("; ".join((f"no Icom session in {path!r}", *reader.notes)))
    return recorded_of(reader.name, placed, tuple(reader.notes))


def recorded_of(
    name: str, placed: list[Placed], notes: tuple[str, ...] = ()
) -> Recorded:
    """Datagrams by their sessions."""
    by_number: dict[int, list[Placed]] = {}
    for each in placed:
        by_number.setdefault(each.session, []).append(each)
    sessions = (
        RecordedSession(name, number, found)
        for number, found in sorted(by_number.items())
    )
    return Recorded(name, tuple(sessions), tuple(placed), notes)


def seen_of(placed: Placed) -> Seen | None:
    """None for what is no packet, or was not recorded whole."""
    if placed.datagram.cut:
        return None
    try:
        header, body = decode_datagram(placed.stream, placed.datagram.data)
    except DecodeError:
        return None
    return Seen(placed, header, body)


class Numbers:
    """Which tracked packets of one direction were there before."""

    _KEPT: Final = 4096

    def __init__(self) -> None:
        self._seen: dict[int, None] = {}

    def is_new(self, header: Header) -> bool:
        """A packet that is asked for again comes with the number that it had."""
        if header.type != PacketType.DATA:
            return True
        if header.seq in self._seen:
            return False
        self._seen[header.seq] = None
        if len(self._seen) > self._KEPT:
            del self._seen[next(iter(self._seen))]
        return True
