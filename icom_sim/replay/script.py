"""What a recorded session is made of: questions with their answers, pushes, audio.

A live replay leads a session of its own, and takes from the recorded one what the core
does not know: the radio's name, what it answered, what it told and played, and when.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from typing import Final

from icom_proto.audio_formats import RATE_BITS
from icom_proto.civ_commands import expected_answer, read_identity
from icom_proto.civ_frames import (
    NG,
    OK,
    CivSplitter,
    frame_body,
    frame_source,
    frame_to,
    is_frame,
)
from icom_proto.codes import Codec, Stream
from icom_proto.packets import AudioData, CivData, RadioRecord, StreamRequest
from icom_proto.seqnum import SEQ_MODULO, seq_distance
from icom_sim.captures.follow import Direction
from icom_sim.radio_setup import RadioSetup, radio_config
from icom_sim.replay.recorded import (
    Numbers,
    RecordedSession,
    ReplayError,
    Seen,
)

# What comes later answers something else.
ANSWERED_WITHIN_S: Final = 1.0
_TO_CLIENT, _TO_RADIO = Direction.TO_CLIENT, Direction.TO_RADIO


@dataclass(slots=True)
class Asked:
    """A CI-V request of the recorded client, and what came of it."""

    t: float
    frame: bytes
    answer: bytes | None = None  # its body

    @property
    def body(self) -> bytes:
        return frame_body(self.frame)

    def is_answered_by(self, body: bytes) -> bool:
        expected = expected_answer(self.frame)
        return body == NG or (body.startswith(expected) if expected else body == OK)


@dataclass(frozen=True, slots=True)
class Timed:
    """Bytes, and when they came: seconds since the first of their stream."""

    t: float
    data: bytes


class Script:
    """One session. Raises ReplayError if it never had its streams."""

    def __init__(self, session: RecordedSession) -> None:
        if session.request is None or session.status is None:
            raise ReplayError(
                f"session {session.number} of {session.name} was never granted its "
                "streams: there is nothing to play"
            )
        self.session = session
        self.request: StreamRequest = session.request
        self.connection = (
            b"" if session.accepted is None else session.accepted.connection
        )
        self.asked: list[Asked] = []
        self.pushes: list[Timed] = []
        self.echoes = False
        self.rig_address = 0
        self._read_civ()
        self.rx, self.rx_lost = self._audio(_TO_CLIENT)
        self.tx, self.tx_lost = self._audio(_TO_RADIO)

    @cached_property
    def record(self) -> RadioRecord:
        """The radio as it was listed, with the one rate that was recorded."""
        record = self.session.record or radio_config(RadioSetup(), 0, 0).record
        if not record.civ_address:
            record = replace(record, civ_address=self.rig_address)
        if self.rx and self.request.rx_rate_hz in RATE_BITS:
            record = replace(record, rx_rates=RATE_BITS[self.request.rx_rate_hz])
        return record

    @property
    def rx_format(self) -> str:
        """For people."""
        request = self.request
        return f"{request.rx_codec.name} at {request.rx_rate_hz} Hz"

    @property
    def rx_codecs(self) -> tuple[Codec, ...]:
        """Those that can be played; none if nothing was."""
        return (self.request.rx_codec,) if self.rx else ()

    # inside

    def _read_civ(self) -> None:
        outstanding: list[Asked] = []
        first: float | None = None
        for t, direction, frame in _frames(self.session):
            first = t if first is None else first
            if direction is _TO_RADIO:
                asked = Asked(t - first, frame)
                self.asked.append(asked)
                outstanding.append(asked)
            else:
                self._on_radio_frame(frame, t - first, outstanding)
        if not self.rig_address:
            self.rig_address = next((frame_to(each.frame) for each in self.asked), 0)

    def _on_radio_frame(self, frame: bytes, t: float, outstanding: list[Asked]) -> None:
        controller = self.session.controller
        if frame_source(frame) == controller:
            self.echoes = True
            return
        self.rig_address = self.rig_address or frame_source(frame)
        body = frame_body(frame)
        if frame_to(frame) == controller:
            # Radios answer in order, and at once or never.
            while outstanding and outstanding[0].t < t - ANSWERED_WITHIN_S:
                del outstanding[0]
            for asked in outstanding:
                if asked.is_answered_by(body):
                    asked.answer = body
                    outstanding.remove(asked)
                    return
            if body in (OK, NG) or body.startswith(read_identity()):
                return  # of something that was not recorded
        self.pushes.append(Timed(t, frame))

    def _audio(self, direction: Direction) -> tuple[Sequence[Timed], int]:
        """In the order of its numbers, without what came twice; and how many are
        missing."""
        found: dict[int, Seen] = {}
        last = None
        for seen in self.session.understood(Stream.AUDIO, direction):
            if isinstance(seen.body, AudioData) and seen.body.data:
                number = seen.body.send_seq
                if last is not None:
                    number = last + seq_distance(number, last % SEQ_MODULO)
                last = number if last is None else max(last, number)
                found.setdefault(number, seen)
        if not found:
            return (), 0
        numbers = sorted(found)
        return tuple(_timed(found, numbers)), numbers[-1] - numbers[0] + 1 - len(found)


def _timed(found: dict[int, Seen], numbers: Iterable[int]) -> Iterator[Timed]:
    """What was lost and came later is due with what is behind it."""
    due = inf
    timed: list[Timed] = []
    for number in reversed(list(numbers)):
        seen = found[number]
        assert isinstance(seen.body, AudioData)
        due = min(due, seen.t)
        timed.append(Timed(due, seen.body.data))
    start = timed[-1].t
    return (Timed(each.t - start, each.data) for each in reversed(timed))


def _frames(session: RecordedSession) -> Iterator[tuple[float, Direction, bytes]]:
    """All CI-V frames, each once."""
    splitters = {direction: CivSplitter() for direction in Direction}
    numbers = {direction: Numbers() for direction in Direction}
    for seen in session.understood(Stream.CIV):
        direction = seen.placed.direction
        if isinstance(seen.body, CivData) and numbers[direction].is_new(seen.header):
            for frame in splitters[direction].feed(seen.body.data, seen.t):
                if is_frame(frame):
                    yield seen.t, direction, frame
