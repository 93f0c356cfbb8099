"""Transmitted audio leaves when it is due, whenever it was handed in.

The first block leaves at once, each next one a block's duration later. A pause is no
debt: when the queue ran empty, time starts again with the next block, so that nothing
ever leaves in a burst. A radio buffers 150 ms and drops what comes too soon.
"""

from collections import deque
from enum import IntEnum
from typing import Final

from icom_proto.audio_durations import OPUS_S_MIN, payload_duration_s
from icom_proto.audio_formats import FORMATS, block_size
from icom_proto.audio_stream import AudioSender
from icom_proto.codes import Codec
from icom_proto.errors import LocalProtocolError
from icom_proto.events import AudioSent, Output
from icom_proto.timers import NEVER, Timers

# Audio that may wait here. Who has more waits for `AudioSent` himself.
QUEUED_S_MAX: Final = 1.0
# A driver that was held up makes up for it, at most at twice the pace; what is later
# than this is over for the radio's buffer too, and time starts again.
LATE_S_MAX: Final = 0.1


class _Timer(IntEnum):
    BLOCK = 0


# Members bound once: looking one up on its class costs 0.1 µs on Python 3.11.
_BLOCK: Final = _Timer.BLOCK


class AudioPacer:
    """The blocks that wait for their time, in front of an `AudioSender`."""

    def __init__(
        self, sender: AudioSender, *, codec: Codec, rate_hz: int, outputs: deque[Output]
    ) -> None:
        self.timers = Timers(_Timer)
        self._sender = sender
        self._codec, self._rate_hz = codec, rate_hz
        self._outputs = outputs
        self._queue: deque[tuple[bytes, float]] = deque()
        # When the next block has its place, and when it may leave: not sooner than half
        # its predecessor after that one.
        self._due = self._next = -NEVER
        self._block_bytes = _block_bytes(codec, rate_hz)

    def push(self, audio: bytes, now: float, duration_s: float | None = None) -> None:
        """One block, or several in one piece: more than 20 ms of PCM is cut.

        `duration_s` is for Opus packets that lie about theirs.
        """
        blocks = self._cut(audio, duration_s)
        total_s = sum(each for _, each in blocks)
        if not total_s:
            raise LocalProtocolError("a block of audio cannot be empty")
        if round(self.queued_s + total_s, 6) > QUEUED_S_MAX:  # 50 of 0.02 are 1
            raise LocalProtocolError(
                f"{total_s:.3f} s of audio on top of {self.queued_s:.3f} s that wait:"
                f" allowed is {QUEUED_S_MAX:g} s; go on after AudioSent"
            )
        if not self._queue and now >= self._next:
            block, block_s = blocks.pop(0)
            self._sender.send(block, now)
            self._due = self._next = now + block_s
        self._queue.extend(blocks)
        if self._queue:
            self.timers.start(_BLOCK, self._next)

    def handle_timeout(self, now: float) -> None:
        """Send the block whose time has come: one, even if more are late."""
        if not self.timers.fired(now):
            return
        if not self._sender.can_send:
            self.drop()
            return
        block, block_s = self._queue.popleft()
        self._sender.send(block, now)
        if now > self._due + LATE_S_MAX:
            self._due = now
        self._due += block_s
        self._next = max(self._due, now + block_s / 2)
        self._outputs.append(AudioSent(self.queued_s))
        if self._queue:
            self.timers.start(_BLOCK, self._next)

    def drop(self) -> None:
        """Nothing that waits is sent any more."""
        self._queue.clear()
        self.timers.stop_all()

    @property
    def queued_s(self) -> float:
        """Seconds of audio that wait. Summed anew, so that no rounding remains."""
        return sum(each for _, each in self._queue)

    def _cut(self, audio: bytes, duration_s: float | None) -> list[tuple[bytes, float]]:
        if duration_s is not None:
            if not (audio and duration_s >= OPUS_S_MIN):
                raise LocalProtocolError(
                    f"a block of {len(audio)} bytes and {duration_s:g} s: allowed is"
                    f" {OPUS_S_MIN:g} s or more, and not empty"
                )
            return [(audio, duration_s)]
        step = self._block_bytes or max(len(audio), 1)
        blocks = [audio[at : at + step] for at in range(0, len(audio), step)]
        codec, rate_hz = self._codec, self._rate_hz
        return [(each, payload_duration_s(codec, rate_hz, each)) for each in blocks]


def _block_bytes(codec: Codec, rate_hz: int) -> int:
    """Of 20 ms; 0 where a packet cannot be cut (Opus)."""
    known = FORMATS.get(codec)
    return block_size(codec, rate_hz) if known and known.frame_bytes else 0
