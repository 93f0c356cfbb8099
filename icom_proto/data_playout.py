"""Playout for decoders: FT8, packet, RADE. Sample n stands at its place.

The delay is fixed when the first packet comes. From then on each frame is the next
piece of the sender's line: what is missing is silence of exactly its length, what comes
late is used as far as it has not been played. Nothing is stretched, dropped or moved.

So the clocks' drift adds up. A slower sender eats the delay, at 10 ppm 36 ms an hour,
until packets come too late: seconds of silence, and the line goes on after the delay.
A faster one makes it grow until the store is full, and what has no room turns into
silence when its time comes. `tick_s` is the time between pulls that keeps pace with the
sender, for who is bound to no clock.
"""

from icom_proto.codes import Codec
from icom_proto.playout_frames import (
    Frame,
    FrameKind,
    PacketDecoder,
    PlayoutStatistics,
)
from icom_proto.playout_intake import Intake, check_range


class DataPlayout:
    """`put` what arrives, `pull` a frame each tick."""

    def __init__(
        self,
        codec: Codec,
        rate_hz: int,
        frame_ms: int = 20,
        *,
        delay_ms: float = 200.0,
        decoder: PacketDecoder | None = None,
    ) -> None:
        check_range("delay_ms", delay_ms, 0.0, 5000.0)
        self._intake = Intake(codec, rate_hz, frame_ms, decoder)
        self._delay_s = delay_ms / 1000
        self._begin_at: float | None = None
        self._cursor: int | None = None
        self._pulled_at = 0.0
        self._frames = self._concealed = 0
        # Decoded ahead of the cursor, because a packet is longer than a frame.
        self._open: tuple[int, bytes] | None = None

    @property
    def frame_bytes(self) -> int:
        """The size of every frame."""
        return self._intake.frame * self._intake.sample_bytes

    @property
    def tick_s(self) -> float:
        """Seconds between pulls at the sender's pace, as far as it is known."""
        ppm = self._intake.drift.ppm or 0.0
        return self._intake.frame / self._intake.rate_hz / (1.0 + ppm * 1e-6)

    @property
    def position(self) -> int | None:
        """The place of the next sample on the sender's line; 0 is the first received.

        None until the line has begun.
        """
        return self._cursor

    def put(self, send_seq: int, payload: bytes, now: float) -> None:
        """A packet arrived."""
        slot = self._intake.take(send_seq, payload, self._cursor, now)
        if slot is not None and self._begin_at is None:
            self._begin_at = now + self._delay_s

    def pull(self, now: float) -> Frame:
        """The next frame, whatever is there."""
        self._frames += 1
        self._pulled_at = now
        size = self.frame_bytes
        if self._cursor is None:
            if self._begin_at is None:
                return Frame(FrameKind.SILENCE, bytes(size))
            lead = round((self._begin_at - now) * self._intake.rate_hz)
            if lead >= self._intake.frame:
                return Frame(FrameKind.SILENCE, bytes(size))
            # A late first tick does not move the line: it begins where it stands.
            self._cursor = -lead
        # A new start of the sender is heard after the delay, wherever drift led to.
        place_s = self._cursor / self._intake.rate_hz
        self._intake.timeline.reference_s = now - self._delay_s - place_s
        return self._next_frame(self._cursor)

    def _next_frame(self, begin: int) -> Frame:
        intake = self._intake
        end = self._cursor = begin + intake.frame
        pcm, filled = bytearray(self.frame_bytes), 0
        position = begin
        while (piece := self._piece(position, end)) is not None:
            start, samples = piece
            position = max(position, start)
            first = (position - start) * intake.sample_bytes
            room = (end - position) * intake.sample_bytes
            part = samples[first : first + room]
            at = (position - begin) * intake.sample_bytes
            pcm[at : at + len(part)] = part
            filled += len(part)
            position += len(part) // intake.sample_bytes
            if position >= end:
                break
        lead = max(0, -begin) * intake.sample_bytes  # before the first sample of all
        missing = max(0, len(pcm) - filled - lead) // intake.sample_bytes
        self._concealed += missing
        kind = FrameKind.CONCEALED if missing else FrameKind.PLAYED
        return Frame(kind, bytes(pcm))

    def _piece(self, position: int, end: int) -> tuple[int, bytes] | None:
        """The samples that come next from this position, with their place."""
        opened, intake = self._open, self._intake
        if opened is not None:
            if opened[0] + len(opened[1]) // intake.sample_bytes > position:
                return opened
            self._open = None
        intake.late += intake.store.drop_before(position)
        waiting = intake.store.first()
        if waiting is None or waiting.slot.start >= end:
            return None
        intake.store.pop()
        samples = intake.decoded(*waiting)
        self._open = waiting.slot.start, samples
        return self._open

    def statistics(self) -> PlayoutStatistics:
        """Counts, and how things stand."""
        intake, timeline = self._intake, self._intake.timeline
        delay_s = self._delay_s
        least = intake.drift.transit_s
        if self._cursor is not None and least is not None:
            begin = self._cursor - intake.frame
            delay_s = timeline.transit_s(begin, self._pulled_at) - least
        return PlayoutStatistics(
            received=intake.received,
            duplicates=timeline.duplicates,
            lost=timeline.missing,
            late=intake.late,
            repaired=intake.repaired,
            frames=self._frames,
            concealed_ms=1000 * self._concealed / intake.rate_hz,
            removed_ms=0.0,
            inserted_ms=0.0,
            target_delay_ms=1000 * self._delay_s,
            delay_ms=1000 * delay_s,
            drift_ppm=intake.drift.ppm,
            spikes=0,
            restarts=timeline.restarts,
            misfits=timeline.misfits,
            refused=intake.refused,
        )
