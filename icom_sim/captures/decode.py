"""What each datagram of a capture says: its packet, and the CI-V frames it ends."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from icom_proto.civ_frames import CivSplitter
from icom_proto.codec import Body
from icom_proto.codes import Stream
from icom_proto.datagrams import decode_datagram
from icom_proto.errors import DecodeError
from icom_proto.packets import CivData, Header
from icom_proto.quick_dataclass import fast_constructor
from icom_sim.captures.declarations import PACKETS, UNKNOWN
from icom_sim.captures.follow import Direction, Placed
from icom_sim.captures.shapes import HEADER_SIZE

KINDS = (*(packet.kind for packet in PACKETS), UNKNOWN)
KIND_OF: dict[type[Body], str] = {packet.body: packet.kind for packet in PACKETS}

# Frames that continue in the next datagram, of so many sessions and directions.
_SPLITTERS_MAX = 256


@dataclass(frozen=True, slots=True)
class Decoded:
    """One datagram. `reason` tells why there is no body; a header there may be.

    `frames` are the CI-V frames that end in this datagram.
    """

    placed: Placed
    kind: str
    header: Header | None
    body: Body | None
    frames: tuple[bytes, ...]
    reason: str


_decoded = fast_constructor(Decoded)


class Decoder:
    """Placed datagrams in, in their order; memory is bounded."""

    def __init__(self) -> None:
        self._splitters: dict[tuple[int, Direction], CivSplitter] = {}

    def decode(self, placed: Placed) -> Decoded:
        datagram = placed.datagram
        try:
            if datagram.cut:
                raise DecodeError(_cut_reason(datagram.data))
            header, body = decode_datagram(placed.stream, datagram.data)
        except DecodeError as error:
            return _unknown(placed, str(error))
        frames: tuple[bytes, ...] = ()
        if isinstance(body, CivData):
            frames = self.frames_of(placed, body.data)
        return _decoded(placed, KIND_OF[type(body)], header, body, frames, "")

    def frames_of(self, placed: Placed, data: bytes) -> tuple[bytes, ...]:
        """The CI-V frames that end with these bytes of a stream."""
        key = (placed.session, placed.direction)
        splitter = self._splitters.get(key)
        if splitter is None:
            if len(self._splitters) >= _SPLITTERS_MAX:
                self._splitters.clear()
            splitter = self._splitters[key] = CivSplitter()
        return tuple(splitter.feed(data, placed.datagram.t))


def _unknown(placed: Placed, reason: str) -> Decoded:
    data = placed.datagram.data
    header = Header.decode(data) if len(data) >= HEADER_SIZE else None
    return _decoded(placed, UNKNOWN, header, None, (), reason)


def _cut_reason(data: bytes) -> str:
    if len(data) < HEADER_SIZE:
        return f"only {len(data)} bytes were recorded"
    whole = Header.decode(data).length
    return f"only {len(data)} bytes were recorded of {whole}"


# ---- which of them are wanted --------------------------------------------------------

Wanted = Callable[[Decoded], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What must hold for a datagram to be shown; empty and None: anything.

    `since` and `until` are of the capture's clock. Each of `civ` is the beginning of a
    command in hexadecimal, or a part of its words.
    """

    streams: tuple[Stream, ...] = ()
    kinds: tuple[str, ...] = ()
    civ: tuple[str, ...] = ()
    sessions: tuple[int, ...] = ()
    since: float | None = None
    until: float | None = None

    @property
    def passes_all(self) -> bool:
        limits = (self.since, self.until)
        return not (self.streams or self.sessions) and limits == (None, None)

    @property
    def wants_all(self) -> bool:
        return not (self.kinds or self.civ)

    def passes(self, placed: Placed) -> bool:
        """What can be said without decoding."""
        t = placed.datagram.t
        return (
            (not self.streams or placed.stream in self.streams)
            and (not self.sessions or placed.session in self.sessions)
            and (self.since is None or t >= self.since)
            and (self.until is None or t <= self.until)
        )

    def wants(self, decoded: Decoded) -> bool:
        if self.kinds and decoded.kind not in self.kinds:
            return False
        return not self.civ or any(self._civ_tests(decoded))

    def _civ_tests(self, decoded: Decoded) -> Iterator[bool]:
        from icom_sim.captures.civ_words import civ_command, civ_words

        for frame in decoded.frames:
            command = civ_command(frame)
            words = civ_words(frame, decoded.placed.direction).lower()
            for wanted in self.civ:
                plain = wanted.replace(" ", "").upper()
                yield command.startswith(plain) or wanted.lower() in words
