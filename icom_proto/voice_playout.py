"""Playout for ears: as little delay as the network allows, and no hole left silent.

`DelayEstimator` says at which transit to play. Getting there is done a pitch period at
a time (`time_stretch.py`), or for nothing where samples are made up anyway: a hole is
cut short while the delay is too long, and after a pause on the way the audio that came
late is played after all if the delay is to be longer.

The cursor is the place, on the sender's line, of what is played next. Made-up samples
take the place of those that are missing, so time never runs away from the sender.
"""

from typing import Final

from icom_proto.audio_formats import pcm_of, samples_of
from icom_proto.codes import Codec
from icom_proto.concealment import (
    BRIDGE_S_MAX,
    Samples,
    Shape,
    Substitute,
    bridge,
    cross_fade,
)
from icom_proto.delay_estimator import DelayEstimator
from icom_proto.packet_store import PACKETS_MAX, Waiting
from icom_proto.playout_frames import (
    Frame,
    FrameKind,
    PacketDecoder,
    PlayoutStatistics,
)
from icom_proto.playout_intake import Intake, check_range
from icom_proto.time_stretch import joint_of, lengthened, shortened

# Too long a delay is let be up to here; the shortest period to leave out is 2.5 ms.
EXCESS_S: Final = 0.006
# Beyond that excess a period is left out of every frame, below of every third.
FAST_S: Final = 0.04
SLOW_FRAMES: Final = 3
# From made-up to real samples.
JOIN_S: Final = 0.005
# After so long without a sample the stream is taken for ended; the next starts anew.
IDLE_S: Final = 1.0
DELAY_MS_MAX: Final = 2000.0
# What waits beyond the ceiling and this (nobody pulled for a while) is not played any
# more: a period a frame would take twice as long to catch up, at fast speech.
BACKLOG_S: Final = 1.0


class VoicePlayout:
    """`put` what arrives, `pull` a frame each tick."""

    def __init__(
        self,
        codec: Codec,
        rate_hz: int,
        frame_ms: int = 20,
        *,
        floor_ms: float = 0.0,
        ceiling_ms: float = 400.0,
        decoder: PacketDecoder | None = None,
    ) -> None:
        check_range("floor_ms", floor_ms, 0.0, DELAY_MS_MAX)
        check_range("ceiling_ms", ceiling_ms, floor_ms, DELAY_MS_MAX)
        self._intake = Intake(codec, rate_hz, frame_ms, decoder)
        self._delay = DelayEstimator(floor_ms / 1000, ceiling_ms / 1000)
        self._mouth = Mouth(Shape(rate_hz, self._intake.channels))
        self._arrived: list[tuple[float, int]] = []  # when, place; since the last pull
        self._cursor: int | None = None
        self._ahead = b""  # decoded, from the cursor on
        self._target = 0.0
        self._offset = 0.0  # the transit played at
        self._frames = 0
        self._stretched_at = 0
        self._removed = self._inserted = self._concealed = 0
        self._starved = 0

    @property
    def frame_bytes(self) -> int:
        """The size of every frame."""
        return self._intake.frame * self._intake.sample_bytes

    @property
    def position(self) -> int | None:
        """The place of the next sample on the sender's line; None: no stream."""
        return None if self._cursor is None else self._cursor - self._mouth.waiting

    def put(self, send_seq: int, payload: bytes, now: float) -> None:
        """A packet arrived."""
        slot = self._intake.take(send_seq, payload, self._cursor, now)
        if slot is not None and len(self._arrived) < PACKETS_MAX:
            self._arrived.append((now, slot.start))

    def pull(self, now: float) -> Frame:
        """The next frame, whatever is there."""
        self._frames += 1
        self._note_arrivals(now)
        target = self._delay.target(now)
        size = self.frame_bytes
        if target is None:
            return Frame(FrameKind.SILENCE, bytes(size))
        self._target = target
        if self._cursor is None:
            self._cursor = round((now - target) * self._intake.rate_hz)
        concealed = self._concealed
        pcm = self._produce(self._cursor, now)
        if self._starved > IDLE_S * self._intake.rate_hz:
            self._end_stream()
        made_up = self._concealed > concealed
        if not made_up and self._mouth.fresh:
            return Frame(FrameKind.SILENCE, pcm)
        return Frame(FrameKind.CONCEALED if made_up else FrameKind.PLAYED, pcm)

    # ---- the delay -------------------------------------------------------------------

    def _note_arrivals(self, now: float) -> None:
        """A packet can be used from this pull on: that is what its transit tells."""
        for arrived, start in self._arrived:
            self._delay.note(arrived, start / self._intake.rate_hz, now)
        self._arrived.clear()
        if self._delay.least is not None:
            self._intake.timeline.reference_s = self._delay.least

    def _excess(self, cursor: int, now: float) -> int:
        """Frames by which what is played next comes too late; negative: too early."""
        begin = now + self._mouth.waiting / self._intake.rate_hz
        self._offset = self._intake.timeline.transit_s(cursor, begin)
        return round((self._offset - self._target) * self._intake.rate_hz)

    def _skip(self, excess: int) -> None:
        """Go on with what is due now; joined as after a hole."""
        self._cursor, self._ahead = self._place + excess, b""
        self._intake.late += self._intake.store.drop_before(self._place)
        self._removed += excess
        self._mouth.interrupt()

    def _steer(self, excess: int) -> None:
        """Leave out or repeat a period, if it is time to."""
        rate_hz, mouth = self._intake.rate_hz, self._mouth
        urgent = abs(excess) > FAST_S * rate_hz
        pause = 1 if urgent else SLOW_FRAMES
        if mouth.covering or self._frames - self._stretched_at < pause:
            return
        channels = self._intake.channels
        if excess > EXCESS_S * rate_hz:
            most = min(excess * channels, mouth.shape.lag_max)
            if not self._look_ahead(most + joint_of(mouth.shape)):
                return
            used = mouth.shorten(samples_of(self._ahead), most) // channels
            self._advance(used)
            left_out = used - mouth.waiting
            self._removed += left_out
        elif excess < 0:
            if not self._look_ahead(joint_of(mouth.shape)) or mouth.fresh:
                return
            ahead = samples_of(self._ahead[: 2 * joint_of(mouth.shape)])
            mouth.lengthen(ahead, -excess * channels)
            self._inserted += mouth.waiting
        else:
            return
        self._stretched_at = self._frames

    # ---- one frame -------------------------------------------------------------------

    def _produce(self, cursor: int, now: float) -> bytes:
        intake, mouth = self._intake, self._mouth
        if not mouth.waiting:
            excess = self._excess(cursor, now)
            if excess > (self._delay.ceiling_s + BACKLOG_S) * intake.rate_hz:
                self._skip(excess)
            else:
                self._steer(excess)
        pcm = mouth.ready(intake.frame)
        while (missing := intake.frame - len(pcm) // intake.sample_bytes) > 0:
            done_s = len(pcm) // intake.sample_bytes / intake.rate_hz
            excess = self._excess(self._place, now + done_s)
            if mouth.covering and not self._ahead:
                self._go_back(excess)
            if not self._look_ahead(1):
                self._cover(missing, excess)
            elif mouth.covering:
                self._advance(mouth.join(samples_of(self._ahead)) // intake.channels)
                self._starved = 0
            else:
                mouth.say(self._advance(missing))
                self._starved = 0
            pcm += mouth.ready(missing)
        return pcm

    @property
    def _place(self) -> int:
        assert self._cursor is not None
        return self._cursor

    def _advance(self, frames: int) -> bytes:
        """Take so much of what is decoded, or what there is."""
        size = frames * self._intake.sample_bytes
        taken, self._ahead = self._ahead[:size], self._ahead[size:]
        self._cursor = self._place + len(taken) // self._intake.sample_bytes
        return taken

    def _look_ahead(self, numbers: int) -> bool:
        """Decode until so many numbers follow the cursor; false if some are missing."""
        intake = self._intake
        while len(self._ahead) < 2 * numbers:
            end = self._place + len(self._ahead) // intake.sample_bytes
            if not self._mouth.covering:
                intake.late += intake.store.drop_before(end)
            waiting = intake.store.after(end)
            if waiting is None or waiting.slot.start > end:
                return False
            intake.late += intake.store.drop_before(waiting.slot.start)
            samples = intake.decoded(*waiting)
            intake.store.drop_before(waiting.slot.end)
            self._ahead += samples[(end - waiting.slot.start) * intake.sample_bytes :]
        return True

    def _go_back(self, excess: int) -> None:
        """The delay is to be longer, and what came too late is still here: play it."""
        store, cursor = self._intake.store, self._place
        kept = round(self._delay.ceiling_s * self._intake.rate_hz)
        self._intake.late += store.drop_before(cursor - kept)
        if excess >= 0:
            return
        late = store.after(cursor + excess)
        if late is not None and late.slot.start < cursor:
            self._cursor = max(cursor + excess, late.slot.start)

    def _cover(self, missing: int, excess: int) -> None:
        """Make up to so many frames up, or fewer if the hole is shorter."""
        intake, mouth = self._intake, self._mouth
        following = intake.store.after(self._place)
        hole = None if following is None else following.slot.start - self._place
        if mouth.fresh:  # nothing was heard yet: not a hole, but what precedes it all
            count = missing if hole is None else min(missing, hole)
            mouth.wait(count)
            self._cursor = self._place + count
            self._starved += count
            return
        if hole is not None and excess > 0 and not mouth.planned:
            cut = max(0, min(hole - round(JOIN_S * intake.rate_hz), excess))
            self._cursor, hole = self._place + cut, hole - cut
        count = missing if hole is None else min(missing, hole)
        decoded = self._decoder_covers(count, hole, following)
        if decoded is None:
            if hole is not None and following is not None and not mouth.planned:
                self._plan(hole, following)
            mouth.make_up(count)
        else:
            count = len(decoded) // intake.sample_bytes
            mouth.say(decoded)
        self._cursor = self._place + count
        self._concealed += count
        self._starved += count

    def _decoder_covers(
        self, count: int, hole: int | None, following: Waiting | None
    ) -> bytes | None:
        """What a decoder that can conceal makes of the hole, in whole frames."""
        intake = self._intake
        pcm = None
        if hole is not None and following is not None and hole == following.slot.frames:
            pcm = intake.decoder.recover(following.payload)
            count = hole
        if pcm is None:
            pcm = intake.decoder.conceal(count)
        if pcm is None:
            return None
        size = count * intake.sample_bytes
        return pcm[:size] + bytes(max(0, size - len(pcm)))

    def _plan(self, hole: int, following: Waiting) -> None:
        intake = self._intake
        if hole > BRIDGE_S_MAX * intake.rate_hz:
            return
        after = samples_of(intake.decoded(*following))
        end, store = following.slot.end, intake.store
        while len(after) < self._mouth.shape.history:
            more = store.after(end)
            if more is None or more.slot.start > end:
                break
            after += samples_of(intake.decoded(*more))
            end = more.slot.end
        self._mouth.plan(hole, after)

    def _end_stream(self) -> None:
        """Silence from here; the next packet is a first one."""
        self._cursor, self._ahead, self._starved = None, b"", 0
        self._intake.late += len(self._intake.store)
        self._intake.store.clear()
        self._delay.forget()
        self._mouth = Mouth(self._mouth.shape)

    def statistics(self) -> PlayoutStatistics:
        """Counts, and how things stand."""
        intake, timeline = self._intake, self._intake.timeline
        least = self._delay.least or 0.0
        running = self._delay.least is not None
        per_ms = intake.rate_hz / 1000
        return PlayoutStatistics(
            received=intake.received,
            duplicates=timeline.duplicates,
            lost=timeline.missing,
            late=intake.late,
            repaired=intake.repaired,
            frames=self._frames,
            concealed_ms=self._concealed / per_ms,
            removed_ms=self._removed / per_ms,
            inserted_ms=self._inserted / per_ms,
            target_delay_ms=1000 * (self._target - least) if running else 0.0,
            delay_ms=1000 * (self._offset - least) if running else 0.0,
            drift_ppm=intake.drift.ppm,
            spikes=self._delay.pauses.count,
            restarts=timeline.restarts,
            misfits=timeline.misfits,
            refused=intake.refused,
        )


class Mouth:
    """What has been said and what is about to be; joins the pieces.

    While it covers a hole it has a substitute, and a plan if the end of the hole is
    known. A plan that is used up ends where the next sample begins, without a joint.
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.fresh = True
        self._said = b""
        self._next = bytearray()
        self._substitute: Substitute | None = None
        self._plan: list[int] = []
        self._plan_made = False

    @property
    def waiting(self) -> int:
        """Frames ready to be said."""
        return len(self._next) // (2 * self.shape.channels)

    @property
    def covering(self) -> bool:
        """In a hole."""
        return self._substitute is not None

    @property
    def planned(self) -> bool:
        """In a hole whose end is prepared."""
        return bool(self._plan)

    def ready(self, frames: int) -> bytes:
        """Take up to so many frames of what is ready."""
        size = 2 * frames * self.shape.channels
        taken = bytes(self._next[:size])
        del self._next[:size]
        return taken

    def wait(self, frames: int) -> None:
        """Silence before the first sample."""
        self._next += bytes(2 * frames * self.shape.channels)

    def say(self, pcm: bytes) -> None:
        """Real samples."""
        self.fresh = False
        self._substitute = None
        self._plan, self._plan_made = [], False
        self._next += pcm
        self._said = (self._said + pcm)[-2 * self.shape.history :]

    def join(self, samples: Samples) -> int:
        """Out of the hole; how many numbers of these samples that took."""
        assert self._substitute is not None
        if self._plan_made and not self._plan:
            self.say(b"")
            return 0
        width = min(len(samples), self.shape.length(JOIN_S))
        leaving = self._plan[:width]
        leaving += self._substitute.take(width - len(leaving))
        self.say(pcm_of(cross_fade(leaving, samples[:width])))
        return width

    def plan(self, frames: int, after: Samples) -> None:
        """The hole ends after so many frames, and this comes then."""
        substitute = self._begin()
        count = frames * self.shape.channels
        self._plan = bridge(substitute, after, count, self.shape)
        self._plan_made = True

    def make_up(self, frames: int) -> None:
        """So many frames of the hole."""
        count = frames * self.shape.channels
        made, self._plan = self._plan[:count], self._plan[count:]
        if len(made) < count:
            self._plan_made = False
            made += self._begin().take(count - len(made))
        pcm = pcm_of(made)
        self._next += pcm
        self._said = (self._said + pcm)[-2 * self.shape.history :]

    def interrupt(self) -> None:
        """What comes next does not follow what was said."""
        if not self.fresh:
            self._begin()
            self._plan, self._plan_made = [], False

    def shorten(self, samples: Samples, most: int) -> int:
        """Say a joint with a period left out; how many numbers that took."""
        joint, used = shortened(samples, most, self.shape)
        self.say(pcm_of(joint))
        return used

    def lengthen(self, samples: Samples, least: int) -> None:
        """Say a period once more."""
        history = samples_of(self._said)
        self.say(pcm_of(lengthened(history, samples, least, self.shape)))

    def _begin(self) -> Substitute:
        if self._substitute is None:
            self._substitute = Substitute(samples_of(self._said), self.shape)
        return self._substitute
