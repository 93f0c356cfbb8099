"""What both profiles do with a packet: place, clock, counters, queue."""

from typing import Final

from icom_proto.audio_formats import (
    BLOCK_MS,
    FORMATS,
    block_frames,
    format_of,
    split_sizes,
)
from icom_proto.codes import Codec
from icom_proto.drift import DriftEstimator
from icom_proto.errors import LocalProtocolError
from icom_proto.packet_store import PacketStore
from icom_proto.packet_timeline import PacketTimeline, Slot
from icom_proto.playout_frames import PACKET_S_MAX, PacketDecoder, SizedDecoder

# Frames of one tick: sound cards ask for some 5 to 100 ms.
FRAME_MS_MIN: Final = 1
FRAME_MS_MAX: Final = 1000
RATE_HZ_MIN: Final = 4000
RATE_HZ_MAX: Final = 384_000


class Intake:
    """`take` never raises because of what arrived."""

    def __init__(
        self, codec: Codec, rate_hz: int, frame_ms: int, decoder: PacketDecoder | None
    ) -> None:
        audio_format = format_of(codec)
        check_range("rate_hz", rate_hz, RATE_HZ_MIN, RATE_HZ_MAX)
        check_range("frame_ms", frame_ms, FRAME_MS_MIN, FRAME_MS_MAX)
        if decoder is None:
            if not audio_format.frame_bytes:
                raise LocalProtocolError(f"codec {codec.name} needs a decoder")
            decoder = SizedDecoder(codec)
        self.rate_hz, self.channels = rate_hz, audio_format.channels
        self.decoder = decoder
        self.frame = block_frames(rate_hz, frame_ms)
        self.sample_bytes = 2 * self.channels
        self.store = PacketStore()
        self.timeline = PacketTimeline(packet_frames(codec, rate_hz), rate_hz)
        self.drift = DriftEstimator()
        self.received = self.late = self.repaired = self.refused = 0

    def take(
        self, seq: int, payload: bytes, cursor: int | None, now: float
    ) -> Slot | None:
        """Place a packet and keep it; `cursor` is what is played next, None: nothing.

        Returns its place if it is new, also if it is too late. What ends at or before
        the cursor is kept too: whether it is of use is up to the profile.
        """
        frames = self.decoder.frames(payload)
        if not 0 < frames <= PACKET_S_MAX * self.rate_hz:
            self.refused += 1
            return None
        self.received += 1
        timeline = self.timeline
        newest, restarts = timeline.newest, timeline.restarts
        slot = timeline.place(seq, frames, now)
        if slot is None:
            return None
        late_s = -1.0 if cursor is None else (cursor - slot.end) / self.rate_hz
        if timeline.pause_seen(late_s, now):
            slot = timeline.restart_after_pause(seq, frames, now)
        if timeline.restarts != restarts:
            self.drift.forget_line()
        self.drift.note(timeline.transit_s(slot.start, now), now)
        if not self.store.add(slot, payload):
            self.refused += 1
            return slot
        overtaken = newest is not None and slot.number < newest
        if overtaken and (cursor is None or slot.end > cursor):
            self.repaired += 1
        return slot

    def decoded(self, slot: Slot, payload: bytes) -> bytes:
        """Exactly the samples of its place."""
        size = slot.frames * self.sample_bytes
        pcm = self.decoder.decode(payload)[:size]
        return pcm + bytes(size - len(pcm))


def packet_frames(codec: Codec, rate_hz: int) -> tuple[int, ...]:
    """Sample frames of the datagrams of one block, in turn."""
    frames = block_frames(rate_hz, BLOCK_MS)
    frame_bytes = FORMATS[codec].frame_bytes
    if not frame_bytes:
        return (frames,)
    return tuple(size // frame_bytes for size in split_sizes(frames * frame_bytes))


def check_range(name: str, value: float, low: float, high: float) -> None:
    """The caller's number, or LocalProtocolError with what is allowed."""
    if not low <= value <= high:
        raise LocalProtocolError(f"{name} is {value}: allowed is {low} to {high}")
